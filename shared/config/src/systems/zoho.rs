//! Zoho CRM: `system = "zoho"`.

use crate::{
    keys::{Key, key},
    secret_needs::{Needs, part},
    section::Section,
    source::Report,
};
use std::time::Duration;

pub(crate) const WORD: &str = "zoho";

pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) const KEYS: &[Key] = &[
    key("accounts_url", "\"https://accounts.zoho.com\""),
    key("api_version", "\"v8\""),
    key("daily_credits", "50000"),
];

const ACCOUNTS: &str = "https://accounts.zoho.com";
const VERSION: u16 = 8;
/// The oldest API version with composite requests of COQL (Composite Requests, Zoho CRM API).
const OLDEST_VERSION: u16 = 4;
/// The most credits, more than any edition and number of users makes.
const MOST_CREDITS: u32 = 1_000_000_000;

/// The settings of one Zoho CRM organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The address that issues tokens, which names the data centre. The API's address comes with
    /// the token.
    pub accounts_url: String,
    /// The API version, such as `v8`.
    pub api_version: String,
    /// The number of API credits that the organisation has in 24 hours; Zoho tells only what is
    /// left.
    pub daily_credits: Option<u32>,
}

impl Settings {
    pub(crate) fn read(section: &Section<'_>, report: &mut Report) -> Option<Self> {
        let accounts_url = report
            .keep(section.address("accounts_url"))
            .map(|url| url.unwrap_or_else(|| ACCOUNTS.to_owned()));
        let api_version = report.keep(section.version("api_version", "", VERSION, OLDEST_VERSION));
        let daily_credits = section.value("daily_credits").and_then(|_| {
            report.keep(section.number("daily_credits", MOST_CREDITS, 1..=MOST_CREDITS))
        });
        Some(Self {
            accounts_url: accounts_url?,
            api_version: api_version?,
            daily_credits,
        })
    }

    pub(crate) fn needs(&self) -> Needs {
        Needs {
            required: vec![
                part(
                    "client_id",
                    "the client in https://api-console.zoho.com (of your data centre), tab Client Secret",
                ),
                part("client_secret", "beside the client's id"),
                part(
                    "refresh_token",
                    "exchange the grant code of the client (tab Generate Code) at /oauth/v2/token; it is shown once",
                ),
            ],
            other_names: &[
                ("client_id", "ZOHOCRM_CLIENT_ID"),
                ("client_secret", "ZOHOCRM_CLIENT_SECRET"),
                ("refresh_token", "ZOHOCRM_REFRESH_TOKEN"),
            ],
            ..Needs::default()
        }
    }
}
