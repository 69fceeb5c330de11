//! Bounds of templates: each of these once made gigabytes from ten letters.

use crate::support;

use mapping::{Mapping, Overrides};
use order::Order;
use std::time::{Duration, Instant};
use support::with_fields;

/// Returns the problem of a template that is refused when the mapping is read. It is written as its
/// author would, with `"` for the quotes of TOML.
fn refused_at_the_start(template: &str) -> String {
    let text = format!(
        "system = \"zoho\"\n[[record]]\nname = \"r\"\nobject = \"Deals\"\nkey = {{ field = \"K\", value = \"{{{{ order.id }}}}\" }}\n[record.fields]\nF = \"\"\"{template}\"\"\"\n"
    );
    let found = Mapping::parse("test.toml", &text, &Overrides::default());
    let problems = found.err().unwrap_or_default();
    assert!(!problems.is_empty(), "nothing wrong with {template}");
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_has_no_bound_is_refused_before_any_order_is_planned() {
    let report: Vec<String> = [
        "{{ '%1000000000d'|format(1) }}",
        "{{ order.note|format(1) }}",
        "{{ range(9)|batch(10**9) }}",
        "{{ range(9)|slice(1000000000) }}",
        "{{ 'x'|indent(1000000000) }}",
        "{{ 'x' * 100000000 }}",
        "{% set n = namespace(t='x') %}",
        "{% set t %}x{% endset %}",
        "{% macro m() %}x{% endmacro %}",
    ]
    .iter()
    .map(|template| refused_at_the_start(template))
    .collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn whatever_else_makes_too_much_costs_one_order_and_says_which_field() {
    let doubling = format!(
        "{{% set t0 = 'abcdefgh' %}}{}{{{{ t40 }}}}",
        (1..=40).map(doubled).collect::<String>()
    );
    let lists = format!(
        "{{% set t0 = ['a'] %}}{}{{{{ t40 }}}}",
        (1..=40).map(listed).collect::<String>()
    );
    let nested = format!(
        "{{% for a in ['abcdefgh'] %}}{}{{{{ a }}}}{}",
        "{% for a in [a ~ a] %}".repeat(30),
        "{% endfor %}".repeat(31)
    );
    let replaced = format!(
        "{{{{ 'aaaaaaaaaa'{} }}}}",
        "|replace('a', 'aaaaaaaaaa')".repeat(12)
    );
    let method = format!(
        "{{{{ 'aaaaaaaaaa'{} }}}}",
        ".replace('a', 'aaaaaaaaaa')".repeat(12)
    );
    let templates = [
        &doubling,
        &lists,
        &nested,
        &replaced,
        &method,
        "{{ range(9999)|join(range(9999)|join('x')) }}",
        "{{ (range(9999)|join('x')).join(range(9999)|map('string')|list) }}",
        "{{ range(1000000000) }}",
        "{{ range(9999)|map('replace', '1', range(9999)|join('x'))|list|length }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}0123456789012345678901234567890123456789{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{{ order.note }}{% endfor %}",
        "{{ order.note|list }}",
        "{{ order.note.split('n') }}",
        "{{ order.date|date_format(order.note) }}",
        "{{ '{:1000000000}'.format(1) }}",
    ];
    let order = Order {
        note: Some("n".repeat(100_000)),
        ..Order::example()
    };
    let report: Vec<String> = templates
        .iter()
        .map(|template| {
            let mapping = with_fields(&format!("F = \"\"\"{template}\"\"\"\n"));
            let begun = Instant::now();
            let error = mapping.plan(&order).expect_err(template);
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{template}: {:?}",
                begun.elapsed()
            );
            error.to_string()
        })
        .collect();
    insta::assert_snapshot!(report.join("\n"));
}

fn doubled(number: u32) -> String {
    format!(
        "{{% set t{number} = t{before} ~ t{before} %}}",
        before = number - 1
    )
}

fn listed(number: u32) -> String {
    format!(
        "{{% set t{number} = [t{before}, t{before}] %}}",
        before = number - 1
    )
}

#[test]
fn what_mappings_are_written_for_fits() {
    let mut order = Order::example();
    let line = order.lines.first().cloned().unwrap_or_default();
    order.lines = vec![
        order::Line {
            name: "A product with a rather long name, as some shops have them".to_owned(),
            ..line
        };
        2_000
    ];
    let mapping = with_fields(
        "F = \"\"\"{% set all = lines %}{% for line in all if line.name %}{{ line.name }} (x{{ line.quantity }}){{ ', ' if not loop.last }}{% endfor %}\"\"\"\nG = \"{{ lines|map(attribute='name')|join(', ') }}\"\n",
    );
    mapping.plan(&order).unwrap();
}
