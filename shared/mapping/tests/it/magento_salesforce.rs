//! Magento into Salesforce: the blueprint's sample exactly, the customer by e-mail, and leads.
#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use crate::support;

use mapping::{
    Plan,
    plan::{Find, When},
};
use order::{Order, StatusKind};
use support::{exact, magento_sample, mapping, plain, pretty, sample};

fn plan(overrides: &str, order: &Order) -> Plan {
    mapping("magento-salesforce", overrides)
        .plan(order)
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_sample_becomes_exactly_the_records_of_the_blueprint() {
    let plan = plan("", &magento_sample());
    insta::assert_snapshot!("magento_salesforce", support::json(&plan));
    assert_eq!(
        plain(&plan)["opportunity"],
        exact(
            r##"{
            "Name": "Order 000000123 - Jane Doe", "Amount": 99.99, "StageName": "Prospecting", "CloseDate": "2023-11-26", "Magento_Order_ID__c": "000000123",
            "Magento_Customer_Email__c": "jane.doe@example.com", "Billing_Street__c": "123 Main St", "Billing_City__c": "Anytown", "Billing_State__c": "State",
            "Billing_PostalCode__c": "12345", "Billing_Country__c": "US", "Description": "Product X (SKU: PROD-XYZ, Qty: 1)",
            "LeadSource": "Magento E-commerce", "AccountId": "-> account", "ContactId": "-> contact"
        }"##
        )
    );
    assert!(plan.warnings.is_empty() && plan.emptied.is_empty());
}

#[test]
fn the_customer_is_found_by_e_mail_and_the_account_through_the_contact() {
    let plan = plan("", &magento_sample());
    let by_email = Find::Field {
        field: "Email".to_owned(),
        value: "jane.doe@example.com".to_owned(),
    };
    assert_eq!(plan.record("contact").unwrap().find, [by_email]);
    let through = Find::Through {
        record: "contact".to_owned(),
        field: "AccountId".to_owned(),
    };
    assert_eq!(plan.record("account").unwrap().find, [through]);
    assert_eq!(
        plan.record("account").unwrap().fields["Name"].on,
        When::Create
    );
}

#[test]
fn without_an_e_mail_or_on_request_the_opportunity_stands_by_itself() {
    let names = |plan: &Plan| {
        plan.records
            .iter()
            .map(|record| record.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&plan("vars.customers = false", &magento_sample())),
        ["opportunity"]
    );
    let mut order = magento_sample();
    order.customer.email.clear();
    let plan = plan("", &order);
    assert_eq!(names(&plan), ["opportunity"]);
    insta::assert_snapshot!(plan.warnings.join("\n"), @"The order has no e-mail, by which Salesforce tells Magento's customers apart, so it was delivered without account and contact.");
}

#[test]
fn a_lead_takes_the_place_of_all_three() {
    let plan = plan(
        "[vars]\nobject = 'Lead'\nline_items = true",
        &magento_sample(),
    );
    assert_eq!(plan.records.len(), 1);
    assert!(plan.emptied.is_empty());
    insta::assert_snapshot!(pretty(plain(&plan)));
}

#[test]
fn a_lead_s_status_belongs_to_the_staff_until_nothing_comes_of_the_order() {
    let mut order = sample();
    let on = |order: &Order| {
        plan("vars.object = 'Lead'", order)
            .record("lead")
            .unwrap()
            .fields["Status"]
            .on
    };
    assert_eq!(on(&order), When::Create);
    (order.status.kind, order.status.name) = (StatusKind::Cancelled, "canceled".to_owned());
    assert_eq!(on(&order), When::Always);
    assert_eq!(
        plain(&plan("vars.object = 'Lead'", &order))["lead"]["Status"],
        "Closed - Not Converted"
    );
}

#[test]
fn a_word_that_is_neither_is_not_silently_an_opportunity() {
    assert_eq!(
        plan("vars.object = 'lead'", &sample())
            .record("opportunity")
            .unwrap()
            .object,
        "lead"
    );
}

#[test]
fn every_state_has_a_stage() {
    let mut order = sample();
    for (kind, stage) in [
        (StatusKind::Pending, "Prospecting"),
        (StatusKind::OnHold, "Prospecting"),
        (StatusKind::Processing, "Closed Won"),
        (StatusKind::Completed, "Closed Won"),
        (StatusKind::PartiallyRefunded, "Closed Won"),
        (StatusKind::Refunded, "Closed Lost"),
        (StatusKind::Cancelled, "Closed Lost"),
        (StatusKind::Failed, "Closed Lost"),
        (StatusKind::Other, "Prospecting"),
    ] {
        order.status = support::state(kind, "a word of the merchant's");
        assert_eq!(plain(&plan("", &order))["opportunity"]["StageName"], stage);
    }
}

#[test]
fn two_shops_of_one_salesforce_have_a_prefix_each() {
    let plan = plan("vars.prefix = 'eu-'", &magento_sample());
    assert_eq!(
        plain(&plan)["opportunity"]["Magento_Order_ID__c"],
        "eu-000000123"
    );
}
