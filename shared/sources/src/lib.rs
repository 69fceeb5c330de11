#![doc = include_str!("../README.md")]

use config::Platform;
use source::Source;
use std::sync::Arc;

/// The configuration names a platform that this build does not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported(
    /// Which.
    pub Platform,
);

impl std::fmt::Display for Unsupported {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "platform {} is not supported by this version of orderbridge", self.0.as_str())
    }
}

impl std::error::Error for Unsupported {}

/// The adapter of a platform.
///
/// # Errors
/// When this build has none.
pub fn source(platform: Platform) -> Result<Arc<dyn Source>, Unsupported> {
    match platform {
        Platform::WooCommerce => Ok(Arc::new(source_woocommerce::WooCommerce)),
        Platform::Shopify => Ok(Arc::new(source_shopify::Shopify)),
        Platform::Magento => Ok(Arc::new(source_magento::Magento)),
    }
}

/// What asks a store for an order's newest state; `None` where its platform needs no asking, or its secret (named here) has no credentials for that.
///
/// # Errors
/// When the secrets can not be read, or no HTTP client can be made.
#[cfg(feature = "reader")]
pub async fn reader(
    platform: Platform,
    secret: &str,
    secrets: Arc<dyn ports::Secrets>,
) -> Result<Option<Arc<dyn source::OrderReader>>, source::ReadError> {
    match platform {
        Platform::Shopify => {
            let reader = source_shopify::ShopifyReader::where_possible(secrets, secret).await?;
            Ok(reader.map(|reader| Arc::new(reader) as Arc<dyn source::OrderReader>))
        }
        // A WooCommerce delivery always carries its order. What Magento tells of invoices and refunds comes with its events of orders too.
        Platform::WooCommerce | Platform::Magento => Ok(None),
    }
}
