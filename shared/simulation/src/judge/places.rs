//! An address is one value: no part of it is of another address of its customer.

use super::Judge;
use crate::{scenario::OF_ADDRESSES, staff::id};
use sandbox::Double;
use serde_json::{Map, Value};

impl Judge {
    /// Looks for addresses that were put together from two.
    pub(super) fn compare_addresses(&self, destination: usize, double: &Double) {
        let prefixes: &[(&str, &[&str])] = match double {
            Double::Salesforce(_) => &[
                ("Account", &["Billing", "Shipping"]),
                ("Contact", &["Mailing"]),
            ],
            Double::Zoho(_) => &[
                ("Contacts", &["Mailing_", "Other_"]),
                ("Accounts", &["Billing_", "Shipping_"]),
            ],
            Double::NetSuite(_) => &[("salesOrder", &["shippingAddress", "billingAddress"])],
        };
        for (kind, prefixes) in prefixes {
            for record in double.records(kind) {
                for prefix in *prefixes {
                    self.check_address(destination, (kind, prefix), &record);
                }
            }
        }
    }

    fn check_address(
        &self,
        destination: usize,
        (kind, prefix): (&str, &str),
        record: &Map<String, Value>,
    ) {
        let mut parts = Vec::new();
        for (_, value) in record.iter().filter(|(name, _)| name.starts_with(prefix)) {
            texts(value, &mut parts);
        }
        let is_of = |place: &&[&str]| parts.iter().any(|part| place.contains(&part.as_str()));
        let places = OF_ADDRESSES.iter().filter(|place| is_of(place)).count();
        if places > 0 {
            self.counted("addresses".to_owned());
        }
        if places > 1 {
            let text = format!(
                "destination {destination}: {prefix} of {kind} {} is {parts:?}",
                id(record)
            );
            self.violate("an address is of one piece", None, text);
        }
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Object(fields) => fields.values().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}
