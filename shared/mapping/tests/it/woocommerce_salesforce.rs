//! The built-in mapping: the blueprint's sample exactly, and everything that a real shop adds to
//! it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{
    Plan,
    plan::{Field, Find, Key, Missing, Scalar, Value, When},
};
use order::{Customer, Fee, Money, Order, StatusKind};
use support::{builtin, json, line, money, sample};

fn field<'a>(plan: &'a Plan, record: &str, name: &str) -> Option<&'a Field> {
    plan.record(record)
        .unwrap_or_else(|| panic!("no record {record}"))
        .fields
        .get(name)
}

fn text<'a>(plan: &'a Plan, record: &str, name: &str) -> Option<&'a str> {
    match &field(plan, record, name)?.value {
        Value::Literal(Scalar::Text(text)) => Some(text),
        other => panic!("{record}.{name} is {other:?}"),
    }
}

fn number(fields: &indexmap::IndexMap<String, Field>, name: &str) -> Option<Money> {
    match &fields.get(name)?.value {
        Value::Literal(Scalar::Number(number)) => Some(*number),
        other => panic!("{name} is {other:?}"),
    }
}

/// Returns the sum of the opportunity's lines in Salesforce.
fn sum_of_lines(plan: &Plan) -> Money {
    let lines = plan
        .records
        .iter()
        .filter(|record| record.object == "OpportunityLineItem");
    let amount = |fields| {
        number(fields, "TotalPrice").unwrap_or_else(|| {
            number(fields, "UnitPrice").unwrap() * number(fields, "Quantity").unwrap()
        })
    };
    lines.map(|record| amount(&record.fields)).sum()
}

#[test]
fn the_sample_becomes_exactly_the_records_of_the_blueprint() {
    let plan = builtin("").plan(&sample()).unwrap();
    insta::assert_snapshot!("sample", json(&plan));
    assert!(plan.warnings.is_empty());
}

#[test]
fn an_order_without_lines_empties_the_set_and_one_with_lines_does_not() {
    let mut order = sample();
    assert_eq!(builtin("").plan(&order).unwrap().emptied, []);
    order.lines.clear();
    let [set] = &builtin("").plan(&order).unwrap().emptied[..] else {
        panic!("lines, shipping, tax and fees are one set")
    };
    assert_eq!(
        (
            set.object.as_str(),
            set.replaces.as_str(),
            set.reference.as_str()
        ),
        ("OpportunityLineItem", "opportunity", "OpportunityId")
    );
    order.lines_given = false;
    assert_eq!(
        builtin("").plan(&order).unwrap().emptied,
        [],
        "a payload that does not speak of lines takes none away"
    );
}

#[test]
fn a_company_names_the_account_and_only_a_new_one() {
    let mut order = sample();
    order.customer.company = "Acme Corp".to_owned();
    let plan = builtin("").plan(&order).unwrap();
    assert_eq!(text(&plan, "account", "Name"), Some("Acme Corp"));
    assert_eq!(field(&plan, "account", "Name").unwrap().on, When::Create);
    assert_eq!(
        plan.record("account").unwrap().find,
        [Find::Through {
            record: "contact".to_owned(),
            field: "AccountId".to_owned()
        }]
    );
}

#[test]
fn a_guests_key_is_provisional() {
    let mut order = sample();
    order.customer = Customer {
        id: None,
        key: "guest-5f2a".to_owned(),
        is_guest: true,
        ..order.customer
    };
    let plan = builtin("").plan(&order).unwrap();
    for record in ["account", "contact"] {
        let key = Key {
            field: "WooCommerce_Customer_ID__c".to_owned(),
            value: "guest-5f2a".to_owned(),
            provisional: true,
        };
        assert_eq!(plan.record(record).unwrap().key, Some(key));
    }
}

#[test]
fn a_last_name_is_always_there_and_a_stand_in_replaces_nothing() {
    let cases = [
        (
            ("John", "Doe", "Acme", "j@example.com"),
            (Some("John"), "Doe", When::Always),
        ),
        (
            ("John", "", "Acme", "j@example.com"),
            (None, "John", When::Blank),
        ),
        (
            ("", "", "Acme", "j@example.com"),
            (None, "Acme", When::Blank),
        ),
        (("", "", "", "j@example.com"), (None, "j", When::Blank)),
        (("", "", "", ""), (None, "-", When::Blank)),
    ];
    for ((first, last, company, email), (first_name, last_name, on)) in cases {
        let mut order = sample();
        let customer = &mut order.customer;
        (customer.first_name, customer.last_name) = (first.to_owned(), last.to_owned());
        (customer.company, customer.email) = (company.to_owned(), email.to_owned());
        let plan = builtin("").plan(&order).unwrap();
        assert_eq!(text(&plan, "contact", "FirstName"), first_name);
        assert_eq!(text(&plan, "contact", "LastName"), Some(last_name));
        assert_eq!(field(&plan, "contact", "LastName").unwrap().on, on);
    }
}

