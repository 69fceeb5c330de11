use destination::service_address;
use std::{fmt, str::FromStr, time::Duration};

/// The oldest API version with composite graphs (Composite Graph, REST API Developer Guide).
const OLDEST_VERSION: u32 = 50;

/// One Salesforce org and how to log in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the destination in the configuration.
    pub name: String,
    /// How to log in.
    pub auth: Grant,
    /// `https://login.salesforce.com`, `https://test.salesforce.com` or the org's My Domain;
    /// without a slash at the end.
    pub login_url: String,
    /// Such as `v65.0`.
    pub api_version: String,
    /// The longest time for one call.
    pub request_timeout: Duration,
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

impl Settings {
    /// Settings from the words of `orderbridge.toml`. Answers every problem at once, each with its
    /// fix.
    pub fn parse(
        name: &str,
        auth: &str,
        login_url: &str,
        api_version: &str,
        request_timeout: Duration,
    ) -> Result<Self, Vec<String>> {
        let auth = auth.parse::<Grant>();
        let login_url = base_url(login_url);
        let api_version = version(api_version);
        match (auth, login_url, api_version) {
            (Ok(auth), Ok(login_url), Ok(api_version)) => Ok(Self {
                name: name.to_owned(),
                auth,
                login_url,
                api_version,
                request_timeout,
            }),
            (auth, login_url, api_version) => Err([auth.err(), login_url.err(), api_version.err()]
                .into_iter()
                .flatten()
                .collect()),
        }
    }
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "password" => Ok(Self::Password),
            "refresh_token" => Ok(Self::RefreshToken),
            "jwt_bearer" => Ok(Self::JwtBearer),
            "client_credentials" => Ok(Self::ClientCredentials),
            _ => Err(format!(
                "auth = \"{text}\" is unknown; use password, refresh_token, jwt_bearer or client_credentials"
            )),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::JwtBearer => "jwt_bearer",
            Self::ClientCredentials => "client_credentials",
        })
    }
}

/// An address to which credentials may go.
pub(crate) fn base_url(text: &str) -> Result<String, String> {
    service_address(text, "https://login.salesforce.com")
}

fn version(text: &str) -> Result<String, String> {
    let number = text
        .strip_prefix('v')
        .and_then(|rest| rest.strip_suffix(".0"))
        .and_then(|digits| digits.parse::<u32>().ok());
    match number {
        Some(number) if number >= OLDEST_VERSION => Ok(format!("v{number}.0")),
        Some(_) => Err(format!(
            "api_version = \"{text}\" has no composite graphs; use v{OLDEST_VERSION}.0 or newer, such as v65.0"
        )),
        None => Err(format!(
            "api_version = \"{text}\" is no version; write it like v65.0"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_come_together() {
        let problems = Settings::parse(
            "sales",
            "saml",
            "http://example.com",
            "65",
            Duration::from_secs(30),
        )
        .unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            Settings::parse(
                "sales",
                "jwt_bearer",
                "https://login.salesforce.com/",
                "v49.0",
                Duration::from_secs(30)
            )
            .is_err()
        );
        assert!(
            Settings::parse(
                "sales",
                "jwt_bearer",
                "https://login.salesforce.com/services",
                "v65.0",
                Duration::from_secs(30)
            )
            .is_err()
        );
    }

    #[test]
    fn a_slash_at_the_end_and_this_machine_are_fine() {
        let settings = Settings::parse(
            "sales",
            "password",
            "http://127.0.0.1:8080/",
            "v65.0",
            Duration::from_secs(30),
        )
        .unwrap();
        assert_eq!(settings.login_url, "http://127.0.0.1:8080");
        assert_eq!(settings.auth.to_string(), "password");
    }
}
