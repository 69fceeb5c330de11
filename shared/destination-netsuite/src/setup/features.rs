//! The account's features that decide what orders need: a subsidiary, a location.

use crate::{client::Client, suiteql::Query};
use ::setup::{Item, Remedy, State};
use mapping::Plan;
use std::collections::BTreeSet;

/// Asks for the features, and returns what the mapping lacks because of them. A role that may not
/// see them is no fault: orders are refused or not without that.
pub(crate) async fn items(client: &Client<'_>, plans: &[&Plan]) -> Vec<Item> {
    let query = Query::of("SELECT id, isactive FROM companyfeaturesetup");
    let Ok(rows) = client.query(&query).await else {
        return Vec::new();
    };
    let on: BTreeSet<String> = rows
        .iter()
        .filter(|row| row.text("isactive").as_deref() == Some("T"))
        .filter_map(|row| row.text("id"))
        .map(|id| id.to_ascii_uppercase())
        .collect();
    judge(&on, plans)
}

fn judge(on: &BTreeSet<String>, plans: &[&Plan]) -> Vec<Item> {
    let lacks = |object: &str, field: &str| {
        plans.iter().flat_map(|plan| &plan.records).any(|record| {
            record.object.eq_ignore_ascii_case(object) && !record.fields.contains_key(field)
        })
    };
    let mut items = Vec::new();
    if on.contains("SUBSIDIARIES") && lacks("customer", "subsidiary") {
        items.push(Item::open(
            "feature SUBSIDIARIES",
            State::Wrong,
            "the account is OneWorld, in which every customer belongs to a subsidiary, and the mapping names none: new customers would be refused",
            Remedy::ByHand(vec![
                "set subsidiary in [routes.vars] to the internal id that stands in Setup > Company > Subsidiaries".to_owned(),
            ]),
        ));
    }
    if on.contains("MULTILOCINVT") && lacks("salesOrder", "location") {
        items.push(Item::open(
            "feature MULTILOCINVT",
            State::Advice,
            "the account keeps its stock in several locations, and the mapping names none for orders, which a form may demand",
            Remedy::ByHand(vec![
                "set location in [routes.vars] to the internal id that stands in Setup > Company > Locations".to_owned(),
            ]),
        ));
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapping::{Mapping, Overrides};
    use order::Order;
    use std::path::Path;

    #[test]
    fn what_a_feature_demands_and_the_mapping_lacks_is_told() {
        let judged = |vars: &str| {
            let overrides = Overrides {
                vars: vars.parse().unwrap(),
                set: toml::Table::default(),
            };
            let mapping =
                Mapping::load("woocommerce-netsuite", Path::new("."), &overrides).unwrap();
            let plan = mapping.plan(&Order::example()).unwrap();
            let on = ["SUBSIDIARIES", "MULTILOCINVT"].map(str::to_owned).into();
            let states: Vec<State> = judge(&on, &[&plan]).iter().map(|item| item.state).collect();
            states
        };
        assert_eq!(judged(""), [State::Wrong, State::Advice]);
        assert_eq!(judged("subsidiary = '1'\nlocation = '1'"), []);
    }
}
