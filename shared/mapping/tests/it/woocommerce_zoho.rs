//! WooCommerce into Zoho: the blueprint's sample exactly, deals and sales orders, and the fields
//! that tell records apart.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{
    Plan,
    plan::{Find, Key, Missing, Value, When},
};
use order::{Customer, Money, Order, StatusKind};
use serde_json::{Value as Json, json};
use support::{exact, line, mapping, money, plain, pretty, sample, zoho_sample};

fn plan(overrides: &str, order: &Order) -> Plan {
    mapping("woocommerce-zoho", overrides)
        .plan(order)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn key(plan: &Plan, record: &str) -> Key {
    plan.record(record).unwrap().key.clone().unwrap()
}

/// Returns the grand total of a sales order, as Zoho calculates it.
fn grand_total(order: &Json) -> Money {
    let amount = |value: &Json| {
        if value.is_null() {
            Money::ZERO
        } else {
            money(&value.to_string())
        }
    };
    let lines = order["Ordered_Items"].as_array().unwrap().iter();
    let lines = lines.map(|line| {
        amount(&line["Quantity"]) * amount(&line["List_Price"]) - amount(&line["Discount"])
    });
    lines.sum::<Money>() + amount(&order["Adjustment"])
}

#[test]
fn the_sample_becomes_exactly_the_records_of_the_blueprint() {
    let plan = plan("", &zoho_sample());
    insta::assert_snapshot!("woocommerce_zoho", support::json(&plan));
    assert_eq!(
        plain(&plan)["deal"],
        exact(
            r##"{
            "Deal_Name": "WooCommerce Order #12345 (John Doe)", "Stage": "Closed Won", "Closing_Date": "2023-10-27", "Amount": 105.00, "Type": "New Business",
            "Description": "Order details: Items: Product A (x1), Product B (x2). Total: $105.00. Shipping: $5.00. Discount: $10.00.",
            "Lead_Source": "WooCommerce", "Contact_Name": "-> contact", "Account_Name": "-> account"
        }"##
        )
    );
    insta::assert_snapshot!(plan.warnings.join("\n"), @"");
}

#[test]
fn a_private_person_has_no_account_with_a_deal() {
    let plan = plan("", &sample());
    assert!(plan.record("account").is_none());
    assert_eq!(plain(&plan)["contact"]["Account_Name"], Json::Null);
    assert_eq!(plain(&plan)["deal"]["Account_Name"], Json::Null);
}

#[test]
fn fields_that_allow_no_duplicates_take_the_place_of_name_and_e_mail() {
    let plan = plan(
        "[vars]\norder_field = 'Shop_Order'\ncustomer_field = 'Shop_Customer'\nprefix = 'eu-'",
        &sample(),
    );
    assert_eq!(
        (
            key(&plan, "deal").field.as_str(),
            key(&plan, "deal").value.as_str()
        ),
        ("Shop_Order", "eu-12345")
    );
    assert_eq!(
        plain(&plan)["deal"]["Deal_Name"],
        "WooCommerce Order #12345 (John Doe)"
    );
    assert_eq!(
        key(&plan, "contact"),
        Key {
            field: "Shop_Customer".to_owned(),
            value: "eu-6789".to_owned(),
            provisional: false
        }
    );
    assert_eq!(plain(&plan)["contact"]["Email"], "john.doe@example.com");
    let by_email = Find::Field {
        field: "Email".to_owned(),
        value: "john.doe@example.com".to_owned(),
    };
    assert_eq!(
        plan.record("contact").unwrap().find,
        [by_email],
        "a contact that the staff typed in is adopted"
    );
}

#[test]
fn a_guest_is_known_by_e_mail_and_by_a_provisional_key() {
    let mut order = sample();
    order.customer = Customer {
        id: None,
        key: "guest-5f2a".to_owned(),
        is_guest: true,
        ..order.customer
    };
    assert_eq!(
        key(&plan("", &order), "contact"),
        Key {
            field: "Email".to_owned(),
            value: "john.doe@example.com".to_owned(),
            provisional: false
        }
    );
    let firm = key(
        &plan(
            "[vars]\ncustomer_field = 'Shop_Customer'\nprefix = 'eu'",
            &order,
        ),
        "contact",
    );
    assert!(
        firm.provisional && firm.value == "guest-5f2a-eu",
        "a stand-in is known by its beginning"
    );
}

