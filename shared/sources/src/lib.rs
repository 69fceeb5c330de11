#![doc = include_str!("../README.md")]

use config::Platform;
use source::Source;
#[cfg(feature = "reader")]
use source::reader::{ReadError, ShopReader};
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

/// What asks a store for its orders; `None` where its secret (named here) has no credentials for
/// that.
///
/// # Errors
/// When the secrets cannot be read, or no HTTP client can be made.
#[cfg(feature = "reader")]
pub async fn reader(
    platform: Platform,
    secret: &str,
    secrets: Arc<dyn ports::Secrets>,
) -> Result<Option<Arc<dyn ShopReader>>, ReadError> {
    Ok(match platform {
        Platform::WooCommerce => {
            shared(source_woocommerce::WooCommerceReader::where_possible(secrets, secret).await?)
        }
        Platform::Shopify => {
            shared(source_shopify::ShopifyReader::where_possible(secrets, secret).await?)
        }
        Platform::Magento => {
            shared(source_magento::MagentoReader::where_possible(secrets, secret).await?)
        }
    })
}

#[cfg(feature = "reader")]
fn shared(reader: Option<impl ShopReader + 'static>) -> Option<Arc<dyn ShopReader>> {
    reader.map(|reader| Arc::new(reader) as Arc<dyn ShopReader>)
}
