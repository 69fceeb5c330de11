#![doc = include_str!("../README.md")]

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use std::fmt;
use url::Url;

/// The characters that are encoded: all but letters, digits, `-`, `.`, `_` and `~` (RFC 5849, 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The keys that sign a call. `Debug` prints none of them.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The key that names the application.
    pub consumer_key: &'a str,
    /// The secret with which the application signs.
    pub consumer_secret: &'a str,
    /// The token that names the user, and its secret, which signs too; `None` in OAuth with one
    /// leg, where the application is its own user.
    pub token: Option<(&'a str, &'a str)>,
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Returns the OAuth parameters of one call, its signature last. The parameters of the address are
/// signed too; a body is not.
#[must_use]
pub fn signed(
    keys: &Keys<'_>,
    method: &str,
    url: &Url,
    nonce: &str,
    timestamp: i64,
) -> Vec<(&'static str, String)> {
    let mut parameters = vec![("oauth_consumer_key", keys.consumer_key.to_owned())];
    if let Some((token, _)) = keys.token {
        parameters.push(("oauth_token", token.to_owned()));
    }
    parameters.extend([
        ("oauth_nonce", nonce.to_owned()),
        ("oauth_timestamp", timestamp.to_string()),
        ("oauth_signature_method", "HMAC-SHA256".to_owned()),
        ("oauth_version", "1.0".to_owned()),
    ]);
    let signature = sign(keys, &base_string(method, url, &parameters));
    parameters.push(("oauth_signature", signature));
    parameters
}

/// Returns the `Authorization` header with these parameters. The realm is not signed.
#[must_use]
pub fn header(realm: Option<&str>, parameters: &[(&'static str, String)]) -> String {
    let realm = realm.map(|realm| ("realm", realm));
    let pairs = parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    let pairs: Vec<String> = realm
        .into_iter()
        .chain(pairs)
        .map(|(name, value)| format!("{name}=\"{}\"", encode(value)))
        .collect();
    format!("OAuth {}", pairs.join(", "))
}

/// Percent-encodes every reserved character of a text, a blank as `%20`: every server decodes this
/// form to the same text.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn sign(keys: &Keys<'_>, base_string: &str) -> String {
    let token_secret = keys.token.map_or("", |(_, secret)| secret);
    let key = format!("{}&{}", encode(keys.consumer_secret), encode(token_secret));
    // HMAC takes keys of any length; the `Result` only carries the library's type.
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map(|mac| mac.chain_update(base_string.as_bytes()));
    mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes()))
        .unwrap_or_default()
}

/// Joins method, address and sorted parameters as RFC 5849, 3.4.1 requires.
fn base_string(method: &str, url: &Url, oauth: &[(&'static str, String)]) -> String {
    let query = url
        .query_pairs()
        .map(|(name, value)| (encode(&name), encode(&value)));
    let oauth = oauth
        .iter()
        .map(|(name, value)| (encode(name), encode(value)));
    let mut pairs: Vec<(String, String)> = query.chain(oauth).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
    format!("{method}&{}&{}", encode(&address), encode(&pairs.join("&")))
}

#[cfg(test)]
#[path = "lib_tests.rs"]
mod tests;
