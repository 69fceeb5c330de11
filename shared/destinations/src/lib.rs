#![doc = include_str!("../README.md")]

use config::{
    SystemSettings,
    systems::{netsuite, salesforce},
};
use destination::{Destination, Failure};
use destination_netsuite::NetSuite;
use destination_salesforce::Salesforce;
use destination_zoho::Zoho;
use ports::{Clock, Secrets, TokenStore};
use std::sync::Arc;

/// The calls at once unless the configuration says otherwise: an account without SuiteCloud Plus
/// takes 5, for all of its integrations together.
const NETSUITE_CALLS_AT_ONCE: u32 = 3;

/// Creates the adapter of a configured destination. The configuration was checked when it was read.
///
/// # Errors
/// When the HTTP client cannot start.
pub fn destination(
    destination: &config::Destination,
    secrets: Arc<dyn Secrets>,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn Destination>, Failure> {
    let (name, secret) = (destination.name.clone(), destination.secret.clone());
    let request_timeout = destination.delivery.request_timeout;
    Ok(match &destination.settings {
        SystemSettings::Salesforce(of) => {
            let settings = destination_salesforce::Settings {
                name,
                auth: salesforce_grant(of.auth),
                login_url: of.login_url.clone(),
                api_version: of.api_version.clone(),
                request_timeout,
            };
            Arc::new(Salesforce::new(settings, secrets, secret, tokens, clock)?)
        }
        SystemSettings::Zoho(of) => {
            let settings = destination_zoho::Settings {
                name,
                accounts_url: of.accounts_url.clone(),
                api_version: of.api_version.clone(),
                request_timeout,
                daily_credits: of.daily_credits,
            };
            Arc::new(Zoho::new(settings, secrets, secret, tokens, clock)?)
        }
        SystemSettings::NetSuite(of) => {
            let settings = destination_netsuite::Settings {
                name,
                auth: netsuite_grant(of.auth),
                base_url: of.base_url.clone(),
                request_timeout,
                calls_at_once: of.calls_at_once.unwrap_or(NETSUITE_CALLS_AT_ONCE),
                language: of.language.clone(),
            };
            Arc::new(NetSuite::new(settings, secrets, secret, tokens, clock)?)
        }
    })
}

fn salesforce_grant(auth: salesforce::Auth) -> destination_salesforce::Grant {
    match auth {
        salesforce::Auth::Password => destination_salesforce::Grant::Password,
        salesforce::Auth::RefreshToken => destination_salesforce::Grant::RefreshToken,
        salesforce::Auth::JwtBearer => destination_salesforce::Grant::JwtBearer,
        salesforce::Auth::ClientCredentials => destination_salesforce::Grant::ClientCredentials,
    }
}

fn netsuite_grant(auth: netsuite::Auth) -> destination_netsuite::Grant {
    match auth {
        netsuite::Auth::Token => destination_netsuite::Grant::Token,
        netsuite::Auth::ClientCredentials => destination_netsuite::Grant::ClientCredentials,
    }
}
