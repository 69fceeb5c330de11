//! The signature of token-based authentication: OAuth 1.0a (RFC 5849) with HMAC-SHA256, the only
//! method that NetSuite still takes ("The Authorization Headers for Token-based Authentication",
//! NetSuite help). Every call is signed by itself and a nonce counts once, so a request is signed
//! just before it is sent.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, Url};
use sha2::Sha256;
use std::fmt;

/// All but letters, digits, `-`, `.`, `_` and `~` is encoded (RFC 5849, 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The two pairs that sign, and the account that they are good for. `Debug` prints the account
/// only.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) realm: String,
    pub(crate) consumer_key: String,
    pub(crate) consumer_secret: String,
    pub(crate) token_id: String,
    pub(crate) token_secret: String,
}

impl Tokens {
    /// The `Authorization` header of one call. Query parameters are signed; the JSON body is not.
    pub(crate) fn authorization(
        &self,
        method: &Method,
        url: &Url,
        nonce: &str,
        timestamp: i64,
    ) -> String {
        let timestamp = timestamp.to_string();
        let oauth = [
            ("oauth_consumer_key", self.consumer_key.as_str()),
            ("oauth_token", &self.token_id),
            ("oauth_nonce", nonce),
            ("oauth_timestamp", &timestamp),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_version", "1.0"),
        ];
        let signature = self.sign(&base_string(method, url, &oauth));
        let pairs = [("realm", self.realm.as_str())]
            .into_iter()
            .chain(oauth)
            .chain([("oauth_signature", signature.as_str())]);
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}=\"{}\"", encode(value)))
            .collect();
        format!("OAuth {}", pairs.join(", "))
    }

    fn sign(&self, base_string: &str) -> String {
        let key = format!(
            "{}&{}",
            encode(&self.consumer_secret),
            encode(&self.token_secret)
        );
        // HMAC takes keys of any length; the `Result` only carries the library's type.
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
            .map(|mac| mac.chain_update(base_string.as_bytes()));
        mac.map(|mac| STANDARD.encode(mac.finalize().into_bytes()))
            .unwrap_or_default()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tokens")
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

/// Method, address and sorted parameters, joined as RFC 5849, 3.4.1 says. The realm is no part of
/// it.
fn base_string(method: &Method, url: &Url, oauth: &[(&str, &str)]) -> String {
    let query: Vec<_> = url.query_pairs().collect();
    let query = query
        .iter()
        .map(|(name, value)| (name.as_ref(), value.as_ref()));
    let mut pairs: Vec<(String, String)> = query
        .chain(oauth.iter().copied())
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let address = format!("{}{}", url.origin().ascii_serialization(), url.path());
    format!("{method}&{}&{}", encode(&address), encode(&pairs.join("&")))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
