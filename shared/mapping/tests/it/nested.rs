//! The nested values of Zoho and NetSuite: objects, lists, references and look-ups inside them.

use crate::support;

use mapping::{Mapping, Overrides};
use order::ShippingLine;
use support::{json, money, overrides, sample};

const ZOHO: &str = include_str!("../fixtures/zoho.toml");
const NETSUITE: &str = include_str!("../fixtures/netsuite.toml");

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
    assert!(
        !absent
            .record("contact")
            .unwrap()
            .fields
            .contains_key("Account_Name")
    );
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

/// `[routes.set.sales_order]` with a path: one field of a line, without a copy of all of them.
#[test]
fn a_route_reaches_into_lines_and_objects() {
    let mapping = |set: &str| {
        Mapping::load(
            "woocommerce-netsuite",
            std::path::Path::new("."),
            &overrides(&format!("[set.sales_order]\n{set}")),
        )
    };
    let set = "\"item.items.line.location\" = { id = \"2\" }\n\"item.items.line.description\" = \"{{ line.name|upper }}\"\n\"item.items.extra.class\" = { id = \"1\" }\n\
               \"shippingAddress.city\" = \"Springfield\"";
    let mut order = sample();
    order.shipping_lines = vec![ShippingLine {
        id: "9".to_owned(),
        method: "flat_rate".to_owned(),
        title: "Flat rate".to_owned(),
        total: money("5.00"),
        tax: money("0"),
    }];
    (order.shipping_total, order.total) = (money("5.00"), order.total + money("5.00"));
    let with_vars = overrides(&format!(
        "vars.shipping_item = '1503'\n[set.sales_order]\n{set}"
    ));
    let plan = Mapping::load(
        "woocommerce-netsuite",
        std::path::Path::new("."),
        &with_vars,
    )
    .unwrap()
    .plan(&order)
    .unwrap();
    let plan = serde_json::to_value(plan).unwrap();
    let fields = &plan["records"][1]["fields"];
    let lines = fields["item"]["object"]["items"]["list"]
        .as_array()
        .unwrap();
    let (goods, shipping) = (&lines[0]["object"], &lines.last().unwrap()["object"]);
    let literal = |text: &str| serde_json::json!({ "literal": text });
    assert_eq!(goods["location"]["object"]["id"], literal("2"), "{goods:#}");
    assert_eq!(
        goods["description"],
        literal(&order.lines[0].name.to_uppercase())
    );
    assert!(goods["quantity"].is_object() && goods.get("class").is_none());
    assert_eq!(
        (&shipping["class"]["object"]["id"], shipping.get("location")),
        (&literal("1"), None)
    );
    assert_eq!(
        fields["shippingAddress"]["object"]["city"],
        literal("Springfield")
    );

    for bad in [
        "item.items.row.location",
        "item.lines.line.location",
        "nothing.here",
    ] {
        let problems = mapping(&format!("\"{bad}\" = 'x'")).unwrap_err();
        let report = format!("{problems:?}");
        assert!(
            report.contains(bad) && report.contains("no such place"),
            "{report}"
        );
    }
}

#[test]
fn a_list_over_null_is_left_out_and_an_empty_one_stays() {
    let with = |over: &str| {
        let text = format!(
            "system = \"netsuite\"\n[[record]]\nname = \"order\"\nobject = \"salesOrder\"\nkey = {{ field = \"externalId\", value = \"{{{{ order.id }}}}\" }}\n\
             [record.fields]\nlist = {{ for_each = \"{over}\", each = \"x\" }}\n"
        );
        let plan = Mapping::parse("acme.toml", &text, &Overrides::default())
            .unwrap()
            .plan(&sample())
            .unwrap();
        plan.records[0]
            .fields
            .get("list")
            .map(|field| format!("{:?}", field.value))
    };
    assert_eq!(with("lines if order.test"), None);
    assert_eq!(with("fees").as_deref(), Some("List([])"));
}
