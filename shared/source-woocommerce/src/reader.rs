//! The reader of a shop's orders, over WooCommerce's REST API v3 (woocommerce.com, "REST API
//! documentation"; the behaviour that the documentation leaves out was seen in 9.9.5 and 11.0.1).

mod access;
mod answer;
mod ask;
mod setup;
mod site;
mod webhooks;

use crate::config::UPDATED;
use answer::Meaning;
use ask::{ANY, TRASH};
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
    overlap: Duration::from_secs(65 * 60),
    settle: Duration::from_secs(60),
};

/// A reader of one store's orders, with `url`, `consumer_key` and `consumer_secret` of its secret.
pub struct WooCommerceReader {
    shop: Shop,
    site: site::Known,
    way: access::Way,
}

impl WooCommerceReader {
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
            site: site::Known::default(),
            way: access::Way::default(),
        }
    }

    /// Reads one order by its id, also from the trash.
    async fn one(&self, id: &str) -> Result<ShopOrder, ReadError> {
        let id = digits(id).ok_or_else(|| ReadError::Gone(id.to_owned()))?;
        let path = format!("/orders/{id}");
        let answer = self.ask(&path, &[], Meaning::Order(&id)).await;
        answer::single(&answer.map_err(ask::error)?, &id)
    }

    /// Reads the orders with these ids from one of the shop's lists; at most a page of them.
    async fn listed(
        &self,
        ids: &[String],
        status: &str,
        found: &mut Found,
    ) -> Result<(), ReadError> {
        let include = ids.join(",");
        let size = ask::LARGEST_PAGE.to_string();
        let parameters = [
            ("include", include.as_str()),
            ("status", status),
            ("orderby", "id"),
            ("order", "asc"),
            ("per_page", &size),
        ];
        let answer = self.ask("/orders", &parameters, Meaning::List).await;
        let (orders, unreadable) = answer::list(&answer.map_err(ask::error)?)?;
        found.unreadable.extend(unreadable);
        found
            .missing
            .retain(|id| orders.iter().all(|order| order.summary.order != *id));
        found.orders.extend(orders);
        Ok(())
    }
}

#[async_trait]
impl OrderReader for WooCommerceReader {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        let order = self.one(order).await?;
        Ok((order.topic, order.payload))
    }
}

#[async_trait]
impl ShopReader for WooCommerceReader {
    /// An order's time is set when saving begins, and the order is visible when saving ends. The
    /// additional hour covers the hour that a shop's clock skips in spring, should its zone not be
    /// known.
    fn reach(&self) -> Reach {
        REACH
    }

    /// The number is usually the id; where a plug-in numbers orders differently, the shop's search
    /// finds them.
    async fn numbered(&self, number: &str) -> Result<Vec<ShopOrder>, ReadError> {
        let number = number.trim().trim_start_matches('#');
        match self.one(number).await {
            Ok(order) if order.summary.number == number => return Ok(vec![order]),
            Ok(_) | Err(ReadError::Gone(_)) => {}
            Err(error) => return Err(error),
        }
        let size = ask::LARGEST_PAGE.to_string();
        let parameters = [("search", number), ("status", ANY), ("per_page", &size)];
        let answer = self.ask("/orders", &parameters, Meaning::List).await;
        let (mut orders, _) = answer::list(&answer.map_err(ask::error)?)?;
        orders.retain(|order| order.summary.number == number);
        Ok(orders)
    }

    /// An order that is in neither list is requested by itself: orders in a status whose plug-in is
    /// switched off are in no list, but still exist.
    async fn many(&self, orders: &[String]) -> Result<Found, ReadError> {
        let mut found = Found::default();
        let known: Vec<String> = orders.iter().filter_map(|id| digits(id)).collect();
        for ids in known.chunks(usize::from(ask::LARGEST_PAGE)) {
            found.missing.extend_from_slice(ids);
            self.listed(ids, ANY, &mut found).await?;
            let rest: Vec<String> = found
                .missing
                .iter()
                .filter(|id| ids.contains(id))
                .cloned()
                .collect();
            if rest.is_empty() {
                continue;
            }
            self.listed(&rest, TRASH, &mut found).await?;
            for id in rest {
                if found.missing.contains(&id)
                    && let Some(order) = there(self.one(&id).await)?
                {
                    found.missing.retain(|missing| *missing != id);
                    found.orders.push(order);
                }
            }
        }
        let strange = orders.iter().filter(|id| digits(id).is_none());
        found.missing.extend(strange.cloned());
        Ok(found)
    }

    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError> {
        let lister = ask::Orders::of(self).await?;
        page(&lister, Stamp::Modified, window, cursor).await
    }

    async fn placed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Summary>, ReadError> {
        let lister = ask::Orders::of(self).await?;
        let page = page(&lister, Stamp::Placed, window, cursor).await?;
        Ok(page.in_short())
    }

    async fn webhooks(&self, address: &str) -> Result<Webhooks, ReadError> {
        let found = self.all_webhooks().await?;
        Ok(Webhooks::judged(webhooks::NEEDED, address, &found))
    }
}

/// Returns the order, or `None` where it is gone.
fn there(answer: Result<ShopOrder, ReadError>) -> Result<Option<ShopOrder>, ReadError> {
    match answer {
        Ok(order) => Ok(Some(order)),
        Err(ReadError::Gone(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The topic under which a requested order is read.
const TOPIC: &str = UPDATED;
