//! The table "Odd orders" of the mappings' page, row by row, where no other test checks the values
//! that go out.
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{Mapping, Plan, plan::When};
use order::{Customer, Money, Order, StatusKind};
use serde_json::{Value as Json, json};
use source::Source;
use support::{fields, line, mapping, money, plain, sample, with_fields};

const SHOPS: [&str; 3] = ["woocommerce", "shopify", "magento"];

fn plan(name: &str, overrides: &str, order: &Order) -> Plan {
    mapping(name, overrides)
        .plan(order)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Returns the plan's record of the customer.
fn customer_record(plan: &Plan) -> Json {
    let records = plain(plan);
    records
        .get("contact")
        .or_else(|| records.get("customer"))
        .cloned()
        .unwrap_or_default()
}

#[test]
fn an_e_mail_is_what_every_destination_takes() {
    let long_local = format!("{}@example.com", "x".repeat(64));
    let taken = [
        "o'hara@example.com",
        "a+b@example.co.uk",
        "UPPER@EXAMPLE.COM",
        "a.b-c_d%e&f/g=h!i#j`k{l@example.com",
        "1@2.example",
        "a@xn--exmple-cua.com",
        &long_local,
    ];
    let too_long = format!("{}@example.com", "x".repeat(65));
    let long_label = format!("a@{}.com", "x".repeat(64));
    let long_host = format!("a@{}com", "label.".repeat(50));
    let refused = [
        "a@b.c",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@-example.com",
        "a@example-.com",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@exa_mple.com",
        "ä@example.com",
        "a@éxample.com",
        "a\\b@example.com",
        "\"a\"@example.com",
        "emo👍@example.com",
        "a@example.c",
        "a@example.123",
        "a@example.com.",
        "a@example..com",
        "a@localhost",
        "a@b@example.com",
        "a b@example.com",
        "a@example.com\n",
        "<a@example.com>",
        "a,b@example.com",
        "'a@example.com",
        "@example.com",
        "a@",
        "",
        &too_long,
        &long_label,
        &long_host,
    ];
    let mapping = with_fields("Taken = \"{{ customer.email is email }}\"");
    for (addresses, expected) in [(&taken[..], true), (&refused[..], false)] {
        for address in addresses {
            let mut order = sample();
            order.customer.email = (*address).to_owned();
            assert_eq!(
                fields(&mapping, &order)["Taken"]["literal"],
                json!(expected),
                "{address:?}"
            );
        }
    }
}

#[test]
fn without_an_e_mail_zoho_has_a_contact_only_with_a_field_for_the_shop_s_id() {
    let mut order = sample();
    for email in ["", "a@b.c"] {
        order.customer.email = email.to_owned();
        for shop in SHOPS {
            let name = format!("{shop}-zoho");
            assert!(plan(&name, "", &order).record("contact").is_none());
            let with_field = plan(&name, "vars.customer_field = 'Shop_Customer'", &order);
            let contact = customer_record(&with_field);
            assert_eq!(
                (
                    &contact["Shop_Customer"],
                    &contact["Email"],
                    with_field.warnings.len()
                ),
                (&json!("6789"), &Json::Null, usize::from(!email.is_empty()))
            );
        }
    }
}

#[test]
fn a_phone_number_that_is_none_is_left_out_where_it_would_be_refused() {
    let mut order = sample();
    order.customer.phone = "call the office".to_owned();
    for name in Mapping::builtin_names().filter(|name| *name != "magento-salesforce") {
        let planned = plan(name, "", &order);
        let contact = customer_record(&planned);
        let phone = contact.get("Phone").or_else(|| contact.get("phone"));
        let salesforce = name.ends_with("salesforce");
        assert_eq!(phone.is_some(), salesforce, "{name}");
        assert_eq!(
            planned
                .warnings
                .iter()
                .any(|warning| warning.contains("phone number")),
            !salesforce,
            "{name}"
        );
    }
}

#[test]
fn a_stand_in_for_a_last_name_in_zoho_replaces_nothing() {
    for ((first, last, company), (last_name, on)) in [
        (("John", "Doe", "Acme"), ("Doe", When::Always)),
        (("John", "", "Acme"), ("John", When::Blank)),
        (("", "", "Acme"), ("Acme", When::Blank)),
        (("", "", ""), ("john.doe", When::Blank)),
    ] {
        let mut order = sample();
        (order.customer.first_name, order.customer.last_name) = (first.to_owned(), last.to_owned());
        order.customer.company = company.to_owned();
        for shop in SHOPS {
            let planned = plan(&format!("{shop}-zoho"), "", &order);
            assert_eq!(customer_record(&planned)["Last_Name"], last_name);
            assert_eq!(
                planned.record("contact").unwrap().fields["Last_Name"].on,
                on
            );
        }
    }
}

#[test]
fn without_a_company_there_is_a_person() {
    let order = sample();
    for shop in SHOPS {
        let records = |system: &str| plain(&plan(&format!("{shop}-{system}"), "", &order));
        assert_eq!(records("salesforce")["account"]["Name"], "John Doe");
        assert_eq!(records("zoho")["account"], Json::Null);
        let customer = &records("netsuite")["customer"];
        assert_eq!(
            (&customer["isPerson"], &customer["companyName"]),
            (&json!(true), &Json::Null)
        );
    }
}

/// Returns the overrides with which a mapping writes lines and names a product for every amount
/// beside them.
fn with_lines(name: &str) -> &'static str {
    match name {
        name if name.ends_with("netsuite") => {
            "[vars]\nshipping_item = '1'\nfee_item = '2'\ntax_item = '3'\ndiscount_item = '4'\nrefund_item = '5'"
        }
        name if name.ends_with("zoho") => {
            "[vars]\nmodule = 'Sales_Orders'\nsubtract_refunds = true"
        }
        "woocommerce-salesforce" => {
            "[vars]\nshipping_product = 'S'\ntax_product = 'T'\nfee_product = 'F'\ndiscount_product = 'D'\nrefund_product = 'R'"
        }
        _ => {
            "[vars]\nline_items = true\nshipping_product = 'S'\ntax_product = 'T'\nfee_product = 'F'\ndiscount_product = 'D'\nrefund_product = 'R'"
        }
    }
}

