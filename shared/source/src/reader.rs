//! The port through which a shop is asked for its orders, and the parts that its adapters share: a
//! cursor that survives a restart ([`Cursor`]), the walk over a window ([`page`]) and, behind the
//! feature `reader`, a polite HTTP client ([`Shop`]).

mod cursor;
mod error;
#[cfg(feature = "reader")]
mod http;
mod listed;
mod orders;
#[cfg(feature = "reader")]
mod setup;
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
pub use setup::{Hooks, Seen, Unseen, Wanted, of_store};
#[cfg(feature = "reader")]
pub use shop::{Shop, nonce};
pub use walk::{Lister, page};
pub use webhooks::{Hook, Subscription, WebhookState, Webhooks};

use async_trait::async_trait;
use std::time::Duration;

/// Asks one store for the newest state of an order: for deliveries that name an order without
/// carrying it.
#[async_trait]
pub trait OrderReader: Send + Sync {
    /// Reads the order's payload as a webhook would carry it, and returns it after the topic under
    /// which it is to be read.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError>;
}

/// Asks one store for any of its orders: to catch up with those that its webhooks lost, and to
/// compare. A reader sends the shop one request at a time.
#[async_trait]
pub trait ShopReader: OrderReader {
    /// Returns the overlap that repeated walks need.
    fn reach(&self) -> Reach;

    /// Reads the orders with this visible number: several where the shop gives a number twice, none
    /// where it has no such order.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn numbered(&self, number: &str) -> Result<Vec<ShopOrder>, ReadError>;

    /// Reads the orders with these ids, in no particular order, and returns the ids of which the
    /// shop shows nothing.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn many(&self, orders: &[String]) -> Result<Found, ReadError>;

    /// Reads a page of the orders that were changed in the window, from its beginning or from the
    /// end of an earlier page. An order may come more than once; one that is changed meanwhile may
    /// leave the window, and is then in a later one.
    ///
    /// # Errors
    /// See [`ReadError`]. The same page may be requested again.
    async fn changed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<ShopOrder>, ReadError>;

    /// Reads a page of the orders that were placed in the window, each in short: for the slow pass
    /// that finds changes which move no date, and orders that are gone.
    ///
    /// # Errors
    /// See [`ReadError`]. The same page may be requested again.
    async fn placed(
        &self,
        window: Window,
        cursor: Option<&Cursor>,
    ) -> Result<Page<Summary>, ReadError>;

    /// Reads the state of the webhooks that post to this address: the topics that a store needs,
    /// each with its state.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn webhooks(&self, address: &str) -> Result<Webhooks, ReadError>;
}

/// The overlap between the walks of a platform that keeps every order from falling between two of
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The least time by which each window reaches back before the end of the last one.
    pub overlap: Duration,
    /// The time before now at which a window ends, because younger changes may not be visible yet.
    pub settle: Duration,
}
