//! Token-based authentication: every request is signed with OAuth 1.0a. NetSuite Help,
//! section_1534941088 and section_1534941295; RFC 5849, section 3.4.

use super::credentials::Credentials;
use crate::exchange::Incoming;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;
use std::collections::{BTreeMap, HashSet};

/// The characters that are encoded: all but those that RFC 3986 leaves unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// The largest difference between clocks, in seconds.
const SKEW: i64 = 300;
const SHORTEST_NONCE: usize = 6;

/// The exact parameters of the header. All of them are signed, except `realm` and the signature
/// itself.
const PARAMETERS: [&str; 8] = [
    "realm",
    "oauth_consumer_key",
    "oauth_token",
    "oauth_nonce",
    "oauth_timestamp",
    "oauth_signature_method",
    "oauth_version",
    "oauth_signature",
];

/// The nonces by their timestamps, for as long as a timestamp can be valid.
#[derive(Debug, Default)]
pub(super) struct Nonces(BTreeMap<i64, HashSet<String>>);

/// Checks that the request is signed correctly. `url` is scheme and host as the client knows them.
///
/// # Errors
/// Fails with the reason for the login audit trail, which the client never learns.
pub(super) fn check(
    request: &Incoming,
    credentials: &Credentials,
    account_id: &str,
    url: &str,
    now: i64,
    nonces: &mut Nonces,
) -> Result<(), &'static str> {
    let header = request
        .header("authorization")
        .and_then(|header| header.strip_prefix("OAuth "));
    let sent = parameters(header.ok_or("no OAuth or Bearer authorization header")?)
        .ok_or("malformed header")?;
    let value = |name: &str| sent.get(name).map(String::as_str).unwrap_or_default();
    if sent.len() != PARAMETERS.len() || !PARAMETERS.iter().all(|name| sent.contains_key(*name)) {
        return Err("missing or unexpected parameters");
    }
    let timestamp: i64 = value("oauth_timestamp")
        .parse()
        .map_err(|_| "InvalidTimestamp")?;
    let checks = [
        (value("realm") == account_id, "realm"),
        (
            value("oauth_consumer_key") == credentials.consumer_key,
            "consumer_key_unknown",
        ),
        (
            value("oauth_token") == credentials.token_id,
            "token_rejected",
        ),
        (
            value("oauth_signature_method") == "HMAC-SHA256",
            "signature_method_rejected",
        ),
        (value("oauth_version") == "1.0", "version_rejected"),
        (
            value("oauth_nonce").len() >= SHORTEST_NONCE,
            "nonce too short",
        ),
        (
            timestamp.abs_diff(now) <= SKEW.unsigned_abs(),
            "InvalidTimestamp",
        ),
    ];
    if let Some((_, reason)) = checks.iter().find(|(holds, _)| !holds) {
        return Err(reason);
    }
    let signature = STANDARD
        .decode(value("oauth_signature"))
        .map_err(|_| "InvalidSignature")?;
    let text = base_string(request, url, &sent);
    if !matches(&text, credentials, &signature) {
        tracing::debug!(
            base_string = text,
            "InvalidSignature: this is what should have been signed"
        );
        return Err("InvalidSignature");
    }
    if nonces.spend(timestamp, value("oauth_nonce"), now) {
        Ok(())
    } else {
        Err("NonceUsed")
    }
}

/// Builds the base string of RFC 5849, 3.4.1: method, address and all parameters of query and
/// header. Neither the realm nor a JSON body is part of it.
fn base_string(request: &Incoming, url: &str, sent: &BTreeMap<String, String>) -> String {
    let header = sent
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "realm" | "oauth_signature"))
        .map(|(name, value)| (encode(name), encode(value)));
    let query = url::form_urlencoded::parse(request.query().as_bytes())
        .map(|(name, value)| (encode(&name), encode(&value)));
    let mut pairs: Vec<(String, String)> = header.chain(query).collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let address = format!("{url}{}", request.path());
    format!(
        "{}&{}&{}",
        request.method,
        encode(&address),
        encode(&pairs.join("&"))
    )
}

