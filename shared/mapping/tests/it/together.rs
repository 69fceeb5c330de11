//! `together`: fields that are the parts of one value, such as of an address.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support;

use mapping::{
    Mapping, Overrides, Plan,
    plan::{Record, Scalar, Value, When},
};
use order::{Address, Order};
use support::{address, builtin, mapping, sample};

/// The fields of a record as a reader sees them: name, word and value; an emptied field has none.
fn written(record: &Record) -> Vec<String> {
    let shown = |value: &Value| match value {
        Value::Literal(Scalar::Text(text)) => text.clone(),
        Value::Literal(Scalar::Null) => "(emptied)".to_owned(),
        other => format!("{other:?}"),
    };
    let fields = record.fields.iter();
    fields
        .map(|(name, field)| format!("{name} {:?}: {}", field.on, shown(&field.value)))
        .collect()
}

fn planned(together: &str, billing: Address) -> Record {
    let text = format!(
        "system = \"zoho\"\n[vars]\ncodes = \"\"\n[[record]]\nname = \"r\"\nobject = \"Contacts\"\nkey = {{ field = \"K\", value = \"{{{{ order.id }}}}\" }}\ntogether = {together}\n\
         [record.fields]\nName = \"x\"\nCity = \"{{{{ billing.city }}}}\"\nState = \"{{{{ billing.state }}}}\"\nCountry = {{ value = \"{{{{ billing.country }}}}\", on = \"create\" }}\n\
         Code = \"{{{{ billing.state if vars.codes }}}}\"\n"
    );
    let mapping = Mapping::parse("test.toml", &text, &Overrides::default()).unwrap();
    let order = Order {
        billing,
        ..sample()
    };
    mapping.plan(&order).unwrap().records.remove(0)
}

fn abroad() -> Address {
    Address {
        city: "Berlin".to_owned(),
        state: String::new(),
        country: "DE".to_owned(),
        country_code: "DE".to_owned(),
        postcode: "10115".to_owned(),
        ..address()
    }
}

#[test]
fn a_part_without_a_value_is_emptied_where_another_has_one() {
    let all = r#"[{ fields = ["City", "State", "{{ 'Code' if vars.codes }}", "Country"] }]"#;
    let record = planned(all, abroad());
    assert_eq!(
        written(&record),
        [
            "Name Always: x",
            "City Always: Berlin",
            "State Always: (emptied)",
            "Country Create: DE"
        ],
        "in the mapping's order, and without the part that the variable leaves out"
    );
    assert_eq!(
        record.parts("State").collect::<Vec<_>>(),
        ["City", "State", "Country"]
    );
    assert_eq!(record.parts("Name").collect::<Vec<_>>(), ["Name"]);
}

#[test]
fn a_value_without_any_part_is_left_alone() {
    let all = r#"[{ fields = ["City", "State", "Country"] }]"#;
    let record = planned(all, Address::default());
    assert_eq!(written(&record), ["Name Always: x"]);
    assert_eq!(record.together.len(), 0);
}

#[test]
fn a_field_s_own_word_counts_before_that_of_the_value() {
    let blank = r#"[{ fields = ["City", "State", "Country"], on = "{{ 'blank' if order.id }}" }]"#;
    assert_eq!(
        written(&planned(blank, abroad())),
        [
            "Name Always: x",
            "City Blank: Berlin",
            "State Blank: (emptied)",
            "Country Create: DE"
        ]
    );
}

#[test]
fn what_is_compared_of_two_plans_is_as_it_was_without_a_blank_part() {
    let all = r#"[{ fields = ["City", "State", "Country"] }]"#;
    let json = |record: &Record| serde_json::to_value(record).unwrap();
    assert_eq!(
        json(&planned(all, address())),
        json(&planned("[]", address()))
    );
    assert_ne!(
        json(&planned(all, abroad())),
        json(&planned("[]", abroad()))
    );
}

fn emptied(plan: &Plan) -> Vec<String> {
    let fields = plan.records.iter().flat_map(|record| {
        record
            .fields
            .iter()
            .map(move |(name, field)| (record, name, field))
    });
    fields
        .filter(|(.., field)| field.value.is_null())
        .map(|(record, name, field)| format!("{}.{name} {:?}", record.name, field.on))
        .collect()
}

