//! The credentials with which the sandbox admits clients. They are public constants, and are of no
//! use elsewhere.

use std::fmt;

/// Client id of the self client.
pub const CLIENT_ID: &str = "1000.SANDBOXCLIENTNOTASECRET";
/// Client secret of the self client.
pub const CLIENT_SECRET: &str = "sandbox-client-secret-not-a-secret";
/// The refresh token; it is not rotated.
pub const REFRESH_TOKEN: &str = "1000.sandbox-refresh-token.not-a-secret";

/// The credentials that a client must present at the token endpoint.
#[derive(Clone)]
pub struct Credentials {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Refresh token.
    pub refresh_token: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            refresh_token: REFRESH_TOKEN.into(),
        }
    }
}

/// A test may use its own, so only the client id is shown.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
