use super::*;
use crate::row::Row;
use mapping::plan::{Field, Find};
use shop::{line, order, sample};

#[path = "../tests/it/support/shop.rs"]
mod shop;

/// Returns what Salesforce has: the order with two lines, one of them of a product that is no
/// longer ordered, and somebody else's line.
fn rows() -> Rows {
    let all: BTreeMap<String, Vec<Json>> =
        serde_json::from_str(include_str!("../tests/fixtures/existing-order.json")).unwrap();
    all.into_iter()
        .map(|(object, rows)| (object, rows.into_iter().filter_map(Row::new).collect()))
        .collect()
}

fn built(plan: &Plan, rows: &Rows) -> Result<Graph, Failure> {
    let mut found = LookupResults::default();
    for lookup in plan.lookups() {
        crate::lookups::learn(
            &mut found,
            lookup,
            rows.get("pricebookentry")
                .map(Vec::as_slice)
                .unwrap_or_default(),
        );
    }
    build(
        plan,
        Snapshot {
            rows,
            found: &found,
            catalogue: &Catalogue::default(),
        },
    )
}

fn shown(graph: &Graph) -> String {
    serde_json::to_string_pretty(
        &graph
            .nodes
            .iter()
            .map(|node| node.json("v65.0"))
            .collect::<Vec<_>>(),
    )
    .unwrap()
}

#[test]
fn an_order_that_is_there_is_changed_by_its_ids() {
    let graph = built(&sample().plan(), &rows()).unwrap();
    insta::assert_snapshot!(shown(&graph));
    assert_eq!(graph.records.len(), 3);
}

#[test]
fn a_new_order_is_made_under_its_keys() {
    let only_products = rows()
        .into_iter()
        .filter(|(object, _)| object == "pricebookentry")
        .collect();
    insta::assert_snapshot!(shown(&built(&sample().plan(), &only_products).unwrap()));
}

#[test]
fn a_record_of_which_every_field_may_be_written_again_is_upserted() {
    let mut plan = sample().plan();
    plan.records.truncate(1);
    let account = &mut plan.records[0];
    account.fields.shift_remove("Name");
    account.find.clear();
    account.key.as_mut().unwrap().value = "a/b ö%".to_owned();
    let graph = built(&plan, &Rows::new()).unwrap();
    assert_eq!(
        (graph.nodes[0].method, graph.nodes[0].rest.as_str()),
        ("PATCH", "/WooCommerce_Customer_ID__c/a%2Fb%20%C3%B6%25")
    );
    assert!(
        !graph.nodes[0]
            .body
            .as_ref()
            .unwrap()
            .contains_key("WooCommerce_Customer_ID__c"),
        "the key stands in the URL only"
    );

    plan.records[0].key.as_mut().unwrap().value = "someone@example.inc".to_owned();
    let graph = built(&plan, &Rows::new()).unwrap();
    assert_eq!(
        (graph.nodes[0].method, graph.nodes[0].rest.as_str()),
        ("POST", "")
    );
}

#[test]
fn children_come_after_their_parents_wherever_the_mapping_has_them() {
    let mut plan = order(1, "1", vec![line("101", 1, "1.00")]).plan();
    plan.records.reverse();
    let graph = built(&plan, &rows()).unwrap();
    let objects: Vec<&str> = graph
        .nodes
        .iter()
        .map(|node| node.object.as_str())
        .collect();
    assert_eq!(
        objects,
        ["Account", "Contact", "Opportunity", "OpportunityLineItem"]
    );
}

#[test]
fn circles_and_lists_are_the_mappings_fault() {
    let mut plan = order(1, "1", vec![]).plan();
    plan.records[0].fields.insert(
        "Main_Contact__c".to_owned(),
        Field {
            value: Value::Ref("contact".to_owned()),
            on: When::Always,
        },
    );
    assert!(
        built(&plan, &Rows::new())
            .unwrap_err()
            .message
            .contains("circle")
    );
    plan.records[0].fields.insert(
        "Main_Contact__c".to_owned(),
        Field {
            value: Value::List(vec![]),
            on: When::Always,
        },
    );
    assert_eq!(
        built(&plan, &Rows::new()).unwrap_err().place.as_deref(),
        Some("account.Main_Contact__c")
    );
}

#[test]
fn a_mapping_that_could_double_records_is_refused() {
    let ask = |plan: &Plan| crate::read::Questions::default().ask(plan, &LookupResults::default());
    let mut plan = sample().plan();
    assert!(ask(&plan).is_ok());
    plan.records[2].find = vec![Find::Through {
        record: "contact".to_owned(),
        field: "MainOpportunity__c".to_owned(),
    }];
    assert!(
        ask(&plan)
            .unwrap_err()
            .message
            .contains("cannot be found through another record")
    );
    plan.records[2].find.clear();
    plan.records[2].key = None;
    assert!(ask(&plan).unwrap_err().message.contains("would make two"));
    let mut plan = sample().plan();
    plan.records[3].fields.shift_remove("OpportunityId");
    assert!(
        ask(&plan)
            .unwrap_err()
            .message
            .contains("replaces the children of opportunity")
    );
}

#[test]
fn two_records_that_are_found_through_each_other_are_found_by_neither() {
    let mut plan = order(1, "1", vec![]).plan();
    plan.records[1].find = vec![Find::Through {
        record: "account".to_owned(),
        field: "PrimaryContactId".to_owned(),
    }];
    assert_eq!(built(&plan, &rows()).unwrap().nodes[0].method, "POST");
}
