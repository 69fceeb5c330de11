#![doc = include_str!("../README.md")]

pub mod dates;
mod extent;
mod kept;
pub mod payload;
#[cfg(test)]
mod payload_tests;
mod privacy;
pub mod reader;
mod secret;
mod shop;
pub mod signature;

pub use extent::{Extent, MOST_ITEMS, MOST_VALUES, parse};
pub use kept::Kept;
pub use privacy::{PrivacyKind, PrivacyRequest};
pub use reader::{OrderReader, ReadError};
pub use secret::{SecretError, WebhookSecrets};
pub use shop::{STORE_DOMAIN, ShopNames};

use jiff::Timestamp;
use order::Order;

/// A webhook as it came in. Only the transport is decoded (API Gateway's base64, HTTP's framing).
#[derive(Clone, Copy, Debug)]
pub struct Webhook<'a> {
    /// All headers; names compare without case.
    pub headers: &'a http::HeaderMap,
    /// Query string without the question mark, empty if there is none.
    pub query: &'a str,
    /// The raw bytes that the shop signed.
    pub body: &'a [u8],
}

impl<'a> Webhook<'a> {
    /// Returns a header's value, or `None` when it is absent, not text, or given more than once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            None
        } else {
            value.to_str().ok()
        }
    }

    /// Returns the text of a header that holds a signature; `None` without the header.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] when the header is given more than once, or is not text.
    pub fn signature(&self, header: &'static str) -> Result<Option<&'a str>, VerifyError> {
        let malformed = |reason| VerifyError::Malformed { header, reason };
        let mut values = self.headers.get_all(header).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(malformed("it is given more than once"));
        }
        value
            .to_str()
            .map(Some)
            .map_err(|_| malformed("it is not plain text"))
    }
}

/// The kind of a verified request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The shop signed it.
    Delivery,
    /// The shop signed it, and holds up its customer's checkout until the answer `"op": "success"`
    /// arrives (Adobe Commerce webhooks).
    Awaited,
    /// The shop asks whether the address answers. Needs exactly 200; stores nothing.
    Ping,
}

/// The reason why a request is not trusted. The text tells an operator what to do; it never holds
/// any part of a digest or a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There is no signature at all: 401.
    #[error(
        "the signature header {header} is missing; is this address entered as the shop's webhook URL, and does the webhook have a secret?"
    )]
    Missing {
        /// Name of the header.
        header: &'static str,
    },
    /// There is a signature, but none of the listed secrets made it: 401.
    #[error(
        "the signature in {header} does not match any secret listed for this store; is it the webhook's own secret (not an API key), and did a proxy change the body?"
    )]
    Mismatch {
        /// Name of the header.
        header: &'static str,
    },
    /// The signature needs a key to check it, and the store's secret does not have that key: 401.
    #[error(
        "the signature in {header} cannot be checked: the store's secret has no {key}; enter the one that the shop shows for its webhooks"
    )]
    NoKey {
        /// Name of the header.
        header: &'static str,
        /// Name of the key in the store's secret.
        key: &'static str,
    },
    /// The signature is valid, but comes from another shop of the same app, which signs with the
    /// same key: 401.
    #[error(
        "this comes from another shop of the same app: {told} is not the {key} in this store's secret; send that shop's webhooks to a store of its own, or correct {key} if this is the right shop"
    )]
    OtherShop {
        /// The part of the request that names the shop.
        told: &'static str,
        /// Name of the key in the store's secret.
        key: &'static str,
    },
    /// The header cannot be read: 400.
    #[error("the signature header {header} is malformed: {reason}")]
    Malformed {
        /// Name of the header.
        header: &'static str,
        /// The fault in the header.
        reason: &'static str,
    },
    /// The signature algorithm is not accepted: 400.
    #[error("the signature algorithm in {header} is not supported; send HMAC-SHA256")]
    UnsupportedAlgorithm {
        /// Name of the header.
        header: &'static str,
    },
}

/// The few fields that accepting a delivery needs, read without building the whole order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peek {
    /// The shop's id of the order; `None` when the body is no order that the source understands (it
    /// becomes a dead letter).
    pub order_id: Option<String>,
    /// The time at which the shop last changed the order.
    pub modified: Option<Timestamp>,
    /// The customer of whom only one delivery may be handled at a time: the e-mail in lower case,
    /// else the shop's customer id, else the order's id.
    pub customer: Option<String>,
    /// The platform's topic, where only bodies of that topic look like this one: used where nothing
    /// else tells the topic.
    pub topic: Option<&'static str>,
}

