//! The problems of a mapping, in the words that a user reads. One snapshot, so that their tone is
//! seen in one place.

use crate::support;

use mapping::{Mapping, Overrides};
use std::fmt::Write;
use support::overrides;

/// A valid beginning; what follows belongs to the fields of its record.
const HEAD: &str = "system = \"salesforce\"\n[vars]\nproduct = \"\"\n[[record]]\nname = \"deal\"\nobject = \"Opportunity\"\nkey = { field = \"K\", value = \"{{ order.id }}\" }\n";

fn problems(text: &str, overrides: &Overrides) -> String {
    let found = Mapping::parse("acme.toml", text, overrides)
        .err()
        .unwrap_or_default();
    assert!(!found.is_empty(), "nothing was found wrong with:\n{text}");
    found
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn field(value: &str) -> String {
    format!("{HEAD}[record.fields]\nF = {value}\n")
}

#[test]
fn every_mistake_has_its_words() {
    let cases = [
        ("no TOML", "system = \n".to_owned()),
        ("empty", String::new()),
        (
            "unknown system",
            "system = \"salesfroce\"\n[[record]]\nname = \"a\"\nobject = \"A\"\nkey = { field = \"K\", value = \"{{ order.id }}\" }"
                .to_owned(),
        ),
        ("unknown keys", format!("{HEAD}forech = \"lines\"\n[[warnign]]\ntext = \"x\"")),
        ("record with one bracket", "system = \"zoho\"\n[record]\nname = \"a\"".to_owned()),
        ("missing keys of a record", "system = \"zoho\"\n[[record]]\n".to_owned()),
        (
            "no key, no find, no replaces",
            "system = \"zoho\"\n[[record]]\nname = \"a\"\nobject = \"A\"".to_owned(),
        ),
        (
            "key without its field",
            "system = \"zoho\"\n[[record]]\nname = \"a\"\nobject = \"A\"\nkey = \"K\"".to_owned(),
        ),
        (
            "two of a name",
            format!("{HEAD}[[record]]\nname = \"deal\"\nobject = \"A\"\nkey = {{ field = \"K\", value = \"1\" }}"),
        ),
        ("syntax error", field("\"{{ order.total \"")),
        ("unknown name", field("\"{{ ordr.total }}\"")),
        ("unknown attribute", field("\"{{ order.totl }}\"")),
        (
            "unknown attribute of a line",
            format!("{HEAD}for_each = \"lines\"\n[record.fields]\nF = \"{{{{ line.quantitty }}}}\""),
        ),
        ("line outside for_each", field("\"{{ line.name }}\"")),
        ("unknown variable", field("\"{{ vars.prodct }}\"")),
        ("unknown filter", field("\"{{ order.total|tims(2) }}\"")),
        ("filter that would make a float", field("\"{{ order.total|float }}\"")),
        ("unknown test", field("\"{{ 1 if order.total is positiv }}\"")),
        ("float in a template", field("\"{{ order.total|times(1.19) }}\"")),
        ("comparison by operator", field("\"{{ 'big' if order.total > 100 else 'small' }}\"")),
        ("as without for_each", format!("{HEAD}as = \"item\"")),
        ("as with a taken name", format!("{HEAD}for_each = \"lines\"\nas = \"order\"")),
        ("unknown record", field("{ ref = \"del\" }")),
        ("own record", field("{ ref = \"deal\" }")),
        (
            "later record",
            format!("{HEAD}replaces = \"b\"\n[[record]]\nname = \"b\"\nobject = \"B\"\nkey = {{ field = \"K\", value = \"1\" }}"),
        ),
        (
            "repeated record",
            format!(
                "{HEAD}for_each = \"lines\"\n[[record]]\nname = \"b\"\nobject = \"B\"\nkey = {{ field = \"K\", value = \"1\" }}\nfind = [{{ through = \"deal\", field = \"F\" }}]"
            ),
        ),
        ("on", field("{ value = \"x\", on = \"update\" }")),
        ("max", field("{ value = \"x\", max = 0 }")),
        ("decimals", field("{ value = \"x\", decimals = 1.5 }")),
        ("carry without decimals", field("{ value = \"x\", carry = true }")),
        ("carry", field("{ value = \"x\", decimals = 2, carry = 1 }")),
        ("first", field("{ first = \"x\" }")),
        (
            "field of a key",
            "system = \"zoho\"\n[[record]]\nname = \"a\"\nobject = \"A\"\nkey = { field = \"{{ vars.fild }}\", value = \"1\" }".to_owned(),
        ),
        ("unknown key beside ref", field("{ ref = \"deal\", onn = \"create\" }")),
        ("on inside an object", field("{ id = { value = \"x\", on = \"create\" } }")),
        ("missing", field("{ lookup = \"P\", where = { A = \"1\" }, missing = \"ignore\" }")),
        ("several", field("{ lookup = \"P\", where = { A = \"1\" }, several = \"first\" }")),
        ("look-up without conditions", field("{ lookup = \"P\" }")),
        ("dotted condition", field("{ lookup = \"P\", where = { Product2.Code = \"1\" } }")),
        ("not a number", field("inf")),
        ("together", format!("{HEAD}together = \"F\"")),
        ("together as names", format!("{HEAD}together = [\"F\"]\n[record.fields]\nF = 1")),
        (
            "together without a list",
            format!("{HEAD}together = [{{ fields = \"F\" }}]\n[record.fields]\nF = 1"),
        ),
        (
            "together of unknown fields",
            format!(
                "{HEAD}together = [{{ fields = [\"Citi\", \"{{{{ vars.prodct }}}}\"], on = \"now\", of = 1 }}]\n[record.fields]\nCity = 1"
            ),
        ),
    ];
    let mut report = String::new();
    for (name, text) in cases {
        writeln!(
            report,
            "# {name}\n{}\n",
            problems(&text, &Overrides::default())
        )
        .unwrap();
    }
    insta::assert_snapshot!(report);
}

#[test]
fn what_a_route_sets_is_checked_as_well() {
    let mapping = field("\"x\"");
    let report: Vec<String> = [
        "vars.prodct = 'x'",
        "vars.product = 1.5",
        "[set.deel]\nName = 'x'",
        "[set]\ndeal = 'x'",
        "[set.deal]\nName = '{{ order.nmber }}'",
        "[set.deal]\nAmount = 0.1",
    ]
    .iter()
    .map(|text| problems(&mapping, &overrides(text)))
    .collect();
    insta::assert_snapshot!(report.join("\n"), @r#"
acme.toml: the route sets vars.prodct, which this mapping does not have (did you mean `product`?); its variables are `product`
acme.toml: vars.product is a floating-point number; write it as text, such as "12.50", or "{{ '12.50'|number }}" for a field
acme.toml: the route sets fields of `deel`, which is no record of this mapping (did you mean `deal`?); its records are `deal`
acme.toml: the route's set.deal is a text; write [routes.set.RECORD] with fields
acme.toml: deal.Name: `order` has no `nmber` (did you mean `number`?); there are `id`, `number`, `status`, `status_kind`, `status_before_refunds`, `states`, `is_lost`, `currency`, `created`, `date`, `modified`, `paid`, `total`, `subtotal`, `shipping_total`, `tax_total`, `fee_total`, `discount_total`, `discount_total_unallocated`, `refund_total`, `worth`, `imbalance`, `marketplace_tax`, `parent`, `has_parts`, `note`, `payment_method`, `test`
acme.toml: set.deal.Amount is a floating-point number; write it as text, such as "12.50", or "{{ '12.50'|number }}" for a field
"#);
}

#[test]
fn all_problems_of_a_file_are_reported_together_in_its_order() {
    let text = "system = \"sap\"\n[[record]]\nname = \"a\"\nobject = \"{{ nothing }}\"\nkey = \"K\"\ncolour = 1\n[record.fields]\nK = \"{{ order.id }}\"\nL = { ref = \"b\" }\n";
    let found = Mapping::parse("acme.toml", text, &overrides("vars.x = 1")).unwrap_err();
    let lines: Vec<_> = found.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [None, Some(1), Some(4), Some(6), Some(9)]);
}

#[test]
fn a_file_of_mappings_beside_the_configuration_takes_the_built_in_ones_place() {
    let folder = tempfile::tempdir().unwrap();
    let load = |name: &str| Mapping::load(name, folder.path(), &Overrides::default());
    assert_eq!(
        load("woocommerce-salesforce").unwrap().name(),
        "woocommerce-salesforce"
    );
    std::fs::create_dir(folder.path().join("mappings")).unwrap();
    std::fs::write(
        folder.path().join("mappings/woocommerce-salesforce.toml"),
        field("\"x\"").replace("salesforce", "zoho"),
    )
    .unwrap();
    assert_eq!(load("woocommerce-salesforce").unwrap().system(), "zoho");
    assert_eq!(
        load("mappings/woocommerce-salesforce.toml").unwrap().name(),
        "woocommerce-salesforce"
    );
    let missing = load("woocomerce-salesforce").unwrap_err();
    assert!(
        missing[0]
            .message
            .contains("(did you mean `woocommerce-salesforce`?)"),
        "{}",
        missing[0]
    );
}

#[test]
fn the_version_changes_with_the_text_and_with_the_overrides() {
    let version = |text: &str, route: &str| {
        Mapping::parse("a.toml", text, &overrides(route))
            .unwrap()
            .version()
            .to_owned()
    };
    let (one, two) = (field("\"x\""), field("\"y\""));
    assert_eq!(version(&one, ""), version(&one, ""));
    assert_ne!(version(&one, ""), version(&two, ""));
    assert_ne!(version(&one, ""), version(&one, "vars.product = 'x'"));
    assert_ne!(
        version(&one, "[set.deal]\nA = 'x'"),
        version(&one, "[set.deal]\nA = 'y'")
    );
}

#[test]
fn every_built_in_mapping_is_valid_and_plans_an_order() {
    for name in Mapping::builtin_names() {
        let mapping = Mapping::load(
            name,
            std::path::Path::new("/nowhere"),
            &Overrides::default(),
        )
        .unwrap();
        assert!(
            !mapping
                .plan(&order::Order::example())
                .unwrap()
                .records
                .is_empty(),
            "{name}"
        );
    }
}
