//! One account twice: in the sandbox, and in the strict simulator where it is beside the project.
//! Both have the items 1501 to 1504.

use super::{Account, signing_secret, speaking};
use destination_netsuite::NetSuite;
use sandbox::netsuite::{NetSuite as Sandbox, Options};
use serde_json::Value;

/// The double that holds the records.
enum Side {
    Sandbox(Sandbox),
    Strict(Box<Account>),
}

/// An account and its role.
pub(crate) struct Double(Side);

impl Double {
    /// Creates the sandbox with these options and the strict simulator with this configuration.
    pub(crate) async fn both(options: Options, config: Value) -> Vec<Self> {
        let options = Options {
            auto_number: true,
            ..options
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let mut doubles = vec![Self(Side::Sandbox(sandbox))];
        if let Some(account) = Account::if_present().await {
            account.post("config", config).await;
            doubles.push(Self(Side::Strict(Box::new(account))));
        }
        doubles
    }

    /// Returns which of the two it is, for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self.0 {
            Side::Sandbox(_) => "sandbox",
            Side::Strict(_) => "strict simulator",
        }
    }

    /// Creates a worker that remembers nothing.
    pub(crate) fn worker(&self) -> NetSuite {
        match &self.0 {
            Side::Sandbox(sandbox) => {
                let secret = sandbox.credentials().token("1234567_SB1");
                let secret: Vec<(&str, &str)> = secret
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
                    .collect();
                speaking(sandbox.url(), &secret, None)
            }
            Side::Strict(account) => speaking(&account.url, &signing_secret(), None),
        }
    }

    /// Creates a worker whose keys the account does not know.
    pub(crate) fn stranger(&self) -> NetSuite {
        let url = match &self.0 {
            Side::Sandbox(sandbox) => sandbox.url(),
            Side::Strict(account) => &account.url,
        };
        let secret = signing_secret().map(|(key, value)| match key {
            "account_id" => (key, value),
            _ => (key, "unknown"),
        });
        speaking(url, &secret, None)
    }

    /// Returns the number of records of a kind.
    pub(crate) async fn count(&self, kind: &str) -> usize {
        match &self.0 {
            Side::Sandbox(sandbox) => sandbox.records(kind).len(),
            Side::Strict(account) => account.records(kind).await.len(),
        }
    }

    pub(crate) async fn assert_no_violations(&self) {
        if let Side::Strict(account) = &self.0 {
            account.assert_no_violations().await;
        }
    }
}
