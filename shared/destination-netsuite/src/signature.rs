//! The signature of token-based authentication: OAuth 1.0a with HMAC-SHA256, the only method that
//! NetSuite still takes ("The Authorization Headers for Token-based Authentication", NetSuite
//! help).

use oauth1::Keys;
use reqwest::{Method, Url};
use std::fmt;

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
    /// Returns the `Authorization` header of one call. Query parameters are signed; the JSON body
    /// is not.
    pub(crate) fn authorization(
        &self,
        method: &Method,
        url: &Url,
        nonce: &str,
        timestamp: i64,
    ) -> String {
        let keys = Keys {
            consumer_key: &self.consumer_key,
            consumer_secret: &self.consumer_secret,
            token: Some((&self.token_id, &self.token_secret)),
        };
        let parameters = oauth1::signed(&keys, method.as_str(), url, nonce, timestamp);
        oauth1::header(Some(&self.realm), &parameters)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tokens")
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
