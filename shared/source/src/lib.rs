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

/// A webhook as it came in. Nothing is decoded but the transport (API Gateway's base64, HTTP's
/// framing).
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
    /// A header's value, or `None` when it is absent, not text, or given more than once.
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

    /// The text of a header that holds a signature; `None` without one.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] when it is given more than once, or is not text.
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

/// What a verified request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// The shop signed it.
    Delivery,
    /// The shop signed it, and holds its customer's checkout up until it is told `"op": "success"`
    /// (Adobe Commerce webhooks).
    Awaited,
    /// The shop asks whether the address answers. Needs exactly 200; stores nothing.
    Ping,
}

/// Why a request is not believed. The text says what an operator can do; it never holds any part of
/// a digest or a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No signature at all: 401.
    #[error(
        "the signature header {header} is missing; is this address entered as the shop's webhook URL, and does the webhook have a secret?"
    )]
    Missing {
        /// Name of the header.
        header: &'static str,
    },
    /// A signature, but none of the listed secrets made it: 401.
    #[error(
        "the signature in {header} does not match any secret listed for this store; is it the webhook's own secret (not an API key), and did a proxy change the body?"
    )]
    Mismatch {
        /// Name of the header.
        header: &'static str,
    },
    /// A signature that only a key would prove which the store's secret does not have: 401.
    #[error(
        "the signature in {header} cannot be checked: the store's secret has no {key}; enter the one that the shop shows for its webhooks"
    )]
    NoKey {
        /// Name of the header.
        header: &'static str,
        /// Name of the key in the store's secret.
        key: &'static str,
    },
    /// Rightly signed, but by another shop of the same app, whose key is the same: 401.
    #[error(
        "this comes from another shop of the same app: {told} is not the {key} in this store's secret; send that shop's webhooks to a store of its own, or correct {key} if this is the right shop"
    )]
    OtherShop {
        /// What names the shop, in the request.
        told: &'static str,
        /// Name of the key in the store's secret.
        key: &'static str,
    },
    /// The header cannot be read: 400.
    #[error("the signature header {header} is malformed: {reason}")]
    Malformed {
        /// Name of the header.
        header: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A signature algorithm that is not accepted: 400.
    #[error("the signature algorithm in {header} is not supported; send HMAC-SHA256")]
    UnsupportedAlgorithm {
        /// Name of the header.
        header: &'static str,
    },
}

/// The little that accepting a delivery needs: read without building the whole order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peek {
    /// The shop's id of the order; absent when the body is no order that the source understands (it
    /// becomes a dead letter).
    pub order_id: Option<String>,
    /// When the shop last changed the order.
    pub modified: Option<Timestamp>,
    /// Who must not be handled twice at a time: e-mail in lower case, else the shop's customer id,
    /// else the order's id.
    pub customer: Option<String>,
    /// The platform's topic whose bodies alone look like this one: what it is about where nothing
    /// else tells.
    pub topic: Option<&'static str>,
}

/// What a payload turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Normalized {
    /// An order to deliver.
    Order(Box<Order>),
    /// Rightly nothing to deliver: a draft, a topic without an order in it. The text says why.
    Skip(String),
    /// The order is no longer in the shop. Nothing else is told of it, so that a destination's
    /// record can be given the state `trash` and no other value.
    Gone {
        /// The shop's id of the order.
        order: String,
        /// What became of it; reads as the end of "order 42 was ...".
        how: &'static str,
    },
    /// Something happened to an order that the body does not carry (a refund, an edit): only the
    /// shop knows the order's newest state.
    Reference {
        /// The shop's id of the order.
        order: String,
        /// Why it is not delivered where the shop cannot be asked: what brings the newest state
        /// then.
        otherwise: String,
    },
    /// A customer's or a shop's right over personal data; no order.
    Privacy(PrivacyRequest),
}

/// Why a signed body is not an order. Permanent: the message becomes a dead letter with this text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not JSON, or cut off.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// More than any order needs: not read, because the memory for it may not be there.
    #[error(
        "the body holds {what}; if it is a real order, enter it by hand, else drop this dead letter"
    )]
    TooMuch {
        /// Of what there is too much.
        what: String,
    },
    /// The shop sent an error of its own in place of the order.
    #[error("the shop sent an error instead of an order: {code}: {message}; {fix}")]
    ShopError {
        /// The shop's error code.
        code: String,
        /// The shop's text.
        message: String,
        /// What to do in the shop.
        fix: &'static str,
    },
    /// JSON, but no order.
    #[error("the body is not a {platform} order: {reason}")]
    NotAnOrder {
        /// Name of the platform.
        platform: &'static str,
        /// What is missing.
        reason: String,
    },
    /// An order with a value that cannot be used.
    #[error("order {order}: {field} is {problem}")]
    Field {
        /// Id of the order, or `?` before it is known.
        order: String,
        /// Path of the field in the payload, such as `line_items[2].total`.
        field: String,
        /// What is wrong, without personal data.
        problem: String,
    },
}

/// One shop platform. Implementations hold no state of a store: secrets come with the call.
pub trait Source: Send + Sync {
    /// Name in the configuration, such as `woocommerce`.
    fn platform(&self) -> &'static str;

    /// Topics that carry an order, in the platform's own words. A route without `topics` wants all
    /// of these.
    fn order_topics(&self) -> &'static [&'static str];

    /// Topics of the platform that concern personal data, which are taken whatever topics a route
    /// lists.
    fn privacy_topics(&self) -> &'static [&'static str] {
        &[]
    }

    /// The headers that a signature may be in, the usual one first. A request with none of them is
    /// unsigned, whatever its body holds.
    fn signature_headers(&self) -> &'static [&'static str];

    /// Whether the ids of orders and customers (not the orders' numbers) are given by the platform,
    /// so that no two of its shops have the same one. Else every shop counts for itself.
    fn ids_are_of_the_platform(&self) -> bool {
        false
    }

    /// Whether the shop sent this, checked over the raw bytes and in constant time.
    ///
    /// # Errors
    /// See [`VerifyError`]; which answer each one gets is written there.
    fn verify(
        &self,
        webhook: Webhook<'_>,
        secrets: &WebhookSecrets,
    ) -> Result<Verified, VerifyError>;

    /// The delivery's topic, in the platform's own words, such as `order.updated`; `None` where
    /// nothing tells it: then no route is passed over for it, and the body decides. Headers are not
    /// signed: a hint, never a fact.
    fn topic(&self, webhook: Webhook<'_>) -> Option<String>;

    /// What a delivery is called and read as where nothing tells its topic: the platform's event of
    /// new and changed orders.
    fn usual_topic(&self) -> &'static str;

    /// Names this delivery, where the platform repeats a delivery that it thinks lost and says so
    /// by this name. A header, so not signed: a hint, never a fact. Without it the same body is
    /// taken each time that it comes, because the order may rightly have gone from A to B and back
    /// to A within one second.
    fn delivery(&self, _webhook: Webhook<'_>) -> Option<String> {
        None
    }

    /// The little that accepting needs, without building the order. Never fails: what cannot be
    /// read is absent.
    fn peek(&self, body: &[u8]) -> Peek;

    /// The whole order.
    ///
    /// # Errors
    /// When the body is no order. Permanent.
    fn normalize(&self, topic: &str, body: &[u8]) -> Result<Normalized, PayloadError>;

    /// The headers that the shop would send with this body, signed with the first secret: for
    /// `orderbridge send` and tests.
    fn sign(
        &self,
        topic: &str,
        body: &[u8],
        secrets: &WebhookSecrets,
    ) -> Vec<(&'static str, String)>;
}
