//! The credentials with which the sandbox admits clients. They are public constants, and are of no
//! use elsewhere.

use std::fmt;

/// Consumer key of the connected app.
pub const CLIENT_ID: &str = "sandbox-consumer-key-not-a-secret";
/// Consumer secret of the connected app.
pub const CLIENT_SECRET: &str = "sandbox-consumer-secret-not-a-secret";
/// The integration user.
pub const USERNAME: &str = "integration@example.com";
/// The integration user's password.
pub const PASSWORD: &str = "sandbox-password-not-a-secret";
/// The security token, which clients append to the password.
pub const SECURITY_TOKEN: &str = "SANDBOXTOKEN";
/// The refresh token; it is rotated where the options say so.
pub const REFRESH_TOKEN: &str = "sandbox-refresh-token-not-a-secret";

/// The credentials that a client must present at the token endpoint.
#[derive(Clone)]
pub struct Credentials {
    /// Consumer key; `iss` of a JWT.
    pub client_id: String,
    /// Consumer secret.
    pub client_secret: String,
    /// User name; `sub` of a JWT.
    pub username: String,
    /// Password without the security token.
    pub password: String,
    /// Security token, expected right behind the password.
    pub security_token: String,
    /// Refresh token.
    pub refresh_token: String,
    /// PEM of the RSA public key that belongs to the app's certificate. Without it a JWT's
    /// structure and claims are checked, not its signature.
    pub public_key: Option<String>,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            username: USERNAME.into(),
            password: PASSWORD.into(),
            security_token: SECURITY_TOKEN.into(),
            refresh_token: REFRESH_TOKEN.into(),
            public_key: None,
        }
    }
}

/// A test may use its own, so only the key is shown.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