fn matches(text: &str, credentials: &Credentials, signature: &[u8]) -> bool {
    let key = format!(
        "{}&{}",
        encode(&credentials.consumer_secret),
        encode(&credentials.token_secret)
    );
    // HMAC takes keys of any length, so the error cannot happen.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return false;
    };
    mac.update(text.as_bytes());
    mac.verify_slice(signature).is_ok()
}

/// Reads `a="b", c="d"`, decoded; `None` for any other form, and where a name occurs twice.
fn parameters(header: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    for part in header.split(',') {
        let (name, value) = part.trim().split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        let value = percent_decode_str(value).decode_utf8().ok()?.into_owned();
        if parameters.insert(name.to_owned(), value).is_some() {
            return None;
        }
    }
    Some(parameters)
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

impl Nonces {
    /// Notes a nonce; returns whether it is new.
    fn spend(&mut self, timestamp: i64, nonce: &str, now: i64) -> bool {
        self.0 = self.0.split_off(&now.saturating_sub(2 * SKEW));
        self.0
            .entry(timestamp)
            .or_default()
            .insert(nonce.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn request(method: &str, target: &str, authorization: &str) -> Incoming {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", authorization.parse().unwrap());
        Incoming {
            method: method.into(),
            target: target.into(),
            headers,
            body: Bytes::new(),
        }
    }

    /// The worked example of NetSuite Help, subsect_156935170194.
    #[test]
    fn the_vendors_own_example_is_let_in() {
        let credentials = Credentials {
            consumer_key: "ef40afdd8abaac111b13825dd5e5e2ddddb44f86d5a0dd6dcf38c20aae6b67e4".into(),
            consumer_secret: "d26ad321a4b2f23b0741c8d38392ce01c3e23e109df6c96eac6d099e9ab9e8b5"
                .into(),
            token_id: "2b0ce516420110bcbd36b69e99196d1b7f6de3c6234c5afb799b73d87569f5cc".into(),
            token_secret: "c29a677df7d5439a458c063654187e3d678d73aca8e3c9d8bea1478a3eb0d295".into(),
            certificate_id: String::new(),
            private_key: None,
            public_key: String::new(),
        };
        let authorization = |signature: &str| {
            format!(
                "OAuth realm=\"123456\", oauth_consumer_key=\"{}\", oauth_token=\"{}\", oauth_nonce=\"fjaLirsIcCGVZWzBX0pg\", \
                 oauth_timestamp=\"1508242306\", oauth_signature_method=\"HMAC-SHA256\", oauth_version=\"1.0\", oauth_signature=\"{signature}\"",
                credentials.consumer_key, credentials.token_id
            )
        };
        let good = authorization("B5OIWznZ2YP0OB7VrJrGkYsTh%2B8H%2B5T9Hag%2Bo92q0zY%3D");
        let bad = authorization("A5OIWznZ2YP0OB7VrJrGkYsTh%2B8H%2B5T9Hag%2Bo92q0zY%3D");
        let mut nonces = Nonces::default();
        let mut check = |target: &str, header: &str, now: i64| {
            let url = "https://123456.suitetalk.api.netsuite.com";
            super::check(
                &request("GET", target, header),
                &credentials,
                "123456",
                url,
                now,
                &mut nonces,
            )
        };
        let target = "/services/rest/record/v1/employee/40";
        assert_eq!(check(target, &bad, 1_508_242_306), Err("InvalidSignature"));
        assert_eq!(
            check("/services/rest/record/v1/employee/41", &good, 1_508_242_306),
            Err("InvalidSignature")
        );
        assert_eq!(check(target, &good, 1_508_242_607), Err("InvalidTimestamp"));
        assert_eq!(check(target, &good, 1_508_242_606), Ok(()));
        assert_eq!(check(target, &good, 1_508_242_606), Err("NonceUsed"));
    }
}
