use serde_json::{Value, json};

/// A request that is not a webhook, and its answer: a person who checks an address should read what
/// it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// It asks for the front page.
    Front,
    /// It asks which methods an address has.
    Options {
        /// The methods.
        allow: &'static str,
    },
    /// It is for a webhook's address, by another method than POST.
    NotPosted,
    /// It is for another address of ours, by a method that it does not have.
    NotRead,
    /// It is for no address of ours.
    NotFound,
}

const WEBHOOKS: &str = "/webhooks/";
const HEALTH: &str = "/healthz";

impl Plain {
    /// Classifies a request.
    #[must_use]
    pub fn of(method: &str, path: &str) -> Self {
        let is_webhook = path
            .strip_prefix(WEBHOOKS)
            .is_some_and(|store| !store.is_empty() && !store.contains('/'));
        let is_read = matches!(path, "/" | HEALTH);
        match method {
            "OPTIONS" if is_webhook => Self::Options {
                allow: "POST, OPTIONS",
            },
            "OPTIONS" if is_read => Self::Options {
                allow: "GET, HEAD, OPTIONS",
            },
            _ if is_webhook => Self::NotPosted,
            "GET" | "HEAD" if path == "/" => Self::Front,
            _ if is_read => Self::NotRead,
            _ => Self::NotFound,
        }
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Front | Self::Options { .. } => 200,
            Self::NotPosted | Self::NotRead => 405,
            Self::NotFound => 404,
        }
    }

    /// Returns the `Allow` header, where there is one. No page of another site is allowed anything:
    /// webhooks come from servers.
    #[must_use]
    pub fn allow(self) -> Option<&'static str> {
        match self {
            Self::Options { allow } => Some(allow),
            Self::NotPosted => Some("POST, OPTIONS"),
            Self::NotRead => Some("GET, HEAD, OPTIONS"),
            Self::Front | Self::NotFound => None,
        }
    }

    /// Returns the JSON body.
    #[must_use]
    pub fn body(self) -> Value {
        let refused = |reason: &str| json!({ "status": "refused", "reason": reason });
        match self {
            Self::Front => {
                json!({ "status": "ok", "reason": "orderbridge is here; shops post their webhooks to /webhooks/ and the name of the store" })
            }
            Self::Options { allow } => json!({ "status": "ok", "allow": allow }),
            Self::NotPosted => refused(
                "this is the address of a webhook: the shop sends it with POST; enter it in the shop, there is nothing to see here",
            ),
            Self::NotRead => refused("this address is read with GET"),
            Self::NotFound => refused(
                "there is nothing at this address; a webhook's address ends in /webhooks/ and the name of the store",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_that_is_no_webhook_is_told_what_the_address_is_for() {
        for (method, path, status, allow) in [
            ("GET", "/", 200, None),
            ("HEAD", "/", 200, None),
            ("POST", "/", 405, Some("GET, HEAD, OPTIONS")),
            ("OPTIONS", "/", 200, Some("GET, HEAD, OPTIONS")),
            ("GET", "/webhooks/acme", 405, Some("POST, OPTIONS")),
            ("PUT", "/webhooks/acme", 405, Some("POST, OPTIONS")),
            ("OPTIONS", "/webhooks/acme", 200, Some("POST, OPTIONS")),
            ("DELETE", "/healthz", 405, Some("GET, HEAD, OPTIONS")),
            ("POST", "/webhooks/", 404, None),
            ("POST", "/webhooks/acme/orders", 404, None),
            ("POST", "/webhook/acme", 404, None),
            ("GET", "/metrics", 404, None),
        ] {
            let plain = Plain::of(method, path);
            assert_eq!(
                (plain.status(), plain.allow()),
                (status, allow),
                "{method} {path}"
            );
            assert!(plain.body()["status"].is_string());
        }
    }
}
