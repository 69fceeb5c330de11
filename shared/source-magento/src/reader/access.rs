//! Authentication of requests: OAuth 1.0a with the four keys of an integration, or its access token
//! alone, which Magento accepts since 2.4.4 only where
//! `oauth/consumer/enable_integration_as_bearer` is switched on.
//!
//! The signature covers the address that PHP sees. Behind a proxy that hides https from PHP, that
//! address begins with `http`: then the signature for the other scheme works, and is used from then
//! on.

use ports::Secret;
use reqwest::{Method, RequestBuilder, Url};
use source::reader::{ReadError, Shop, nonce};
use std::sync::atomic::{AtomicBool, Ordering};

/// The keys without which a shop cannot be read.
pub(super) const KEYS: [&str; 2] = [BASE_URL, ACCESS_TOKEN];
const BASE_URL: &str = "base_url";
const CONSUMER_KEY: &str = "consumer_key";
const CONSUMER_SECRET: &str = "consumer_secret";
const ACCESS_TOKEN: &str = "access_token";
const ACCESS_TOKEN_SECRET: &str = "access_token_secret";

/// Whether the shop computes signatures with a scheme other than that of our address.
#[derive(Debug, Default)]
pub(super) struct Way(AtomicBool);

impl Way {
    /// Returns both schemes, the one that worked last first.
    pub(super) fn all(&self) -> [bool; 2] {
        let other = self.0.load(Ordering::Relaxed);
        [other, !other]
    }

    pub(super) fn worked(&self, other: bool) {
        self.0.store(other, Ordering::Relaxed);
    }
}

/// Returns the shop's address up to the version of its API.
pub(super) fn base(shop: &Shop, secret: &Secret) -> Result<String, ReadError> {
    address(shop.text(secret, BASE_URL)?).ok_or_else(|| {
        let secret = shop.secret_name();
        ReadError::Refused(format!(
            "base_url in secret {secret} is no address like https://shop.example"
        ))
    })
}

fn address(written: &str) -> Option<String> {
    let mut url = Url::parse(written.trim()).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !is_plain || !is_web || url.fragment().is_some() {
        return None;
    }
    let path = url.path().trim_end_matches('/');
    let path = match path.split('/').any(|segment| segment == "rest") {
        true => format!("{}/V1", path.trim_end_matches("/V1")),
        false => format!("{path}/rest/V1"),
    };
    url.set_path(&path);
    Some(url.into())
}

/// Creates the request with its authentication.
pub(super) fn proven(
    shop: &Shop,
    secret: &Secret,
    method: &Method,
    url: Url,
    with_other_scheme: bool,
) -> Result<RequestBuilder, ReadError> {
    let token = shop.text(secret, ACCESS_TOKEN)?;
    if is_bearer(secret) {
        let is_open = url.scheme() == "http" && url.host_str() != Some("127.0.0.1");
        if is_open {
            return Err(ReadError::Refused(format!(
                "an access token alone would go over http for all to see; enter base_url with https in secret {}, or all four keys of the integration",
                shop.secret_name()
            )));
        }
        return Ok(shop.request(method.clone(), url).bearer_auth(token));
    }
    let keys = oauth1::Keys {
        consumer_key: shop.text(secret, CONSUMER_KEY)?,
        consumer_secret: shop.text(secret, CONSUMER_SECRET)?,
        token: Some((token, shop.text(secret, ACCESS_TOKEN_SECRET)?)),
    };
    let believed = if with_other_scheme {
        flipped(&url)
    } else {
        url.clone()
    };
    let now = shop.now().as_second();
    let parameters = oauth1::signed(&keys, method.as_str(), &believed, &nonce()?, now);
    let header = oauth1::header(None, &parameters);
    let request = shop.request(method.clone(), url);
    Ok(request.header("Authorization", header))
}

/// Returns whether the secret has only the token.
pub(super) fn is_bearer(secret: &Secret) -> bool {
    [CONSUMER_KEY, CONSUMER_SECRET, ACCESS_TOKEN_SECRET]
        .iter()
        .all(|key| secret.get(key).is_none())
}

/// Returns the same address with the other scheme.
fn flipped(url: &Url) -> Url {
    let mut flipped = url.clone();
    let scheme = if url.scheme() == "https" {
        "http"
    } else {
        "https"
    };
    // Both are schemes of the web, so the URL can change from one to the other.
    _ = flipped.set_scheme(scheme);
    flipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_with_or_without_the_api() {
        for (written, expected) in [
            ("https://shop.example", Some("https://shop.example/rest/V1")),
            (
                " https://shop.example/ ",
                Some("https://shop.example/rest/V1"),
            ),
            (
                "https://shop.example/index.php",
                Some("https://shop.example/index.php/rest/V1"),
            ),
            (
                "https://shop.example/rest/V1/",
                Some("https://shop.example/rest/V1"),
            ),
            (
                "https://shop.example/rest/all/V1",
                Some("https://shop.example/rest/all/V1"),
            ),
            (
                "https://shop.example/rest/default",
                Some("https://shop.example/rest/default/V1"),
            ),
            (
                "https://restposten.example",
                Some("https://restposten.example/rest/V1"),
            ),
            (
                "https://rest.example/rest/de/V1",
                Some("https://rest.example/rest/de/V1"),
            ),
            (
                "https://shop.example/restaurant/",
                Some("https://shop.example/restaurant/rest/V1"),
            ),
            ("shop.example", None),
            ("https://key:secret@shop.example", None),
        ] {
            assert_eq!(address(written).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn the_other_scheme_keeps_the_rest() {
        let url = Url::parse("https://shop.example/rest/V1/orders?a=b").unwrap();
        assert_eq!(
            flipped(&url).as_str(),
            "http://shop.example/rest/V1/orders?a=b"
        );
        assert_eq!(flipped(&flipped(&url)), url);
    }
}
