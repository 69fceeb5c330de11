//! The reader of a store's orders, over Shopify's REST Admin API (shopify.dev, "REST Admin API",
//! Order resource, version 2026-04), whose orders are written exactly as webhooks carry them. Those
//! of GraphQL are not; its search lags behind, and it has no field for a tip.

mod access;
mod answer;
mod ask;
mod graphql;
mod setup;
mod webhooks;

use answer::Meaning;
use async_trait::async_trait;
use ports::Secrets;
use source::payload::digits;
use source::reader::{
    Cursor, Found, NoPage, OrderReader, Page, Reach, ReadError, Shop, ShopOrder, ShopReader, Stamp,
    Summary, Webhooks, Window, page,
};
use std::{sync::Arc, time::Duration};

pub use setup::{setup, steps};
pub use webhooks::NEEDED;

/// The overlap between two walks over the shop's changes.
pub const REACH: Reach = Reach {
    overlap: Duration::from_secs(10 * 60),
    settle: Duration::from_secs(2 * 60),
};

/// A reader of one store's orders, with `store_domain` of its secret and either
/// `admin_api_access_token`, or `client_id` and `client_secret`.
pub struct ShopifyReader {
    shop: Shop,
    access: access::Access,
}

impl ShopifyReader {
    /// Creates a reader of the store whose secret has this name; `None` where the secret has no
    /// credentials for reading.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the secret cannot be read, or the HTTP client cannot
    /// start.
    pub async fn where_possible(
        secrets: Arc<dyn Secrets>,
        secret: &str,
    ) -> Result<Option<Self>, ReadError> {
        for keys in [&access::BY_TOKEN[..], &access::BY_GRANT[..]] {
            if Shop::has(secrets.as_ref(), secret, keys).await? {
                return Ok(Some(Self::over(Shop::new(secrets, secret)?)));
            }
        }
        Ok(None)
    }

    /// Creates a reader over a connection that exists already.
    #[must_use]
    pub fn over(shop: Shop) -> Self {
        Self {
            shop,
            access: access::Access::default(),
        }
    }

    /// Reads all orders of a list that fits on one page.
    async fn with(&self, name: &str, value: &str) -> Result<source::reader::Listed, ReadError> {
        let size = ask::LARGEST_PAGE.to_string();
        let parameters = [("status", "any"), ("limit", size.as_str()), (name, value)];
        let answer = self.ask("orders.json", &parameters, Meaning::List).await;
        answer::page(&answer.map_err(ask::error)?)
    }
}

#[async_trait]
impl OrderReader for ShopifyReader {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        // The id becomes part of an address, so it must consist of digits only.
        let id = digits(order).ok_or_else(|| ReadError::Gone(order.to_owned()))?;
        let path = format!("orders/{id}.json");
        let answer = match self.ask(&path, &[], Meaning::Order(&id)).await {
            Ok(answer) => answer,
            Err(NoPage::Failed(ReadError::Gone(id))) => return Err(self.absent(id).await),
            Err(error) => return Err(ask::error(error)),
        };
        let order = answer::single(&answer, &id)?;
        Ok((order.topic, order.payload))
    }
}

#[async_trait]
impl ShopReader for ShopifyReader {
    fn reach(&self) -> Reach {
        REACH
    }

    /// The number is requested as it was given, and with the sign that most shops put before it.
    async fn numbered(&self, number: &str) -> Result<Vec<ShopOrder>, ReadError> {
        let number = number.trim();
        let bare = number.trim_start_matches('#');
        let with_sign = format!("#{bare}");
        let other = if number == bare { &with_sign } else { bare };
        for name in [number, other] {
            let mut orders = self.with("name", name).await?.orders;
            orders.retain(|order| order.summary.number.trim_start_matches('#') == bare);
            if !orders.is_empty() {
                return Ok(orders);
            }
        }
        Ok(Vec::new())
    }

    async fn many(&self, orders: &[String]) -> Result<Found, ReadError> {
        let mut found = Found::default();
        let known: Vec<String> = orders.iter().filter_map(|id| digits(id)).collect();
        for ids in known.chunks(usize::from(ask::LARGEST_PAGE)) {
            let listed = self.with("ids", &ids.join(",")).await?;
            found.orders.extend(listed.orders);
            found.unreadable.extend(listed.unreadable);
        }
        let is_missing =
            |id: &&String| found.orders.iter().all(|order| order.summary.order != **id);
        found.missing = orders.iter().filter(is_missing).cloned().collect();
        if !found.missing.is_empty() {
            found.hidden = self.hidden().await?;
        }
        Ok(found)
    }

    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError> {
        let page = page(self, Stamp::Modified, window, cursor).await?;
        let hidden = self.hidden().await?;
        Ok(Page { hidden, ..page })
    }

    async fn placed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Summary>, ReadError> {
        let page = page(self, Stamp::Placed, window, cursor).await?;
        let hidden = self.hidden().await?;
        Ok(Page { hidden, ..page }.in_short())
    }

    async fn webhooks(&self, address: &str) -> Result<Webhooks, ReadError> {
        let parameters = [("limit", "250")];
        let answer = self.ask("webhooks.json", &parameters, Meaning::List).await;
        webhooks::read(&answer.map_err(ask::error)?, address)
    }
}
