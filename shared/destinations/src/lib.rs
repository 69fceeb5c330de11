#![doc = include_str!("../README.md")]

use config::SystemSettings;
use destination::{Class, Destination, Failure};
use destination_netsuite::NetSuite;
use destination_salesforce::Salesforce;
use destination_zoho::Zoho;
use ports::{Clock, Secrets, TokenStore};
use std::sync::Arc;

/// The adapter of a configured destination.
///
/// # Errors
/// When the settings do not suit the system, or its HTTP client cannot start.
pub fn destination(
    destination: &config::Destination,
    secrets: Arc<dyn Secrets>,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Destination>, Failure> {
    let (name, secret, timeout) = (
        &destination.name,
        destination.secret.clone(),
        destination.delivery.request_timeout,
    );
    Ok(match &destination.settings {
        SystemSettings::Salesforce(of) => {
            let settings = destination_salesforce::Settings::parse(
                name,
                of.auth.as_str(),
                &of.login_url,
                &of.api_version,
                timeout,
            );
            Arc::new(Salesforce::new(
                settings.map_err(unsuitable)?,
                secrets,
                secret,
                tokens,
                clock,
            )?)
        }
        SystemSettings::Zoho(of) => {
            let settings =
                destination_zoho::Settings::parse(name, &of.accounts_url, &of.api_version, timeout)
                    .map_err(unsuitable)?;
            let settings = settings.with_daily_credits(of.daily_credits);
            Arc::new(Zoho::new(settings, secrets, secret, tokens, clock)?)
        }
        SystemSettings::NetSuite(of) => {
            let settings = destination_netsuite::Settings::parse(
                name,
                of.auth.as_str(),
                of.base_url.as_deref(),
                timeout,
            )
            .map_err(unsuitable)?;
            let settings = settings
                .with_language(of.language.clone())
                .with_calls_at_once(of.calls_at_once);
            Arc::new(NetSuite::new(settings, secrets, secret, tokens, clock)?)
        }
    })
}

fn unsuitable(problems: Vec<String>) -> Failure {
    Failure::permanent(Class::Mapping, "start", problems.join("; "))
}
