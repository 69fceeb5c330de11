//! The destinations: a double of each, without a port.

use crate::{
    clock::SimClock,
    scenario::{LONG, SHARED, Scenario, Target, UNKNOWN, shown},
};
use ports::{Clock, Secret, memory::MemorySecrets};
use sandbox::{
    Double, Product,
    netsuite::{self, Item, ItemKind},
    salesforce::{self, Country},
    zoho,
};
use serde_json::{Map, Value, json};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// NetSuite's id of the first item.
pub(crate) const FIRST_ITEM: u64 = 1501;

/// The doubles, and the secrets that open them.
pub(crate) fn doubles(
    scenario: &Scenario,
    clock: &Arc<SimClock>,
) -> (Vec<Arc<Double>>, MemorySecrets) {
    let (mut doubles, secrets) = (Vec::new(), MemorySecrets::new());
    for target in &scenario.destinations {
        let double = double(target, scenario.long, clock);
        let texts = double
            .secret()
            .into_iter()
            .filter_map(|(key, value)| Some((key, vec![value.as_str()?.to_owned()])));
        secrets.put(&target.name, Secret::new(texts.collect()));
        doubles.push(Arc::new(double));
    }
    (doubles, secrets)
}

/// A double that nobody runs out of calls with by chance.
fn double(target: &Target, long: bool, clock: &Arc<SimClock>) -> Double {
    let url = format!("https://{}.example.com", target.name);
    let products = products(target, long);
    match target.system {
        "salesforce" => {
            let options = salesforce::Options {
                daily_calls: u64::MAX,
                products,
                countries: if target.cases.picklists {
                    countries()
                } else {
                    Vec::new()
                },
                ..Default::default()
            };
            Double::Salesforce(
                salesforce::Salesforce::offline(options, &url)
                    .expect("options that can be carried out"),
            )
        }
        "zoho" => {
            let options = zoho::Options {
                credits: u64::MAX,
                products,
                token_lifetime: Some(Duration::from_secs(3600)),
                custom_fields: vec![zoho::CustomField::unique_text("Deals", "Shop_Order_ID", 50)],
                ..Default::default()
            };
            Double::Zoho(
                zoho::Zoho::offline(options, &url).expect("options that can be carried out"),
            )
        }
        _ => {
            static CREDENTIALS: OnceLock<netsuite::Credentials> = OnceLock::new();
            let credentials =
                CREDENTIALS.get_or_init(|| netsuite::Credentials::generate().expect("randomness"));
            let mut items = netsuite::Options::default().items;
            let others = (FIRST_ITEM..).zip(products).skip(items.len());
            items.extend(others.map(|(id, product)| Item::new(id, product, ItemKind::Inventory)));
            let options = netsuite::Options {
                credentials: Some(credentials.clone()),
                clock: Arc::new(clock.right()) as Arc<dyn Clock>,
                items,
                ..Default::default()
            };
            Double::NetSuite(
                netsuite::NetSuite::offline(options, &url)
                    .expect("options that can be carried out"),
            )
        }
    }
}

/// What a destination sells, the oldest first: NetSuite's items have their ids in this order.
pub(crate) fn products(target: &Target, long: bool) -> Vec<Product> {
    let mut products = salesforce::Options::default().products;
    let product = |code: &str| Product::new(code, "Of late", products[0].price);
    let long_codes = LONG
        .iter()
        .filter(|(short, _)| long && *short != UNKNOWN)
        .map(|(_, code)| product(code));
    let second = target.cases.shared.map(|_| product(shown(SHARED, long)));
    let others: Vec<Product> = long_codes.chain(second).collect();
    products.extend(others);
    products
}

/// Those that shops send orders from.
fn countries() -> Vec<Country> {
    let states = [("IL", "Illinois"), ("NY", "New York")];
    vec![
        Country::new("US", "United States", &states),
        Country::new("DE", "Germany", &[]),
    ]
}

/// Somebody in the organisation adds the product.
pub(crate) fn sell_the_unknown(double: &Double, long: bool) {
    let Double::Salesforce(double) = double else {
        return;
    };
    let books = double.records("Pricebook2");
    let book = books.first().and_then(|book| book.get("Id")).cloned();
    let code = shown(UNKNOWN, long);
    let product = json!({"Name": code, "ProductCode": code, "IsActive": true});
    let product = double
        .create("Product2", object(product))
        .expect("a product that can be made");
    let entry =
        json!({"Pricebook2Id": book, "Product2Id": product, "UnitPrice": 10, "IsActive": true});
    double
        .create("PricebookEntry", object(entry))
        .expect("an entry that can be made");
}

/// The fields of a JSON object.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