#[test]
fn every_address_of_the_built_in_mappings_is_one_value() {
    let order = Order {
        billing: abroad(),
        shipping: abroad(),
        ..sample()
    };
    let of = |name: &str, vars: &str| emptied(&mapping(name, vars).plan(&order).unwrap());
    for (name, vars, expected) in [
        (
            "woocommerce-salesforce",
            "",
            &["account.BillingState Always", "contact.MailingState Always"][..],
        ),
        (
            "woocommerce-salesforce",
            "vars.address_codes = true",
            &[
                "account.BillingStateCode Always",
                "contact.MailingStateCode Always",
            ],
        ),
        ("shopify-salesforce", "", &["account.BillingState Always"]),
        (
            "magento-salesforce",
            "",
            &["opportunity.Billing_State__c Always"],
        ),
        (
            "magento-salesforce",
            "vars.object = 'Lead'",
            &["lead.State Always"],
        ),
        (
            "magento-salesforce",
            "vars.object = 'Lead'\nvars.address_codes = true",
            &["lead.StateCode Always"],
        ),
        ("woocommerce-zoho", "", &["contact.Mailing_State Always"]),
        (
            "shopify-zoho",
            "vars.module = 'Sales_Orders'",
            &[
                "contact.Mailing_State Always",
                "sales_order.Billing_State Always",
                "sales_order.Shipping_State Always",
            ],
        ),
        ("magento-zoho", "", &["contact.Mailing_State Always"]),
    ] {
        assert_eq!(of(name, vars), expected, "{name} {vars}");
    }
}

#[test]
fn an_address_that_is_only_a_country_fills_blanks() {
    let only_country = Order {
        billing: Address {
            country: "DE".to_owned(),
            country_code: "DE".to_owned(),
            ..Address::default()
        },
        ..sample()
    };
    let plan = builtin("").plan(&only_country).unwrap();
    let on = |record: &str, field: &str| plan.record(record).unwrap().fields[field].on;
    assert_eq!(
        (
            on("account", "BillingCountry"),
            on("contact", "MailingStreet")
        ),
        (When::Blank, When::Blank)
    );
    let nothing = Order {
        billing: Address::default(),
        ..sample()
    };
    assert!(emptied(&builtin("").plan(&nothing).unwrap()).is_empty());
}

#[test]
fn a_guest_s_address_fills_blanks_unless_guests_overwrite() {
    let mut order = Order {
        billing: abroad(),
        ..sample()
    };
    order.customer.is_guest = true;
    let on = |vars: &str| {
        builtin(vars)
            .plan(&order)
            .unwrap()
            .record("account")
            .unwrap()
            .fields["BillingState"]
            .on
    };
    assert_eq!(
        (on(""), on("vars.guests_overwrite = true")),
        (When::Blank, When::Always)
    );
}

/// Returns the plan of a customer who moved abroad, by a mapping of one's own with these lines.
fn planned_over_the_built_in(own: &str) -> Plan {
    let text = format!("extends = \"woocommerce-salesforce\"\n{own}");
    let mapping = Mapping::parse("own.toml", &text, &Overrides::default()).unwrap();
    let order = Order {
        billing: abroad(),
        ..sample()
    };
    mapping.plan(&order).unwrap()
}

fn parts_of_the_address(plan: &Plan) -> Vec<&str> {
    plan.record("contact")
        .unwrap()
        .parts("MailingCountry")
        .collect()
}

/// The base names one of these parts as it is, the other by a template.
#[test]
fn what_is_removed_is_no_part_any_more() {
    let plan = planned_over_the_built_in(
        r#"remove = ["record.contact.fields.MailingCity", "record.contact.fields.MailingState"]"#,
    );
    assert_eq!(
        parts_of_the_address(&plan),
        ["MailingStreet", "MailingPostalCode", "MailingCountry"]
    );
}

#[test]
fn what_is_removed_and_written_anew_stays_a_part() {
    let plan = planned_over_the_built_in(
        r#"
remove = ["record.contact.fields.MailingState"]
[[record]]
name = "contact"
fields.MailingState = "{{ billing.state }}"
"#,
    );
    let emptied = emptied(&plan);
    assert!(
        emptied.contains(&"contact.MailingState Always".to_owned()),
        "{emptied:?}"
    );
}

#[test]
fn parts_may_go_with_all_fields() {
    let plan = planned_over_the_built_in(
        r#"
remove = ["record.contact.fields"]
[[record]]
name = "contact"
[record.fields]
WooCommerce_Customer_ID__c = "{{ customer_key }}"
MailingCountry = "{{ billing.country }}"
"#,
    );
    assert_eq!(parts_of_the_address(&plan), ["MailingCountry"]);
}
