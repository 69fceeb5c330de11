//! Addresses as one value: the parts that are written belong together, over the sandbox and over
//! the strict simulator where it is present.

use order::{Address, Order};
use sandbox::zoho::Options;
use serde_json::{Value, json};
use strict_simulator::shop::{address, berlin, mapping, new_york};
use support::both::{Double, order};

use crate::support;

fn order_to(number: u32, place: Address) -> Order {
    Order {
        billing: place.clone(),
        shipping: place,
        ..order(number)
    }
}

/// Returns street, city, state, postcode and country, with `-` for each that is missing.
fn shown(record: &Value, prefix: &str, postcode: &str) -> String {
    let parts = ["Street", "City", "State", postcode, "Country"];
    parts
        .map(|part| {
            record[format!("{prefix}_{part}")]
                .as_str()
                .unwrap_or("-")
                .to_owned()
        })
        .join(", ")
}

#[tokio::test]
async fn who_moves_to_a_country_without_states_leaves_none_behind() {
    let mapping = mapping("woocommerce-zoho", "vars.module = 'Sales_Orders'");
    for org in Double::both(Options::default(), json!({})).await {
        let ids = org
            .deliver(&mapping.plan(&order_to(1, new_york())).unwrap())
            .await;
        // The same order with a corrected address, and a second one.
        for number in [1, 2] {
            let mut plan = mapping.plan(&order_to(number, berlin())).unwrap();
            if number == 1 {
                plan.known = ids.clone().into_iter().collect();
            }
            org.deliver(&plan).await;
        }
        let contacts = org.records("Contacts").await;
        assert_eq!(contacts.len(), 1);
        assert_eq!(
            shown(&contacts[0], "Mailing", "Zip"),
            "Chausseestr. 1, Berlin, -, 10115, DE",
            "{}",
            org.name()
        );
        let orders = org.records("Sales_Orders").await;
        assert_eq!(orders.len(), 2);
        for (order, prefix) in orders
            .iter()
            .flat_map(|order| [(order, "Billing"), (order, "Shipping")])
        {
            assert_eq!(
                shown(order, prefix, "Code"),
                "Chausseestr. 1, Berlin, -, 10115, DE",
                "{}",
                org.name()
            );
        }
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn an_order_without_an_address_or_with_a_country_alone_touches_none() {
    let mapping = mapping("woocommerce-zoho", "");
    for org in Double::both(Options::default(), json!({})).await {
        org.deliver(&mapping.plan(&order_to(1, new_york())).unwrap())
            .await;
        for (number, place) in [(2, Address::default()), (3, address("", "", "", "", "DE"))] {
            org.deliver(&mapping.plan(&order_to(number, place)).unwrap())
                .await;
            let contact = &org.records("Contacts").await[0];
            assert_eq!(
                shown(contact, "Mailing", "Zip"),
                "1 Broadway, New York, NY, 10004, US",
                "{} {number}",
                org.name()
            );
        }
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_guest_fills_an_address_that_is_wholly_blank_and_no_other() {
    let mapping = mapping("woocommerce-zoho", "");
    for org in Double::both(Options::default(), json!({})).await {
        // Another customer, so that there is a login.
        org.deliver(&mapping.plan(&order_to(1, new_york())).unwrap())
            .await;
        for (email, city) in [
            ("known@example.com", Some("New York")),
            ("new@example.com", None),
        ] {
            let mut fields = json!({"Last_Name": "Known", "Email": email, "Mailing_City": city});
            fields
                .as_object_mut()
                .unwrap()
                .retain(|_, value| !value.is_null());
            org.by_hand("Contacts", fields).await;
        }
        for (number, email) in [(2, "known@example.com"), (3, "new@example.com")] {
            let mut order = order_to(number, berlin());
            order.customer.is_guest = true;
            order.customer.id = None;
            order.customer.email = email.to_owned();
            org.deliver(&mapping.plan(&order).unwrap()).await;
        }
        let contacts = org.records("Contacts").await;
        let of = |email: &str| {
            shown(
                contacts
                    .iter()
                    .find(|contact| contact["Email"] == email)
                    .unwrap(),
                "Mailing",
                "Zip",
            )
        };
        assert_eq!(
            of("known@example.com"),
            "-, New York, -, -, -",
            "{}",
            org.name()
        );
        assert_eq!(
            of("new@example.com"),
            "Chausseestr. 1, Berlin, -, 10115, DE",
            "{}",
            org.name()
        );
        org.assert_no_violations().await;
    }
}
