#![doc = include_str!("../README.md")]

use config::SystemSettings;
use destination::{Class, Destination, Failure};
use destination_salesforce::{Salesforce, Settings};
use ports::{Clock, Secrets, TokenStore};
use std::sync::Arc;

/// The adapter of a configured destination.
///
/// # Errors
/// When this build has no adapter for the system, or the settings do not suit it.
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
        SystemSettings::Zoho { .. } | SystemSettings::NetSuite { .. } => {
            let text = format!(
                "system {} is not supported by this version of orderbridge",
                destination.system.as_str()
            );
            Err(Failure::permanent(Class::Mapping, "start", text))
        }
    }
}
