//! The port through which a shop is asked for its orders, and what its adapters share: a cursor
//! that survives a restart ([`Cursor`]), the walk over a window ([`page`]) and, behind the feature
//! `reader`, a polite HTTP client ([`Shop`]).

mod cursor;
mod error;
#[cfg(feature = "reader")]
mod http;
mod listed;
mod orders;
#[cfg(feature = "reader")]
mod shop;
mod walk;
mod webhooks;

pub use cursor::{Cursor, Window};
pub use error::ReadError;
#[cfg(feature = "reader")]
pub use http::{Answer, address, query};
pub use listed::{Listed, NoPage, Question, Stamp};
pub use orders::{Found, Page, ShopOrder, Summary, Unreadable, of_entries};
#[cfg(feature = "reader")]
pub use shop::{Shop, nonce};
pub use walk::{Lister, page};
pub use webhooks::{Subscription, WebhookState, Webhooks};

use async_trait::async_trait;
use std::time::Duration;

/// Asks one store for an order in its newest state: for deliveries that name an order without
/// carrying it.
#[async_trait]
pub trait OrderReader: Send + Sync {
    /// The order's payload as a webhook would carry it, and the topic to read it under.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError>;
}

/// Asks one store for any of its orders: to catch up with what its webhooks lost, and to compare.
/// Every call asks the shop one question at a time.
#[async_trait]
pub trait ShopReader: OrderReader {
    /// How a walk that is repeated must overlap the one before it.
    fn reach(&self) -> Reach;

    /// The orders with this visible number; several where the shop gives a number twice, none
    /// where it has no such order.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn numbered(&self, number: &str) -> Result<Vec<ShopOrder>, ReadError>;

    /// The orders with these ids, in no particular order, and the ids of which the shop shows
    /// nothing.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn many(&self, orders: &[String]) -> Result<Found, ReadError>;

    /// A page of the orders that were changed in the window, from its beginning or from where a
    /// page before it ended. An order may come more than once; one that is changed meanwhile may
    /// leave the window, and is in a later one.
    ///
    /// # Errors
    /// See [`ReadError`]. The same page may be asked for again.
    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError>;

    /// The same of the orders that were placed in the window, each in short: for the slow pass that
    /// finds changes which move no date, and orders that are gone.
    ///
    /// # Errors
    /// See [`ReadError`]. The same page may be asked for again.
    async fn placed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Summary>, ReadError>;

    /// What became of the webhooks that post to this address: the topics that a store needs, each
    /// with its state.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn webhooks(&self, address: &str) -> Result<Webhooks, ReadError>;
}

/// How walks of a platform must overlap so that no order falls between two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// So far each window reaches back behind the end of the last one, at least.
    pub overlap: Duration,
    /// So long before now a window ends: what is younger may not be visible yet.
    pub settle: Duration,
}
