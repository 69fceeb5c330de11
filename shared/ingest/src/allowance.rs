use crate::{Answer, StoreGate};
use config::Platform;
use http::{HeaderMap, header};
use source::{Source, VerifyError};

/// The length of the longest unsigned body that means anything: WooCommerce's ping is `webhook_id=`
/// and a number.
const LONGEST_PING: usize = 64;

/// The part of a request's body that is worth reading, judged by the head.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    most: usize,
    /// The header that a signature would be in, where there is none.
    missing: Option<&'static str>,
}

impl Allowance {
    /// Creates the allowance of a store for a request with this head. A body without a signature is
    /// answered 401 whatever it holds, so nothing of it is kept; only a ping is that short.
    pub(crate) fn of(store: &StoreGate, headers: &HeaderMap, body_limit: usize) -> Self {
        let names = store.source.signature_headers();
        let missing = names
            .first()
            .copied()
            .filter(|_| !is_signed(store.source.as_ref(), headers));
        let most = if missing.is_some() {
            LONGEST_PING.min(body_limit)
        } else {
            body_limit
        };
        Self { most, missing }
    }

    /// Returns the most bytes that are worth reading.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// Returns whether the request bears a signature, good or bad. A shop's webhook does; a request
    /// without one is the first to go where there is too much at once.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.missing.is_none()
    }

    /// Returns the answer to a body that is longer.
    #[must_use]
    pub fn exceeded(&self) -> Answer {
        match self.missing {
            Some(header) => Answer::Refused(VerifyError::Missing { header }),
            None => Answer::TooLarge { limit: self.most },
        }
    }
}

/// Returns the length of the body according to the head.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn is_signed(source: &dyn Source, headers: &HeaderMap) -> bool {
    source
        .signature_headers()
        .iter()
        .any(|name| headers.contains_key(*name))
}

/// Returns whether the shop of any platform could have sent this: what strangers try at random
/// bears no signature.
pub(crate) fn is_signed_by_any(headers: &HeaderMap) -> bool {
    Platform::ALL
        .iter()
        .any(|platform| is_signed(sources::source(*platform).as_ref(), headers))
}
