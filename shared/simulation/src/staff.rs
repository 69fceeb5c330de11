//! What staff does in a destination between two states of an order: it fills fields that no mapping
//! owns, adds to one that a mapping owns, and says where NetSuite's lines lie.

use crate::{doubles::object, judge::Judge, scenario::own_number};
use sandbox::Double;
use serde_json::{Map, Value, json};

/// What staff writes where no mapping does.
const NOTE: &str = "Ask Kim about the invoice";
/// What it writes behind what a mapping has written.
pub(crate) const REMARK: &str = " (call first)";
/// Where goods lie.
pub(crate) const LOCATION: &str = "1";

/// A field of the staff, and one of the mapping, in orders and customers.
struct Desk {
    order: (&'static str, &'static str, &'static str),
    customer: (&'static str, &'static str),
}

/// Writes into everything that is there.
pub(crate) fn writes(judge: &Judge, destination: usize, double: &Double) {
    let desk = match double {
        Double::Salesforce(_) => Desk {
            order: ("Opportunity", "NextStep", "Name"),
            customer: ("Contact", "Description"),
        },
        Double::Zoho(_) => Desk {
            order: ("Deals", "Next_Step", "Description"),
            customer: ("Contacts", "Description"),
        },
        Double::NetSuite(_) => Desk {
            order: ("salesOrder", "otherRefNum", "memo"),
            customer: ("customer", "comments"),
        },
    };
    let (kind, free, owned) = desk.order;
    for record in double.records(kind) {
        let Some(order) = judge.order_of(&record) else {
            continue;
        };
        let before = record
            .get(owned)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut fields = object(
            json!({free: NOTE, owned: format!("{}{REMARK}", before.trim_end_matches(REMARK))}),
        );
        let lines = lines(&record);
        if !lines.is_empty() {
            fields.insert("item".to_owned(), json!({ "items": lines }));
        }
        // Some are locked, for staff too.
        if double.edit(kind, id(&record), &fields).is_ok() {
            judge.staff_wrote(destination, (kind, id(&record)), (free, NOTE));
            judge.staff_added(destination, order, (kind, id(&record)), owned);
            judge.staff_placed(destination, order, &record);
        }
    }
    let (kind, free) = desk.customer;
    for record in double.records(kind) {
        if double
            .edit(kind, id(&record), &object(json!({free: NOTE})))
            .is_ok()
        {
            judge.staff_wrote(destination, (kind, id(&record)), (free, NOTE));
        }
    }
}

/// NetSuite's lines by their keys, each with the place of the goods.
fn lines(record: &Map<String, Value>) -> Vec<Value> {
    let lines = record
        .get("item")
        .and_then(|item| item.get("items"))
        .and_then(Value::as_array);
    let keys = lines
        .into_iter()
        .flatten()
        .filter_map(|line| line.get("line"));
    keys.map(|key| json!({"line": key, "location": {"id": LOCATION}}))
        .collect()
}

/// A record's id, whatever the system calls it.
pub(crate) fn id(record: &Map<String, Value>) -> &str {
    let id = record.get("Id").or_else(|| record.get("id"));
    id.and_then(Value::as_str).unwrap_or_default()
}

/// The order that a record of an order is of.
pub(crate) fn order_of(record: &Map<String, Value>, fields: &[&str]) -> Option<u64> {
    let text = |field: &str| record.get(field).and_then(Value::as_str);
    let of_salesforce = fields.iter().find_map(|field| own_number(text(field)?));
    let of_zoho = || own_number(text("Deal_Name")?.split('#').nth(1)?.split(' ').next()?);
    let of_netsuite = || own_number(text("externalId")?.split("_ORDER_").nth(1)?);
    of_salesforce.or_else(of_zoho).or_else(of_netsuite)
}