/// The meaning of a payload.
#[derive(Clone, Debug, PartialEq)]
pub enum Normalized {
    /// An order to deliver.
    Order(Box<Order>),
    /// There is rightly nothing to deliver: a draft, or a topic without an order in it. The text
    /// says why.
    Skip(String),
    /// The order is no longer in the shop. Nothing else is known of it, so a destination's record
    /// can be given the state `trash` and no other value.
    Gone {
        /// The shop's id of the order.
        order: String,
        /// The event that removed it; reads as the end of "order 42 was ...".
        how: &'static str,
    },
    /// Something happened to an order that the body does not carry (a refund, an edit): only the
    /// shop knows the newest state of the order.
    Reference {
        /// The shop's id of the order.
        order: String,
        /// The reason for not delivering it where the shop cannot be asked: the event that will
        /// bring the newest state.
        otherwise: String,
    },
    /// A request about personal data, from a customer or about a whole shop; no order.
    Privacy(PrivacyRequest),
}

/// The reason why a signed body is not an order. Permanent: the message becomes a dead letter with
/// this text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not JSON, or cut off.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// More than any order needs. It is not parsed, because there may not be enough memory for it.
    #[error(
        "the body holds {what}; if it is a real order, enter it by hand, else drop this dead letter"
    )]
    TooMuch {
        /// The part that is too large.
        what: String,
    },
    /// The shop sent an error of its own in place of the order.
    #[error("the shop sent an error instead of an order: {code}: {message}; {fix}")]
    ShopError {
        /// The shop's error code.
        code: String,
        /// The shop's text.
        message: String,
        /// The remedy in the shop.
        fix: &'static str,
    },
    /// JSON, but no order.
    #[error("the body is not a {platform} order: {reason}")]
    NotAnOrder {
        /// Name of the platform.
        platform: &'static str,
        /// The part that is missing or wrong.
        reason: String,
    },
    /// An order with a value that cannot be used.
    #[error("order {order}: {field} is {problem}")]
    Field {
        /// Id of the order, or `?` before it is known.
        order: String,
        /// Path of the field in the payload, such as `line_items[2].total`.
        field: String,
        /// The fault, without personal data.
        problem: String,
    },
}

/// The port to one shop platform. Implementations hold no state of a store: secrets come with the
/// call.
pub trait Source: Send + Sync {
    /// Returns the platform's name in the configuration, such as `woocommerce`.
    fn platform(&self) -> &'static str;

    /// Returns the topics that carry an order, in the platform's own words. A route without
    /// `topics` wants all of these.
    fn order_topics(&self) -> &'static [&'static str];

    /// Returns the platform's topics that concern personal data, which are accepted whatever topics
    /// a route lists.
    fn privacy_topics(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the headers that a signature may be in, the usual one first. A request with none of
    /// them is unsigned, whatever its body holds.
    fn signature_headers(&self) -> &'static [&'static str];

    /// Returns whether the platform gives the ids of orders and customers (not the orders'
    /// numbers), so that no two of its shops have the same one. Otherwise an id is unique only
    /// within its shop.
    fn ids_are_of_the_platform(&self) -> bool {
        false
    }

    /// Checks that the shop sent this, over the raw bytes and in constant time.
    ///
    /// # Errors
    /// See [`VerifyError`], which also names the HTTP status for each case.
    fn verify(
        &self,
        webhook: Webhook<'_>,
        secrets: &WebhookSecrets,
    ) -> Result<Verified, VerifyError>;

    /// Returns the delivery's topic, in the platform's own words, such as `order.updated`. `None`
    /// where nothing tells it: then no route is skipped because of its topics, and the body
    /// decides. Headers are not signed: the topic is a hint, never a fact.
    fn topic(&self, webhook: Webhook<'_>) -> Option<String>;

    /// Returns the topic under which a delivery is named and read where nothing tells its topic:
    /// the platform's event for new and changed orders.
    fn usual_topic(&self) -> &'static str;

    /// Returns the id of this delivery, where the platform repeats a delivery that it believes lost
    /// and marks the repetition with the same id. It is a header, so not signed: a hint, never a
    /// fact. Without an id, the same body is accepted each time that it comes, because the order
    /// may rightly have gone from A to B and back to A within one second.
    fn delivery(&self, _webhook: Webhook<'_>) -> Option<String> {
        None
    }

    /// Reads the few fields that accepting needs, without building the order. Never fails: a field
    /// that cannot be read is absent.
    fn peek(&self, body: &[u8]) -> Peek;

    /// Builds the whole order.
    ///
    /// # Errors
    /// [`PayloadError`] when the body is no order. Permanent.
    fn normalize(&self, topic: &str, body: &[u8]) -> Result<Normalized, PayloadError>;

    /// Returns the headers that the shop would send with this body, signed with the first secret:
    /// for `orderbridge send` and tests.
    fn sign(
        &self,
        topic: &str,
        body: &[u8],
        secrets: &WebhookSecrets,
    ) -> Vec<(&'static str, String)>;
}
