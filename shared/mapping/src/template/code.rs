//! The code in a template: its sections and their tokens.

use std::ops::Range;

/// The operators that compare, those of two letters included.
pub(super) const COMPARISONS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];

/// The inside of `{{ }}` or `{% %}`.
pub(super) struct Section {
    /// The place of the section in the template.
    pub(super) at: Range<usize>,
    /// Whether the section is the inside of `{% %}`.
    pub(super) is_statement: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    Number(&'a str),
    Text,
    Symbol(&'a str),
}

/// A token and where it begins in its section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) start: usize,
}

/// Returns the sections of a template, comments left out. Quoted braces do not end a section.
pub(super) fn sections(source: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut from = 0;
    while let Some(rest) = source.get(from..) {
        let Some(start) = rest.find('{') else { break };
        let Some(opened) = rest.get(start..) else {
            break;
        };
        let start = from.saturating_add(start);
        let (end, is_statement) = match opened.get(..2) {
            Some("{{") => (section_end(opened, "}}"), false),
            Some("{%") => (section_end(opened, "%}"), true),
            Some("{#") => {
                let length = opened
                    .find("#}")
                    .map_or(opened.len(), |end| end.saturating_add(2));
                from = start.saturating_add(length);
                continue;
            }
            _ => {
                from = start.saturating_add(1);
                continue;
            }
        };
        from = start.saturating_add(end);
        sections.push(Section {
            at: start.saturating_add(2).min(from)..from,
            is_statement,
        });
    }
    sections
}

/// Returns the end of a section that starts with an opening of two bytes: the place before `close`,
/// outside quotes and braces.
fn section_end(opened: &str, close: &str) -> usize {
    let (mut quote, mut escaped, mut depth) = (None, false, 0_usize);
    for (at, letter) in opened.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if depth == 0 && opened.get(at..).is_some_and(|tail| tail.starts_with(close)) => {
                return at;
            }
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

/// Splits a section into its tokens.
pub(super) fn tokens(code: &str) -> Vec<Placed<'_>> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let start = code.len().saturating_sub(rest.len());
        let length = token_length(rest, first);
        let (token, after) = rest.split_at(length);
        let token = match first {
            '"' | '\'' => Token::Text,
            _ if first.is_ascii_digit() => Token::Number(token),
            _ if first.is_alphabetic() || first == '_' => Token::Name(token),
            _ => Token::Symbol(token),
        };
        tokens.push(Placed { token, start });
        rest = after.trim_start();
    }
    tokens
}

fn token_length(rest: &str, first: char) -> usize {
    let while_true =
        |accept: &dyn Fn(char) -> bool| rest.find(|letter| !accept(letter)).unwrap_or(rest.len());
    match first {
        '"' | '\'' => text_length(rest, first),
        _ if first.is_ascii_digit() => number_length(rest),
        _ if first.is_alphabetic() || first == '_' => {
            while_true(&|letter| letter.is_alphanumeric() || letter == '_')
        }
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

/// Returns the length of a number: `12`, `1_000`, `1.5`, `1e5`. The point of `1..x` or `1.method`
/// belongs to what follows.
fn number_length(rest: &str) -> usize {
    let end = rest
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .unwrap_or(rest.len());
    let decimals = rest
        .get(end..)
        .and_then(|tail| tail.strip_prefix('.'))
        .map_or(0, |tail| {
            tail.find(|letter: char| !letter.is_ascii_digit())
                .unwrap_or(tail.len())
        });
    if decimals == 0 {
        end
    } else {
        end + 1 + decimals
    }
}
