//! Shopify into Salesforce: the blueprint's sample exactly, and its lines where they are asked for.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{
    Plan,
    plan::{Key, When},
};
use order::{Customer, Money, Order, Refund, StatusKind};
use serde_json::{Value as Json, json};
use support::{exact, mapping, money, plain, sample, shopify_sample};

fn plan(overrides: &str, order: &Order) -> Plan {
    mapping("shopify-salesforce", overrides)
        .plan(order)
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_sample_becomes_exactly_the_records_of_the_blueprint() {
    let plan = plan("", &shopify_sample());
    insta::assert_snapshot!("shopify_salesforce", support::json(&plan));
    assert_eq!(
        plain(&plan),
        exact(
            r##"{
            "account": {
                "Name": "Acme Corp", "BillingStreet": "123 Main St", "BillingCity": "Anytown", "BillingState": "NY", "BillingPostalCode": "12345",
                "BillingCountry": "United States", "External_Shopify_Account_ID__c": "shop_cust_987654321"
            },
            "contact": {
                "FirstName": "John", "LastName": "Doe", "Email": "john.doe@example.com", "Phone": "+15551234567", "AccountId": "-> account",
                "External_Shopify_ID__c": "987654321"
            },
            "opportunity": {
                "Name": "Shopify Order #1001 (John Doe)", "AccountId": "-> account", "ContactId": "-> contact", "StageName": "New Order",
                "CloseDate": "2023-11-26", "Amount": 100.00, "External_Shopify_Order_ID__c": "123456789"
            }
        }"##
        )
    );
    assert!(plan.warnings.is_empty() && plan.emptied.is_empty());
}

#[test]
fn a_guest_s_keys_are_provisional_and_look_like_it() {
    let mut order = sample();
    order.customer = Customer {
        id: None,
        key: "guest-5f2a".to_owned(),
        is_guest: true,
        ..order.customer
    };
    let plan = plan("", &order);
    for (record, field) in [
        ("account", "External_Shopify_Account_ID__c"),
        ("contact", "External_Shopify_ID__c"),
    ] {
        let key = Key {
            field: field.to_owned(),
            value: "guest-5f2a".to_owned(),
            provisional: true,
        };
        assert_eq!(plan.record(record).unwrap().key, Some(key));
    }
}

#[test]
fn the_contact_is_given_at_creation_only() {
    assert_eq!(
        plan("", &sample()).record("opportunity").unwrap().fields["ContactId"].on,
        When::Create
    );
}

#[test]
fn the_close_date_is_a_calendar_month_on_unless_it_is_said_otherwise() {
    let mut order = sample();
    let close = |overrides: &str, order: &Order| {
        plain(&plan(overrides, order))["opportunity"]["CloseDate"].clone()
    };
    order.created.as_mut().unwrap().local = "2024-01-31T23:30:00".parse().unwrap();
    assert_eq!(close("", &order), "2024-02-29");
    assert_eq!(close("vars.close_in_months = 0", &order), "2024-01-31");
    order.created = None;
    insta::assert_snapshot!(mapping("shopify-salesforce", "").plan(&order).unwrap_err(), @"order 12345: mapping shopify-salesforce, opportunity.CloseDate: the order has no date (created_at, processed_at, updated_at), and an opportunity needs one to close on; set it in the shop");
}

#[test]
fn codes_of_states_and_countries_go_out_where_picklists_are_on() {
    let mut order = sample();
    (order.billing.state, order.billing.state_code) = ("New York".to_owned(), "NY".to_owned());
    order.billing.country = "United States".to_owned();
    let account = |overrides: &str| plain(&plan(overrides, &order))["account"].clone();
    assert_eq!(
        (
            &account("")["BillingState"],
            &account("")["BillingStateCode"]
        ),
        (&json!("New York"), &Json::Null)
    );
    let codes = account("vars.address_codes = true");
    assert_eq!(
        (
            &codes["BillingState"],
            &codes["BillingStateCode"],
            &codes["BillingCountryCode"]
        ),
        (&Json::Null, &json!("NY"), &json!("US"))
    );
}

fn sum_of_lines(plan: &Plan) -> Money {
    let lines = plan
        .records
        .iter()
        .filter(|record| record.object == "OpportunityLineItem");
    let amount = |record: &mapping::plan::Record| {
        let number = |name: &str| {
            record.fields.get(name).map(|field| {
                money(&serde_json::to_value(&field.value).unwrap()["literal"].to_string())
            })
        };
        number("TotalPrice")
            .unwrap_or_else(|| number("UnitPrice").unwrap() * number("Quantity").unwrap())
    };
    lines.map(amount).sum()
}

#[test]
fn lines_are_written_where_they_are_asked_for_and_add_up() {
    let mut order = sample();
    (
        order.shipping_total,
        order.tax_total,
        order.discount_total_unallocated,
    ) = (money("5.00"), money("8.25"), money("10.00"));
    order.total = money("103.24");
    let bare = plan("vars.line_items = true", &order);
    assert_eq!(sum_of_lines(&bare), money("99.99"));
    insta::assert_snapshot!(bare.warnings.join("\n"), @"The opportunity's amount will be 3.25 lower than the 103.24 USD that the order is worth: shipping 5.00 has no product to stand for it (set vars.shipping_product); tax 8.25 has no product to stand for it (set vars.tax_product); discount 10.00 has no product to stand for it (set vars.discount_product).");
    let vars = "[vars]\nline_items = true\nshipping_product = 'SHIP'\ntax_product = 'TAX'\ndiscount_product = 'OFF'\nrefund_product = 'BACK'";
    let named = plan(vars, &order);
    assert_eq!(
        (sum_of_lines(&named), named.warnings),
        (order.total, Vec::<String>::new())
    );

    order.status = support::state(StatusKind::PartiallyRefunded, "completed");
    order.refund_total = money("25.00");
    order.refunds = vec![Refund {
        total: money("25.00"),
        ..Refund::default()
    }];
    assert_eq!(sum_of_lines(&plan(vars, &order)), money("78.24"));

    order.lines.clear();
    let emptied = plan(vars, &order);
    assert_eq!(sum_of_lines(&emptied), Money::ZERO);
    assert_eq!(
        emptied.emptied.len(),
        1,
        "the lines of an order that has none any more go away"
    );
}

#[test]
fn without_line_items_the_products_that_the_staff_added_stay() {
    let mut order = sample();
    order.lines.clear();
    assert!(plan("", &order).emptied.is_empty());
}

#[test]
fn what_was_given_back_is_taken_off_unless_a_variable_says_no() {
    let mut order = sample();
    order.status = support::state(StatusKind::PartiallyRefunded, "completed");
    order.refund_total = money("25.00");
    let before = plan("vars.subtract_refunds = false", &order);
    assert_eq!(plain(&before)["opportunity"]["Amount"].to_string(), "99.99");
    insta::assert_snapshot!(before.warnings.join("\n"), @"25.00 of the order's 99.99 USD was given back, which the opportunity's amount does not show (set vars.subtract_refunds).");
    assert_eq!(
        plain(&plan("", &order))["opportunity"]["Amount"].to_string(),
        "74.99"
    );
}