#[test]
fn what_is_no_e_mail_is_left_out_with_a_warning_that_does_not_quote_it() {
    for typed in [
        "not-an-address",
        "a b@example.com",
        "x@localhost",
        &format!("{}@example.com", "x".repeat(80)),
    ] {
        let mut order = sample();
        order.customer.email = typed.to_owned();
        let plan = builtin("").plan(&order).unwrap();
        assert_eq!(text(&plan, "contact", "Email"), None);
        assert!(plan.record("contact").unwrap().find.is_empty());
        assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
        assert!(plan.warnings[0].contains("e-mail") && !plan.warnings[0].contains(typed));
    }
}

#[test]
fn a_customer_without_an_e_mail_is_no_reason_for_a_warning() {
    let mut order = sample();
    order.customer.email.clear();
    let plan = builtin("").plan(&order).unwrap();
    assert!(plan.record("contact").unwrap().find.is_empty());
    assert_eq!(plan.warnings, Vec::<String>::new());
}

#[test]
fn every_state_has_a_stage_and_a_route_can_change_one() {
    let stages = [
        (StatusKind::Pending, "pending", "Negotiation/Review"),
        (StatusKind::OnHold, "on-hold", "Negotiation/Review"),
        (StatusKind::Processing, "processing", "Closed Won"),
        (StatusKind::Completed, "completed", "Closed Won"),
        (StatusKind::PartiallyRefunded, "completed", "Closed Won"),
        (StatusKind::Refunded, "refunded", "Closed Lost"),
        (StatusKind::Cancelled, "cancelled", "Closed Lost"),
        (StatusKind::Failed, "failed", "Closed Lost"),
        (StatusKind::Other, "awaiting-shipment", "Negotiation/Review"),
    ];
    let stage = |overrides: &str, kind, word: &str| {
        let mut order = sample();
        order.status = support::state(kind, word);
        let plan = builtin(overrides).plan(&order).unwrap();
        text(&plan, "opportunity", "StageName").unwrap().to_owned()
    };
    for (kind, word, expected) in stages {
        assert_eq!(stage("", kind, word), expected, "{word}");
    }
    let map = "[vars.stages]\nawaiting-shipment = \"Shipping\"\npending = \"Open\"";
    assert_eq!(
        stage(map, StatusKind::Other, "awaiting-shipment"),
        "Shipping"
    );
    assert_eq!(stage(map, StatusKind::Pending, "pending"), "Open");
    assert_eq!(stage(map, StatusKind::Failed, "failed"), "Closed Lost");
    let set = "[set.opportunity]\nStageName = \"{{ {'completed': 'Closed Won', 'cancelled': 'Closed Lost'}.get(order.status, 'Negotiation') }}\"";
    assert_eq!(stage(set, StatusKind::Completed, "completed"), "Closed Won");
    assert_eq!(
        stage(set, StatusKind::Processing, "processing"),
        "Negotiation"
    );
}

#[test]
fn the_close_date_falls_back_on_payment_and_change() {
    let mut order = sample();
    let placed = order.created.take();
    order.paid = placed.map(|mut paid| {
        paid.local = "2023-11-02T23:59:59".parse().unwrap();
        paid
    });
    order.modified = Some("2023-12-01T00:30:00Z".parse().unwrap());
    let close = |order: &Order| {
        text(
            &builtin("").plan(order).unwrap(),
            "opportunity",
            "CloseDate",
        )
        .map(str::to_owned)
    };
    assert_eq!(close(&order).as_deref(), Some("2023-11-02"));
    order.paid = None;
    assert_eq!(close(&order).as_deref(), Some("2023-12-01"));
    order.modified = None;
    insta::assert_snapshot!(builtin("").plan(&order).unwrap_err(), @"order 12345: mapping woocommerce-salesforce, opportunity.CloseDate: the order has no date (date_created, date_paid, date_modified), and an opportunity needs one to close on; set it in the shop");
}

#[test]
fn a_date_that_salesforce_cannot_hold_is_refused_with_its_field() {
    let mut order = sample();
    order.created.as_mut().unwrap().local = "0023-10-26T10:00:00".parse().unwrap();
    insta::assert_snapshot!(builtin("").plan(&order).unwrap_err(), @"order 12345: mapping woocommerce-salesforce, opportunity.CloseDate: the date 0023-10-26 is outside the years 1700 to 4000 that the destination takes; correct it in the shop");
}

