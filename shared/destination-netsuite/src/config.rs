use destination::service_address;
use std::{fmt, str::FromStr, time::Duration};

/// An address of an account, for messages.
const EXAMPLE: &str = "https://1234567-sb1.suitetalk.api.netsuite.com";

/// One NetSuite account and how to log in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the destination in the configuration.
    pub name: String,
    /// How to log in.
    pub auth: Grant,
    /// Such as `https://1234567-sb1.suitetalk.api.netsuite.com`, without a slash at the end; `None`
    /// where it follows from the account id in the secret.
    pub base_url: Option<String>,
    /// The longest time for one call. Saving a record runs the account's own scripts, which may
    /// take more than 30 seconds.
    pub request_timeout: Duration,
    /// How many calls this process may have under way at once.
    pub calls_at_once: usize,
    /// The language of the account's company, such as `pt`; `None` where it is English, or is to be
    /// found out.
    pub language: Option<String>,
}

/// What an account takes at once without SuiteCloud Plus is 5, for all of its integrations
/// together.
const CALLS_AT_ONCE: usize = 3;

/// How calls prove who makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Token-based authentication: every call is signed (OAuth 1.0a, HMAC-SHA256). NetSuite takes
    /// no new integrations of this kind from 2027.1 on.
    Token,
    /// OAuth 2.0 client credentials: an assertion signed with `private_key` yields an access token
    /// for an hour.
    ClientCredentials,
}

impl Settings {
    /// Settings from the words of `orderbridge.toml`. Answers every problem at once, each with its
    /// fix.
    pub fn parse(
        name: &str,
        auth: &str,
        base_url: Option<&str>,
        request_timeout: Duration,
    ) -> Result<Self, Vec<String>> {
        let auth = auth.parse::<Grant>();
        let base_url = base_url
            .map(|text| service_address(text, EXAMPLE))
            .transpose();
        match (auth, base_url) {
            (Ok(auth), Ok(base_url)) => Ok(Self {
                name: name.to_owned(),
                auth,
                base_url,
                request_timeout,
                calls_at_once: CALLS_AT_ONCE,
                language: None,
            }),
            (auth, base_url) => Err([auth.err(), base_url.err()].into_iter().flatten().collect()),
        }
    }

    /// The same for an account whose company speaks this language.
    #[must_use]
    pub fn with_language(self, language: Option<String>) -> Self {
        Self { language, ..self }
    }
}

impl Settings {
    /// The same with another number of calls at once, where one is given.
    #[must_use]
    pub fn with_calls_at_once(self, calls: Option<u32>) -> Self {
        let calls_at_once = calls
            .and_then(|calls| usize::try_from(calls).ok())
            .unwrap_or(self.calls_at_once)
            .max(1);
        Self {
            calls_at_once,
            ..self
        }
    }
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "token" => Ok(Self::Token),
            "client_credentials" => Ok(Self::ClientCredentials),
            _ => Err(format!(
                "auth = \"{text}\" is unknown; use client_credentials or token"
            )),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Token => "token",
            Self::ClientCredentials => "client_credentials",
        })
    }
}

/// An account id in its two spellings: a sandbox's is `1234567_SB1` in signatures and `1234567-sb1`
/// in host names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) realm: String,
    host: String,
}

impl Account {
    /// Takes either spelling.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let is_fine =
            |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
        if text.is_empty()
            || text.len() > 40
            || !text.chars().all(is_fine)
            || text.starts_with(['-', '_'])
            || text.ends_with(['-', '_'])
        {
            return Err(
                "account_id is no account id; write it like 1234567 or 1234567_SB1 (Setup > Company > Company Information)".to_owned(),
            );
        }
        Ok(Self {
            realm: text.to_ascii_uppercase().replace('-', "_"),
            host: text.to_ascii_lowercase().replace('_', "-"),
        })
    }

    /// Where the account's calls go, unless the configuration says otherwise.
    pub(crate) fn base_url(&self) -> String {
        format!("https://{}.suitetalk.api.netsuite.com", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn all_problems_come_together() {
        let problems =
            Settings::parse("erp", "password", Some("http://example.com"), MINUTE).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        for bad in [
            "https://example.com/services",
            "https://user@example.com",
            "example.com",
            "https://example.com?x=1",
        ] {
            assert!(
                Settings::parse("erp", "token", Some(bad), MINUTE).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_slash_at_the_end_and_this_machine_are_fine() {
        let settings =
            Settings::parse("erp", "token", Some("http://127.0.0.1:8080/"), MINUTE).unwrap();
        assert_eq!(settings.base_url.as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(settings.auth.to_string(), "token");
        let settings = Settings::parse("erp", "client_credentials", None, MINUTE).unwrap();
        assert_eq!(
            (settings.base_url, settings.auth),
            (None, Grant::ClientCredentials)
        );
    }

    #[test]
    fn an_account_id_has_two_spellings() {
        for text in ["1234567_SB1", "1234567-sb1", " 1234567_sb1 "] {
            let account = Account::parse(text).unwrap();
            assert_eq!(account.realm, "1234567_SB1");
            assert_eq!(
                account.base_url(),
                "https://1234567-sb1.suitetalk.api.netsuite.com"
            );
        }
        for bad in ["", "evil.example.com/", "1234567 SB1", "-1", "1_"] {
            assert!(Account::parse(bad).is_err(), "{bad}");
        }
    }
}
