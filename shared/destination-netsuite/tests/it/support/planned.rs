//! Plans as the built-in mappings make them.

use super::Account;
use mapping::{Mapping, Overrides, Plan, plan::Scalar};
use order::{Customer, Line, Order};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path};

/// Returns a built-in mapping with these variables.
pub(crate) fn mapping(name: &str, vars: &str) -> Mapping {
    let overrides = Overrides {
        vars: vars.parse().unwrap(),
        ..Overrides::default()
    };
    Mapping::load(name, Path::new("."), &overrides)
        .unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

/// Gives the account every item that the plans look for.
pub(crate) async fn stock(account: &Account, plans: &[Plan]) {
    let wanted: BTreeSet<(bool, String)> = plans
        .iter()
        .flat_map(Plan::lookups)
        .flat_map(|lookup| &lookup.conditions)
        .filter_map(|(column, value)| match value {
            Scalar::Text(text) if column != "isinactive" && !text.is_empty() => {
                Some((column == "itemid", text.clone()))
            }
            _ => None,
        })
        .collect();
    let item = |(number, (by_name, text)): (usize, &(bool, String))| {
        let name = if *by_name {
            text.clone()
        } else {
            format!("Item {number}")
        };
        let external = if *by_name {
            format!("item-{number}")
        } else {
            text.clone()
        };
        json!({"id": (2000 + number).to_string(), "type": "inventoryItem", "itemId": name, "externalId": external, "basePrice": 1.00})
    };
    let mut items: Vec<Value> = wanted.iter().enumerate().map(item).collect();
    items.push(
        json!({"id": "1503", "type": "otherChargeSaleItem", "itemId": "Extra", "basePrice": null}),
    );
    items.push(
        json!({"id": "1504", "type": "discountItem", "itemId": "Discount", "basePrice": null}),
    );
    account.post("config", json!({ "items": items })).await;
}

/// Returns the plan of a WooCommerce order whose items the account has under their ids.
pub(crate) fn plan(order: &Order) -> Plan {
    let vars = "shipping_item = '1503'\ntax_item = '1503'\nfee_item = '1503'\nitems = { EXAMPLE = '1501' }";
    mapping("woocommerce-netsuite", vars).plan(order).unwrap()
}

/// Returns an order of a customer; without an id the customer is a guest.
pub(crate) fn order_of(number: u32, id: Option<&str>, email: &str) -> Order {
    let mut order = Order::example();
    order.id = number.to_string();
    order.number = number.to_string();
    order.customer = Customer {
        id: id.map(str::to_owned),
        key: Customer::key_of(id, email, &number.to_string()),
        is_guest: id.is_none(),
        email: email.to_owned(),
        company: String::new(),
        ..order.customer
    };
    order
}

/// Returns a line of this code at 1.00.
pub(crate) fn line(code: &str) -> Line {
    Line {
        sku: code.to_owned(),
        code: code.to_owned(),
        name: code.to_owned(),
        ..Order::example().lines.remove(0)
    }
}