/// Returns the lines of an order's plan, whatever their name there.
fn lines(plan: &Plan) -> Vec<Json> {
    let records = plain(plan);
    let nested = [
        &records["sales_order"]["Ordered_Items"],
        &records["sales_order"]["item"]["items"],
    ];
    if let Some(lines) = nested.into_iter().find_map(Json::as_array) {
        return lines.clone();
    }
    let items = plan
        .records
        .iter()
        .filter(|record| record.object == "OpportunityLineItem");
    items
        .map(|record| {
            plain(&Plan {
                records: vec![record.clone()],
                ..plan.clone()
            })[&record.name]
                .clone()
        })
        .collect()
}

fn amount(value: &Json) -> Money {
    if value.is_null() {
        Money::ZERO
    } else {
        money(&value.to_string())
    }
}

/// Returns the total that the destination calculates, each line rounded to its two decimals.
fn total(plan: &Plan) -> Money {
    let of_line = |line: &Json| {
        let price = [&line["UnitPrice"], &line["List_Price"]]
            .into_iter()
            .find(|price| !price.is_null());
        let product = price.map(|price| {
            round(amount(price) * amount(&line["Quantity"])) - amount(&line["Discount"])
        });
        product.unwrap_or_else(|| amount(&line["TotalPrice"]) + amount(&line["amount"]))
    };
    lines(plan).iter().map(of_line).sum::<Money>()
        + amount(&plain(plan)["sales_order"]["Adjustment"])
}

