//! Checks for code that compiles but cannot be meant: filters that do not exist, floats, and
//! operators that the template engine applies to an exact number and an integer without comparing
//! their values (it orders values of different types by type).

use super::code::{COMPARISONS, Token, sections, tokens};
use minijinja::{Environment, ErrorKind};

/// Names after which a value is an integer, so that comparing it with a literal is sound.
const INTEGERS: [&str; 5] = ["length", "count", "int", "index", "index0"];

/// The filters that mappings use, for suggestions; the engine does not list its own.
const FILTERS: [&str; 28] = [
    "plus",
    "minus",
    "times",
    "divided_by",
    "money",
    "number",
    "date",
    "add_days",
    "add_months",
    "date_format",
    "years",
    "required",
    "default",
    "length",
    "lower",
    "upper",
    "join",
    "map",
    "selectattr",
    "rejectattr",
    "split",
    "replace",
    "trim",
    "first",
    "last",
    "list",
    "round",
    "sum",
];

/// Filters of Jinja that mappings do not have, and that somebody may look for.
const UNBOUNDED: [&str; 7] = [
    "format", "batch", "slice", "indent", "chain", "zip", "pprint",
];

/// Checks the code of a template that compiles.
///
/// # Errors
/// Fails with sentences for the user about everything that was found.
pub(super) fn check(source: &str, env: &Environment<'static>) -> Result<(), Vec<String>> {
    let mut found = Vec::new();
    for code in sections(source)
        .into_iter()
        .filter_map(|section| source.get(section.at))
    {
        let tokens: Vec<Token<'_>> = tokens(code)
            .into_iter()
            .map(|placed| placed.token)
            .collect();
        for at in 0..tokens.len() {
            found.extend(check_token(&tokens, at, env));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn check_token(tokens: &[Token<'_>], at: usize, env: &Environment<'static>) -> Option<String> {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    match (before, tokens.get(at)?) {
        (_, Token::Number(number)) if is_float(number) => Some(format!(
            "{number} is a floating-point number, and those lose cents; write '{number}'|number"
        )),
        (Some(Token::Symbol("|")), Token::Name(name)) => unknown_filter(name, env),
        (_, Token::Symbol(symbol)) if COMPARISONS.contains(symbol) => {
            unsound_comparison(tokens, at, symbol)
        }
        (Some(Token::Name("is")), Token::Name(name)) => {
            test_name(tokens, at, name).and_then(|name| unknown_test(name, env))
        }
        _ => None,
    }
}

/// Finds a comparison such as `order.total > 0`, which compares types, not values.
fn unsound_comparison(tokens: &[Token<'_>], at: usize, symbol: &str) -> Option<String> {
    let right = match (tokens.get(at + 1), tokens.get(at + 2)) {
        (Some(Token::Symbol("-")), literal) => literal,
        (literal, _) => literal,
    };
    let left = at.checked_sub(1).and_then(|left| tokens.get(left));
    let literal_right = matches!(right, Some(Token::Number(_)));
    let literal_left = matches!(left, Some(Token::Number(_)));
    let integer = [left, right]
        .into_iter()
        .flatten()
        .any(|token| matches!(token, Token::Name(name) if INTEGERS.contains(name)));
    if (!literal_right && !literal_left) || integer || (literal_left && literal_right) {
        return None;
    }
    let test = match symbol {
        "==" => "eq",
        "!=" => "ne",
        "<=" => "le",
        ">=" => "ge",
        "<" => "lt",
        _ => "gt",
    };
    Some(format!(
        "`{symbol}` does not compare exact numbers with a literal; write `value is {test}(number)`"
    ))
}

fn unknown_filter(name: &str, env: &Environment<'static>) -> Option<String> {
    let result = env.empty_state().apply_filter(name, &[]);
    let unknown = result.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter);
    if unknown && UNBOUNDED.contains(&name) {
        return Some(format!(
            "the filter `{name}` of Jinja is left out here, because it can make a text or a list of any length"
        ));
    }
    unknown.then(|| {
        let near = crate::problem::did_you_mean(name, FILTERS);
        format!("there is no filter `{name}`{near}")
    })
}

fn unknown_test(name: &str, env: &Environment<'static>) -> Option<String> {
    let result = env.empty_state().perform_test(name, &[]);
    let unknown = result.is_err_and(|error| error.kind() == ErrorKind::UnknownTest);
    unknown.then(|| format!("there is no test `{name}`"))
}

/// Returns the name of the test in `is NAME` and `is not NAME`.
fn test_name<'a>(tokens: &[Token<'a>], at: usize, name: &'a str) -> Option<&'a str> {
    if name != "not" {
        return Some(name);
    }
    match tokens.get(at + 1) {
        Some(Token::Name(name)) => Some(name),
        _ => None,
    }
}

fn is_float(number: &str) -> bool {
    number.contains(['.', 'e', 'E']) && !number.starts_with("0x")
}
