use ports::PortError;
use serde_json::{Value, json};
use source::VerifyError;

/// The answer to a shop. The table of statuses and bodies is part of the contract.
#[derive(Debug)]
pub enum Answer {
    /// The messages are durable.
    Accepted {
        /// The number of messages, one per route.
        messages: usize,
    },
    /// The webhook is signed, but no route wants this topic.
    Ignored,
    /// The request is the shop's ping.
    Pong,
    /// One of the above, for a shop that holds up its checkout until it gets `"op": "success"`
    /// (Adobe Commerce Webhooks, "Responses").
    Awaited(Box<Answer>),
    /// The signature is missing, wrong or unreadable, or another shop's.
    Refused(VerifyError),
    /// The body is signed, but not JSON.
    NotJson(String),
    /// No store of this name is configured.
    UnknownStore {
        /// Whether the request bears a signature as the platforms' webhooks do: then a shop was
        /// given a wrong address, and the sender is not a stranger.
        is_signed: bool,
    },
    /// The body is over the limit, in bytes.
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The messages are too large for the queue: another try would end the same way.
    TooLargeForQueue(PortError),
    /// The connection broke off before the body's end.
    BrokenOff,
    /// The body did not arrive in time.
    TooSlow,
    /// More arrives at once than is kept in memory.
    Overloaded,
    /// The store's webhook secret cannot be used now, so that nothing can be verified; the shop
    /// should come back.
    NoSecret,
    /// The messages could not be made durable; the shop should come back.
    Unavailable(PortError),
}

/// Seconds after which a shop that got 503 may come back.
const RETRY_AFTER_SECONDS: u32 = 5;
/// Seconds after which it may come back where somebody has to mend something first, which is
/// checked every minute.
const RETRY_AFTER_MENDING_SECONDS: u32 = 60;

impl Answer {
    /// Returns the answer for a shop that waits. Only a 200 tells it to go on.
    #[must_use]
    pub(crate) fn awaited(self) -> Self {
        if self.status() == 200 {
            Self::Awaited(Box::new(self))
        } else {
            self
        }
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Accepted { .. } | Self::Ignored | Self::Pong | Self::Awaited(_) => 200,
            Self::Refused(
                VerifyError::Missing { .. }
                | VerifyError::Mismatch { .. }
                | VerifyError::NoKey { .. }
                | VerifyError::OtherShop { .. },
            ) => 401,
            Self::Refused(
                VerifyError::Malformed { .. } | VerifyError::UnsupportedAlgorithm { .. },
            )
            | Self::NotJson(_)
            | Self::BrokenOff => 400,
            Self::UnknownStore { .. } => 404,
            Self::TooSlow => 408,
            Self::TooLarge { .. } | Self::TooLargeForQueue(_) => 413,
            Self::Overloaded | Self::NoSecret | Self::Unavailable(_) => 503,
        }
    }

    /// Returns the `Retry-After` header in seconds, where there is one.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Overloaded | Self::Unavailable(_) => Some(RETRY_AFTER_SECONDS),
            Self::NoSecret => Some(RETRY_AFTER_MENDING_SECONDS),
            _ => None,
        }
    }

    /// Returns the JSON body.
    #[must_use]
    pub fn body(&self) -> Value {
        match self {
            Self::Accepted { messages } => json!({ "status": "accepted", "messages": messages }),
            Self::Ignored => json!({ "status": "ignored" }),
            Self::Pong => json!({ "status": "pong" }),
            Self::Awaited(answer) => {
                let mut body = answer.body();
                if let Some(fields) = body.as_object_mut() {
                    fields.insert("op".to_owned(), json!("success"));
                }
                body
            }
            Self::Refused(reason) => refusal(&reason.to_string()),
            Self::NotJson(reason) => refusal(&format!("the body is not JSON: {reason}")),
            Self::UnknownStore { .. } => refusal(
                "no store of this name is configured; the webhook URL ends in /webhooks/ and the name of the store",
            ),
            Self::TooLarge { limit } => refusal(&format!(
                "the body is over the limit of {limit} bytes (server.body_limit)"
            )),
            Self::TooLargeForQueue(_) => refusal(
                "the order is over what the queue can hold; have the shop send less with its webhook",
            ),
            Self::BrokenOff => refusal("the connection broke off before the body's end"),
            Self::TooSlow => refusal("the body did not come in time; send it again"),
            Self::Overloaded => {
                refusal("too much comes in at once; nothing was stored, send it again")
            }
            Self::NoSecret => refusal(
                "this store's secret cannot be used now, which the log tells of; nothing was stored, send it again",
            ),
            Self::Unavailable(_) => {
                refusal("the queue is unavailable; nothing was stored, send it again")
            }
        }
    }

    /// Returns whether this refuses a request that a shop may have sent, so that somebody should
    /// know.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::UnknownStore { is_signed } => *is_signed,
            _ => self.status() != 200,
        }
    }

    /// Returns one word for logs and metrics.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Ignored => "ignored",
            Self::Pong => "pong",
            Self::Awaited(answer) => answer.word(),
            Self::Refused(VerifyError::Missing { .. }) => "unsigned",
            Self::Refused(VerifyError::Mismatch { .. }) => "bad_signature",
            Self::Refused(VerifyError::NoKey { .. }) => "no_key",
            Self::Refused(VerifyError::OtherShop { .. }) => "other_shop",
            Self::Refused(_) => "malformed_signature",
            Self::NotJson(_) => "not_json",
            Self::UnknownStore { .. } => "unknown_store",
            Self::TooLarge { .. } | Self::TooLargeForQueue(_) => "too_large",
            Self::BrokenOff => "broken_off",
            Self::TooSlow => "too_slow",
            Self::Overloaded => "overloaded",
            Self::NoSecret => "no_secret",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

fn refusal(reason: &str) -> Value {
    json!({ "status": "refused", "reason": reason })
}
