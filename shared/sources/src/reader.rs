use config::Platform;
use ports::Secrets;
use source::{OrderReader, ReadError};
use std::sync::Arc;

/// Keys of a Shopify store's secret without which it can not be asked.
const SHOPIFY: [&str; 2] = ["store_domain", "admin_api_access_token"];

/// What asks a store for an order's newest state; `None` where its platform needs no asking, or its secret (named here) has no credentials for that.
///
/// # Errors
/// When the secrets can not be read, or no HTTP client can be made.
pub async fn reader(platform: Platform, secret: &str, secrets: Arc<dyn Secrets>) -> Result<Option<Arc<dyn OrderReader>>, ReadError> {
    // A WooCommerce delivery always carries its order. What Magento tells of invoices and refunds comes with its events of orders too.
    if platform != Platform::Shopify {
        return Ok(None);
    }
    let found = secrets.secret(secret).await;
    let found = found.map_err(|error| ReadError::Unavailable(format!("secret {secret}: {error}")))?;
    if !found.is_some_and(|found| SHOPIFY.iter().all(|key| found.get(key).is_some())) {
        return Ok(None);
    }
    Ok(Some(Arc::new(source_shopify::ShopifyReader::new(secrets, secret)?)))
}
