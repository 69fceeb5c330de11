//! Authentication of requests. Over https WooCommerce takes Basic credentials, over http only a
//! signature (OAuth 1.0a with one leg). It trusts PHP's `is_ssl()` and the site's configured
//! address, which behind a proxy can differ from the address that we call: then one of the other
//! ways works, and is used from then on.

use reqwest::{Method, Url};
use source::reader::ReadError;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) const KEYS: [&str; 3] = [URL, CONSUMER_KEY, CONSUMER_SECRET];
pub(super) const URL: &str = "url";
pub(super) const CONSUMER_KEY: &str = "consumer_key";
pub(super) const CONSUMER_SECRET: &str = "consumer_secret";

/// One way to authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Basic,
    /// A signature for the site's address with this scheme. The parameters go into the query,
    /// because some hosts drop the header.
    Signed(&'static str),
}

const SECURE: &[Proof] = &[Proof::Basic, Proof::Signed("https"), Proof::Signed("http")];
const PLAIN: &[Proof] = &[Proof::Signed("http"), Proof::Signed("https")];
/// On this machine nobody can listen in, so Basic is allowed over http.
const LOCAL: &[Proof] = &[Proof::Signed("http"), Proof::Basic, Proof::Signed("https")];

/// The way that worked last.
#[derive(Debug, Default)]
pub(super) struct Way(AtomicUsize);

impl Way {
    /// Returns the ways to an address, the one that worked last first.
    pub(super) fn all(&self, base: &str) -> impl Iterator<Item = (usize, Proof)> {
        let ways = match () {
            () if base.starts_with("https://") => SECURE,
            () if base.starts_with("http://127.0.0.1:") => LOCAL,
            () => PLAIN,
        };
        let first = self.0.load(Ordering::Relaxed) % ways.len();
        let each = ways.iter().copied().enumerate();
        each.cycle().skip(first).take(ways.len())
    }

    pub(super) fn worked(&self, way: usize) {
        self.0.store(way, Ordering::Relaxed);
    }
}

/// Returns the shop's address without the path of the API; `None` where it is no address.
pub(super) fn base(written: &str) -> Option<String> {
    let written = written.trim();
    let end = written.find("/wp-json").unwrap_or(written.len());
    let url = Url::parse(written.get(..end)?).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (is_plain && is_web && url.fragment().is_none())
        .then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// Adds to the address the parameters of a signature that is made for the site's home.
pub(super) fn signed(
    method: &Method,
    url: &Url,
    home: &str,
    scheme: &str,
    (key, secret): (&str, &str),
    (nonce, now): (&str, i64),
) -> Result<Url, ReadError> {
    let keys = oauth1::Keys {
        consumer_key: key,
        consumer_secret: secret,
        token: None,
    };
    let believed = believed(url, home, scheme).ok_or_else(|| {
        ReadError::NoAnswer("the site's index names a home that is no address".to_owned())
    })?;
    let mut url = url.clone();
    let mut query = url.query().map(str::to_owned).unwrap_or_default();
    for (name, value) in oauth1::signed(&keys, method.as_str(), &believed, nonce, now) {
        let separator = if query.is_empty() { "" } else { "&" };
        query += &format!("{separator}{name}={}", oauth1::encode(&value));
    }
    url.set_query(Some(&query));
    Ok(url)
}

/// Returns the address that WordPress believes was called.
fn believed(url: &Url, home: &str, scheme: &str) -> Option<Url> {
    let (_, home) = home.split_once("://")?;
    let path = url.path();
    let route = path.get(path.find("/wp-json")?..)?;
    let mut believed =
        Url::parse(&format!("{scheme}://{}{route}", home.trim_end_matches('/'))).ok()?;
    believed.set_query(url.query());
    Some(believed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_with_or_without_the_api() {
        for (written, expected) in [
            ("https://shop.example", Some("https://shop.example")),
            ("https://shop.example/", Some("https://shop.example")),
            (
                " https://shop.example/de/wp-json/wc/v3/ ",
                Some("https://shop.example/de"),
            ),
            ("shop.example", None),
            ("ftp://shop.example", None),
            ("https://ck:cs@shop.example", None),
            ("https://shop.example/?rest_route=/", None),
        ] {
            assert_eq!(base(written).as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn basic_credentials_never_go_over_http() {
        let ways = |base: &str| {
            Way::default()
                .all(base)
                .map(|(_, proof)| proof)
                .collect::<Vec<_>>()
        };
        assert_eq!(ways("https://shop.example"), SECURE);
        assert!(!ways("http://shop.example").contains(&Proof::Basic));
        assert!(!ways("http://127.0.0.1.example").contains(&Proof::Basic));
        let way = Way::default();
        way.worked(2);
        let first = way.all("https://shop.example").next();
        assert_eq!(first, Some((2, Proof::Signed("http"))));
    }

    #[test]
    fn a_signature_is_for_the_home_that_the_site_is_configured_with() {
        let url = Url::parse("https://10.0.0.1/wp-json/wc/v3/orders?page=1").unwrap();
        let believed = believed(&url, "https://shop.example/de", "http").unwrap();
        assert_eq!(
            believed.as_str(),
            "http://shop.example/de/wp-json/wc/v3/orders?page=1"
        );
        let signed = signed(
            &Method::GET,
            &url,
            "https://shop.example",
            "http",
            ("ck", "cs_secret"),
            ("n", 1),
        );
        let signed = signed.unwrap();
        assert!(
            signed
                .as_str()
                .starts_with("https://10.0.0.1/wp-json/wc/v3/orders?page=1&oauth_consumer_key=ck&")
        );
        assert!(!signed.as_str().contains("cs_secret"));
    }
}
