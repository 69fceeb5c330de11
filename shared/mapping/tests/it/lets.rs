//! `[let]`: names for expressions.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use mapping::{Mapping, Overrides};
use support::{fields, overrides, plain, sample};

/// Returns a mapping with these expressions and these fields.
fn text(lets: &str, fields: &str) -> String {
    format!(
        "system = \"zoho\"\n[vars]\nshop = \"Acme\"\n[let]\n{lets}\n[[record]]\nname = \"r\"\nobject = \"Deals\"\nkey = {{ field = \"K\", value = \"{{{{ order.id }}}}\" }}\n[record.fields]\n{fields}"
    )
}

fn made(lets: &str, own: &str) -> String {
    let mapping = Mapping::parse("own.toml", &text(lets, own), &Overrides::default()).unwrap();
    plain(&mapping.plan(&sample()).unwrap())["r"]["F"].to_string()
}

fn told(lets: &str, own: &str) -> String {
    let told = Mapping::parse("own.toml", &text(lets, own), &Overrides::default()).unwrap_err();
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    told.join("\n")
}

#[test]
fn a_name_is_what_it_stands_for_wherever_a_template_uses_it() {
    let lets = "title = \"vars.shop ~ ' ' ~ number\"\nnumber = \"{{ order.number }}\"\ncode = \"line.code or 'none'\"\nbig = \"lines|selectattr('quantity')|list\"";
    let used = "G = \"{{ title }}\"\nH = \"{{ code if false else big|length }}\"\n";
    let cases = [
        ("F = \"{{ title }}\"", "\"Acme 12345\""),
        (
            "F = \"No. {{ number }}: {{ title|upper }}\"",
            "\"No. 12345: ACME 12345\"",
        ),
        (
            "F = { for_each = \"big\", each = \"{{ code }}\" }",
            "[\"101\",\"102\"]",
        ),
        (
            "F = { value = \"{{ order.total }}\", on = \"{{ 'create' if title else 'never' }}\" }",
            "99.99",
        ),
    ];
    for (field, expected) in cases {
        let used = used.replace("code if false else big", "big");
        let used =
            format!("{used}I = {{ for_each = \"lines\", each = \"{{{{ code }}}}\" }}\n{field}");
        assert_eq!(made(lets, &used), expected, "{field}");
    }
}

