//! What a destination holds, in one form for all systems.

use super::audit::marked;
use crate::{
    doubles::{FIRST_ITEM, products},
    scenario::{Amount, HOME, ORDER_FIELDS, SECOND, Target},
    staff::order_of,
};
use sandbox::Double;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// NetSuite's internal id of the second currency.
pub(crate) const SECOND_ID: &str = "4";

/// An order at a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// How many records hold it.
    pub(crate) records: usize,
    /// What its lines say.
    pub(crate) lines: Vec<Line>,
    /// Stage, or the memo.
    pub(crate) status: String,
    /// What the record says that the order is worth; `None` where it says nothing that is an
    /// amount.
    pub(crate) amount: Option<Amount>,
    /// Where the system has an address with the order: its city.
    pub(crate) city: Option<String>,
}

/// A line of an order: the content that it names, and where the system has lines, quantity and
/// product.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) content: u64,
    pub(crate) quantity: Option<u64>,
    pub(crate) product: Option<String>,
}

/// The orders that a destination holds.
pub(crate) fn orders(double: &Double, target: &Target, long: bool) -> BTreeMap<u64, Held> {
    match double {
        Double::Salesforce(_) => salesforce(double),
        Double::Zoho(_) => zoho(double),
        Double::NetSuite(_) => netsuite(double, &product_names(target, long)),
    }
}

/// The e-mails of the customers that a destination holds, once for each record.
pub(crate) fn customers(double: &Double) -> Vec<String> {
    let (kind, field) = match double {
        Double::Salesforce(_) => ("Contact", "Email"),
        Double::Zoho(_) => ("Contacts", "Email"),
        Double::NetSuite(_) => ("customer", "email"),
    };
    let emails = double
        .records(kind)
        .iter()
        .map(|record| text(record, field).to_lowercase())
        .collect::<Vec<_>>();
    emails
        .into_iter()
        .filter(|email| !email.is_empty())
        .collect()
}

fn salesforce(double: &Double) -> BTreeMap<u64, Held> {
    let mut held: BTreeMap<u64, Held> = BTreeMap::new();
    let mut ids = BTreeMap::new();
    for record in double.records("Opportunity") {
        let Some(order) = order_of(&record, ORDER_FIELDS) else {
            continue;
        };
        ids.insert(text(&record, "Id").to_owned(), order);
        let held = held.entry(order).or_default();
        held.records += 1;
        held.status = text(&record, "StageName").to_owned();
        held.amount = cents(record.get("Amount")).map(|cents| (cents, HOME));
    }
    let products = double.records("Product2");
    let codes = products.iter().map(|product| {
        (
            text(product, "Id").to_owned(),
            text(product, "ProductCode").to_owned(),
        )
    });
    let names = told_apart(codes);
    for line in double.records("OpportunityLineItem") {
        let order = ids.get(text(&line, "OpportunityId"));
        let Some(held) = order.and_then(|order| held.get_mut(order)) else {
            continue;
        };
        let product = names.get(text(&line, "Product2Id")).cloned();
        held.lines
            .extend(content(&line, "Description").map(|content| Line {
                content,
                quantity: whole(line.get("Quantity")),
                product,
            }));
    }
    held
}

fn zoho(double: &Double) -> BTreeMap<u64, Held> {
    let mut held: BTreeMap<u64, Held> = BTreeMap::new();
    for record in double.records("Deals") {
        let Some(order) = order_of(&record, &[]) else {
            continue;
        };
        let held = held.entry(order).or_default();
        held.records += 1;
        held.status = text(&record, "Stage").to_owned();
        held.amount = cents(record.get("Amount")).map(|cents| (cents, HOME));
        held.lines = marked(text(&record, "Description"))
            .iter()
            .map(|(_, content)| Line {
                content: *content,
                quantity: None,
                product: None,
            })
            .collect();
    }
    held
}

fn netsuite(double: &Double, names: &BTreeMap<String, String>) -> BTreeMap<u64, Held> {
    let mut held: BTreeMap<u64, Held> = BTreeMap::new();
    for record in double.records("salesOrder") {
        let Some(order) = order_of(&record, &[]) else {
            continue;
        };
        let held = held.entry(order).or_default();
        held.records += 1;
        held.status = text(&record, "memo").to_owned();
        held.amount = cents(record.get("total")).zip(currency(&record));
        let address = record.get("shippingAddress").and_then(Value::as_object);
        held.city = address.map(|address| text(address, "city").to_owned());
        let lines = record
            .get("item")
            .and_then(|item| item.get("items"))
            .and_then(Value::as_array);
        for line in lines.into_iter().flatten().filter_map(Value::as_object) {
            let item = line
                .get("item")
                .and_then(|item| item.get("id"))
                .and_then(Value::as_str);
            let product = item.and_then(|item| names.get(item)).cloned();
            held.lines
                .extend(content(line, "description").map(|content| Line {
                    content,
                    quantity: whole(line.get("quantity")),
                    product,
                }));
        }
    }
    held
}

/// The names of a NetSuite's products by the ids of the items.
pub(crate) fn product_names(target: &Target, long: bool) -> BTreeMap<String, String> {
    let products = (FIRST_ITEM..).zip(products(target, long));
    told_apart(products.map(|(id, product)| (id.to_string(), product.code)))
}

/// The code of each product; with a word where an older one has the same.
fn told_apart(products: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let (mut seen, mut names) = (BTreeSet::new(), BTreeMap::new());
    for (id, code) in products {
        let name = if seen.contains(&code) {
            newer(&code)
        } else {
            code.clone()
        };
        seen.insert(code);
        names.insert(id, name);
    }
    names
}

/// What the newer of two products is called that share a code.
pub(crate) fn newer(code: &str) -> String {
    format!("{code}, the newer")
}

fn content(record: &Map<String, Value>, field: &str) -> Option<u64> {
    marked(text(record, field))
        .first()
        .map(|(_, content)| *content)
}

fn text<'a>(record: &'a Map<String, Value>, field: &str) -> &'a str {
    record
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// NetSuite's first currency is that of the account.
fn currency(order: &Map<String, Value>) -> Option<&'static str> {
    match order.get("currency")?.get("id")?.as_str()? {
        "1" => Some(HOME),
        SECOND_ID => Some(SECOND),
        _ => None,
    }
}

/// `12`, `12.5` and `12.50` are the same amount; there is none below a cent.
fn cents(value: Option<&Value>) -> Option<u64> {
    let written = value?.to_string();
    let (whole, part) = written
        .trim_matches('"')
        .split_once('.')
        .unwrap_or((written.trim_matches('"'), ""));
    let (part, rest) = part.split_at_checked(2).unwrap_or((part, ""));
    if !rest.bytes().all(|digit| digit == b'0') {
        return None;
    }
    format!("{whole}{part:0<2}").parse().ok()
}

/// `2` and `2.0` are the same quantity.
fn whole(value: Option<&Value>) -> Option<u64> {
    let written = value?.to_string();
    written.trim_matches('"').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_the_same_however_they_are_written() {
        for value in [json!(12.5), json!("12.50"), json!("12.5000")] {
            assert_eq!(cents(Some(&value)), Some(1_250), "{value}");
        }
        assert_eq!(cents(Some(&json!(7))), Some(700));
        assert_eq!(cents(Some(&json!("0.125"))), None);
        assert_eq!((cents(None), cents(Some(&Value::Null))), (None, None));
    }
}