#[test]
fn two_shops_of_one_salesforce_have_a_prefix_each() {
    let mut order = sample();
    let keys = |order: &Order| {
        let plan = builtin("vars.prefix = 'eu-'").plan(order).unwrap();
        ["account", "contact", "opportunity"]
            .map(|record| plan.record(record).unwrap().key.clone().unwrap().value)
    };
    assert_eq!(keys(&order), ["eu-6789", "eu-6789", "eu-12345"]);
    order.customer = Customer {
        key: "order-12345".to_owned(),
        is_guest: true,
        ..order.customer
    };
    assert_eq!(
        keys(&order)[0],
        "order-12345-eu-",
        "a provisional key is known by its beginning"
    );
}

#[test]
fn a_quantity_that_salesforce_would_round_goes_out_with_its_total() {
    let mut order = sample();
    order.lines = vec![line("7", "Cheese", "1.255", "2.51")];
    order.total = money("2.51");
    let plan = builtin("").plan(&order).unwrap();
    let fields = &plan.record("lines").unwrap().fields;
    assert_eq!(
        (number(fields, "UnitPrice"), number(fields, "TotalPrice")),
        (None, Some(money("2.51")))
    );
    assert_eq!(
        plan.warnings.first().unwrap(),
        "lines.Quantity (line 1 \"Cheese\") was rounded from 1.255 to 1.26, as 2 decimals is all there is room for"
    );
}

#[test]
fn a_total_that_does_not_divide_evenly_goes_out_whole() {
    let mut order = sample();
    order.lines = vec![line("7", "Thirds", "3", "10.00")];
    order.total = money("10.00");
    let plan = builtin("").plan(&order).unwrap();
    let fields = &plan.record("lines").unwrap().fields;
    assert_eq!(
        (number(fields, "UnitPrice"), number(fields, "TotalPrice")),
        (None, Some(money("10.00")))
    );
}

#[test]
fn a_line_with_quantity_zero_is_left_out_with_a_warning() {
    let mut order = sample();
    order.lines.push(line("103", "Gift", "0", "0.00"));
    let plan = builtin("").plan(&order).unwrap();
    assert_eq!(
        plan.records
            .iter()
            .filter(|record| record.name == "lines")
            .count(),
        2
    );
    insta::assert_snapshot!(plan.warnings.join("\n"), @"1 of 3 lines have the quantity 0, which Salesforce refuses, and were left out.");
}

