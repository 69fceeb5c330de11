//! Wishes of accounts beyond the usual: the examples of the mapping page, over the sandbox and over
//! the strict simulator where it is present.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use destination_netsuite::NetSuite;
use mapping::{Mapping, Overrides};
use order::{Money, Order};
use sandbox::netsuite::{
    CustomField, Item, ItemKind, ListEntry, NetSuite as Sandbox, Options, Product,
};
use serde_json::{Value, json};
use std::path::Path;
use support::{Account, one, planned::order_of, records, speaking};

const PAGE: &str = include_str!("../../../../config/mappings/README.md");
/// Lists of the account, each with the ids that the examples name.
const LISTS: [(&str, &[&str]); 7] = [
    ("location", &["1", "2"]),
    ("department", &["1"]),
    ("classification", &["1", "2"]),
    ("term", &["2"]),
    ("shipItem", &["92", "93"]),
    ("taxItem", &["11", "12"]),
    ("customerCategory", &["1"]),
];

/// Returns the examples of the page under "Examples for NetSuite", as overrides of a route.
fn examples() -> Vec<toml::Table> {
    let (_, section) = PAGE.split_once("### Examples for NetSuite").unwrap();
    let section = section
        .split_once("\n### ")
        .map_or(section, |(section, _)| section);
    let blocks = section.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0.parse().unwrap())
        .collect()
}

fn mapping(platform: &str, example: &toml::Table) -> Mapping {
    let part = |name: &str| {
        let part = example["routes"].as_table().unwrap().get(name);
        part.and_then(toml::Value::as_table)
            .cloned()
            .unwrap_or_default()
    };
    let mut vars = part("vars");
    if !vars.contains_key("item_field") {
        vars.entry("items")
            .or_insert_with(|| toml::Value::Table("EXAMPLE = '1501'".parse().unwrap()));
    }
    let overrides = Overrides {
        vars,
        set: part("set"),
    };
    Mapping::load(&format!("{platform}-netsuite"), Path::new("."), &overrides).unwrap()
}

/// Returns an order with a discount that no line carries.
fn discounted(number: u32) -> Order {
    let mut order = order_of(number, Some("7"), "jane@example.com");
    (order.fees, order.taxes) = (Vec::new(), Vec::new());
    (order.fee_total, order.tax_total) = (Money::ZERO, Money::ZERO);
    (order.discount_total, order.discount_total_unallocated) = (Money::from(5), Money::from(5));
    order.total = order.subtotal + order.shipping_total - order.discount_total;
    order
}

