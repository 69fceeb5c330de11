//! The grammar carries what Zoho and NetSuite nest: objects, lists, references and look-ups inside them.

mod support;

use mapping::{Mapping, Overrides};
use order::ShippingLine;
use support::{json, money, overrides, sample};

const ZOHO: &str = include_str!("fixtures/zoho.toml");
const NETSUITE: &str = include_str!("fixtures/netsuite.toml");

#[test]
fn a_zoho_deal_holds_references_tags_and_items() {
    let mapping = Mapping::parse("zoho.toml", ZOHO, &Overrides::default()).unwrap();
    assert_eq!((mapping.name(), mapping.system()), ("zoho", "zoho"));
    let plan = mapping.plan(&sample()).unwrap();
    insta::assert_snapshot!(json(&plan));
    assert!(plan.record("account").is_none(), "there is no company");
}

#[test]
fn a_reference_to_an_absent_record_leaves_its_object_out() {
    let mapping = Mapping::parse("zoho.toml", ZOHO, &overrides("vars.campaign_id = '42'")).unwrap();
    let mut order = sample();
    let absent = mapping.plan(&order).unwrap();
    assert!(!absent.record("contact").unwrap().fields.contains_key("Account_Name"));
    order.customer.company = "Acme Corp".to_owned();
    let present = serde_json::to_value(mapping.plan(&order).unwrap()).unwrap();
    assert_eq!(
        present["records"][1]["fields"]["Account_Name"]["object"]["id"],
        serde_json::json!({ "ref": "account" })
    );
    assert_eq!(
        present["records"][2]["fields"]["Campaign_Source"]["object"]["id"],
        serde_json::json!({ "literal": "42" })
    );
}

#[test]
fn a_netsuite_order_lists_lines_and_shipping_together() {
    let mapping = Mapping::parse("netsuite.toml", NETSUITE, &Overrides::default()).unwrap();
    let mut order = sample();
    order.shipping_lines = vec![ShippingLine {
        id: "9".to_owned(),
        method: "flat_rate".to_owned(),
        title: "Flat rate".to_owned(),
        total: money("5.00"),
        tax: money("0"),
    }];
    insta::assert_snapshot!(json(&mapping.plan(&order).unwrap()));

    order.shipping_lines[0].method = "unheard_of".to_owned();
    insta::assert_snapshot!(mapping.plan(&order).unwrap_err().to_string(), @r#"order 12345: mapping netsuite, order.item: way 1 "Flat rate": `way[...]` is undefined; correct the name, or say what to use instead with `|default(...)` (in `vars.shipping_items[way.method]`)"#);
}
