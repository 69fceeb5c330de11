//! Addresses as one value: the parts that are written belong together, over the sandbox and over
//! the strict simulator where it is present. An org with state and country picklists refuses a
//! country beside the state of another one (SFDO-Community/NPSP#2432), so that a customer who moved
//! could not order again.

use order::{Address, Order};
use sandbox::salesforce::{Country, Options};
use serde_json::{Value, json};
use strict_simulator::shop::{address, berlin, mapping, new_york};
use support::both::{Double, order};

use crate::support;

async fn orgs(picklists: bool) -> Vec<Double> {
    let states = [("NY", "New York"), ("CA", "California")];
    let countries = vec![
        Country::new("US", "United States", &states),
        Country::new("DE", "Germany", &[]),
    ];
    let options = Options {
        countries: if picklists { countries } else { Vec::new() },
        ..Options::default()
    };
    Double::both(options, json!({ "state_country_picklists": picklists })).await
}

fn order_from(number: u32, billing: Address) -> Order {
    Order {
        billing,
        ..order(number)
    }
}

/// Returns street, city, state, postcode and country, with `-` for each that is missing.
fn shown(record: &Value, prefix: &str, codes: bool) -> String {
    let code = if codes { "Code" } else { "" };
    let parts = [
        "Street",
        "City",
        &format!("State{code}"),
        "PostalCode",
        &format!("Country{code}"),
    ]
    .map(|part| {
        let value = record[format!("{prefix}{part}")].as_str();
        value.unwrap_or("-").to_owned()
    });
    parts.join(", ")
}

#[tokio::test]
async fn who_moves_to_a_country_without_states_leaves_none_behind() {
    for codes in [false, true] {
        let mapping = mapping(
            "woocommerce-salesforce",
            &format!("vars.address_codes = {codes}"),
        );
        for org in orgs(codes).await {
            org.deliver(&mapping.plan(&order_from(1, new_york())).unwrap())
                .await;
            let before = org.salesforce.calls().total();
            org.deliver(&mapping.plan(&order_from(2, berlin())).unwrap())
                .await;
            assert_eq!(org.salesforce.calls().total() - before, 2, "{}", org.name());
            for (object, prefix) in [("Account", "Billing"), ("Contact", "Mailing")] {
                let records = org.records(object).await;
                assert_eq!(records.len(), 1);
                assert_eq!(
                    shown(&records[0], prefix, codes),
                    "Chausseestr. 1, Berlin, -, 10115, DE",
                    "{} {object}",
                    org.name()
                );
            }
            org.assert_no_violations().await;
        }
    }
}

#[tokio::test]
async fn an_order_without_an_address_or_with_a_country_alone_touches_none() {
    let mapping = mapping("woocommerce-salesforce", "");
    for org in orgs(false).await {
        org.deliver(&mapping.plan(&order_from(1, new_york())).unwrap())
            .await;
        for (number, billing) in [(2, Address::default()), (3, address("", "", "", "", "DE"))] {
            org.deliver(&mapping.plan(&order_from(number, billing)).unwrap())
                .await;
            let account = &org.records("Account").await[0];
            assert_eq!(
                shown(account, "Billing", false),
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
    let mapping = mapping("woocommerce-salesforce", "");
    let guest = |number, email: &str, billing| {
        let mut order = order_from(number, billing);
        order.customer.is_guest = true;
        order.customer.id = None;
        order.customer.key = format!("guest-{email}");
        order.customer.email = email.to_owned();
        order
    };
    for org in orgs(false).await {
        for (email, city) in [
            ("known@example.com", Some("New York")),
            ("new@example.com", None),
        ] {
            let account = org
                .by_hand("Account", json!({"Name": "Known", "BillingCity": city}))
                .await;
            let fields = json!({"LastName": "Known", "Email": email, "AccountId": account, "MailingCity": city});
            org.by_hand("Contact", fields).await;
        }
        org.deliver(
            &mapping
                .plan(&guest(1, "known@example.com", berlin()))
                .unwrap(),
        )
        .await;
        org.deliver(
            &mapping
                .plan(&guest(2, "new@example.com", berlin()))
                .unwrap(),
        )
        .await;
        for (object, prefix) in [("Account", "Billing"), ("Contact", "Mailing")] {
            let records = org.records(object).await;
            let shown: Vec<String> = records
                .iter()
                .map(|record| shown(record, prefix, false))
                .collect();
            assert_eq!(
                shown,
                [
                    "-, New York, -, -, -",
                    "Chausseestr. 1, Berlin, -, 10115, DE"
                ],
                "{} {object}",
                org.name()
            );
        }
        org.assert_no_violations().await;
    }
}
