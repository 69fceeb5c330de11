//! The items that the mapping names by their ids, such as `vars.shipping_item`.

use crate::{client::Client, suiteql::Question};
use ::setup::{Item, Remedy, State};
use destination::{Class, Failure};
use mapping::{
    Plan,
    plan::{Scalar, Value},
};
use std::collections::{BTreeMap, BTreeSet};

/// Asks for the items, and returns whether each is there and active.
pub(crate) async fn items(client: &Client<'_>, plans: &[&Plan]) -> Vec<Item> {
    let ids = named(plans);
    if ids.is_empty() {
        return Vec::new();
    }
    let rows = match question(&ids) {
        Ok(query) => client.query(&query).await,
        Err(failure) => Err(failure),
    };
    let rows = match rows {
        Ok(rows) => rows,
        Err(failure) => {
            let remedy = super::steps::queries("item");
            let found = failure.to_string();
            return vec![Item::open("items by id", State::Wrong, found, remedy)];
        }
    };
    let states: BTreeMap<String, bool> = rows
        .iter()
        .map(|row| (row.id(), row.text("isinactive").as_deref() == Some("T")))
        .collect();
    let item = |id: &String| {
        let subject = format!("item {id}");
        let wrong = |found: &str, step: &str| {
            let remedy = Remedy::ByHand(vec![step.to_owned()]);
            Item::open(&subject, State::Wrong, found, remedy)
        };
        match states.get(id) {
            Some(false) => Item::good(&subject, "the mapping names it, and it is there"),
            Some(true) => wrong(
                "the mapping names it, and it is inactive",
                "activate it, or name another one in [routes.vars]",
            ),
            None => wrong(
                "the mapping names it, and it is not there or hidden from the role",
                "name the internal id of an item in [routes.vars] (Lists > Accounting > Items)",
            ),
        }
    };
    ids.iter().map(item).collect()
}

fn question(ids: &BTreeSet<String>) -> Result<crate::suiteql::Query, Failure> {
    let mut question = Question::new("item")?;
    question.select("isinactive")?;
    question.or_in("id", false, &ids.iter().cloned().collect::<Vec<_>>())?;
    question
        .query()
        .ok_or_else(|| Failure::permanent(Class::Mapping, "map", "no item is named"))
}

/// Returns the ids of items that stand in the plans themselves: `item = { id = "123" }` in a line.
fn named(plans: &[&Plan]) -> BTreeSet<String> {
    fn inside(name: &str, value: &Value, ids: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                match fields.get("id") {
                    Some(Value::Literal(Scalar::Text(id))) if name == "item" && is_id(id) => {
                        _ = ids.insert(id.clone())
                    }
                    _ => {}
                }
                fields
                    .iter()
                    .for_each(|(name, value)| inside(name, value, ids));
            }
            Value::List(items) => items.iter().for_each(|item| inside("", item, ids)),
            Value::Literal(_) | Value::Ref(_) | Value::Lookup(_) => {}
        }
    }
    let mut ids = BTreeSet::new();
    let records = plans.iter().flat_map(|plan| &plan.records);
    for (name, field) in records.flat_map(|record| &record.fields) {
        inside(name, &field.value, &mut ids);
    }
    ids
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
