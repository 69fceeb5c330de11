//! One org twice: in the sandbox, and in the strict simulator where it is beside the project.

use super::{Org, WithoutDeadline};
use destination_salesforce::{Grant, Salesforce, SalesforceSetup};
use mapping::Plan;
use order::Order;
use sandbox::salesforce::{Options, Salesforce as Sandbox, credentials};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use strict_simulator::shop;

/// The double that holds the records.
enum Side {
    Sandbox(Sandbox),
    Strict(Box<Org>),
}

/// An org and a worker on it.
pub(crate) struct Double {
    side: Side,
    pub(crate) salesforce: Salesforce,
}

impl Double {
    /// Creates the sandbox with these options and the strict simulator with this configuration.
    pub(crate) async fn both(options: Options, config: Value) -> Vec<Self> {
        let mut doubles = vec![Self::sandbox(options).await];
        doubles.extend(Self::strict(config).await);
        doubles
    }

    /// Creates the sandbox with these options.
    pub(crate) async fn sandbox(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        Self {
            salesforce: to_sandbox(&sandbox),
            side: Side::Sandbox(sandbox),
        }
    }

    /// Creates the strict simulator with this configuration; `None` where it is not present.
    pub(crate) async fn strict(config: Value) -> Option<Self> {
        let org = Org::start_with(&config).await?;
        Some(Self {
            salesforce: org.another_worker(),
            side: Side::Strict(Box::new(org)),
        })
    }

    /// Returns which of the two it is, for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self.side {
            Side::Sandbox(_) => "sandbox",
            Side::Strict(_) => "strict simulator",
        }
    }

    /// Creates a worker that remembers nothing.
    pub(crate) fn another_worker(&self) -> Salesforce {
        match &self.side {
            Side::Sandbox(sandbox) => to_sandbox(sandbox),
            Side::Strict(org) => org.another_worker(),
        }
    }

    /// Creates the set-up of the org for plans of these routes; the worker makes what is missing.
    pub(crate) fn setup(&self, plans: Vec<Plan>) -> SalesforceSetup {
        SalesforceSetup::new(self.another_worker(), None, plans)
    }

    /// Creates a record of the Tooling API in the strict simulator, as an administrator would.
    pub(crate) async fn tooling(&self, object: &str, fields: Value) {
        if let Side::Strict(org) = &self.side {
            org.set_up_by_hand(object, fields).await;
        }
    }

    pub(crate) async fn deliver(&self, plan: &Plan) -> BTreeMap<String, String> {
        let outcome = self
            .salesforce
            .deliver_all(std::slice::from_ref(plan))
            .await
            .pop()
            .unwrap();
        super::records(&outcome)
    }

    /// Returns the records of an object, the oldest first, without fields that are null.
    pub(crate) async fn records(&self, object: &str) -> Vec<Value> {
        let mut records = match &self.side {
            Side::Sandbox(sandbox) => sandbox
                .records(object)
                .into_iter()
                .map(Value::Object)
                .collect(),
            Side::Strict(org) => org.records(object).await,
        };
        for record in records.iter_mut().filter_map(Value::as_object_mut) {
            record.retain(|_, value| !value.is_null());
        }
        records
    }

    /// Creates a record as a person in the office would.
    pub(crate) async fn by_hand(&self, object: &str, fields: Value) -> String {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox
                .create(object, fields.as_object().unwrap().clone())
                .unwrap(),
            Side::Strict(org) => org.by_hand(object, fields).await,
        }
    }

    /// Converts a lead as a person in the office would. Returns the ids of what it became, the one
    /// most like an order last.
    pub(crate) async fn convert(&self, lead: &str) -> Vec<String> {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox.convert(lead, true).unwrap(),
            Side::Strict(org) => {
                let made = org.post("convert", json!({ "id": lead })).await;
                ["account", "contact"]
                    .iter()
                    .map(|kind| made[kind].as_str().unwrap().to_owned())
                    .collect()
            }
        }
    }

    /// Changes a record as Jane Doe in the office would.
    pub(crate) async fn staff_edit(&self, object: &str, id: &str, fields: Value) {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox
                .edit(object, id, fields.as_object().unwrap())
                .unwrap(),
            Side::Strict(org) => {
                let change = json!({"object": object, "id": id, "set": fields, "user": "Jane Doe"});
                org.post("staff", change).await;
            }
        }
    }

    /// Deletes a record as Jane Doe in the office would.
    pub(crate) async fn staff_delete(&self, object: &str, id: &str) {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox.delete(object, id).unwrap(),
            Side::Strict(org) => {
                let change =
                    json!({"object": object, "id": id, "delete": true, "user": "Jane Doe"});
                org.post("staff", change).await;
            }
        }
    }

    /// Returns the sandbox; `None` where the double is the strict simulator.
    pub(crate) fn as_sandbox(&self) -> Option<&Sandbox> {
        match &self.side {
            Side::Sandbox(sandbox) => Some(sandbox),
            Side::Strict(_) => None,
        }
    }

    pub(crate) async fn assert_no_violations(&self) {
        if let Side::Strict(org) = &self.side {
            org.assert_no_violations().await;
        }
    }
}

fn to_sandbox(sandbox: &Sandbox) -> Salesforce {
    let secret = [
        ("client_id", credentials::CLIENT_ID),
        ("client_secret", credentials::CLIENT_SECRET),
    ];
    super::connect(
        sandbox.url(),
        Grant::ClientCredentials,
        &secret,
        Arc::clone(&super::new_tokens()),
    )
}

/// Returns an order whose lines are products that both doubles sell.
pub(crate) fn order(number: u32) -> Order {
    shop::order(number, "woo-polo")
}

/// Returns the example of that name on the page of the mappings, as overrides of a route.
pub(crate) fn example(name: &str) -> String {
    shop::example("salesforce", name)
}