fn round(amount: Money) -> Money {
    amount.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

#[test]
fn amounts_with_three_decimals_add_up_to_the_order_s_and_one_warning_says_what_was_rounded() {
    let mut dinars = sample();
    dinars.currency = "KWD".to_owned();
    dinars.lines = (0..10)
        .map(|index| line(&index.to_string(), "Stamp", "1", "0.125"))
        .collect();
    dinars.total = money("1.250");
    let mut with_shipping = dinars.clone();
    with_shipping.lines = vec![line("7", "Thing", "3", "10.125")];
    with_shipping.shipping_lines = Order::example().shipping_lines;
    with_shipping.shipping_lines[0].total = money("1.005");
    with_shipping.shipping_total = money("1.005");
    with_shipping.total = money("11.130");
    let mut given_back = dinars.clone();
    given_back.status = support::state(StatusKind::PartiallyRefunded, "completed");
    given_back.refund_total = money("0.125");
    let mut by_weight = dinars.clone();
    by_weight.lines = vec![
        line("7", "Saffron", "1.5", "0.075"),
        line("8", "Saffron", "0.5", "0.025"),
    ];
    by_weight.total = money("0.100");
    let mut table = String::new();
    for (order, expected) in [
        (&dinars, "1.25"),
        (&with_shipping, "11.13"),
        (&given_back, "1.13"),
        (&by_weight, "0.10"),
    ] {
        for name in Mapping::builtin_names() {
            let planned = plan(name, with_lines(name), order);
            assert_eq!(total(&planned), money(expected), "{name}");
            table.push_str(&format!(
                "{name}, {}: {}\n",
                order.total,
                planned.warnings.join("\n  ")
            ));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn an_amount_with_more_than_eight_decimals_is_refused_before_any_mapping() {
    let body = include_str!("../fixtures/samples/woocommerce-zoho.json")
        .replace("\"105.00\"", "\"105.000000001\"");
    let refused = source_woocommerce::WooCommerce
        .normalize("order.created", body.as_bytes())
        .unwrap_err();
    let told = refused.to_string();
    assert!(
        told.contains("total") && told.contains("at most 8 decimals"),
        "{told}"
    );
}

#[test]
fn a_quantity_too_small_for_salesforce_goes_out_as_the_smallest_with_its_total() {
    for (quantity, sent) in [
        ("0.004", "0.01"),
        ("0.0001", "0.01"),
        ("-0.004", "-0.01"),
        ("0.006", "0.01"),
    ] {
        let mut order = sample();
        order.lines = vec![line("7", "Saffron", quantity, "12.00")];
        order.total = money("12.00");
        for shop in SHOPS {
            let name = format!("{shop}-salesforce");
            let planned = plan(&name, with_lines(&name), &order);
            let saffron = lines(&planned).remove(0);
            assert_eq!(
                (
                    amount(&saffron["Quantity"]),
                    amount(&saffron["TotalPrice"]),
                    &saffron["UnitPrice"]
                ),
                (money(sent), money("12.00"), &Json::Null),
                "{name}"
            );
            assert_eq!(planned.warnings.len(), 1, "{:?}", planned.warnings);
        }
    }
}

#[test]
fn a_product_without_a_sku_is_known_by_its_id() {
    let body = include_str!("../fixtures/samples/woocommerce-netsuite.json");
    let mut payload: Json = serde_json::from_str(body).unwrap();
    let first = &mut payload["line_items"][0];
    (first["sku"], first["product_id"], first["variation_id"]) = (json!(""), json!(4711), json!(0));
    let order = support::read(
        &source_woocommerce::WooCommerce,
        "order.created",
        &payload.to_string(),
    );
    for system in ["salesforce", "zoho", "netsuite"] {
        let name = format!("woocommerce-{system}");
        let planned = plan(&name, with_lines(&name), &order);
        assert!(lines(&planned)[0].to_string().contains("4711"), "{name}");
    }
}

#[test]
fn a_line_with_quantity_0_is_left_out_everywhere_and_said() {
    let mut order = sample();
    order.lines.push(line("103", "Gift", "0", "0.00"));
    for name in Mapping::builtin_names() {
        let planned = plan(name, with_lines(name), &order);
        assert_eq!(lines(&planned).len(), 2, "{name}");
        assert!(
            planned
                .warnings
                .iter()
                .any(|warning| warning.contains("1 of 3 lines")),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_country_goes_out_as_it_is_where_the_field_is_a_text() {
    let mut order = sample();
    (order.billing.country, order.billing.country_code) = ("Atlantis".to_owned(), "ZZ".to_owned());
    for (name, record, field) in [
        ("woocommerce-salesforce", "account", "BillingCountry"),
        ("shopify-salesforce", "account", "BillingCountry"),
        ("magento-salesforce", "opportunity", "Billing_Country__c"),
        ("woocommerce-zoho", "contact", "Mailing_Country"),
        ("shopify-zoho", "contact", "Mailing_Country"),
        ("magento-zoho", "contact", "Mailing_Country"),
    ] {
        let planned = plan(name, "", &order);
        assert_eq!(plain(&planned)[record][field], "Atlantis", "{name}");
        assert!(planned.warnings.is_empty(), "{name}");
    }
    let coded = plan(
        "woocommerce-salesforce",
        "vars.address_codes = true",
        &order,
    );
    assert_eq!(plain(&coded)["account"]["BillingCountryCode"], "ZZ");
}

#[test]
fn a_state_that_is_no_code_is_left_out_with_a_warning_where_codes_are_asked_for() {
    let places = [
        (
            "woocommerce-salesforce",
            "vars.address_codes = true",
            "account",
            "BillingStateCode",
        ),
        (
            "shopify-salesforce",
            "vars.address_codes = true",
            "account",
            "BillingStateCode",
        ),
        (
            "magento-salesforce",
            "[vars]\naddress_codes = true\nobject = 'Lead'",
            "lead",
            "StateCode",
        ),
        ("woocommerce-netsuite", "", "sales_order", "billingAddress"),
        ("shopify-netsuite", "", "sales_order", "billingAddress"),
        ("magento-netsuite", "", "sales_order", "billingAddress"),
    ];
    for (name, overrides, record, field) in places {
        for (country, state, sent) in [
            ("US", "NY", Some("NY")),
            ("US", "ny", Some("NY")),
            ("US", "AE", Some("AE")),
            ("CA", "ON", Some("ON")),
            ("US", "XX", None),
            ("US", "ON", None),
            ("US", "New York", None),
            ("CA", "Ontario", None),
        ] {
            let mut order = sample();
            (order.billing.country, order.billing.country_code) =
                (country.to_owned(), country.to_owned());
            order.billing.state = state.to_owned();
            let planned = plan(name, overrides, &order);
            let value = &plain(&planned)[record][field];
            let value = value
                .get("state")
                .or_else(|| value.is_string().then_some(value))
                .and_then(Json::as_str);
            assert_eq!(value, sent, "{name}: {country} {state}");
            let said = planned
                .warnings
                .iter()
                .filter(|warning| warning.contains("The state of"))
                .count();
            assert_eq!(
                said,
                usize::from(sent.is_none()),
                "{name}: {:?}",
                planned.warnings
            );
        }
    }
}

#[test]
fn a_state_elsewhere_is_a_code_of_up_to_three_letters_where_salesforce_asks_for_codes() {
    for (country, state, sent, said) in [
        ("AU", "NSW", Some("NSW"), 0),
        ("IT", "MI", Some("MI"), 0),
        ("AU", "New South Wales", None, 1),
        ("DE", "Bayern", None, 0),
        ("US", "", None, 0),
    ] {
        let mut order = sample();
        (order.billing.country_code, order.billing.state) = (country.to_owned(), state.to_owned());
        for name in ["woocommerce-salesforce", "shopify-salesforce"] {
            let planned = plan(name, "vars.address_codes = true", &order);
            let account = &plain(&planned)["account"];
            assert_eq!(
                account["BillingStateCode"].as_str(),
                sent,
                "{name}: {country} {state}"
            );
            assert_eq!(
                planned.warnings.len(),
                said,
                "{name}: {:?}",
                planned.warnings
            );
        }
    }
}

#[test]
fn the_warning_of_a_refund_in_part_names_all_that_was_given_back_until_now() {
    let mut order = sample();
    order.status = support::state(StatusKind::PartiallyRefunded, "completed");
    for given_back in ["25.00", "37.50"] {
        order.refund_total = money(given_back);
        for name in Mapping::builtin_names() {
            let adds_up_lines = name.ends_with("-netsuite") || name == "woocommerce-salesforce";
            let vars = if adds_up_lines {
                ""
            } else {
                "vars.subtract_refunds = false"
            };
            let warnings = plan(name, vars, &order).warnings;
            let [warning] = &warnings[..] else {
                panic!("{name}: {warnings:?}")
            };
            let told = [
                format!("{given_back} of the order's 99.99 USD was given back"),
                format!("{given_back} that was given back has no product"),
            ];
            assert!(
                told.iter().any(|told| warning.contains(told)),
                "{name}: {warning}"
            );
        }
        let lead = plain(&plan("magento-salesforce", "vars.object = 'Lead'", &order));
        let description = lead["lead"]["Description"].as_str().unwrap();
        assert!(
            description.ends_with(&format!("Given back: {given_back}")),
            "{description}"
        );
    }
}

#[test]
fn dates_that_the_destination_cannot_hold_are_refused_and_its_first_and_last_years_taken() {
    let dated = |name: &str, year: &str| {
        let mut order = sample();
        order.created.as_mut().unwrap().local = format!("{year}-10-26T10:00:00").parse().unwrap();
        mapping(name, "").plan(&order)
    };
    for name in Mapping::builtin_names() {
        let (before, first, last, after) = if name.ends_with("salesforce") {
            ("1699", "1700", "4000", "4001")
        } else {
            ("1899", "1900", "2999", "3000")
        };
        for year in [before, after] {
            let refused = dated(name, year).unwrap_err().to_string();
            assert!(
                refused.contains(year) && refused.contains("correct it in the shop"),
                "{refused}"
            );
        }
        for year in [first, last] {
            assert!(dated(name, year).is_ok(), "{name}: {year}");
        }
    }
}

#[test]
fn a_sales_order_in_zoho_needs_no_date() {
    let mut order = sample();
    (order.created, order.paid, order.modified) = (None, None, None);
    for shop in SHOPS {
        let planned = plan(
            &format!("{shop}-zoho"),
            "vars.module = 'Sales_Orders'",
            &order,
        );
        assert!(planned.record("sales_order").is_some() && planned.warnings.is_empty());
    }
}

#[test]
fn a_guest_is_one_customer_per_e_mail_and_without_one_a_customer_of_that_order() {
    let mut order = sample();
    let guest = |key: &str| Customer {
        id: None,
        key: key.to_owned(),
        is_guest: true,
        ..Customer::default()
    };
    for (name, record) in [
        ("woocommerce-salesforce", "contact"),
        ("woocommerce-netsuite", "customer"),
    ] {
        for key in [
            Customer::guest_key("john.doe@example.com"),
            "order-12345".to_owned(),
        ] {
            order.customer = guest(&key);
            let planned = plan(name, "", &order);
            let planned = planned.record(record).unwrap().key.as_ref().unwrap();
            assert!(
                planned.value.ends_with(&key) && planned.provisional,
                "{name}"
            );
        }
    }
}

#[test]
fn magento_s_orders_are_told_apart_by_number_or_where_store_views_share_numbers_by_id() {
    let mut order = sample();
    (order.id, order.number) = ("42".to_owned(), "000000123".to_owned());
    let by_id = "vars.shared_numbers = true";
    let salesforce = |overrides: &str, record: &str| {
        plain(&plan("magento-salesforce", overrides, &order))[record].clone()
    };
    assert_eq!(
        salesforce("", "opportunity")["Magento_Order_ID__c"],
        "000000123"
    );
    assert_eq!(
        salesforce(by_id, "opportunity")["Magento_Order_ID__c"],
        "42"
    );
    assert_eq!(
        salesforce(by_id, "opportunity")["Name"],
        "Order 000000123 - John Doe"
    );
    let lead = "[vars]\nshared_numbers = true\nobject = 'Lead'\nprefix = 'eu-'";
    assert_eq!(salesforce(lead, "lead")["Magento_Order_ID__c"], "eu-42");

    let zoho = |overrides: &str| plain(&plan("magento-zoho", overrides, &order));
    assert_eq!(
        zoho("")["deal"]["Deal_Name"],
        "Magento Order #000000123 (John Doe)"
    );
    assert_eq!(
        zoho(by_id)["deal"]["Deal_Name"],
        "Magento Order #000000123 / 42 (John Doe)"
    );
    let sales_order = zoho("[vars]\nmodule = 'Sales_Orders'\nshared_numbers = true");
    assert_eq!(
        sales_order["sales_order"]["Subject"],
        "Magento Order #000000123 / 42 (John Doe)"
    );
    let with_field = zoho("[vars]\norder_field = 'Shop_Order'\nshared_numbers = true");
    assert_eq!(
        (
            &with_field["deal"]["Deal_Name"],
            &with_field["deal"]["Shop_Order"]
        ),
        (&json!("Magento Order #000000123 (John Doe)"), &json!("42"))
    );
}
