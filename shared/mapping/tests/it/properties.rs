//! Laws: nothing that a user writes panics, and no cent is lost on the way to the plan.

use crate::support;

use mapping::{
    Mapping, Overrides,
    plan::{Scalar, Value},
};
use order::Money;
use proptest::prelude::*;
use support::{builtin, line, sample};

/// Joins pieces that come close to templates, so that more of them compile than by chance.
fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{ ".to_owned()),
        Just(" }}".to_owned()),
        Just("{% ".to_owned()),
        Just(" %}".to_owned()),
        Just("{#".to_owned()),
        Just("#}".to_owned()),
        Just("order".to_owned()),
        Just(".total".to_owned()),
        Just("lines".to_owned()),
        Just("raw".to_owned()),
        Just("vars".to_owned()),
        Just("|".to_owned()),
        Just("sum".to_owned()),
        Just("plus(1)".to_owned()),
        Just("divided_by(0)".to_owned()),
        Just("add_months(9999999999)".to_owned()),
        Just("date_format('%".to_owned()),
        Just("sort".to_owned()),
        Just("max".to_owned()),
        Just("list".to_owned()),
        Just("[0]".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just(" if ".to_owned()),
        Just(" else ".to_owned()),
        Just(" is ".to_owned()),
        Just("for x in ".to_owned()),
        Just("endfor".to_owned()),
        Just(" < ".to_owned()),
        Just(" == ".to_owned()),
        Just("~".to_owned()),
        Just("'a'".to_owned()),
        Just("{'a': 1}".to_owned()),
        Just("-1".to_owned()),
        "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Makes an expression between braces, so that more of them compile than by chance.
fn expression() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("order"),
        Just("lines"),
        Just("order.total"),
        Just("raw"),
        Just("vars"),
        Just("[1, order.total, 'x', none]"),
        Just("{'a': order.total}"),
        Just("'2023-10-26'"),
        Just("customer.name"),
        Just("none"),
        Just("-7")
    ];
    let filter = prop_oneof![
        Just("sum"),
        Just("sort"),
        Just("unique"),
        Just("list"),
        Just("max"),
        Just("min"),
        Just("length"),
        Just("items"),
        Just("first"),
        Just("join"),
        Just("plus(order.total)"),
        Just("times('9999999999999999999999')"),
        Just("divided_by(3, 4000000000)"),
        Just("money(99)"),
        Just("round(77)"),
        Just("number"),
        Just("date"),
        Just("add_days(-9223372036854775808)"),
        Just("add_months(1)"),
        Just("date_format('%Y %Q %')"),
        Just("map(attribute='total')"),
        Just("selectattr('total', 'gt', 1)"),
        Just("groupby('total')"),
        Just("tojson"),
        Just("abs"),
        Just("int"),
        Just("string"),
        Just("reverse"),
        Just("dictsort"),
        Just("default(1)"),
        Just("batch(2)"),
        Just("truncate(2)"),
    ];
    (value, proptest::collection::vec(filter, 0..4)).prop_map(|(value, filters)| {
        format!(
            "{{{{ {value}{} }}}}",
            filters
                .iter()
                .map(|filter| format!("|{filter}"))
                .collect::<String>()
        )
    })
}

fn plan_with(template: &str) {
    let text = format!(
        "system = \"zoho\"\n[[record]]\nname = \"r\"\nobject = \"Deals\"\nkey = {{ field = \"K\", value = \"1\" }}\n[record.fields]\nF = {}\n",
        toml::Value::String(template.to_owned())
    );
    if let Ok(mapping) = Mapping::parse("p.toml", &text, &Overrides::default()) {
        drop(mapping.plan(&sample()));
    }
}

proptest! {
    #[test]
    fn no_template_panics(template in template()) {
        plan_with(&template);
    }

    #[test]
    fn no_expression_panics(expression in expression()) {
        plan_with(&expression);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}|(?s).{0,200}") {
        drop(Mapping::parse("p.toml", &text, &Overrides::default()));
    }

    #[test]
    fn no_mutilated_mapping_panics(cut in 0_usize..9000, length in 0_usize..40, insert in "\\PC{0,3}") {
        let whole: Vec<char> = include_str!("../../../../config/mappings/woocommerce-salesforce.toml").chars().collect();
        let (start, end) = (cut.min(whole.len()), (cut + length).min(whole.len()));
        let text: String = whole[..start].iter().copied().chain(insert.chars()).chain(whole[end..].iter().copied()).collect();
        if let Ok(mapping) = Mapping::parse("p.toml", &text, &Overrides::default()) {
            drop(mapping.plan(&sample()));
        }
    }

    #[test]
    fn lines_and_extras_add_up_to_the_total(
        lines in proptest::collection::vec((1_u32..50, 0_i64..100_000), 1..20),
        (shipping, tax, fees, discount) in (0_i64..10_000, 0_i64..10_000, -5_000_i64..10_000, 0_i64..5_000),
    ) {
        let mut order = sample();
        order.lines = lines.iter().enumerate().map(|(index, (quantity, cents))| {
            line(&index.to_string(), "Thing", &quantity.to_string(), &Money::new(*cents, 2).to_string())
        }).collect();
        order.shipping_total = Money::new(shipping, 2);
        order.tax_total = Money::new(tax, 2);
        order.fee_total = Money::new(fees, 2);
        order.discount_total_unallocated = Money::new(discount, 2);
        order.total = Money::ZERO;
        order.total = -order.difference().unwrap();
        let mapping = builtin("[vars]\nshipping_product = 'S'\ntax_product = 'T'\nfee_product = 'F'\ndiscount_product = 'D'");
        let plan = mapping.plan(&order).unwrap();
        let number = |fields: &indexmap::IndexMap<String, mapping::plan::Field>, name: &str| match fields.get(name).map(|field| &field.value) {
            Some(Value::Literal(Scalar::Number(number))) => Some(*number),
            _ => None,
        };
        let sum: Money = plan.records.iter().filter(|record| record.object == "OpportunityLineItem").map(|record| {
            number(&record.fields, "TotalPrice").unwrap_or_else(|| number(&record.fields, "UnitPrice").unwrap() * number(&record.fields, "Quantity").unwrap())
        }).sum();
        prop_assert_eq!(sum, order.total);
        prop_assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    }
}
