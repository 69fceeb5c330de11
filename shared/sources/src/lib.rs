#![doc = include_str!("../README.md")]

#[cfg(feature = "reader")]
mod reader;

#[cfg(feature = "reader")]
pub use reader::reader;

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
