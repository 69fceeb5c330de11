use crate::companion;
use std::time::Duration;

/// One NetSuite account and how to log in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the destination in the configuration.
    pub name: String,
    /// The way to log in.
    pub auth: Grant,
    /// The address of the account's API, such as `https://1234567-sb1.suitetalk.api.netsuite.com`,
    /// without a slash at the end; `None` where it follows from the account id in the secret.
    pub base_url: Option<String>,
    /// The longest time for one call. Saving a record runs the account's own scripts, which may
    /// take more than 30 seconds.
    pub request_timeout: Duration,
    /// The largest number of calls that may be under way at once, of all processes together; how
    /// many the account takes is found out below that.
    pub calls_at_once: u32,
    /// The fewest orders that nobody waits for that go in an asynchronous batch; `None` where they go
    /// one by one. See [`crate::FEWEST_IN_A_BATCH`].
    pub batches_from: Option<usize>,
    /// The language of the account's company, such as `pt`; `None` where it is English, or is still
    /// to be found out.
    pub language: Option<String>,
    /// Whether new orders go together through the companion RESTlet.
    pub speed: Speed,
}

/// The number of new orders that go in one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// Each record is a call of its own.
    #[default]
    Single,
    /// Several go through the companion RESTlet, which is there.
    Restlet,
    /// As with `Restlet` where the companion is there, which is asked at the start and once a day;
    /// else as with `Single`.
    Auto,
}

/// The way in which calls prove who makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Token-based authentication: every call is signed (OAuth 1.0a, HMAC-SHA256). NetSuite takes
    /// no new integrations of this kind from 2027.1 on.
    Token,
    /// OAuth 2.0 client credentials: an assertion signed with `private_key` yields an access token
    /// for an hour.
    ClientCredentials,
}

impl Grant {
    /// Returns the word for it in the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::ClientCredentials => "client_credentials",
        }
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
    /// Reads an account id in either spelling.
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

    /// Returns the address of the account's API, for where the configuration does not give another.
    pub(crate) fn base_url(&self) -> String {
        format!("https://{}{REST_DOMAIN}", self.host)
    }
}

const REST_DOMAIN: &str = ".suitetalk.api.netsuite.com";
const RESTLET_DOMAIN: &str = ".restlets.api.netsuite.com";

/// Returns the address of a call. RESTlets have a host of their own beside the account's; an address
/// that is none of NetSuite's is for both.
pub(crate) fn address(base_url: &str, path: &str) -> String {
    match base_url.strip_suffix(REST_DOMAIN) {
        Some(account) if path.starts_with(companion::PATH) => {
            format!("{account}{RESTLET_DOMAIN}{path}")
        }
        _ => format!("{base_url}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restlets_have_a_host_of_their_own() {
        let (rest, restlet) = (
            "/services/rest/record/v1/customer",
            "/app/site/hosting/restlet.nl?script=1",
        );
        let real = "https://1234567-sb1.suitetalk.api.netsuite.com";
        assert_eq!(address(real, rest), format!("{real}{rest}"));
        assert_eq!(
            address(real, restlet),
            format!("https://1234567-sb1.restlets.api.netsuite.com{restlet}")
        );
        assert_eq!(
            address("http://127.0.0.1:9", restlet),
            format!("http://127.0.0.1:9{restlet}")
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
