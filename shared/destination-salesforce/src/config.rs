use std::time::Duration;

/// One Salesforce org and how to log in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the destination in the configuration.
    pub name: String,
    /// The OAuth flow to log in with.
    pub auth: Grant,
    /// The login server: `https://login.salesforce.com`, `https://test.salesforce.com` or the org's
    /// My Domain; without a slash at the end.
    pub login_url: String,
    /// The version of the API, such as `v65.0`.
    pub api_version: String,
    /// The longest time for one call.
    pub request_timeout: Duration,
    /// Whether orders that were read from a shop go as many at a time as Salesforce takes.
    pub is_in_batches: bool,
}

/// The OAuth flow that yields an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// User name, password and security token. Orgs created since Summer '23 block it unless an
    /// administrator allows it.
    Password,
    /// A refresh token of the web server flow.
    RefreshToken,
    /// A signed assertion: `username` and `private_key`.
    JwtBearer,
    /// Client id and secret of an app with a run-as user; only on My Domain.
    ClientCredentials,
}

impl Grant {
    /// Returns the word for it in the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::JwtBearer => "jwt_bearer",
            Self::ClientCredentials => "client_credentials",
        }
    }
}
