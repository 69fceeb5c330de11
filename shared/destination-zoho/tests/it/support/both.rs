//! One organisation twice: in the sandbox, and in the strict simulator where it is beside the
//! project.

use super::{Org, WithoutDeadline, connect, new_tokens};
use destination_zoho::Zoho;
use mapping::Plan;
use order::Order;
use sandbox::zoho::{Options, Product, Zoho as Sandbox, credentials};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use strict_simulator::shop;

/// The double that holds the records.
enum Side {
    Sandbox(Sandbox),
    Strict(Box<Org>),
}

/// An organisation and a worker on it.
pub(crate) struct Double {
    side: Side,
    pub(crate) zoho: Zoho,
}

impl Double {
    /// Creates the sandbox with these options and the strict simulator with this configuration;
    /// both sell the product 10.
    pub(crate) async fn both(mut options: Options, config: Value) -> Vec<Self> {
        options.products.push(Product::new(
            "10",
            "Product A",
            rust_decimal::Decimal::new(5_000, 2),
        ));
        let sandbox = Sandbox::start(options).await.unwrap();
        let mut doubles = vec![Self {
            zoho: to_sandbox(&sandbox),
            side: Side::Sandbox(sandbox),
        }];
        if let Some(org) = Org::if_present().await {
            org.config(config).await;
            doubles.push(Self {
                zoho: org.another_worker(),
                side: Side::Strict(Box::new(org)),
            });
        }
        doubles
    }

    /// Returns which of the two it is, for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self.side {
            Side::Sandbox(_) => "sandbox",
            Side::Strict(_) => "strict simulator",
        }
    }

    /// Creates a worker that remembers nothing.
    pub(crate) fn another_worker(&self) -> Zoho {
        match &self.side {
            Side::Sandbox(sandbox) => to_sandbox(sandbox),
            Side::Strict(org) => org.another_worker(),
        }
    }

    pub(crate) async fn deliver(&self, plan: &Plan) -> BTreeMap<String, String> {
        let outcome = self
            .zoho
            .deliver_all(std::slice::from_ref(plan))
            .await
            .pop()
            .unwrap();
        super::records(&outcome)
    }

    /// Returns the records of a module, the oldest first, without fields that are null.
    pub(crate) async fn records(&self, module: &str) -> Vec<Value> {
        let mut records = match &self.side {
            Side::Sandbox(sandbox) => sandbox
                .records(module)
                .into_iter()
                .map(Value::Object)
                .collect(),
            Side::Strict(org) => org.records(module).await,
        };
        for record in records.iter_mut().filter_map(Value::as_object_mut) {
            record.retain(|_, value| !value.is_null());
        }
        records
    }

    /// Creates a record as a person in the office would; the strict simulator wants a login before.
    pub(crate) async fn by_hand(&self, module: &str, fields: Value) -> String {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox.create(module, fields.as_object().unwrap()).unwrap(),
            Side::Strict(org) => org.by_hand(module, fields).await,
        }
    }

    /// Converts a lead as a person in the office would; the strict simulator refuses the next write
    /// to any lead.
    pub(crate) async fn convert(&self, lead: &str) {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox.convert(lead),
            Side::Strict(org) => {
                let fault = serde_json::json!({"match": {"object": "Leads"}, "record_error": {"code": "CONVERTED_RECORD"}, "times": 1});
                org.faults(serde_json::json!([fault])).await;
            }
        }
    }

    /// Changes a record as Jane Doe in the office would.
    pub(crate) async fn staff_edit(&self, module: &str, id: &str, fields: Value) {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox
                .edit(module, id, fields.as_object().unwrap())
                .unwrap(),
            Side::Strict(org) => {
                let change = json!({"object": module, "id": id, "set": fields, "user": "Jane Doe"});
                org.post("staff", change).await;
            }
        }
    }

    /// Deletes a record as Jane Doe in the office would.
    pub(crate) async fn staff_delete(&self, module: &str, id: &str) {
        match &self.side {
            Side::Sandbox(sandbox) => sandbox.delete(module, id).unwrap(),
            Side::Strict(org) => {
                let change =
                    json!({"object": module, "id": id, "delete": true, "user": "Jane Doe"});
                org.post("staff", change).await;
            }
        }
    }

    /// Returns the strict simulator; `None` where the double is the sandbox.
    pub(crate) fn as_strict(&self) -> Option<&Org> {
        match &self.side {
            Side::Sandbox(_) => None,
            Side::Strict(org) => Some(org),
        }
    }

    pub(crate) async fn assert_no_violations(&self) {
        if let Side::Strict(org) = &self.side {
            org.assert_no_violations().await;
        }
    }
}

pub(crate) fn to_sandbox(sandbox: &Sandbox) -> Zoho {
    let secret = [
        ("client_id", credentials::CLIENT_ID),
        ("client_secret", credentials::CLIENT_SECRET),
        ("refresh_token", credentials::REFRESH_TOKEN),
    ];
    connect(sandbox.url(), &secret, new_tokens())
}

/// Returns an order whose lines are products that both doubles sell.
pub(crate) fn order(number: u32) -> Order {
    shop::order(number, "10")
}

/// Returns the example of that name on the page of the mappings, as overrides of a route.
pub(crate) fn example(name: &str) -> String {
    shop::example("zoho", name)
}
