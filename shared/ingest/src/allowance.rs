use crate::{Answer, StoreGate};
use config::Platform;
use http::{HeaderMap, header};
use source::{Source, VerifyError};

/// No unsigned body that is anything has more: WooCommerce's ping is `webhook_id=` and a number.
const LONGEST_PING: usize = 64;

/// How much of a request's body is worth reading, by what its head says.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    most: usize,
    /// The header that a signature would be in, where there is none.
    missing: Option<&'static str>,
}

impl Allowance {
    /// What a store lets in with this head. A body that nobody signed is answered 401 whatever it
    /// holds, so that nothing of it is kept; only a ping is that short.
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

    /// So many bytes at most.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// Whether the request bears a signature, good or bad: what a shop sends does, and what does
    /// not is the first to go where there is too much at once.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.missing.is_none()
    }

    /// The answer to a body that is longer.
    #[must_use]
    pub fn exceeded(&self) -> Answer {
        match self.missing {
            Some(header) => Answer::Refused(VerifyError::Missing { header }),
            None => Answer::TooLarge { limit: self.most },
        }
    }
}

/// The length that the head says the body has.
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

/// Whether any platform's shop could have sent this: what strangers try at random bears no
/// signature.
pub(crate) fn is_signed_by_any(headers: &HeaderMap) -> bool {
    Platform::ALL
        .iter()
        .any(|platform| is_signed(sources::source(*platform).as_ref(), headers))
}