#[test]
fn an_absent_value_is_null_and_an_error_stays_one() {
    let lets = "mail = \"customer.email if customer.email is phone\"";
    assert_eq!(made(lets, "F = \"{{ mail or 'none' }}\""), "\"none\"");
    assert_eq!(
        made(lets, "F = \"{{ 'no' if not mail else 'yes' }}\""),
        "\"no\""
    );
    let absent = Mapping::parse(
        "own.toml",
        &text(lets, "F = \"{{ mail }}\""),
        &Overrides::default(),
    );
    assert!(
        fields(&absent.unwrap(), &sample())
            .as_object()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn mistakes_are_told_with_the_line() {
    let cases = [
        (
            "a = \"order.nmber\"",
            "F = \"{{ a }}\"",
            "own.toml:5: let.a: `order` has no `nmber`",
        ),
        (
            "a = \"vars.shp\"",
            "F = \"{{ a }}\"",
            "own.toml:5: let.a: `vars` has no `shp` (did you mean `shop`?)",
        ),
        (
            "a = \"b\"",
            "F = \"{{ a }}\"",
            "own.toml:5: let.a: unknown name `b`",
        ),
        (
            "a = \"1 +\"",
            "F = \"{{ a }}\"",
            "own.toml:5: let.a: syntax error",
        ),
        (
            "a = \"1) or (2\"",
            "F = \"{{ a }}\"",
            "own.toml:5: let.a: syntax error",
        ),
        (
            "a = \"1.5\"",
            "F = \"{{ a }}\"",
            "own.toml:5: let.a: 1.5 is a floating-point number",
        ),
        (
            "a = 1",
            "F = \"x\"",
            "own.toml:5: let.a is a number; write an expression",
        ),
        (
            "a = \"order.id\"",
            "F = \"x\"",
            "own.toml:5: nothing uses `a` of [let]",
        ),
        (
            "a = \"order.id\"\nb = \"a\"\nc = \"order.id\"",
            "F = \"{{ b ~ c }}\"",
            "",
        ),
        (
            "a = \"b or c\"\nb = \"1\"\nc = \"a\"",
            "F = \"{{ a }}\"",
            "own.toml:5: `a` of [let] is made of itself: a -> c -> a",
        ),
        (
            "a = \"a\"",
            "F = \"{{ a }}\"",
            "own.toml:5: `a` of [let] is made of itself: a -> a",
        ),
        (
            "order = \"1\"",
            "F = \"x\"",
            "own.toml:5: `order` of [let] already means something else",
        ),
        (
            "range = \"1\"",
            "F = \"x\"",
            "own.toml:5: `range` of [let] already means something else",
        ),
        (
            "extra = \"1\"",
            "F = { for_each = \"charges\", as = \"extra\", each = 1 }",
            "own.toml:11: for_each in r.F: `as` is `extra`, which already means something else",
        ),
        (
            "\"a-b\" = \"1\"",
            "F = \"x\"",
            "own.toml:5: `a-b` of [let] is no name that a template can use",
        ),
        (
            "not = \"1\"",
            "F = \"x\"",
            "own.toml:5: `not` of [let] is no name that a template can use",
        ),
        (
            "a = \"order.id\"",
            "F = \"{% set a = 1 %}{{ a }}\"",
            "own.toml:11: r.F: `a` is a name of [let], and cannot be given to something else",
        ),
        (
            "a = \"line.code\"",
            "F = \"{{ a }}\"",
            "own.toml:11: r.F: unknown name `line`",
        ),
    ];
    for (lets, field, expected) in cases {
        if expected.is_empty() {
            made(lets, field);
            continue;
        }
        let told = told(lets, field);
        assert!(told.contains(expected), "{lets}\n{told}");
    }
}

#[test]
fn a_route_may_replace_the_only_field_that_uses_a_name() {
    let text = text("a = \"order.id\"", "F = \"{{ a }}\"");
    let route = overrides("[set.r]\nF = 'x'");
    assert!(Mapping::parse("own.toml", &text, &route).is_ok());
}

/// Routes that are older than these names go on working, whatever their own names mean.
#[test]
fn what_a_route_gives_a_name_to_keeps_it() {
    let text = text("a = \"order.id\"", "F = \"{{ a }}\"");
    let route = "[set.r]\nG = '{% set a = 7 %}{{ a }}'\nH = { for_each = 'lines', as = 'a', each = '{{ a.code }}' }\nI = '{{ a }}'";
    let own = Mapping::parse("own.toml", &text, &overrides(route)).unwrap();
    let plan = plain(&own.plan(&sample()).unwrap());
    assert_eq!(
        plan["r"].to_string(),
        r#"{"K":"12345","F":"12345","G":"7","H":["101","102"],"I":"12345"}"#
    );
}

/// A mapping that extends another may have no use for all of its names, and may change their
/// meaning.
#[test]
fn a_mapping_that_extends_may_change_what_a_name_stands_for() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "base.toml",
        &text(
            "key = \"order.id\"\nname = \"order.number\"",
            "F = \"{{ key }}\"\nG = \"{{ name }}\"",
        ),
    );
    write(
        "own.toml",
        "extends = \"base.toml\"\nremove = [\"record.r.fields.G\"]\nlet.key = \"'eu-' ~ order.id\"",
    );
    let own = Mapping::load(
        "own.toml",
        folder.path(),
        &overrides("[set.r]\nH = '{{ key }}'"),
    )
    .unwrap();
    let plan = plain(&own.plan(&sample()).unwrap());
    assert_eq!(
        (&plan["r"]["F"], &plan["r"]["H"]),
        (&"eu-12345".into(), &"eu-12345".into())
    );
}

/// Each name needs all names after it, so that many ways lead to the last ones.
#[test]
fn a_name_that_becomes_too_long_is_tried_and_told_once() {
    let long = format!("long = \"'{}'\"\n", "x".repeat(30_000));
    let needed = |at: usize| (at + 1..=12).map(|at| format!(" ~ a{at}"));
    let lets = (1..=12).map(|at| {
        let needed: String = needed(at).collect();
        format!("a{at} = \"long ~ long ~ long{needed}\"\n")
    });
    let told = told(&(long + &lets.collect::<String>()), "F = \"{{ a1 }}\"");
    let too_long = told.lines().filter(|line| line.contains(": let.a"));
    assert_eq!(too_long.count(), 12);
}

/// Names that need each other are followed one inside the other, and the stack has an end.
#[test]
fn a_long_chain_of_names_is_told() {
    let lets = (0..1_000).map(|at| format!("a{at} = \"a{}\"\n", at + 1));
    let lets = lets.collect::<String>() + "a1000 = \"order.id\"";
    let told = told(&lets, "F = \"{{ a0 }}\"");
    let expected =
        "own.toml:105: `a100` of [let] is needed by 100 names, one through the other; say it with";
    assert!(told.contains(expected), "{told}");
}
