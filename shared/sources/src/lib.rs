#![doc = include_str!("../README.md")]

#[cfg(feature = "reader")]
use ::setup::Setup;
use config::Platform;
use source::Source;
#[cfg(feature = "reader")]
use source::reader::{Reach, ReadError, ShopReader, Wanted};
use std::sync::Arc;

/// Creates the adapter of a platform.
#[must_use]
pub fn source(platform: Platform) -> Arc<dyn Source> {
    match platform {
        Platform::WooCommerce => Arc::new(source_woocommerce::WooCommerce),
        Platform::Shopify => Arc::new(source_shopify::Shopify),
        Platform::Magento => Arc::new(source_magento::Magento),
    }
}

/// Creates the reader of a store's orders; `None` where its secret (whose name is given here) has
/// no credentials for that.
///
/// # Errors
/// [`ReadError::Unavailable`] when the secrets cannot be read, or the HTTP client cannot start.
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

/// Returns the overlap that repeated walks over a platform's changes need.
#[cfg(feature = "reader")]
#[must_use]
pub fn reach(platform: Platform) -> Reach {
    match platform {
        Platform::WooCommerce => source_woocommerce::REACH,
        Platform::Shopify => source_shopify::REACH,
        Platform::Magento => source_magento::REACH,
    }
}

/// Creates the set-up of a store's webhooks; one that only names the steps by hand where its secret
/// (whose name is given here) has no credentials for the shop's API.
///
/// # Errors
/// [`ReadError::Unavailable`] when the secrets cannot be read, or the HTTP client cannot start.
#[cfg(feature = "reader")]
pub async fn setup(
    platform: Platform,
    secret: &str,
    secrets: Arc<dyn ports::Secrets>,
    wanted: Wanted,
) -> Result<Arc<dyn Setup>, ReadError> {
    match platform {
        Platform::WooCommerce => source_woocommerce::setup(secrets, secret, wanted).await,
        Platform::Shopify => source_shopify::setup(secrets, secret, wanted).await,
        Platform::Magento => source_magento::setup(secrets, secret, wanted).await,
    }
}

/// Returns the topics that a store needs which takes every order topic of its platform.
#[cfg(feature = "reader")]
#[must_use]
pub fn needed_topics(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::WooCommerce => source_woocommerce::NEEDED,
        Platform::Shopify => source_shopify::NEEDED,
        Platform::Magento => source_magento::NEEDED,
    }
}

#[cfg(feature = "reader")]
fn shared(reader: Option<impl ShopReader + 'static>) -> Option<Arc<dyn ShopReader>> {
    reader.map(|reader| Arc::new(reader) as Arc<dyn ShopReader>)
}
