#![doc = include_str!("../README.md")]

use config::{
    Backfill, SystemSettings,
    systems::{netsuite, salesforce, zoho},
};
use destination::{Destination, Failure, TryOut};
use destination_netsuite::{NetSuite, NetSuiteSetup};
use destination_salesforce::{Salesforce, SalesforceSetup};
use destination_zoho::{Zoho, ZohoSetup};
use mapping::Plan;
use ports::{Checkpoints, Clock, Secrets, TokenStore};
use setup::Setup;
use std::{sync::Arc, time::Duration};

/// Creates the adapter of a configured destination. The configuration was checked when it was read.
/// What its processes have to know of each other is kept in `notes`, where it has any.
///
/// # Errors
/// When the HTTP client cannot start.
pub fn destination(
    destination: &config::Destination,
    secrets: Arc<dyn Secrets>,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    notes: Option<Arc<dyn Checkpoints>>,
) -> Result<Arc<dyn Destination>, Failure> {
    let account = Account::own(destination, secrets, tokens, clock);
    Ok(match &destination.settings {
        SystemSettings::Salesforce(of) => Arc::new(account.salesforce(of)?),
        SystemSettings::Zoho(of) => Arc::new(account.zoho(of)?),
        SystemSettings::NetSuite(of) => {
            let adapter = account.netsuite(of)?;
            Arc::new(match notes {
                Some(notes) => adapter.with_notes(notes),
                None => adapter,
            })
        }
    })
}

/// Creates the set-up of a configured destination, for the plans of all of its routes. What is
/// missing is made with the secret of this name, such as an administrator's; without one with the
/// destination's own. Whether orders can be delivered is always judged with the destination's own.
///
/// # Errors
/// When the HTTP client cannot start.
pub fn setup(
    destination: &config::Destination,
    secrets: Arc<dyn Secrets>,
    secret: Option<&str>,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
    plans: Vec<Plan>,
) -> Result<Arc<dyn Setup>, Failure> {
    let own = Account::own(destination, secrets, tokens, clock);
    let administrator = secret.map(|secret| own.administrator(secret));
    Ok(match &destination.settings {
        SystemSettings::Salesforce(of) => {
            let maker = administrator.map(|account| account.salesforce(of));
            let own = own.salesforce(of)?;
            Arc::new(SalesforceSetup::new(own, maker.transpose()?, plans))
        }
        SystemSettings::Zoho(of) => {
            let maker = administrator.map(|account| account.zoho(of));
            Arc::new(ZohoSetup::new(own.zoho(of)?, maker.transpose()?, plans))
        }
        // No API makes anything in NetSuite, whoever asks.
        SystemSettings::NetSuite(of) => Arc::new(NetSuiteSetup::new(own.netsuite(of)?, plans)),
    })
}

/// Creates what asks a configured destination about an order that it shall not keep.
///
/// # Errors
/// When the HTTP client cannot start.
pub fn try_out(
    destination: &config::Destination,
    secrets: Arc<dyn Secrets>,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn TryOut>, Failure> {
    let account = Account::own(destination, secrets, tokens, clock);
    Ok(match &destination.settings {
        SystemSettings::Salesforce(of) => Arc::new(account.salesforce(of)?),
        SystemSettings::Zoho(of) => Arc::new(account.zoho(of)?),
        SystemSettings::NetSuite(of) => Arc::new(account.netsuite(of)?),
    })
}

/// One user's way into a destination.
#[derive(Clone)]
struct Account {
    /// The name under which its tokens are kept.
    name: String,
    secret: String,
    request_timeout: Duration,
    secrets: Arc<dyn Secrets>,
    tokens: Arc<dyn TokenStore>,
    clock: Arc<dyn Clock>,
}

impl Account {
    fn own(
        destination: &config::Destination,
        secrets: Arc<dyn Secrets>,
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            name: destination.name.clone(),
            secret: destination.secret.clone(),
            request_timeout: destination.delivery.request_timeout,
            secrets,
            tokens,
            clock,
        }
    }

    /// Returns the way in of another user, whose tokens are kept apart: no order may be delivered
    /// with them.
    fn administrator(&self, secret: &str) -> Self {
        Self {
            // The names of destinations have no spaces.
            name: format!("{} administrator", self.name),
            secret: secret.to_owned(),
            ..self.clone()
        }
    }

    fn salesforce(self, of: &salesforce::Settings) -> Result<Salesforce, Failure> {
        let settings = destination_salesforce::Settings {
            name: self.name,
            auth: salesforce_grant(of.auth),
            login_url: of.login_url.clone(),
            api_version: of.api_version.clone(),
            request_timeout: self.request_timeout,
            is_in_batches: of.backfill == Backfill::Batches,
        };
        Salesforce::new(settings, self.secrets, self.secret, self.tokens, self.clock)
    }

    fn zoho(self, of: &zoho::Settings) -> Result<Zoho, Failure> {
        let settings = destination_zoho::Settings {
            name: self.name,
            accounts_url: of.accounts_url.clone(),
            api_version: of.api_version.clone(),
            request_timeout: self.request_timeout,
            daily_credits: of.daily_credits,
        };
        Zoho::new(settings, self.secrets, self.secret, self.tokens, self.clock)
    }

    fn netsuite(self, of: &netsuite::Settings) -> Result<NetSuite, Failure> {
        let settings = destination_netsuite::Settings {
            name: self.name,
            auth: netsuite_grant(of.auth),
            base_url: of.base_url.clone(),
            request_timeout: self.request_timeout,
            calls_at_once: of.most_calls_at_once(),
            batches_from: (of.backfill == Backfill::Batches)
                .then_some(destination_netsuite::FEWEST_IN_A_BATCH),
            language: of.language.clone(),
            speed: netsuite_speed(of.speed),
        };
        NetSuite::new(settings, self.secrets, self.secret, self.tokens, self.clock)
    }
}

fn salesforce_grant(auth: salesforce::Auth) -> destination_salesforce::Grant {
    match auth {
        salesforce::Auth::Password => destination_salesforce::Grant::Password,
        salesforce::Auth::RefreshToken => destination_salesforce::Grant::RefreshToken,
        salesforce::Auth::JwtBearer => destination_salesforce::Grant::JwtBearer,
        salesforce::Auth::ClientCredentials => destination_salesforce::Grant::ClientCredentials,
    }
}

fn netsuite_speed(speed: netsuite::Speed) -> destination_netsuite::Speed {
    match speed {
        netsuite::Speed::Single => destination_netsuite::Speed::Single,
        netsuite::Speed::Restlet => destination_netsuite::Speed::Restlet,
        netsuite::Speed::Auto => destination_netsuite::Speed::Auto,
    }
}

fn netsuite_grant(auth: netsuite::Auth) -> destination_netsuite::Grant {
    match auth {
        netsuite::Auth::Token => destination_netsuite::Grant::Token,
        netsuite::Auth::ClientCredentials => destination_netsuite::Grant::ClientCredentials,
    }
}
