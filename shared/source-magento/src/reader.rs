//! The reader of a shop's orders, over Magento's REST API
//! (developer.adobe.com/commerce/webapi/rest, "Search using REST APIs", "OAuth-based
//! authentication").

mod access;
mod answer;
mod ask;
mod setup;
mod webhooks;

use answer::Meaning;
use async_trait::async_trait;
use ports::Secrets;
use source::payload::digits;
use source::reader::{
    Cursor, Found, OrderReader, Page, Reach, ReadError, Shop, ShopOrder, ShopReader, Stamp,
    Summary, Webhooks, Window, page,
};
use std::{sync::Arc, time::Duration};

pub use setup::{setup, steps};
pub use webhooks::NEEDED;

/// The overlap between two walks over the shop's changes.
pub const REACH: Reach = Reach {
    overlap: Duration::from_secs(10 * 60),
    settle: Duration::from_secs(60),
};

/// A reader of one store's orders, with `base_url` of its secret and the four keys of an
/// integration, or with the access token alone where the shop accepts it as a bearer token.
pub struct MagentoReader {
    shop: Shop,
    way: access::Way,
}

impl MagentoReader {
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
        let is_possible = Shop::has(secrets.as_ref(), secret, &access::KEYS).await?;
        is_possible
            .then(|| Ok(Self::over(Shop::new(secrets, secret)?)))
            .transpose()
    }

    /// Creates a reader over a connection that exists already.
    #[must_use]
    pub fn over(shop: Shop) -> Self {
        Self {
            shop,
            way: access::Way::default(),
        }
    }

    /// Reads the orders whose column has one of these values.
    async fn with(
        &self,
        column: &str,
        condition: &str,
        values: &str,
    ) -> Result<source::reader::Listed, ReadError> {
        let filters = [(column, condition, values.to_owned())];
        let parameters = ask::criteria(&filters, &["entity_id"], ask::LARGEST_PAGE, 1);
        let answer = self.ask("/orders", &parameters, Meaning::List).await;
        answer::page(&answer.map_err(ask::error)?, None)
    }
}

#[async_trait]
impl OrderReader for MagentoReader {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        let id = digits(order).ok_or_else(|| ReadError::Gone(order.to_owned()))?;
        let path = format!("/orders/{id}");
        let answer = self.ask(&path, &[], Meaning::Order(&id)).await;
        let order = answer::single(&answer.map_err(ask::error)?, &id)?;
        Ok((order.topic, order.payload))
    }
}

#[async_trait]
impl ShopReader for MagentoReader {
    /// The time of an order is set when it is saved, and the order is visible when the transaction
    /// ends.
    fn reach(&self) -> Reach {
        REACH
    }

    async fn numbered(&self, number: &str) -> Result<Vec<ShopOrder>, ReadError> {
        let number = number.trim().trim_start_matches('#');
        let mut orders = self.with("increment_id", "eq", number).await?.orders;
        orders.retain(|order| order.summary.number == number);
        Ok(orders)
    }

    async fn many(&self, orders: &[String]) -> Result<Found, ReadError> {
        let mut found = Found::default();
        let known: Vec<String> = orders.iter().filter_map(|id| digits(id)).collect();
        for ids in known.chunks(usize::from(ask::LARGEST_PAGE)) {
            let listed = self.with("entity_id", "in", &ids.join(",")).await?;
            found.orders.extend(listed.orders);
            found.unreadable.extend(listed.unreadable);
        }
        let is_missing =
            |id: &&String| found.orders.iter().all(|order| order.summary.order != **id);
        found.missing = orders.iter().filter(is_missing).cloned().collect();
        Ok(found)
    }

    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError> {
        page(self, Stamp::Modified, window, cursor).await
    }

    async fn placed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Summary>, ReadError> {
        Ok(page(self, Stamp::Placed, window, cursor).await?.in_short())
    }

    async fn webhooks(&self, address: &str) -> Result<Webhooks, ReadError> {
        match self.subscriptions().await {
            Ok(found) => Ok(Webhooks::judged(webhooks::NEEDED, address, &found)),
            Err(error) => webhooks::untold(error),
        }
    }
}