#[test]
fn two_orders_never_share_a_deal() {
    let mut order = sample();
    order.number = "INV-7".to_owned();
    let first = key(&plan("", &order), "deal").value;
    assert_eq!(
        first, "WooCommerce Order #INV-7 / 12345 (John Doe)",
        "numbers of plugins may come twice"
    );
    order.customer.name = "J".repeat(500);
    let shortened = key(&plan("", &order), "deal").value;
    assert!(
        shortened.starts_with("WooCommerce Order #INV-7 / 12345 (J")
            && shortened.chars().count() == 120
    );
    let other_shop = key(&plan("vars.shop = 'Acme EU'", &sample()), "deal").value;
    assert_eq!(other_shop, "Acme EU Order #12345 (John Doe)");
}

#[test]
fn what_the_staff_may_have_written_is_not_taken_away() {
    let plan = plan("", &zoho_sample());
    let on = |field: &str| plan.record("contact").unwrap().fields[field].on;
    assert_eq!(
        (
            on("Description"),
            on("Lead_Source"),
            on("Account_Name"),
            on("Last_Name")
        ),
        (When::Create, When::Create, When::Blank, When::Always)
    );
}

#[test]
fn stages_and_the_campaign_follow_the_variables() {
    let mut order = sample();
    order.status = support::state(StatusKind::Other, "awaiting-shipment");
    assert_eq!(
        plain(&plan("", &order))["deal"]["Stage"],
        "Negotiation/Review"
    );
    let vars = "[vars]\ncampaign_id = '42'\npipeline = 'Standard (Standard)'\nmulti_currency = true\n[vars.stages]\nawaiting-shipment = 'Value Proposition'";
    let deal = &plain(&plan(vars, &order))["deal"];
    assert_eq!(
        (
            &deal["Stage"],
            &deal["Campaign_Source"],
            &deal["Pipeline"],
            &deal["Currency"]
        ),
        (
            &json!("Value Proposition"),
            &json!({ "id": "42" }),
            &json!("Standard (Standard)"),
            &json!("USD")
        )
    );
    for (kind, stage, status) in [
        (StatusKind::Pending, "Negotiation/Review", "Created"),
        (StatusKind::OnHold, "Negotiation/Review", "Created"),
        (StatusKind::Processing, "Closed Won", "Approved"),
        (StatusKind::Completed, "Closed Won", "Delivered"),
        (StatusKind::PartiallyRefunded, "Closed Won", "Delivered"),
        (StatusKind::Refunded, "Closed Lost", "Cancelled"),
        (StatusKind::Cancelled, "Closed Lost", "Cancelled"),
        (StatusKind::Failed, "Closed Lost", "Cancelled"),
    ] {
        order.status = support::state(kind, "");
        assert_eq!(plain(&plan("", &order))["deal"]["Stage"], stage);
        assert_eq!(
            plain(&plan("vars.module = 'Sales_Orders'", &order))["sales_order"]["Status"],
            status
        );
    }
}

#[test]
fn a_sales_order_has_the_sample_s_items_and_total() {
    let plan = plan("vars.module = 'Sales_Orders'", &zoho_sample());
    assert!(plan.record("deal").is_none());
    insta::assert_snapshot!(pretty(&plain(&plan)["sales_order"]));
    assert_eq!(grand_total(&plain(&plan)["sales_order"]), money("105.00"));
}

#[test]
fn a_sales_order_of_a_private_person_has_an_account_of_its_own() {
    let account = |overrides: &str, order: &Order| {
        key(
            &plan(&format!("vars.module = 'Sales_Orders'\n{overrides}"), order),
            "account",
        )
        .value
    };
    let mut order = sample();
    assert_eq!(account("", &order), "John Doe (john.doe@example.com)");
    assert_eq!(
        account("vars.private_account = 'Web customers'", &order),
        "Web customers"
    );
    order.customer.email.clear();
    assert_eq!(account("", &order), "John Doe (6789)");
    order.customer.company = "Acme Corp".to_owned();
    assert_eq!(
        account("vars.private_account = 'Web customers'", &order),
        "Acme Corp"
    );
}

