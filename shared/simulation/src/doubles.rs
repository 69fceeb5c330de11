//! The destinations: a double of each, without a port.

use crate::{
    clock::SimClock,
    scenario::{Scenario, Target, UNKNOWN},
};
use ports::{Clock, Secret, memory::MemorySecrets};
use sandbox::{Double, netsuite, salesforce, zoho};
use serde_json::{Map, Value, json};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

/// The doubles, and the secrets that open them.
pub(crate) fn doubles(scenario: &Scenario, clock: &Arc<SimClock>) -> (Vec<Arc<Double>>, MemorySecrets) {
    let (mut doubles, secrets) = (Vec::new(), MemorySecrets::new());
    for target in &scenario.destinations {
        let double = double(target, clock);
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
fn double(target: &Target, clock: &Arc<SimClock>) -> Double {
    let url = format!("https://{}.example.com", target.name);
    match target.system {
        "salesforce" => {
            let options = salesforce::Options {
                daily_calls: u64::MAX,
                ..Default::default()
            };
            Double::Salesforce(salesforce::Salesforce::offline(options, &url).expect("options that can be carried out"))
        }
        "zoho" => {
            let options = zoho::Options {
                credits: u64::MAX,
                token_lifetime: Some(Duration::from_secs(3600)),
                custom_fields: vec![zoho::CustomField::unique_text("Deals", "Shop_Order_ID", 50)],
                ..Default::default()
            };
            Double::Zoho(zoho::Zoho::offline(options, &url).expect("options that can be carried out"))
        }
        _ => {
            static CREDENTIALS: OnceLock<netsuite::Credentials> = OnceLock::new();
            let credentials = CREDENTIALS.get_or_init(|| netsuite::Credentials::generate().expect("randomness"));
            let options = netsuite::Options {
                credentials: Some(credentials.clone()),
                clock: Arc::new(clock.right()) as Arc<dyn Clock>,
                ..Default::default()
            };
            Double::NetSuite(netsuite::NetSuite::offline(options, &url).expect("options that can be carried out"))
        }
    }
}

/// Somebody in the organisation adds the product.
pub(crate) fn sell_the_unknown(double: &Double) {
    let Double::Salesforce(double) = double else { return };
    let books = double.records("Pricebook2");
    let book = books.first().and_then(|book| book.get("Id")).cloned();
    let product = json!({"Name": UNKNOWN, "ProductCode": UNKNOWN, "IsActive": true});
    let product = double.create("Product2", object(product)).expect("a product that can be made");
    let entry = json!({"Pricebook2Id": book, "Product2Id": product, "UnitPrice": 10, "IsActive": true});
    double.create("PricebookEntry", object(entry)).expect("an entry that can be made");
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
