#![doc = include_str!("../README.md")]

use config::SystemSettings;
use destination::{Class, Destination, Failure};
use destination_netsuite::NetSuite;
use destination_salesforce::{Salesforce, Settings};
use destination_zoho::Zoho;
use ports::{Clock, Secrets, TokenStore};
use std::sync::Arc;

/// The adapter of a configured destination.
///
/// # Errors
/// When the settings do not suit the system, or its HTTP client can not start.
pub fn destination(
    destination: &config::Destination,
    secrets: Arc<dyn Secrets>,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Destination>, Failure> {
    match &destination.settings {
        SystemSettings::Salesforce {
            auth,
            login_url,
            api_version,
        } => {
            let settings = Settings::parse(
                &destination.name,
                auth.as_str(),
                login_url,
                api_version,
                destination.delivery.request_timeout,
            )
            .map_err(|problems| Failure::permanent(Class::Mapping, "start", problems.join("; ")))?;
            Ok(Arc::new(Salesforce::new(
                settings,
                secrets,
                destination.secret.clone(),
                tokens,
                clock,
            )?))
        }
        SystemSettings::NetSuite { auth, base_url } => {
            let settings = destination_netsuite::Settings::parse(
                &destination.name,
                auth.as_str(),
                base_url.as_deref(),
                destination.delivery.request_timeout,
            )
            .map_err(|problems| Failure::permanent(Class::Mapping, "start", problems.join("; ")))?;
            Ok(Arc::new(NetSuite::new(
                settings,
                secrets,
                destination.secret.clone(),
                tokens,
                clock,
            )?))
        }
        SystemSettings::Zoho { accounts_url, api_version } => {
            let settings = destination_zoho::Settings::parse(
                &destination.name,
                accounts_url,
                api_version,
                destination.delivery.request_timeout,
            )
            .map_err(|problems| Failure::permanent(Class::Mapping, "start", problems.join("; ")))?;
            Ok(Arc::new(Zoho::new(
                settings,
                secrets,
                destination.secret.clone(),
                tokens,
                clock,
            )?))
        }
    }
}
