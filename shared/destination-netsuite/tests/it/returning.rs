//! A customer who comes again: what is the same is not saved again, by counts over the sandbox.

use crate::support::{WithoutDeadline, planned::order_of, records, speaking};
use destination_netsuite::NetSuite;
use mapping::{Mapping, Overrides, Plan};
use order::Order;
use sandbox::netsuite::{CustomField, NetSuite as Sandbox, Options};
use serde_json::json;
use std::path::Path;

async fn account(custom_fields: Vec<CustomField>) -> Sandbox {
    let options = Options {
        auto_number: true,
        one_world: true,
        custom_fields,
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

fn worker(sandbox: &Sandbox) -> NetSuite {
    let secret = sandbox.credentials().token("1234567_SB1");
    let secret: Vec<(&str, &str)> = secret
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
        .collect();
    speaking(sandbox.url(), &secret, None)
}

fn mapping(set: &str) -> Mapping {
    let vars = "subsidiary = '1'\nshipping_item = '1503'\ntax_item = '1503'\nfee_item = '1503'\nitems = { EXAMPLE = '1501' }\ncurrencies = { EUR = '4', USD = '1' }";
    let overrides = Overrides {
        vars: vars.parse().unwrap(),
        set: set.parse().unwrap(),
    };
    Mapping::load("woocommerce-netsuite", Path::new("."), &overrides).unwrap()
}

/// Delivers orders of one customer, and returns how often the customer was saved.
async fn saves(sandbox: &Sandbox, worker: &NetSuite, plans: &[Plan]) -> usize {
    let before = sandbox.changes().len();
    for plan in plans {
        records(&worker.deliver_all(std::slice::from_ref(plan)).await[0]);
    }
    let changes = sandbox.changes().split_off(before);
    let of_customers = changes.iter().filter(|change| change.object == "customer");
    of_customers.count()
}

fn orders(numbers: std::ops::Range<u32>, change: fn(&mut Order)) -> Vec<Order> {
    let one = |number| {
        let mut order = order_of(number, Some("7"), "jane.7@example.com");
        change(&mut order);
        order
    };
    numbers.map(one).collect()
}

fn plans(mapping: &Mapping, orders: &[Order]) -> Vec<Plan> {
    orders
        .iter()
        .map(|order| mapping.plan(order).unwrap())
        .collect()
}

#[tokio::test]
async fn a_customer_who_is_the_same_is_saved_once() {
    let sandbox = account(Vec::new()).await;
    let (worker, mapping) = (worker(&sandbox), mapping(""));
    let persons = plans(&mapping, &orders(1..5, |_| ()));
    assert_eq!(saves(&sandbox, &worker, &persons).await, 1);
    let again = plans(
        &mapping,
        &orders(1..5, |order| order.lines[0].name = "Another".to_owned()),
    );
    assert_eq!(
        saves(&sandbox, &worker, &again).await,
        0,
        "nor with a later state of an order"
    );
    let moved = plans(
        &mapping,
        &orders(5..8, |order| {
            order.customer.phone = "+1 555 0199".to_owned()
        }),
    );
    assert_eq!(
        saves(&sandbox, &worker, &moved).await,
        1,
        "what differs is saved"
    );
}

#[tokio::test]
async fn a_company_that_is_the_same_is_saved_once() {
    let sandbox = account(Vec::new()).await;
    let (worker, mapping) = (worker(&sandbox), mapping(""));
    let companies = plans(
        &mapping,
        &orders(1..5, |order| {
            order.customer.company = "Müller & Søn  ApS".to_owned();
            order.customer.first_name = " Jane ".to_owned();
        }),
    );
    assert_eq!(saves(&sandbox, &worker, &companies).await, 1);
}

const OWN_FIELDS: &str = r#"
[customer]
custentity_text = "{{ customer.key }}"
custentity_flag = "{{ true }}"
custentity_number = "{{ '12.50'|number }}"
"#;

fn own_fields() -> Vec<CustomField> {
    vec![
        CustomField::text("customer", "custentity_text", 100),
        CustomField::checkbox("customer", "custentity_flag"),
        CustomField::number("customer", "custentity_number"),
    ]
}

#[tokio::test]
async fn custom_fields_that_are_the_same_are_not_saved_again() {
    let sandbox = account(own_fields()).await;
    let (worker, mapping) = (worker(&sandbox), mapping(OWN_FIELDS));
    let all = plans(&mapping, &orders(1..5, |_| ()));
    assert_eq!(saves(&sandbox, &worker, &all).await, 1);
    let customer = &sandbox.records("customer")[0];
    assert_eq!(customer["custentity_flag"], json!(true));
    sandbox
        .edit(
            "customer",
            customer["id"].as_str().unwrap(),
            json!({"custentity_text": "another"}).as_object().unwrap(),
        )
        .unwrap();
    let again = plans(&mapping, &orders(5..7, |_| ()));
    assert_eq!(
        saves(&sandbox, &worker, &again).await,
        1,
        "what differs is saved"
    );
}
