//! What a destination holds, in one form for all systems.

use super::audit::marked;
use crate::scenario::{Amount, HOME, SECOND};
use sandbox::Double;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where Salesforce has an order's id, by shop.
const ORDER_FIELDS: &[&str] = &["WooCommerce_Order_ID__c", "External_Shopify_Order_ID__c", "Magento_Order_ID__c"];

/// NetSuite's internal id of the second currency.
pub(crate) const SECOND_ID: &str = "4";

/// An order at a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// How many records hold it.
    pub(crate) records: usize,
    /// The contents that its lines name, each with the quantity where the system has lines.
    pub(crate) lines: Vec<(u64, Option<u64>)>,
    /// Stage, or the memo.
    pub(crate) status: String,
    /// What the record says that the order is worth; `None` where it says nothing that is an amount.
    pub(crate) amount: Option<Amount>,
}

/// The orders that a destination holds.
pub(crate) fn orders(double: &Double) -> BTreeMap<u64, Held> {
    match double {
        Double::Salesforce(_) => salesforce(double),
        Double::Zoho(_) => zoho(double),
        Double::NetSuite(_) => netsuite(double),
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
    emails.into_iter().filter(|email| !email.is_empty()).collect()
}

fn salesforce(double: &Double) -> BTreeMap<u64, Held> {
    let mut held: BTreeMap<u64, Held> = BTreeMap::new();
    let mut ids = BTreeMap::new();
    for record in double.records("Opportunity") {
        let Some(order) = ORDER_FIELDS.iter().find_map(|field| text(&record, field).parse().ok()) else {
            continue;
        };
        ids.insert(text(&record, "Id").to_owned(), order);
        let held = held.entry(order).or_default();
        held.records += 1;
        held.status = text(&record, "StageName").to_owned();
        held.amount = cents(record.get("Amount")).map(|cents| (cents, HOME));
    }
    for line in double.records("OpportunityLineItem") {
        let order = ids.get(text(&line, "OpportunityId"));
        let Some(held) = order.and_then(|order| held.get_mut(order)) else {
            continue;
        };
        held.lines
            .extend(content(&line, "Description").map(|content| (content, whole(line.get("Quantity")))));
    }
    held
}

fn zoho(double: &Double) -> BTreeMap<u64, Held> {
    let mut held: BTreeMap<u64, Held> = BTreeMap::new();
    for record in double.records("Deals") {
        let name = text(&record, "Deal_Name").split('#').nth(1).unwrap_or_default();
        let Ok(order) = name.split(' ').next().unwrap_or_default().parse() else {
            continue;
        };
        let held = held.entry(order).or_default();
        held.records += 1;
        held.status = text(&record, "Stage").to_owned();
        held.amount = cents(record.get("Amount")).map(|cents| (cents, HOME));
        held.lines = marked(text(&record, "Description"))
            .iter()
            .map(|(_, content)| (*content, None))
            .collect();
    }
    held
}

fn netsuite(double: &Double) -> BTreeMap<u64, Held> {
    let mut held: BTreeMap<u64, Held> = BTreeMap::new();
    for record in double.records("salesOrder") {
        let Some(Ok(order)) = text(&record, "externalId").split("_ORDER_").nth(1).map(str::parse) else {
            continue;
        };
        let held = held.entry(order).or_default();
        held.records += 1;
        held.status = text(&record, "memo").to_owned();
        held.amount = cents(record.get("total")).zip(currency(&record));
        let lines = record.get("item").and_then(|item| item.get("items")).and_then(Value::as_array);
        for line in lines.into_iter().flatten().filter_map(Value::as_object) {
            held.lines
                .extend(content(line, "description").map(|content| (content, whole(line.get("quantity")))));
        }
    }
    held
}

fn content(record: &Map<String, Value>, field: &str) -> Option<u64> {
    marked(text(record, field)).first().map(|(_, content)| *content)
}

fn text<'a>(record: &'a Map<String, Value>, field: &str) -> &'a str {
    record.get(field).and_then(Value::as_str).unwrap_or_default()
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
    let (whole, part) = written.trim_matches('"').split_once('.').unwrap_or((written.trim_matches('"'), ""));
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
