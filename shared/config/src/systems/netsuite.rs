//! Oracle NetSuite: `system = "netsuite"`.

use super::Backfill;
use crate::{
    Problem,
    keys::{Key, key},
    secret_needs::{Needs, Part, part},
    section::Section,
    source::Report,
};
use std::time::Duration;

pub(crate) const WORD: &str = "netsuite";

/// The request timeout. Saving a record runs the account's own scripts, which may take more than 30
/// seconds; a client that gives up earlier sends the order again while it is being saved.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_mins(2);

pub(crate) const KEYS: &[Key] = &[
    key("auth", "\"client_credentials\""),
    key(
        "base_url",
        "\"https://1234567-sb1.suitetalk.api.netsuite.com\"",
    ),
    key("calls_at_once", "5"),
    key("backfill", "\"single\""),
    key("language", "\"pt\""),
    key("speed", "\"auto\""),
];

/// The most simultaneous calls: accounts with the most SuiteCloud Plus licences take no more.
const MOST_CALLS: u32 = 100;

/// The simultaneous calls of an account without SuiteCloud Plus, less one for its other
/// integrations.
const CALLS_OF_AN_ACCOUNT: u32 = 4;

/// The settings of one NetSuite account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The way to sign in.
    pub auth: Auth,
    /// Address of the account's REST services; `None` means derived from the secret's `account_id`.
    pub base_url: Option<String>,
    /// The largest number of requests that may be in flight at once, of all deliveries together,
    /// wherever they are made; `None` where the file does not set it.
    pub calls_at_once: Option<u32>,
    /// How orders are written that were read from the shop.
    pub backfill: Backfill,
    /// The language of the account's company, such as `pt` or `zh_CN`; `None` means English, or
    /// whatever the account asks for.
    pub language: Option<String>,
    /// The number of new orders that go in one call.
    pub speed: Speed,
}

/// The way to sign in to NetSuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `token`: token-based authentication, OAuth 1.0a with HMAC-SHA256. NetSuite takes no new
    /// integrations of this kind from 2027.1 on.
    Token,
    /// `client_credentials`: OAuth 2.0 machine to machine, with a certificate.
    ClientCredentials,
}

/// The way in which new orders are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Speed {
    /// `single`: each record is a call of its own.
    #[default]
    Single,
    /// `restlet`: several go in one call, through the companion RESTlet that the account has.
    Restlet,
    /// `auto`: as with `restlet` where the account has it, else as with `single`.
    Auto,
}

impl Speed {
    /// Every speed.
    pub const ALL: &'static [Self] = &[Self::Single, Self::Restlet, Self::Auto];

    /// Returns the word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Restlet => "restlet",
            Self::Auto => "auto",
        }
    }
}

impl Auth {
    /// Every way.
    pub const ALL: &'static [Self] = &[Self::ClientCredentials, Self::Token];

    /// Returns the word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

impl Settings {
    pub(crate) fn read(section: &Section<'_>, report: &mut Report) -> Option<Self> {
        let auth = report.keep(section.choice("auth", Auth::ALL, Auth::as_str));
        let base_url = report.keep(section.address("base_url"));
        let calls_at_once = section
            .value("calls_at_once")
            .and_then(|_| report.keep(section.number("calls_at_once", MOST_CALLS, 1..=MOST_CALLS)));
        let backfill = Backfill::read(section, report, Backfill::Batches);
        let language = report.keep(language(section));
        let speed = match section.value("speed") {
            Some(_) => report.keep(section.choice("speed", Speed::ALL, Speed::as_str)),
            None => Some(Speed::default()),
        };
        Some(Self {
            auth: auth?,
            base_url: base_url?,
            calls_at_once,
            backfill: backfill?,
            language: language?,
            speed: speed?,
        })
    }

    pub(crate) fn calls_for_fewer_than(&self, functions: u32) -> Option<u32> {
        let all = self.most_calls_at_once();
        (all < functions).then_some(all)
    }

    /// Returns the largest number of requests that may be in flight at once.
    #[must_use]
    pub fn most_calls_at_once(&self) -> u32 {
        self.calls_at_once.unwrap_or(CALLS_OF_AN_ACCOUNT)
    }

    pub(crate) fn needs(&self) -> Needs {
        Needs {
            required: required(self.auth),
            known: &[
                "account_id",
                "consumer_key",
                "consumer_secret",
                "token_id",
                "token_secret",
                "client_id",
                "certificate_id",
                "private_key",
            ],
            pem: (self.auth == Auth::ClientCredentials).then_some("private_key"),
            ..Needs::default()
        }
    }
}

/// Reads the code of a language, in a form that a header can hold; `None` if it does not exist.
fn language(section: &Section<'_>) -> Result<Option<String>, Problem> {
    let Some(text) = section.optional_text("language")? else {
        return Ok(None);
    };
    let is_part = |part: &str| {
        (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.split(['-', '_']).all(is_part)
    {
        return Ok(Some(text.to_owned()));
    }
    let message = format!(
        "`language = \"{text}\"` in {} is no code of a language; write it as in `language = \"pt\"` or `language = \"zh_CN\"`",
        section.place
    );
    Err(section.problem_at("language", message))
}

const ACCOUNT: Part = part(
    "account_id",
    "Setup > Company > Company Information, such as 1234567 or 1234567_SB1",
);

fn required(auth: Auth) -> Vec<Part> {
    match auth {
        Auth::Token => vec![
            ACCOUNT,
            part(
                "consumer_key",
                "shown once when the integration record was saved (Setup > Integration > Manage Integrations)",
            ),
            part("consumer_secret", "shown once beside the consumer key"),
            part(
                "token_id",
                "shown once when the access token was saved (Setup > Users/Roles > Access Tokens)",
            ),
            part("token_secret", "shown once beside the token id"),
        ],
        Auth::ClientCredentials => vec![
            ACCOUNT,
            part(
                "client_id",
                "the integration record's Client ID (Setup > Integration > Manage Integrations)",
            ),
            part(
                "certificate_id",
                "Setup > Integration > OAuth 2.0 Client Credentials (M2M) Setup, column Certificate ID",
            ),
            part(
                "private_key",
                "the PEM file that belongs to the uploaded certificate",
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::{Auth, Settings, Speed};
    use crate::Backfill;

    fn short(all: Option<u32>, functions: u32) -> Option<u32> {
        let settings = Settings {
            auth: Auth::Token,
            base_url: None,
            calls_at_once: all,
            backfill: Backfill::Batches,
            language: None,
            speed: Speed::Single,
        };
        settings.calls_for_fewer_than(functions)
    }

    #[test]
    fn more_functions_than_calls_is_told() {
        assert_eq!(short(None, 2), None, "the default: 4 of 5");
        assert_eq!(short(Some(15), 5), None);
        assert_eq!(short(Some(3), 4), Some(3));
    }
}
