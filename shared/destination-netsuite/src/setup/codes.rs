//! Codes that several active items share, in the columns in which the mapping looks for items. An
//! order that has such a code is refused.

use crate::{
    client::Client,
    row::Row,
    suiteql::{self, Query},
};
use ::setup::{Item, Remedy, State};
use mapping::{
    Plan,
    plan::{Lookup, Scalar},
};
use std::collections::BTreeSet;

/// The number of codes shared by several items that are named.
const NAMED: usize = 5;

/// Asks each such column for its codes, and returns an item for each that has shared ones.
pub(crate) async fn shared(client: &Client<'_>, plans: &[&Plan]) -> Vec<Item> {
    let mut items = Vec::new();
    for column in columns(plans) {
        let Ok(name) = suiteql::name(suiteql::column_of(&column)) else {
            continue;
        };
        let code = if suiteql::is_any_case(&column) {
            format!("LOWER({name})")
        } else {
            name.to_owned()
        };
        let query = Query::of(format!(
            "SELECT {code} AS code, COUNT(*) AS items FROM item WHERE isinactive = 'F' AND {name} IS NOT NULL GROUP BY {code} ORDER BY items DESC"
        ));
        // Only advice: where the query fails, the orders themselves will tell.
        if let Ok(rows) = client.first_rows(&query, NAMED).await {
            items.extend(item(name, &rows));
        }
    }
    items
}

/// Returns the columns of texts in which the plans look for items.
fn columns(plans: &[&Plan]) -> BTreeSet<String> {
    let is_item = |lookup: &&Lookup| lookup.object.eq_ignore_ascii_case("item");
    plans
        .iter()
        .flat_map(|plan| plan.lookups())
        .filter(is_item)
        .flat_map(|lookup| lookup.conditions.iter())
        .filter(|(_, value)| matches!(value, Scalar::Text(_)))
        .map(|(column, _)| column.to_ascii_lowercase())
        .filter(|column| column != "isinactive")
        .collect()
}

fn item(column: &str, rows: &[Row]) -> Option<Item> {
    let named: Vec<String> = rows
        .iter()
        .filter_map(|row| Some((row.text("code").unwrap_or_default(), row.text("items")?)))
        .filter(|(_, items)| items != "1")
        .map(|(code, items)| format!("{code} ({items} items)"))
        .collect();
    (!named.is_empty()).then(|| {
        Item::open(
            format!("item.{column}"),
            State::Advice,
            format!(
                "several active items share one {column}, and an order with it is refused: {}",
                named.join(", ")
            ),
            Remedy::ByHand(vec![
                "give each its own, make the others inactive, or name the right one in vars.items"
                    .to_owned(),
            ]),
        )
    })
}
