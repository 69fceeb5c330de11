//! WooCommerce into NetSuite: the blueprint's sample exactly, items, amounts that add up, and the
//! forms that NetSuite insists on.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{Plan, plan::When};
use order::{Fee, Money, Order, Refund, ShippingLine, StatusKind, TaxLine};
use serde_json::{Value as Json, json};
use support::{line, mapping, money, netsuite_sample, plain, pretty, sample};

const SHIPPING: &str = "[vars.shipping_items]\nflat_rate = '1503'";

fn plan(overrides: &str, order: &Order) -> Plan {
    mapping("woocommerce-netsuite", overrides)
        .plan(order)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn items(plan: &Plan) -> Vec<Json> {
    plain(plan)["sales_order"]["item"]["items"]
        .as_array()
        .unwrap()
        .clone()
}

fn sum(items: &[Json]) -> Money {
    items
        .iter()
        .map(|item| money(&item["amount"].to_string()))
        .sum()
}

#[test]
fn the_sample_becomes_exactly_the_records_of_the_blueprint() {
    let plan = plan(SHIPPING, &netsuite_sample());
    insta::assert_snapshot!("woocommerce_netsuite", support::json(&plan));
    let records = plain(&plan);
    assert_eq!(records["customer"]["externalId"], "WOO_CUST_56");
    let order = &records["sales_order"];
    let address = json!({ "addressee": "John Doe", "addr1": "123 Main St", "city": "Anytown", "state": "CA", "zip": "90210", "country": { "id": "US" } });
    assert_eq!(
        (
            &order["externalId"],
            &order["tranDate"],
            &order["memo"],
            &order["shippingAddress"],
            &order["billingAddress"]
        ),
        (
            &json!("WOO_ORDER_1234"),
            &json!("2023-10-26"),
            &json!("WooCommerce Order #1234"),
            &address,
            &address
        )
    );
    let amounts: Vec<String> = items(&plan)
        .iter()
        .map(|item| {
            format!(
                "{} x {} = {}",
                item["quantity"], item["rate"], item["amount"]
            )
        })
        .collect();
    assert_eq!(
        amounts,
        ["1 x 50.00 = 50.00", "1 x 50.00 = 50.00", "1 x 5.00 = 5.00"]
    );
    insta::assert_snapshot!(plan.warnings.join("\n"), @"The sales order's amount will be 5.00 higher than the 100.00 USD that the order is worth: 5.00 that is neither line, shipping, tax, fee nor discount has no product to stand for it (set vars.difference_item or vars.fee_item or vars.discount_item).");
}

#[test]
fn an_item_comes_from_the_map_else_from_its_sku_else_from_its_id() {
    let mut order = sample();
    order.lines = ["MAPPED", "SKU-1", "4711", ""]
        .map(|code| line(code, "Thing", "1", "1.00"))
        .to_vec();
    for line in order.lines.iter_mut().take(2) {
        line.sku.clone_from(&line.code);
    }
    let found: Vec<Json> = items(&plan(
        "[vars]\ncustom_item = '77'\n[vars.items]\nMAPPED = '98'",
        &order,
    ))
    .iter()
    .map(|item| item["item"].clone())
    .collect();
    assert_eq!(
        found,
        [
            json!({ "id": "98" }),
            json!(r#"-> item {"itemid":"SKU-1","isinactive":"F"}"#),
            json!(r#"-> item {"externalid":"4711","isinactive":"F"}"#),
            json!({ "id": "77" }),
        ]
    );
}

#[test]
fn a_line_without_any_code_is_refused_by_name_or_skipped() {
    let mut order = sample();
    order.lines.last_mut().unwrap().code.clear();
    insta::assert_snapshot!(mapping("woocommerce-netsuite", "").plan(&order).unwrap_err(), @r#"order 12345: mapping woocommerce-netsuite, sales_order.item: line 2 "Product B": the look-up of item has an empty externalid; give it one in the shop (for a product, its SKU), name a product that stands in for lines without one (in the built-in mappings vars.custom_product or vars.custom_item), or set missing = "skip" (vars.missing_product) to deliver without it"#);
    let skipped = plan("vars.missing_product = 'skip'", &order);
    assert_eq!(items(&skipped).len(), 1);
    insta::assert_snapshot!(skipped.warnings.join("\n"), @r#"sales_order.item.items goes without line 2 "Product B", because the look-up of item has an empty externalid"#);
}

/// An order with one of every kind of amount.
fn full() -> Order {
    let mut order = sample();
    order.lines.push(line("103", "Thirds", "3", "10.00"));
    order.shipping_lines = vec![ShippingLine {
        method: "flat_rate".to_owned(),
        title: "Flat rate".to_owned(),
        total: money("5.00"),
        ..ShippingLine::default()
    }];
    order.fees = vec![Fee {
        name: "Gift wrap".to_owned(),
        total: money("1.50"),
        ..Fee::default()
    }];
    order.taxes = vec![TaxLine {
        title: "VAT".to_owned(),
        percent: None,
        total: money("8.25"),
    }];
    (order.shipping_total, order.fee_total, order.tax_total) =
        (money("5.00"), money("1.50"), money("8.25"));
    order.discount_total_unallocated = money("10.00");
    order.total = money("114.74");
    order
}

#[test]
fn amounts_beside_the_lines_become_lines_or_a_warning() {
    let bare = plan("", &full());
    assert_eq!(sum(&items(&bare)), money("109.99"));
    insta::assert_snapshot!(bare.warnings.join("\n"), @"The sales order's amount will be 4.75 lower than the 114.74 USD that the order is worth: shipping 5.00 has no product to stand for it (set vars.shipping_item or vars.shipping_items); tax 8.25 has no product to stand for it (set vars.netsuite_taxes or vars.tax_item); fees 1.50 have no product to stand for it (set vars.fee_item); discount 10.00 has no product to stand for it (set vars.discount_item).");

    let named = plan(
        "[vars]\nshipping_item = '1'\nfee_item = '2'\ntax_item = '3'\ndiscount_item = '4'",
        &full(),
    );
    assert_eq!(named.warnings, Vec::<String>::new());
    assert_eq!(sum(&items(&named)), full().total);
    insta::assert_snapshot!(pretty(items(&named).get(3..)));
}

#[test]
fn a_total_that_does_not_divide_evenly_goes_out_without_a_rate() {
    let thirds = items(&plan("", &full())).remove(2);
    assert_eq!(
        (&thirds["rate"], thirds["amount"].to_string().as_str()),
        (&Json::Null, "10.00")
    );
}

#[test]
fn a_tax_that_netsuite_calculates_is_neither_sent_nor_missed() {
    let vars = "[vars]\nnetsuite_taxes = true\ntax_item = '3'\nshipping_item = '1'\nfee_item = '2'\ndiscount_item = '4'";
    let plan = plan(vars, &full());
    assert_eq!(plan.warnings, Vec::<String>::new());
    assert_eq!(sum(&items(&plan)), full().total - full().tax_total);
}

#[test]
fn an_unmapped_way_of_shipping_is_named_with_its_amount() {
    let mut order = netsuite_sample();
    order.total = money("105.00");
    let plan = plan("", &order);
    assert_eq!(items(&plan).len(), 2);
    insta::assert_snapshot!(plan.warnings.join("\n"), @"The sales order's amount will be 5.00 lower than the 105.00 USD that the order is worth: shipping 5.00 has no product to stand for it (set vars.shipping_item or vars.shipping_items).");
}

#[test]
fn a_cancelled_order_is_closed_line_by_line_and_says_so() {
    let mut order = netsuite_sample();
    let closed = |order: &Order| {
        items(&plan(SHIPPING, order))
            .iter()
            .filter(|item| item["isClosed"] == json!(true))
            .count()
    };
    assert_eq!(closed(&order), 0);
    for (kind, word) in [
        (StatusKind::Cancelled, "cancelled"),
        (StatusKind::Refunded, "refunded"),
        (StatusKind::Failed, "failed"),
    ] {
        order.status = support::state(kind, word);
        assert_eq!(closed(&order), 3);
        assert_eq!(
            plain(&plan(SHIPPING, &order))["sales_order"]["memo"],
            format!("WooCommerce Order #1234 ({word})")
        );
    }
    assert!(
        items(&plan("vars.closed = []", &order))
            .iter()
            .all(|item| item["isClosed"].is_null())
    );
}

#[test]
fn the_status_follows_the_map() {
    let mut order = sample();
    let status = |overrides: &str, order: &Order| {
        plain(&plan(overrides, order))["sales_order"]["orderStatus"]["id"].clone()
    };
    for (kind, expected) in [
        (StatusKind::Pending, "A"),
        (StatusKind::OnHold, "A"),
        (StatusKind::Processing, "B"),
        (StatusKind::Completed, "B"),
        (StatusKind::PartiallyRefunded, "B"),
        (StatusKind::Other, "A"),
    ] {
        order.status = support::state(kind, "some-word");
        assert_eq!(status("", &order), expected);
    }
    assert_eq!(status("[vars.order_status]\nsome-word = 'B'", &order), "B");
}

#[test]
fn a_company_is_a_company_from_its_making_on() {
    let mut order = sample();
    let person = plan("", &order);
    assert_eq!(plain(&person)["customer"]["isPerson"], true);
    assert_eq!(
        person.record("customer").unwrap().fields["isPerson"].on,
        When::Create
    );
    order.customer.company = "Acme Corp".to_owned();
    (order.customer.first_name, order.customer.last_name) = (String::new(), String::new());
    let company = plain(&plan("", &order));
    assert_eq!(
        (
            &company["customer"]["isPerson"],
            &company["customer"]["companyName"],
            &company["customer"]["lastName"]
        ),
        (&json!(false), &json!("Acme Corp"), &Json::Null)
    );
}

#[test]
fn a_person_always_has_both_names_and_a_stand_in_replaces_nothing() {
    for ((first, last, email), (first_name, last_name)) in [
        (("John", "Doe", "j@example.com"), ("John", "Doe")),
        (("John", "", "j@example.com"), ("John", "-")),
        (("", "Doe", "j@example.com"), ("-", "Doe")),
        (("", "", "j@example.com"), ("-", "j")),
        (("", "", ""), ("-", "-")),
    ] {
        let mut order = sample();
        (order.customer.first_name, order.customer.last_name) = (first.to_owned(), last.to_owned());
        order.customer.email = email.to_owned();
        let plan = plan("", &order);
        let customer = plain(&plan)["customer"].clone();
        assert_eq!(
            (&customer["firstName"], &customer["lastName"]),
            (&json!(first_name), &json!(last_name))
        );
        let on = |field: &str| plan.record("customer").unwrap().fields[field].on;
        let expected = |given: &str| {
            if given.is_empty() {
                When::Blank
            } else {
                When::Always
            }
        };
        assert_eq!(
            (on("firstName"), on("lastName")),
            (expected(first), expected(last))
        );
    }
}

#[test]
fn countries_and_states_go_out_in_netsuite_s_form() {
    let mut order = sample();
    let address = |order: &Order| plain(&plan("", order))["sales_order"]["billingAddress"].clone();
    let put = |order: &mut Order, country: &str, code: &str, state: &str, state_code: &str| {
        (order.billing.country, order.billing.country_code) = (country.to_owned(), code.to_owned());
        (order.billing.state, order.billing.state_code) = (state.to_owned(), state_code.to_owned());
    };
    for ((country, code, state, state_code), (id, written)) in [
        (("US", "US", "CA", ""), (json!({ "id": "US" }), json!("CA"))),
        (
            ("United States", "US", "California", "CA"),
            (json!({ "id": "US" }), json!("CA")),
        ),
        (("US", "US", "ca", ""), (json!({ "id": "US" }), json!("CA"))),
        (
            ("US", "US", "California", ""),
            (json!({ "id": "US" }), Json::Null),
        ),
        (
            ("DE", "DE", "Bayern", ""),
            (json!({ "id": "DE" }), json!("Bayern")),
        ),
        (("Atlantis", "", "Deep", ""), (Json::Null, json!("Deep"))),
        (("ZZ", "ZZ", "", ""), (Json::Null, Json::Null)),
    ] {
        put(&mut order, country, code, state, state_code);
        let address = address(&order);
        assert_eq!(
            (&address["country"], &address["state"]),
            (&id, &written),
            "{country} {state}"
        );
    }
}

#[test]
fn references_of_the_account_are_sent_where_they_are_set() {
    let vars = "[vars]\nprefix = 'EU'\nsubsidiary = '1'\nlocation = '2'\ndepartment = '3'\nclass = '4'\ncustom_form = '5'\n[vars.currencies]\nEUR = '4'";
    let mut order = sample();
    order.currency = "EUR".to_owned();
    let planned = plan(vars, &order);
    let records = plain(&planned);
    for (field, id) in [
        ("subsidiary", "1"),
        ("location", "2"),
        ("department", "3"),
        ("class", "4"),
        ("customForm", "5"),
    ] {
        assert_eq!(records["sales_order"][field], json!({ "id": id }));
    }
    assert_eq!(
        (
            &records["customer"]["externalId"],
            &records["sales_order"]["externalId"]
        ),
        (&json!("EU_CUST_6789"), &json!("EU_ORDER_12345"))
    );
    assert_eq!(
        plain(&planned)["sales_order"]["currency"],
        json!({ "id": "4" })
    );
    assert!(planned.warnings.is_empty());
    let refused = mapping("woocommerce-netsuite", vars)
        .plan(&sample())
        .unwrap_err();
    insta::assert_snapshot!(refused, @"order 12345: mapping woocommerce-netsuite, order.refused: the order is in USD, which vars.currencies does not name, and NetSuite would take the customer's currency; name it there, or in vars.home_currency if it is NetSuite's own");
}

#[test]
fn what_was_given_back_in_part_becomes_a_line_or_a_warning() {
    let mut order = sample();
    order.status = support::state(StatusKind::PartiallyRefunded, "completed");
    order.refund_total = money("25.00");
    order.refunds = vec![Refund {
        reason: "Too small".to_owned(),
        total: money("25.00"),
        ..Refund::default()
    }];
    insta::assert_snapshot!(plan("", &order).warnings.join("\n"), @"The sales order's amount will be 25.00 higher than the 74.99 USD that the order is worth: 25.00 that was given back has no product to stand for it (set vars.refund_item).");
    let planned = plan("vars.refund_item = '9'", &order);
    assert!(planned.warnings.is_empty());
    assert_eq!(sum(&items(&planned)), money("74.99"));
}
