use destination::service_address;
use std::time::Duration;

/// The oldest API version with composite requests of COQL (Composite Requests, Zoho CRM API).
const OLDEST_VERSION: u32 = 4;

/// One Zoho CRM organisation and where to log in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of the destination in the configuration.
    pub name: String,
    /// The accounts server of the organisation's data centre, such as `https://accounts.zoho.eu`;
    /// without a slash at the end.
    pub accounts_url: String,
    /// Such as `v8`.
    pub api_version: String,
    /// The longest time for one call.
    pub request_timeout: Duration,
    /// How many API credits the organisation has in 24 hours. Without it they are not watched: Zoho
    /// tells only what is left.
    pub daily_credits: Option<u32>,
}

impl Settings {
    /// Settings from the words of `orderbridge.toml`.
    ///
    /// # Errors
    /// Every problem at once, each with its fix.
    pub fn parse(
        name: &str,
        accounts_url: &str,
        api_version: &str,
        request_timeout: Duration,
    ) -> Result<Self, Vec<String>> {
        match (base_url(accounts_url), version(api_version)) {
            (Ok(accounts_url), Ok(api_version)) => Ok(Self {
                name: name.to_owned(),
                accounts_url,
                api_version,
                request_timeout,
                daily_credits: None,
            }),
            (accounts_url, api_version) => Err([accounts_url.err(), api_version.err()]
                .into_iter()
                .flatten()
                .collect()),
        }
    }

    /// The same for an organisation whose number of credits is known.
    #[must_use]
    pub fn with_daily_credits(self, daily_credits: Option<u32>) -> Self {
        Self {
            daily_credits,
            ..self
        }
    }
}

/// An address to which credentials may go.
pub(crate) fn base_url(text: &str) -> Result<String, String> {
    service_address(text, "https://accounts.zoho.com")
}

fn version(text: &str) -> Result<String, String> {
    match text
        .strip_prefix('v')
        .and_then(|digits| digits.parse::<u32>().ok())
    {
        Some(number) if number >= OLDEST_VERSION => Ok(format!("v{number}")),
        Some(_) => Err(format!(
            "api_version = \"{text}\" is too old; use v{OLDEST_VERSION} or newer, such as v8"
        )),
        None => Err(format!(
            "api_version = \"{text}\" is no version; write it like v8"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[test]
    fn all_problems_come_together() {
        let problems =
            Settings::parse("crm", "http://accounts.example.com", "8", TIMEOUT).unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        for (address, version) in [
            ("https://accounts.zoho.com", "v3"),
            ("https://accounts.zoho.com/oauth", "v8"),
            ("https://somebody@accounts.zoho.com", "v8"),
            ("accounts.zoho.com", "v8"),
            ("https://accounts.zoho.com", "v8.0"),
        ] {
            assert!(
                Settings::parse("crm", address, version, TIMEOUT).is_err(),
                "{address} {version}"
            );
        }
    }

    #[test]
    fn a_slash_at_the_end_and_this_machine_are_fine() {
        let settings = Settings::parse("crm", "http://127.0.0.1:8080/", "v8", TIMEOUT).unwrap();
        assert_eq!(settings.accounts_url, "http://127.0.0.1:8080");
    }
}
