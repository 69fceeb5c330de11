use serde::Serialize;
use serde_json::Value;
use std::{fmt, time::Duration};

/// The kind of a failure; with [`Retry`] it decides what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The credentials, their permissions, or the way in (address, API version) are refused:
    /// nothing of this destination will work until somebody acts.
    Authentication,
    /// Too many calls.
    RateLimit,
    /// The destination is away, slow, in maintenance, or the answer was lost.
    Unavailable,
    /// The destination refuses the data.
    Validation,
    /// The mapping or the configuration does not fit the order or the destination.
    Mapping,
    /// Somebody else is writing the same record.
    Conflict,
    /// The data is larger than the destination takes.
    TooLarge,
    /// An answer that nobody has seen before. Permanent, with an alarm, unless the adapter says
    /// otherwise.
    Unknown,
}

impl Class {
    /// Returns the word for it in logs, dead letters and filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::RateLimit => "rate_limit",
            Self::Unavailable => "unavailable",
            Self::Validation => "validation",
            Self::Mapping => "mapping",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::Unknown => "unknown",
        }
    }
}

/// Advice on repeating a call: may it succeed later without anybody acting?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// No, not as it is.
    Never,
    /// Yes, at any time.
    Soon,
    /// Yes, but not before this time has passed.
    After(Duration),
    /// Yes. The request was sent and not answered in time: it may have been too much for one call,
    /// and the destination may have done it all the same.
    TimedOut,
    /// Yes. The request was not sent, because the worker had the orders in hand for too long, or a
    /// request before it was not answered in time: that says nothing about the order.
    OutOfTime,
}

/// The reason why something did not work at a destination: what happened, whether trying again can
/// help, in which operation, with which record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind of failure.
    pub class: Class,
    /// Advice on repeating the call: whether, and when, it may succeed without anybody acting.
    pub retry: Retry,
    /// The operation attempted: `token`, `read`, `write`, `map`.
    pub operation: &'static str,
    /// The destination's own code, such as `STRING_TOO_LONG`.
    pub code: Option<String>,
    /// The record and fields concerned, such as `contact.LastName`.
    pub place: Option<String>,
    /// The whole story for a person, with what to do. May quote the destination, so it may hold
    /// personal data: for the dead letter, not for the log.
    pub message: String,
    /// The request that was refused, for the dead letter.
    pub request: Option<String>,
    /// The destination's answer, for the dead letter.
    pub response: Option<String>,
}

impl Failure {
    /// Creates a failure that another try cannot mend.
    pub fn permanent(class: Class, operation: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            retry: Retry::Never,
            operation,
            code: None,
            place: None,
            message: message.into(),
            request: None,
            response: None,
        }
    }

    /// Creates a failure that may pass by itself.
    pub fn transient(class: Class, operation: &'static str, message: impl Into<String>) -> Self {
        Self {
            retry: Retry::Soon,
            ..Self::permanent(class, operation, message)
        }
    }

    /// Creates the failure of a log-in that cannot succeed before somebody has mended the
    /// credentials: orders wait until then.
    #[must_use]
    pub fn refused_login(message: impl Into<String>) -> Self {
        Self::transient(Class::Authentication, "token", message)
    }

    /// Creates the failure of a request that the destination did not answer in time.
    #[must_use]
    pub fn timed_out(operation: &'static str, message: impl Into<String>) -> Self {
        Self {
            retry: Retry::TimedOut,
            ..Self::transient(Class::Unavailable, operation, message)
        }
    }

    /// Creates the failure for when no time is left to begin another request.
    #[must_use]
    pub fn out_of_time(operation: &'static str) -> Self {
        let text = "the orders were in hand for too long to begin another request, or one before it was not answered in time; they come back";
        Self {
            retry: Retry::OutOfTime,
            ..Self::transient(Class::Unavailable, operation, text)
        }
    }

    /// Sets the time that must pass before another try, where one is given. A failure that another
    /// try cannot mend stays as it is, and so does one of the time itself ([`Retry::TimedOut`],
    /// [`Retry::OutOfTime`]).
    #[must_use]
    pub fn after(mut self, pause: Option<Duration>) -> Self {
        if let (Some(pause), Retry::Soon | Retry::After(_)) = (pause, self.retry) {
            self.retry = Retry::After(pause);
        }
        self
    }

    /// Adds which record of the plan it was: `contact.LastName` where the place so far is
    /// `LastName`.
    #[must_use]
    pub fn within(self, record: &str) -> Self {
        let place = match &self.place {
            Some(inner) => format!("{record}.{inner}"),
            None => record.to_owned(),
        };
        Self {
            message: format!("{place}: {}", self.message),
            place: Some(place),
            ..self
        }
    }

    /// Adds the request that was refused, for the dead letter.
    #[must_use]
    pub fn with_request(self, method: &str, path: &str, body: &Value) -> Self {
        Self {
            request: Some(format!("{method} {path}\n{body:#}")),
            ..self
        }
    }

    /// Returns whether the same call may succeed later without anybody acting.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.retry != Retry::Never
    }

    /// Returns whether the request was not sent, because there was no time left.
    #[must_use]
    pub fn is_out_of_time(&self) -> bool {
        self.retry == Retry::OutOfTime
    }

    /// Returns the shortest time to wait, where one is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.retry {
            Retry::After(pause) => Some(pause),
            _ => None,
        }
    }

    /// Returns the part that may go into a log or the ledger: class, operation, code and place,
    /// nothing that a customer or a vendor wrote.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = format!("{} in {}", self.class.as_str(), self.operation);
        for part in [&self.code, &self.place].into_iter().flatten() {
            text.push_str(": ");
            text.push_str(part);
        }
        text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
