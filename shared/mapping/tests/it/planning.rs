//! The values of plans: types, nothing, exact numbers, dates, and failures with one order.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{Mapping, Overrides};
use serde_json::{Value, json};
use support::{fields, money, overrides, sample, with_fields};

/// The plan's JSON of one field, or null where it is left out.
fn field(template: &str) -> Value {
    let mapping = with_fields(&format!("F = {template}"));
    fields(&mapping, &sample())["F"].take()
}

fn literal(template: &str) -> Value {
    field(&format!("\"{template}\""))["literal"].take()
}

fn error(template: &str) -> String {
    with_fields(&format!("F = \"{template}\""))
        .plan(&sample())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_lone_expression_keeps_its_type_and_everything_else_is_text() {
    assert_eq!(literal("{{ order.total }}").to_string(), "99.99");
    assert_eq!(literal("{{ lines[1].total }}").to_string(), "50.00");
    assert_eq!(literal("{{ lines|length }}"), json!(2));
    assert_eq!(literal("{{ customer.is_guest }}"), json!(false));
    assert_eq!(literal("{{ order.id }}"), json!("12345"));
    assert_eq!(literal("#{{ order.total }}"), json!("#99.99"));
    assert_eq!(literal("{{ lines|length }}{{ lines|length }}"), json!("22"));
    assert_eq!(
        literal("{{ {'a': {'b': 'deep'}}['a']['b'] }}"),
        json!("deep")
    );
    assert_eq!(field("12.50")["literal"].to_string(), "12.50");
    assert_eq!(field("true")["literal"], json!(true));
    assert_eq!(field("2023-10-26")["literal"], json!("2023-10-26"));
    assert_eq!(
        field("\"{{ lines|map(attribute='code')|list }}\""),
        json!({ "list": [{ "literal": "101" }, { "literal": "102" }] })
    );
}

#[test]
fn null_and_blank_texts_leave_a_field_out() {
    for template in [
        "{{ order.note }}",
        "{{ none }}",
        "{{ customer.company }}",
        " {{ customer.company }} ",
        "{{ 'x' if customer.company }}",
        "",
        "{{ order.note|date }}",
    ] {
        assert_eq!(field(&format!("\"{template}\"")), Value::Null, "{template}");
    }
    assert_eq!(
        literal("Note: {{ order.note }}!"),
        json!("Note: !"),
        "null in a text is nothing, not the word none"
    );
    assert_eq!(
        literal("{{ order.shipping_total }}").to_string(),
        "0",
        "zero is a value"
    );
}

#[test]
fn numbers_stay_exact() {
    let cases = [
        ("{{ order.total|plus('0.01') }}", "100.00"),
        ("{{ order.total|minus(100) }}", "-0.01"),
        ("{{ lines[0].total|times(lines[1].quantity) }}", "99.98"),
        ("{{ 10|divided_by(3) }}", "3.33"),
        ("{{ '0.125'|number|divided_by(1, 2) }}", "0.13"),
        ("{{ lines|sum(attribute='total') }}", "99.99"),
        ("{{ lines|map(attribute='total')|max }}", "50.00"),
        ("{{ [lines[0].total, 50, 7]|min }}", "7"),
        ("{{ order.total|round }}", "100"),
        ("{{ raw.weight }}", "1.5"),
    ];
    for (template, expected) in cases {
        assert_eq!(literal(template).to_string(), expected, "{template}");
    }
    assert_eq!(literal("{{ 5|money }}"), json!("5.00"));
    assert_eq!(
        literal("{{ '2.345'|money }} {{ 1000|money(0) }}"),
        json!("2.35 1000")
    );
}

#[test]
fn numbers_compare_by_value_with_tests_and_among_each_other() {
    let cases = [
        ("order.total is gt(99)", true),
        ("order.total is gt(100)", false),
        ("order.total is le(order.subtotal)", true),
        ("lines[1].quantity is eq(2)", true),
        ("lines[1].quantity is ne(2)", false),
        ("lines[0].total < lines[1].total", true),
        ("order.total == order.subtotal", true),
        ("order.total is number", true),
        ("'1' is eq(1)", false),
        (
            "lines|selectattr('quantity', 'gt', 1)|list|length == 1",
            true,
        ),
        ("raw.id == '12345'", false),
        ("raw.id is eq(12345)", true),
        ("lines|length > 1", true),
    ];
    for (condition, expected) in cases {
        assert_eq!(
            literal(&format!("{{{{ {condition} }}}}")),
            json!(expected),
            "{condition}"
        );
    }
}

#[test]
fn dates_move_by_days_and_by_calendar_months() {
    let cases = [
        ("order.date", "2023-10-26"),
        ("order.created", "2023-10-26T10:00:00"),
        ("order.created|date", "2023-10-26"),
        ("order.date|add_days(1)", "2023-10-27"),
        ("order.date|add_months(1)", "2023-11-26"),
        ("'2024-01-31'|add_months(1)", "2024-02-29"),
        ("order.created|add_days(-26)", "2023-09-30T10:00:00"),
        (
            "order.created|date_format('%d.%m.%Y %H:%M')",
            "26.10.2023 10:00",
        ),
        ("'2023-10-26T23:30:00-04:00'|date", "2023-10-26"),
        ("'2023-10-26 23:30:00'|date", "2023-10-26"),
    ];
    for (expression, expected) in cases {
        assert_eq!(
            literal(&format!("{{{{ {expression} }}}}")),
            json!(expected),
            "{expression}"
        );
    }
}

#[test]
fn the_payload_is_in_reach() {
    assert_eq!(literal("{{ raw.id }}"), json!(12345));
    assert_eq!(
        literal(
            "{{ raw.meta_data|selectattr('key', 'eq', '_gift')|map(attribute='value')|first }}"
        ),
        json!("yes")
    );
    assert_eq!(
        literal("{{ raw.get('coupon_lines', 'none') }}"),
        json!("none")
    );
}

#[test]
fn errors_name_order_mapping_record_and_field() {
    let report: Vec<String> = [
        "{{ raw.nothing }}",
        "{{ raw.nothing.more }}",
        "Total {{ raw.nothing }}",
        "{{ 7 / 2 }}",
        "{{ 7 / 2 }} halves",
        "{{ order.total + 2 }}",
        "{{ order.total|plus(customer.name) }}",
        "{{ order.total|divided_by(0) }}",
        "{{ customer.name|date }}",
        "{{ order.date|add_days(99999999) }}",
        "{{ order.date|date_format('%Q') }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    ]
    .iter()
    .map(|template| error(template))
    .collect();
    insta::assert_snapshot!(report.join("\n"), @r#"
order 12345: mapping test, r.F: `raw.nothing` is undefined; correct the name, or say what to use instead with `|default(...)` (in `raw.nothing`)
order 12345: mapping test, r.F: `raw.nothing` is undefined; correct the name, or say what to use instead with `|default(...)` (in `raw.nothing.more`)
order 12345: mapping test, r.F: `raw.nothing` is undefined; correct the name, or say what to use instead with `|default(...)`
order 12345: mapping test, r.F: a floating-point number came out, and those lose cents; calculate with the filters `plus`, `minus`, `times` and `divided_by`
order 12345: mapping test, r.F: a floating-point number came out, and those lose cents; calculate with the filters `plus`, `minus`, `times` and `divided_by`
order 12345: mapping test, r.F: tried to use + operator on unsupported types plain object and number; calculate with the filters `plus`, `minus`, `times` and `divided_by`
order 12345: mapping test, r.F: `plus` needs an exact number, or a text that is one, and got a value of type string
order 12345: mapping test, r.F: `divided_by` cannot divide by zero
order 12345: mapping test, r.F: `date` needs a date such as 2023-10-26 or 2023-10-26T10:00:00
order 12345: mapping test, r.F: the date is out of range: parameter 'days' is not in the required range of -7304484..=7304484
order 12345: mapping test, r.F: `date_format` cannot write `%Q`: strftime formatting failed: %Q failed: requires IANA time zone identifier or time zone offset, but neither were present
order 12345: mapping test, r.F: the template runs for too long; its loops go over too much
"#);
}

#[test]
fn long_messages_are_trimmed() {
    let message = error("{{ raw[range(2000)|join('x')] }}");
    assert!(message.chars().count() < 500, "{message}");
}

#[test]
fn on_and_max_apply_to_their_field() {
    let mapping = with_fields(
        "A = { value = \"{{ customer.name }}\", on = \"create\", max = 5 }\nB = { value = \"x\", on = \"{{ 'blank' if customer.company else 'create' }}\" }\nC = { value = 12345, max = 2 }\n",
    );
    assert_eq!(
        fields(&mapping, &sample()),
        json!({ "A": { "literal": "John…", "on": "create" }, "B": { "literal": "x", "on": "create" }, "C": { "literal": 12345 } })
    );
    assert_eq!(
        mapping.plan(&sample()).unwrap().warnings,
        ["r.A was shortened to 5 characters"]
    );
    let wrong = with_fields("A = { value = \"x\", on = \"{{ order.status }}\" }");
    assert!(
        wrong
            .plan(&sample())
            .unwrap_err()
            .to_string()
            .contains("`on` is `processing`")
    );
}

#[test]
fn a_key_is_text_and_never_empty() {
    let key = |value: &str| {
        let text = format!(
            "system = \"zoho\"\n[[record]]\nname = \"r\"\nobject = \"Deals\"\nkey = \"K\"\n[record.fields]\nK = {value}\nF = \"x\""
        );
        Mapping::parse("test.toml", &text, &Overrides::default())
            .unwrap()
            .plan(&sample())
    };
    let plan = key("\"{{ raw.id }}\"").unwrap();
    assert_eq!(plan.records[0].key.as_ref().unwrap().value, "12345");
    assert!(
        !plan.records[0].fields.contains_key("K"),
        "the key's field is not written twice"
    );
    insta::assert_snapshot!(key("\"{{ customer.company }}\"").unwrap_err().to_string(), @"order 12345: mapping test, r.key: K came out empty, and a record without its key would be made again and again");
}

#[test]
fn a_route_replaces_and_adds_fields_and_merges_tables_of_variables() {
    let text = "system = \"zoho\"\n[vars]\nlimit = 3\n[vars.words]\na = \"A\"\nb = \"B\"\n[[record]]\nname = \"r\"\nobject = \"Deals\"\nkey = { field = \"K\", value = \"1\" }\n[record.fields]\nOld = \"{{ vars.words.a }}{{ vars.words.b }}{{ vars.words.get('c', '-') }}{{ vars.limit + 1 }}\"\nSame = \"x\"\n";
    let route = overrides(
        "vars.words.b = 'b'\nvars.words.c = 'c'\nvars.limit = 4\n[set.r]\nSame = { value = 'y', on = 'blank' }\nNew = '{{ order.id }}'",
    );
    let mapping = Mapping::parse("a.toml", text, &route).unwrap();
    assert_eq!(
        fields(&mapping, &sample()),
        json!({ "Old": { "literal": "Abc5" }, "Same": { "literal": "y", "on": "blank" }, "New": { "literal": "12345" } })
    );
}

#[test]
fn records_repeat_and_are_left_out() {
    let text = "system = \"zoho\"\n[[record]]\nname = \"parent\"\nobject = \"Deals\"\nwhen = \"{{ not vars.off }}\"\nkey = { field = \"K\", value = \"1\" }\n[[record]]\nname = \"child\"\nobject = \"Items\"\nfor_each = \"lines|selectattr('quantity', 'ge', vars.least)\"\nas = \"item\"\nwhen = \"{{ item.total }}\"\nreplaces = \"parent\"\n[record.fields]\nName = \"{{ item.name }}\"\n[vars]\noff = false\nleast = 1\n";
    let plan = |route: &str| {
        Mapping::parse("a.toml", text, &overrides(route))
            .unwrap()
            .plan(&sample())
    };
    let names = |plan: &mapping::Plan| {
        plan.records
            .iter()
            .map(|record| (record.name.clone(), record.index))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&plan("").unwrap()),
        [
            ("parent".to_owned(), 0),
            ("child".to_owned(), 0),
            ("child".to_owned(), 1)
        ]
    );
    assert_eq!(
        names(&plan("vars.least = 2").unwrap()),
        [("parent".to_owned(), 0), ("child".to_owned(), 0)]
    );
    insta::assert_snapshot!(plan("vars.off = true").unwrap_err().to_string(), @r#"order 12345: mapping a, child.replaces: item 1 "Product A": the order has no record `parent` because of its `when`; give this record the same `when`"#);
}

#[test]
fn hand_made_orders_with_absurd_amounts_do_not_panic() {
    let mut order = sample();
    order.lines[0].total = order::Money::MAX;
    order.lines[1].total = order::Money::MAX;
    let mapping = with_fields(
        "A = \"{{ order.imbalance }}\"\nB = \"{{ lines|sum(attribute='total') if false }}\"",
    );
    assert_eq!(fields(&mapping, &order), json!({}));
    let sum = with_fields("A = \"{{ lines|sum(attribute='total') }}\"");
    assert!(
        sum.plan(&order)
            .unwrap_err()
            .to_string()
            .contains("too large")
    );
    assert_eq!(money("1").to_string(), "1");
}

#[test]
fn amounts_that_carry_are_rounded_together() {
    let mapping = |amounts: &str| {
        with_fields(&format!(
            "F = {{ for_each = \"[{amounts}]\", as = \"amount\", each = {{ value = \"{{{{ amount|number }}}}\", decimals = 2, carry = true }} }}"
        ))
    };
    let planned = |amounts: &str| {
        let plan = mapping(amounts).plan(&sample()).unwrap();
        let list = serde_json::to_value(&plan.records[0].fields["F"]).unwrap();
        let written: Vec<String> = list["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["literal"].to_string())
            .collect();
        (written.join(" "), plan.warnings.join("; "))
    };
    for (amounts, rounded) in [
        ("'0.125', '0.125', '0.125'", "0.13 0.12 0.13"),
        ("'0.125', '5.00', '7.5000', '0.125'", "0.13 5.00 7.50 0.12"),
        ("'1.255', '-0.125'", "1.26 -0.13"),
        ("'-0.125', '1.255'", "-0.12 1.25"),
        ("'0.333333', '0.333333', '0.333333'", "0.33 0.34 0.33"),
    ] {
        assert_eq!(planned(amounts).0, rounded);
    }
    assert_eq!(planned("'1.00', '2.5000'").1, "");
    insta::assert_snapshot!(planned("'0.125'").1, @"1 amount was rounded, as 2 decimals is all there is room for; it is 0.13 (in the shop 0.125)");
    insta::assert_snapshot!(planned("'0.125', '9.00', '0.125'").1, @"2 amounts were rounded, as 2 decimals is all there is room for; together they are 0.25 (in the shop 0.250)");
    assert_eq!(
        planned("'79228162514264337593543950.335', '79228162514264337593543950.335'")
            .0
            .len(),
        59,
        "what a decimal does not hold is rounded by itself"
    );
}

#[test]
fn a_record_that_is_left_out_leaves_nothing_to_carry() {
    let text = r#"
        system = "salesforce"
        [[record]]
        name = "lines"
        object = "L"
        for_each = "lines"
        key = { field = "K", value = "{{ line.id }}" }
        [record.fields]
        Amount = { value = "{{ line.total }}", decimals = 2, carry = true }
        Product = { lookup = "P", where = { Code = "{{ line.code }}" }, missing = "skip" }
    "#;
    let mapping =
        mapping::Mapping::parse("test.toml", text, &mapping::Overrides::default()).unwrap();
    let mut order = sample();
    order.lines = ["1", "2", "3"]
        .map(|code| support::line(code, "Thing", "1", "0.125"))
        .to_vec();
    order.lines[0].code.clear();
    let plan = mapping.plan(&order).unwrap();
    let amounts: Vec<_> = plan
        .records
        .iter()
        .map(|record| {
            serde_json::to_value(&record.fields["Amount"]).unwrap()["literal"].to_string()
        })
        .collect();
    assert_eq!(amounts, ["0.13", "0.12"]);
    assert!(
        plan.warnings[1].contains("together they are 0.25 (in the shop 0.250)"),
        "{:?}",
        plan.warnings
    );
}

#[test]
fn a_number_with_more_decimals_than_there_is_room_for_is_rounded_with_a_note() {
    let planned = |value: &str| {
        let plan = with_fields(&format!("F = {{ value = \"{value}\", decimals = 2 }}"))
            .plan(&sample())
            .unwrap();
        let written =
            serde_json::to_value(&plan.records[0].fields["F"]).unwrap()["literal"].to_string();
        (written, plan.warnings.join("; "))
    };
    assert_eq!(
        planned("{{ order.total }}"),
        ("99.99".to_owned(), String::new())
    );
    assert_eq!(
        planned("{{ '1.5'|number }}"),
        ("1.5".to_owned(), String::new()),
        "the digits of the shop stay"
    );
    assert_eq!(
        planned("{{ '1.5000'|number }}"),
        ("1.50".to_owned(), String::new()),
        "zeros are no loss"
    );
    insta::assert_snapshot!(planned("{{ '-1.005'|number }}").1, @"r.F was rounded from -1.005 to -1.01, as 2 decimals is all there is room for");
    assert_eq!(
        planned("{{ order.id }}").0,
        "\"12345\"",
        "texts are none of its business"
    );
}

#[test]
fn notes_say_where_inside_a_field_something_happened() {
    let mapping = with_fields(
        "F = { items = [{ for_each = \"lines\", each = { id = { value = \"{{ line.name }}\", max = 5 } } }] }\nG = { city = { value = \"Anytown\", max = 3 } }",
    );
    insta::assert_snapshot!(mapping.plan(&sample()).unwrap().warnings.join("\n"), @r#"
    r.F.items (line 1 "Product A").id was shortened to 5 characters
    r.F.items (line 2 "Product B").id was shortened to 5 characters
    r.G.city was shortened to 3 characters
    "#);
}

#[test]
fn the_first_value_that_is_there_counts() {
    let item = r#"{ first = [{ id = "{{ {'101': '98'}.get(lines[0].code) if order.total }}" }, { lookup = "item", where = { itemid = "{{ lines[0].code }}" } }] }"#;
    assert_eq!(
        field(item),
        json!({ "object": { "id": { "literal": "98" } } })
    );
    assert_eq!(
        field(&item.replace("101", "7"))["lookup"]["conditions"],
        json!({ "itemid": "101" })
    );
    assert_eq!(
        field(r#"{ first = ["{{ order.note }}", "{{ customer.company }}"] }"#),
        Value::Null
    );
}

#[test]
fn a_look_up_that_may_be_skipped_costs_its_item_and_not_the_record() {
    let mapping = with_fields(
        "F = { for_each = \"lines\", each = { item = { lookup = \"item\", where = { itemid = \"{{ line.code if line.total is gt(49) else '' }}\" }, missing = \"skip\" }, name = \"{{ line.name }}\" } }",
    );
    let mut order = sample();
    order.lines[1].total = money("1.00");
    let plan = mapping.plan(&order).unwrap();
    assert_eq!(plan.lookups().count(), 1);
    insta::assert_snapshot!(plan.warnings.join("\n"), @r#"r.F goes without line 2 "Product B", because the look-up of item has an empty itemid"#);
}

#[test]
fn the_field_of_a_key_may_follow_a_variable() {
    let text = "system = \"zoho\"\n[vars]\nunique = \"\"\n[[record]]\nname = \"r\"\nobject = \"Deals\"\nkey = { field = \"{{ vars.unique or 'Deal_Name' }}\", value = \"{{ order.id if vars.unique }}\" }\n[record.fields]\nDeal_Name = \"Order {{ order.number }}\"";
    let planned = |changes: &str| {
        let plan = Mapping::parse("test.toml", text, &overrides(changes))
            .unwrap()
            .plan(&sample())
            .unwrap();
        let key = plan.records[0].key.clone().unwrap();
        (
            key.field,
            key.value,
            plan.records[0].fields.contains_key("Deal_Name"),
        )
    };
    assert_eq!(
        planned(""),
        ("Deal_Name".to_owned(), "Order 12345".to_owned(), false)
    );
    assert_eq!(
        planned("vars.unique = 'Shop_Order'"),
        ("Shop_Order".to_owned(), "12345".to_owned(), true)
    );
}

#[test]
fn a_record_that_a_variable_switches_off_empties_nothing() {
    let text = |when: &str| {
        format!(
            "system = \"salesforce\"\n[vars]\nlines = false\n[[record]]\nname = \"r\"\nobject = \"Opportunity\"\nkey = {{ field = \"K\", value = \"1\" }}\n[[record]]\nname = \"lines\"\nobject = \"OpportunityLineItem\"\nfor_each = \"lines\"\nwhen = \"{when}\"\nreplaces = \"r\"\n[record.fields]\nOpportunityId = {{ ref = \"r\" }}"
        )
    };
    let emptied = |when: &str, changes: &str| {
        let mut order = sample();
        order.lines.clear();
        let mapping = Mapping::parse("test.toml", &text(when), &overrides(changes)).unwrap();
        mapping.plan(&order).unwrap().emptied.len()
    };
    assert_eq!(emptied("{{ vars.lines }}", ""), 0);
    assert_eq!(emptied("{{ vars.lines }}", "vars.lines = true"), 1);
    assert_eq!(
        emptied("{{ order.note }}", ""),
        1,
        "what only this order lacks is taken away"
    );
}

#[test]
fn what_is_required_has_the_mapping_s_own_reason() {
    for nothing in [
        "order.note",
        "customer.company",
        "[]",
        "lines|selectattr('variant_id')|list",
    ] {
        assert!(
            error(&format!(
                "{{{{ {nothing}|required('it has no such thing') }}}}"
            ))
            .ends_with("r.F: it has no such thing"),
            "{nothing}"
        );
    }
    assert_eq!(
        literal("{{ order.id|required('it has none') }}"),
        json!("12345")
    );
    assert_eq!(
        literal("{{ order.discount_total|required('it has none') }}").to_string(),
        "0",
        "zero is a value"
    );
}

#[test]
fn dates_outside_the_years_of_a_destination_are_refused() {
    assert_eq!(
        literal("{{ order.date|years(1700, 4000) }}"),
        json!("2023-10-26")
    );
    assert_eq!(
        literal("{{ order.created|years(2023, 2023) }}"),
        json!("2023-10-26T10:00:00")
    );
    assert_eq!(field("\"{{ order.note|years(1700, 4000) }}\""), Value::Null);
    insta::assert_snapshot!(error("{{ order.date|years(2024, 4000) }}"), @"order 12345: mapping test, r.F: the date 2023-10-26 is outside the years 2024 to 4000 that the destination takes; correct it in the shop");
}

#[test]
fn phones_and_countries_are_known_by_their_form() {
    let is =
        |test: &str, text: &str| literal(&format!("{{{{ '{text}' is {test} }}}}")) == json!(true);
    for (text, expected) in [
        ("555-123-4567", true),
        ("+1 (555) 123.4567", true),
        ("call me", false),
        ("555 ext 7", false),
        ("-555", false),
        ("()", false),
        ("", false),
        ("٠١٢٣", false),
    ] {
        assert_eq!(is("phone", text), expected, "{text}");
    }
    for (text, expected) in [
        ("US", true),
        ("XK", true),
        ("us", false),
        ("ZZ", false),
        ("U", false),
        ("S A", false),
        ("", false),
    ] {
        assert_eq!(is("country", text), expected, "{text}");
    }
}
