use std::time::Duration;

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