#[test]
fn the_grand_total_of_a_sales_order_is_always_the_order_s() {
    let mut order = sample();
    for (quantity, total) in [
        ("3", "10.00"),
        ("7", "0.05"),
        ("1.5", "9.99"),
        ("1000", "333.33"),
        ("0", "2.00"),
    ] {
        order.lines.push(line(quantity, "Thing", quantity, total));
    }
    (
        order.shipping_total,
        order.tax_total,
        order.discount_total_unallocated,
    ) = (money("5.00"), money("8.25"), money("10.00"));
    for total in ["458.61", "1.00", "9999.99"] {
        order.total = money(total);
        let plan = plan("vars.module = 'Sales_Orders'", &order);
        let planned = &plain(&plan)["sales_order"];
        assert_eq!(grand_total(planned), money(total));
        let discounts = planned["Ordered_Items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| !line["Discount"].is_null());
        assert!(
            discounts.clone().count() > 0
                && discounts
                    .clone()
                    .all(|line| money(&line["Discount"].to_string()) >= Money::ZERO)
        );
    }
}

#[test]
fn unknown_products_follow_the_variable() {
    let mut order = sample();
    let missing = |overrides: &str| {
        let plan = plan(
            &format!("vars.module = 'Sales_Orders'\n{overrides}"),
            &sample(),
        );
        plan.lookups().next().unwrap().clone()
    };
    assert_eq!(missing("").missing, Missing::Reject);
    let create = missing("vars.missing_product = 'create'");
    assert_eq!(create.missing, Missing::Create);
    insta::assert_snapshot!(pretty(create));
    order.lines.first_mut().unwrap().code.clear();
    let skipped = plan(
        "[vars]\nmodule = 'Sales_Orders'\nmissing_product = 'skip'",
        &order,
    );
    assert_eq!(
        skipped.lookups().count(),
        1,
        "the line goes, the order stays"
    );
    insta::assert_snapshot!(skipped.warnings.join("\n"), @r#"sales_order.Ordered_Items goes without line 1 "Product A", because the look-up of Products has an empty Product_Code"#);
}

#[test]
fn an_order_without_lines_is_a_deal_and_no_sales_order() {
    let mut order = sample();
    order.lines.clear();
    assert!(plan("", &order).record("deal").is_some());
    let refused = mapping("woocommerce-zoho", "vars.module = 'Sales_Orders'")
        .plan(&order)
        .unwrap_err();
    insta::assert_snapshot!(refused, @"order 12345: mapping woocommerce-zoho, sales_order.Ordered_Items: the order has no lines, and Zoho makes no sales order without one; deliver it by hand, or as a deal");
}

#[test]
fn what_was_given_back_is_taken_off_unless_a_variable_says_no() {
    let mut order = sample();
    order.status = support::state(StatusKind::PartiallyRefunded, "completed");
    order.refund_total = money("25.00");
    let before = plan("vars.subtract_refunds = false", &order);
    assert_eq!(plain(&before)["deal"]["Amount"].to_string(), "99.99");
    insta::assert_snapshot!(before.warnings.join("\n"), @"25.00 of the order's 99.99 USD was given back, which the amount in Zoho does not show (set vars.subtract_refunds).");
    let after = plan("", &order);
    assert_eq!(plain(&after)["deal"]["Amount"].to_string(), "74.99");
    assert!(after.warnings.is_empty());
    let sales_order = plan("vars.module = 'Sales_Orders'", &order);
    assert_eq!(
        grand_total(&plain(&sales_order)["sales_order"]),
        money("74.99")
    );
}

#[test]
fn references_are_left_out_with_the_record_that_they_name() {
    let mut order = sample();
    order.customer.email.clear();
    let plan = plan("", &order);
    assert!(plan.record("contact").is_none());
    assert!(
        plan.records
            .iter()
            .flat_map(|record| record.fields.values())
            .all(|field| field.value != Value::Ref("contact".to_owned()))
    );
}
