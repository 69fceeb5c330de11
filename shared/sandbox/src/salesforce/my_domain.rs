//! An org's old address after My Domain got another name. Salesforce Help, "My Domain
//! Redirections"; the page is that of jsforce#196.

use crate::exchange::{Incoming, reply};
use bytes::Bytes;
use http::{HeaderValue, Response, header};

const PAGE: &str = "<html><head><title>URL No Longer Exists</title></head><body>URL No Longer Exists. You have attempted to reach a URL that no longer exists on salesforce.com.</body></html>";

/// The behaviour of the old address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldDomain {
    /// A 301 to the new address.
    Redirects,
    /// A 404 with a page in HTML, once redirections are switched off.
    Page,
    /// Nobody is there: the connection ends without an answer.
    Gone,
}

/// The new name.
#[derive(Debug)]
pub(super) struct Renamed {
    host: String,
    url: String,
    old: OldDomain,
}

impl Renamed {
    pub(super) fn new(url: &str, old: OldDomain) -> Self {
        let host = url.split("://").nth(1).unwrap_or(url).trim_end_matches('/');
        Self {
            host: host.to_owned(),
            url: url.to_owned(),
            old,
        }
    }

    /// Returns whether a request goes to an address where nobody is.
    pub(super) fn is_gone(&self, request: &Incoming) -> bool {
        self.old == OldDomain::Gone && self.is_old(request)
    }

    /// Returns the answer of the old address; `None` at the new one.
    pub(super) fn answer(&self, request: &Incoming) -> Option<Response<Bytes>> {
        if !self.is_old(request) {
            return None;
        }
        let status = if self.old == OldDomain::Redirects {
            301
        } else {
            404
        };
        let mut answer = reply(status, "text/html;charset=UTF-8", PAGE);
        if self.old == OldDomain::Redirects {
            let location = HeaderValue::try_from(format!("{}{}", self.url, request.target)).ok();
            location.map(|location| answer.headers_mut().insert(header::LOCATION, location));
        }
        Some(answer)
    }

    fn is_old(&self, request: &Incoming) -> bool {
        request
            .header("host")
            .is_some_and(|host| !host.eq_ignore_ascii_case(&self.host))
    }
}
