use std::time::Duration;

/// One Zoho CRM organisation and where to log in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the destination in the configuration.
    pub name: String,
    /// The accounts server of the organisation's data centre, such as `https://accounts.zoho.eu`;
    /// without a slash at the end.
    pub accounts_url: String,
    /// The version of the API, such as `v8`.
    pub api_version: String,
    /// The longest time for one call.
    pub request_timeout: Duration,
    /// The number of API credits that the organisation has in 24 hours. Without it they are not
    /// watched: Zoho tells only how many are left.
    pub daily_credits: Option<u32>,
}
