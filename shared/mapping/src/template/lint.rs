//! What compiles but can not be meant: filters that do not exist, floats, and operators that the template engine applies to an exact
//! number and an integer without comparing their values (it orders values of different types by type).

use minijinja::{Environment, ErrorKind};

const COMPARISONS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

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
    "truncate",
    "replace",
    "trim",
    "first",
    "last",
    "list",
    "round",
    "sum",
];

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Number(&'a str),
    Text,
    Symbol(&'a str),
}

/// Checks the code of a template that compiles.
///
/// # Errors
/// Everything found, in words for a user.
pub(super) fn check(source: &str, env: &Environment<'static>) -> Result<(), Vec<String>> {
    let mut found = Vec::new();
    for code in code_sections(source) {
        let tokens = tokens(code);
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
        (_, Token::Symbol(symbol)) if COMPARISONS.contains(symbol) => unsound_comparison(tokens, at, symbol),
        (Some(Token::Name("is")), Token::Name(name)) => test_name(tokens, at, name).and_then(|name| unknown_test(name, env)),
        _ => None,
    }
}

/// `order.total > 0` compares types, not values.
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

/// The test in `is NAME` and `is not NAME`.
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

/// The insides of `{{ }}` and `{% %}`. Quoted braces do not end a section.
fn code_sections(source: &str) -> Vec<&str> {
    let mut sections = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find('{') {
        let Some(opened) = rest.get(start..) else { break };
        let end = match opened.get(..2) {
            Some("{{") => section_end(opened, "}}"),
            Some("{%") => section_end(opened, "%}"),
            Some("{#") => {
                rest = opened.split_once("#}").map_or("", |(_, after)| after);
                continue;
            }
            _ => {
                rest = opened.get(1..).unwrap_or_default();
                continue;
            }
        };
        sections.extend(opened.get(2..end));
        rest = opened.get(end..).unwrap_or_default();
    }
    sections
}

/// Where a section that starts with two bytes of opening ends: before `close`, outside quotes and braces.
fn section_end(opened: &str, close: &str) -> usize {
    let (mut quote, mut escaped, mut depth) = (None, false, 0_usize);
    for (at, letter) in opened.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if depth == 0 && opened.get(at..).is_some_and(|tail| tail.starts_with(close)) => return at,
            None => match letter {
                '"' | '\'' => quote = Some(letter),
                '{' | '(' | '[' => depth = depth.saturating_add(1),
                '}' | ')' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            },
        }
    }
    opened.len()
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = token_length(rest, first);
        let (token, after) = rest.split_at(length);
        tokens.push(match first {
            '"' | '\'' => Token::Text,
            _ if first.is_ascii_digit() => Token::Number(token),
            _ if first.is_alphabetic() || first == '_' => Token::Name(token),
            _ => Token::Symbol(token),
        });
        rest = after.trim_start();
    }
    tokens
}

fn token_length(rest: &str, first: char) -> usize {
    let while_true = |accept: &dyn Fn(char) -> bool| rest.find(|letter| !accept(letter)).unwrap_or(rest.len());
    match first {
        '"' | '\'' => text_length(rest, first),
        _ if first.is_ascii_digit() => number_length(rest),
        _ if first.is_alphabetic() || first == '_' => while_true(&|letter| letter.is_alphanumeric() || letter == '_'),
        _ if rest.get(..2).is_some_and(|two| COMPARISONS.contains(&two)) => 2,
        _ => first.len_utf8(),
    }
}

fn text_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if letter == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// `12`, `1_000`, `1.5`, `1e5`; the point of `1..x` or `1.method` belongs to what follows.
fn number_length(rest: &str) -> usize {
    let end = rest
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .unwrap_or(rest.len());
    let decimals = rest
        .get(end..)
        .and_then(|tail| tail.strip_prefix('.'))
        .map_or(0, |tail| tail.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tail.len()));
    if decimals == 0 { end } else { end + 1 + decimals }
}