#[test]
fn a_line_without_a_product_is_refused_by_name_or_skipped() {
    let mut order = sample();
    order.lines[1].code.clear();
    insta::assert_snapshot!(builtin("").plan(&order).unwrap_err().to_string(), @r#"order 12345: mapping woocommerce-salesforce, lines.PricebookEntryId: line 2 "Product B": the look-up of PricebookEntry has an empty Product2.ProductCode; give it one in the shop (for a product, its SKU), name a product that stands in for lines without one (in the built-in mappings vars.custom_product or vars.custom_item), or set missing = "skip" (vars.missing_product) to deliver without it"#);
    for (vars, code) in [
        ("vars.missing_product = 'create'", "CUSTOM"),
        ("vars.custom_product = 'OTHER'", "OTHER"),
    ] {
        let plan = builtin(vars).plan(&order).unwrap();
        let codes = plan
            .lookups()
            .map(|lookup| lookup.conditions["Product2.ProductCode"].clone());
        assert_eq!(
            codes.last(),
            Some(Scalar::Text(code.to_owned())),
            "a product stands in for it"
        );
    }
    let plan = builtin("vars.missing_product = 'skip'")
        .plan(&order)
        .unwrap();
    assert_eq!(
        plan.records
            .iter()
            .filter(|record| record.name == "lines")
            .count(),
        1
    );
    insta::assert_snapshot!(plan.warnings.join("\n"), @r#"lines.PricebookEntryId (line 2 "Product B"): the record was left out because the look-up of PricebookEntry has an empty Product2.ProductCode"#);
}

#[test]
fn the_price_book_the_currency_and_missing_products_follow_the_variables() {
    let plan = builtin("[vars]\npricebook_id = '01s000000000001AAA'\nmissing_product = 'create'\nmulti_currency = true")
        .plan(&sample())
        .unwrap();
    let Value::Lookup(lookup) = &field(&plan, "lines", "PricebookEntryId").unwrap().value else {
        panic!("no look-up")
    };
    assert_eq!(lookup.missing, Missing::Create);
    insta::assert_snapshot!(serde_json::to_string_pretty(lookup).unwrap());
    assert_eq!(text(&plan, "opportunity", "CurrencyIsoCode"), Some("USD"));
}

fn full() -> Order {
    let mut order = sample();
    order.shipping_total = money("5.00");
    order.tax_total = money("8.25");
    order.fee_total = money("1.50");
    order.discount_total_unallocated = money("10.00");
    order.fees = vec![Fee {
        name: "Gift wrap".to_owned(),
        total: money("1.50"),
        ..Fee::default()
    }];
    order.total = money("104.74");
    order
}

#[test]
fn amounts_beside_the_lines_become_lines_or_a_warning() {
    let plan = builtin("").plan(&full()).unwrap();
    insta::assert_snapshot!(plan.warnings.join("\n"), @r#"The opportunity's amount will be 4.75 lower than the 104.74 USD that the order is worth: shipping 5.00 has no product to stand for it (set vars.shipping_product); tax 8.25 has no product to stand for it (set vars.tax_product); fees 1.50 have no product to stand for it (set vars.fee_product); discount 10.00 has no product to stand for it (set vars.discount_product)."#);
    assert_eq!(sum_of_lines(&plan), money("99.99"));

    let named = "[vars]\nshipping_product = 'SHIP'\ntax_product = 'TAX'\nfee_product = 'FEE'\ndiscount_product = 'OFF'";
    let plan = builtin(named).plan(&full()).unwrap();
    assert_eq!(plan.warnings, Vec::<String>::new());
    assert_eq!(sum_of_lines(&plan), money("104.74"));
    let extras = plan.records.iter().filter(|record| record.name == "extras");
    let totals: Vec<_> = extras
        .map(|record| number(&record.fields, "TotalPrice").unwrap())
        .collect();
    assert_eq!(totals, ["5.00", "8.25", "1.50", "-10.00"].map(money));
}

#[test]
fn an_order_that_does_not_add_up_is_planned_with_a_warning() {
    let mut order = sample();
    order.total = money("120.00");
    insta::assert_snapshot!(builtin("").plan(&order).unwrap().warnings.join("\n"), @r#"The opportunity's amount will be 20.01 lower than the 120.00 USD that the order is worth: 20.01 that is neither line, shipping, tax, fee nor discount has no product to stand for it (set vars.difference_product or vars.fee_product or vars.discount_product)."#);
}

#[test]
fn an_order_without_lines_keeps_its_total_and_needs_no_products() {
    let mut order = full();
    order.lines.clear();
    order.total = money("4.75");
    let plan = builtin("[vars]\nshipping_product = 'SHIP'")
        .plan(&order)
        .unwrap();
    assert!(
        plan.records
            .iter()
            .all(|record| record.object != "OpportunityLineItem")
    );
    assert_eq!(plan.warnings, Vec::<String>::new());
}

#[test]
fn long_texts_are_shortened_to_what_salesforce_takes() {
    let mut order = sample();
    order.billing.city = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch".to_owned();
    order.lines[0].name = "🎁".repeat(200);
    let plan = builtin("").plan(&order).unwrap();
    let city = text(&plan, "account", "BillingCity").unwrap();
    assert_eq!((city.chars().count(), city.chars().last()), (40, Some('…')));
    let description = text(&plan, "lines", "Description").unwrap();
    assert!(
        description.encode_utf16().count() <= 255
            && description
                .trim_end_matches('…')
                .chars()
                .all(|letter| letter == '🎁')
    );
    assert_eq!(plan.warnings.len(), 3);
    assert_eq!(
        plan.warnings[0],
        "account.BillingCity was shortened to 40 characters"
    );
}

#[test]
fn ten_thousand_lines_are_planned() {
    let mut order = sample();
    order.lines = (0..10_000)
        .map(|index| line(&index.to_string(), "Thing", "1", "1.00"))
        .collect();
    order.total = money("10000.00");
    let plan = builtin("").plan(&order).unwrap();
    assert_eq!(
        plan.records
            .iter()
            .filter(|record| record.name == "lines")
            .count(),
        10_000
    );
    assert_eq!(plan.records.last().unwrap().index, 9_999);
    assert_eq!(sum_of_lines(&plan), order.total);
}

#[test]
fn a_trashed_order_changes_its_state_alone_and_only_where_a_state_is_named() {
    assert_eq!(builtin("").plan_gone("7").unwrap(), None);
    let plan = builtin("[vars]\nprefix = 'eu-'\n[vars.stages]\ntrash = 'Closed Lost'")
        .plan_gone("7")
        .unwrap()
        .unwrap();
    let [record] = &plan.records[..] else {
        panic!("{plan:?}")
    };
    assert_eq!(
        record.key.as_ref().map(|key| key.value.as_str()),
        Some("eu-7")
    );
    assert_eq!(record.fields.keys().collect::<Vec<_>>(), ["StageName"]);
    assert_eq!(text(&plan, "opportunity", "StageName"), Some("Closed Lost"));
}