async fn sandbox() -> Sandbox {
    let entry = |list: &str, id: &str| ListEntry {
        list: list.to_owned(),
        id: id.to_owned(),
        name: format!("{list} {id}"),
    };
    let item = |id, name: &str, kind| Item::new(id, Product::new(name, name, Money::ZERO), kind);
    let options = Options {
        items: vec![
            Item {
                upc_code: Some("EXAMPLE".to_owned()),
                ..item(1501, "Example", ItemKind::Inventory)
            },
            item(1503, "Shipping", ItemKind::OtherCharge),
            item(1504, "Discount", ItemKind::Discount),
        ],
        list_entries: LISTS
            .iter()
            .flat_map(|(list, ids)| ids.iter().map(|id| entry(list, id)))
            .collect(),
        custom_fields: vec![
            CustomField::text("salesOrder", "custbody_shop_payment", 300),
            CustomField::text("item", "custcol_shop_line", 300),
        ],
        auto_number: true,
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

fn worker(sandbox: &Sandbox) -> NetSuite {
    let secret = sandbox.credentials().token("1234567_SB1");
    let secret = secret.as_object().unwrap().iter();
    let secret: Vec<(&str, &str)> = secret
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
        .collect();
    speaking(sandbox.url(), &secret, None)
}

async fn simulator() -> Account {
    let account = Account::start().await;
    let list = |ids: &[&str]| {
        Value::Object(
            ids.iter()
                .map(|id| ((*id).to_owned(), json!(format!("Entry {id}"))))
                .collect(),
        )
    };
    let lists: serde_json::Map<String, Value> = LISTS
        .iter()
        .map(|(name, ids)| ((*name).to_owned(), list(ids)))
        .collect();
    account
        .post(
            "config",
            json!({
                "lists": lists,
                "custom_fields": {"custbody_shop_payment": {"type": "string", "length": 300}, "custcol_shop_line": {"type": "string", "length": 300}},
            }),
        )
        .await;
    account
}

/// Checks that the order is as the first example makes it.
fn assert_first(order: &Value, customer: &Value) {
    let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (id(&order["shipMethod"]), id(&order["terms"])),
        ("92".to_owned(), "2".to_owned()),
        "{order:#}"
    );
    assert_eq!(
        (&order["otherRefNum"], &order["custbody_shop_payment"]),
        (&json!("WEB-1"), &json!("card"))
    );
    assert_eq!(
        (id(&order["discountItem"]), order["total"].as_f64()),
        ("1504".to_owned(), Some(19.0))
    );
    let lines = order["item"]["items"].as_array().unwrap();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let [goods, shipping] = [&lines[0], &lines[1]];
    assert_eq!(
        (id(&goods["taxCode"]), id(&shipping["taxCode"])),
        ("11".to_owned(), "11".to_owned())
    );
    assert_eq!(
        [&goods["location"], &goods["department"], &goods["class"]].map(id),
        ["2", "1", "2"]
    );
    assert_eq!(goods["custcol_shop_line"], "1");
    assert_eq!(
        (id(&shipping["class"]), shipping.get("custcol_shop_line")),
        ("1".to_owned(), None)
    );
    assert_eq!(id(&customer["category"]), "1");
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn the_first_example_is_what_the_page_says_and_a_second_delivery_changes_no_line() {
    let mapping = mapping("woocommerce", &examples()[0]);
    let mut order = discounted(1);
    order.payment_method = Some("card".to_owned());
    let mut plan = mapping.plan(&order).unwrap();
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);

    let sandbox = sandbox().await;
    let known = records(&one(&worker(&sandbox), &plan).await);
    assert_first(
        &json!(sandbox.records("salesOrder")[0]),
        &json!(sandbox.records("customer")[0]),
    );
    plan.known = known.into_iter().collect();
    let calls = sandbox.calls().total;
    records(&one(&worker(&sandbox), &plan).await);
    assert_first(
        &json!(sandbox.records("salesOrder")[0]),
        &json!(sandbox.records("customer")[0]),
    );
    assert!(sandbox.calls().total - calls <= 3);

    let account = simulator().await;
    plan.known.clear();
    let known = records(&account.deliver_one(&plan).await);
    assert_first(
        &account.records("salesOrder").await[0],
        &account.records("customer").await[0],
    );
    plan.known = known.into_iter().collect();
    records(&account.deliver_one(&plan).await);
    assert_first(
        &account.records("salesOrder").await[0],
        &account.records("customer").await[0],
    );
    account.assert_no_violations().await;
}

/// The simulator's table of items has no bar codes.
#[tokio::test]
async fn items_are_found_by_their_bar_codes() {
    let example = examples().remove(1);
    let sandbox = sandbox().await;
    records(
        &one(
            &worker(&sandbox),
            &mapping("woocommerce", &example)
                .plan(&discounted(1))
                .unwrap(),
        )
        .await,
    );
    let order = json!(sandbox.records("salesOrder")[0]);
    assert_eq!(order["item"]["items"][0]["item"]["id"], "1501");
}

/// With a price level NetSuite makes the price.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_price_level_makes_the_price() {
    let account = Account::start().await;
    let mapping = mapping("woocommerce", &examples().remove(2));
    let mut plan = mapping.plan(&discounted(1)).unwrap();
    plan.known = records(&account.deliver_one(&plan).await)
        .into_iter()
        .collect();
    assert_eq!(account.lines(0).await[0], "1501: 2.00 x 50.00 = 100.00");
    records(&account.deliver_one(&plan).await);
    assert_eq!(account.lines(0).await[0], "1501: 2.00 x 50.00 = 100.00");
    account.assert_no_violations().await;
}

#[test]
fn every_example_is_good_for_every_shop() {
    for platform in ["woocommerce", "shopify", "magento"] {
        for example in examples() {
            let _ = mapping(platform, &example).plan(&discounted(1));
        }
    }
}
