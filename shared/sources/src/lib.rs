#![doc = include_str!("../README.md")]

use config::Platform;
use source::Source;
use std::sync::Arc;

/// The adapter of a platform.
#[must_use]
pub fn source(platform: Platform) -> Arc<dyn Source> {
    match platform {
        Platform::WooCommerce => Arc::new(source_woocommerce::WooCommerce),
        Platform::Shopify => Arc::new(source_shopify::Shopify),
        Platform::Magento => Arc::new(source_magento::Magento),
    }
}

/// What asks a store for an order's newest state; `None` where its platform needs no asking, or its
/// secret (named here) has no credentials for that.
///
/// # Errors
/// When the secrets cannot be read, or no HTTP client can be made.
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
        // A WooCommerce delivery always carries its order. What Magento tells of invoices and
        // refunds comes with its events of orders too.
        Platform::WooCommerce | Platform::Magento => Ok(None),
    }
}
