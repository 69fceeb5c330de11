//! Bounds on what a template can make, whatever an order holds and whatever its author wrote.
//!
//! The engine counts instructions and nothing else, and one instruction can make a gigabyte. So:
//! - a text that is made has at most [`LONGEST_TEXT`] bytes, and all texts that filters and output
//!   make in one evaluation have at most [`MOST_MADE`] ([`spend`]);
//! - only listed filters exist (see `builtins`); those that join and replace exist in forms of our
//!   own that count;
//! - the language is `{{ }}`, `if`, `for` and `set`. A value is checked when it gets a name
//!   ([`fits`]): otherwise, joining a text with itself would double it with each `set`, and a list
//!   of lists would be printed in full. No statement captures output, and nothing changes the value
//!   of a name later;
//! - within one expression a text grows only with the expression, which has at most [`MOST_JOINS`]
//!   joining operators, and `*` is refused.

use super::code::{Placed, Section, Token, sections, tokens};
use minijinja::{Error, ErrorKind, State, Value, value::ValueKind};
use std::{fmt, io};

/// The largest number of bytes in a text. No field of a destination takes half of it.
pub(super) const LONGEST_TEXT: usize = 1 << 20;
/// The largest number of bytes that may be made in one evaluation.
const MOST_MADE: usize = 4 * LONGEST_TEXT;
/// The largest number of items in a list that a template makes.
pub(super) const MOST_ITEMS: usize = 10_000;
/// The largest weight of a value with a name or of a field's value, in bytes as [`weight`] counts
/// them: more than that of any payload that is read.
const HEAVIEST: usize = 16 << 20;
/// The weight of an item of a list or of a map, beside that of the texts in it.
const ITEM: usize = 16;
/// The largest depth of lists in lists.
const DEEPEST: usize = 200;
/// The largest number of times that a template may join texts or lists with `~` and `+`.
const MOST_JOINS: usize = 64;
/// The filter through which every value passes that gets a name.
pub(super) const FITS: &str = "__fits";

/// The message for a template that makes too much.
pub(super) const TOO_MUCH: &str = "the template makes too long a text or too long a list; a text may have a million bytes, a list ten thousand items";

/// Rewrites a template so that every value that gets a name is checked.
///
/// # Errors
/// Fails with sentences for the user about everything that cannot be bounded.
pub(super) fn bounded(source: &str) -> Result<String, Vec<String>> {
    let (mut found, mut result, mut copied, mut joins) =
        (Vec::new(), String::with_capacity(source.len()), 0, 0_usize);
    for Section { at, is_statement } in sections(source) {
        let Some(code) = source.get(at.clone()) else {
            continue;
        };
        joins = joins.saturating_add(count_joins(code));
        if code.contains('*')
            && tokens(code)
                .iter()
                .any(|placed| placed.token == Token::Symbol("*"))
        {
            found.push(
                "`*` can make texts and lists of any length; calculate with the filter `times`"
                    .to_owned(),
            );
        }
        if !is_statement {
            continue;
        }
        match statement(code) {
            Ok(None) => {}
            Ok(Some(rewritten)) => {
                result.push_str(source.get(copied..at.start).unwrap_or_default());
                result.push_str(&rewritten);
                copied = at.end;
            }
            Err(problem) => found.push(problem),
        }
    }
    if joins > MOST_JOINS {
        found.push(format!(
            "the template joins with `~` or `+` {joins} times, and {MOST_JOINS} are possible; join a list with the filter `join`"
        ));
    }
    result.push_str(source.get(copied..).unwrap_or_default());
    if found.is_empty() {
        Ok(result)
    } else {
        Err(found)
    }
}

/// Counts every `+` and `~` between two operands; one at the edge of a section controls the white
/// space around the section instead.
fn count_joins(code: &str) -> usize {
    let tokens = tokens(code);
    let inner = tokens
        .get(1..tokens.len().saturating_sub(1))
        .unwrap_or_default();
    inner
        .iter()
        .filter(|placed| matches!(placed.token, Token::Symbol("~" | "+")))
        .count()
}

/// Returns a statement that gives names with the check added to it; `None` for one that gives none.
fn statement(code: &str) -> Result<Option<String>, String> {
    let tokens = tokens(code);
    let mut words = tokens.iter().filter_map(|placed| match placed.token {
        Token::Name(word) => Some(word),
        _ => None,
    });
    let end = code.trim_end().trim_end_matches(['-', '+']).len();
    match words.next().unwrap_or_default() {
        "if" | "elif" | "else" => Ok(None),
        "set" => {
            let equals = tokens
                .iter()
                .find(|placed| placed.token == Token::Symbol("="));
            let equals = equals.ok_or("a text between `{% set %}` and `{% endset %}` has no bound; write `{% set name = ... %}`")?;
            Ok(Some(checked(code, equals.start.saturating_add(1), end)))
        }
        "for" => {
            let is = |word| move |placed: &&Placed<'_>| placed.token == Token::Name(word);
            if tokens.iter().find(is("recursive")).is_some() {
                return Err(
                    "a `recursive` loop has no bound; write one loop inside the other".to_owned(),
                );
            }
            let Some(from) = tokens.iter().find(is("in")) else {
                return Ok(None);
            };
            let to = outermost(&tokens, "if").unwrap_or(end);
            Ok(Some(checked(code, from.start.saturating_add(2), to)))
        }
        // Where it ends another statement, the beginning of that statement is refused.
        word if word.starts_with("end") => Ok(None),
        word => Err(format!(
            "there is no statement `{word}` in a mapping; there are `if`, `for` and `set`"
        )),
    }
}

/// Returns the start of a word that is in no brackets.
fn outermost(tokens: &[Placed<'_>], word: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for placed in tokens {
        match placed.token {
            Token::Symbol("(" | "[" | "{") => depth = depth.saturating_add(1),
            Token::Symbol(")" | "]" | "}") => depth = depth.saturating_sub(1),
            Token::Name(name) if depth == 0 && name == word => return Some(placed.start),
            _ => {}
        }
    }
    None
}

fn checked(code: &str, from: usize, to: usize) -> String {
    let part = |range: Option<&str>| range.unwrap_or_default().to_owned();
    let (before, inside, after) = (
        part(code.get(..from)),
        part(code.get(from..to)),
        part(code.get(to..)),
    );
    format!("{before} ({})|{FITS} {after}", inside.trim())
}

/// The number of bytes that were made in this evaluation.
#[derive(Default)]
struct Made(usize);

/// Counts what is made, and fails when it is too much.
pub(super) fn spend(state: &mut State<'_, '_>, bytes: usize) -> Result<(), Error> {
    let made = state.get_or_insert_extension_with(Made::default);
    made.0 = made.0.saturating_add(bytes);
    if bytes > LONGEST_TEXT || made.0 > MOST_MADE {
        return Err(too_much());
    }
    Ok(())
}

/// Returns the value itself, where it is no larger than a name may hold.
pub(super) fn fits(value: &Value) -> Result<Value, Error> {
    if value.as_str().is_some_and(|text| text.len() > LONGEST_TEXT) {
        return Err(too_much());
    }
    has_room(value).map(|()| value.clone())
}

/// Checks that there is room for a value as it is printed or written to a plan. A text that is as
/// long in the order itself has room.
pub(super) fn has_room(value: &Value) -> Result<(), Error> {
    weight(value, HEAVIEST, DEEPEST)
        .map(drop)
        .ok_or_else(too_much)
}

/// Returns the room that is left after this value; `None` where it does not fit. A value that
/// occurs in several places counts in each, because it is also printed in each.
fn weight(value: &Value, room: usize, depth: usize) -> Option<usize> {
    let mut room = room.checked_sub(ITEM)?;
    match value.kind() {
        ValueKind::String => room.checked_sub(value.as_str().map_or(0, str::len)),
        ValueKind::Seq | ValueKind::Iterable => {
            let depth = depth.checked_sub(1)?;
            for item in value.try_iter().ok()? {
                room = weight(&item, room, depth)?;
            }
            Some(room)
        }
        ValueKind::Map => {
            let depth = depth.checked_sub(1)?;
            for (name, item) in value
                .as_object()
                .and_then(|object| object.try_iter_pairs())
                .into_iter()
                .flatten()
            {
                room = weight(&item, weight(&name, room, depth)?, depth)?;
            }
            Some(room)
        }
        _ => Some(room),
    }
}

/// Returns the error of a template that makes too much.
pub(super) fn too_much() -> Error {
    Error::new(ErrorKind::InvalidOperation, TOO_MUCH)
}

/// A text that cannot grow beyond [`LONGEST_TEXT`].
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    /// Prints a value.
    pub(super) fn of(value: &Value) -> Result<Self, Error> {
        let mut text = Self::default();
        text.print(value)?;
        Ok(text)
    }

    pub(super) fn push(&mut self, part: &str) -> Result<(), Error> {
        fmt::Write::write_str(self, part).map_err(|_| too_much())
    }

    pub(super) fn print(&mut self, value: &Value) -> Result<(), Error> {
        match value.as_str() {
            Some(text) => self.push(text),
            None => fmt::Write::write_fmt(self, format_args!("{value}")).map_err(|_| too_much()),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.0.len().saturating_add(part.len()) > LONGEST_TEXT {
            return Err(fmt::Error);
        }
        self.0.push_str(part);
        Ok(())
    }
}

/// The engine writes its output as bytes, which are always text.
impl io::Write for Text {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(part).map_err(io::Error::other)?;
        fmt::Write::write_str(self, text).map_err(io::Error::other)?;
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{FITS, bounded};

    #[test]
    fn whatever_gets_a_name_is_checked() {
        let rewritten = |source: &str| bounded(source).unwrap().replace(FITS, "F");
        let cases = [
            ("{% set a = b ~ c %}", "{% set a = (b ~ c)|F %}"),
            ("{%- set a, b = 1, 2 -%}", "{%- set a, b = (1, 2)|F -%}"),
            ("{% set a = b == c %}x", "{% set a = (b == c)|F %}x"),
            (
                "{% for a in lines %}{{ a }}{% endfor %}",
                "{% for a in (lines)|F %}{{ a }}{% endfor %}",
            ),
            (
                "{%- for a, b in (x if y else z) if a in b -%}",
                "{%- for a, b in ((x if y else z))|F if a in b -%}",
            ),
            (
                "{# {% set a = b %} #}{{ a }}",
                "{# {% set a = b %} #}{{ a }}",
            ),
            (
                "{% if a %}{{ '{% set a = b %}' }}{% endif %}",
                "{% if a %}{{ '{% set a = b %}' }}{% endif %}",
            ),
        ];
        for (source, expected) in cases {
            let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(squeezed(&rewritten(source)), expected, "{source}");
        }
    }

    #[test]
    fn what_cannot_be_bounded_is_refused() {
        for source in [
            "{% set a %}{{ b }}{% endset %}",
            "{% filter upper %}a{% endfilter %}",
            "{% macro a() %}{% endmacro %}",
            "{% for a in b recursive %}{% endfor %}",
            "{% with a = b %}{% endwith %}",
            "{% raw %}{% endraw %}",
            "{{ 'x' * 100000000 }}",
            "{{ 2 ** 100 }}",
        ] {
            assert!(bounded(source).is_err(), "{source}");
        }
        let joined = |times: usize| format!("{{{{ a{} }}}}", " ~ a".repeat(times));
        assert!(bounded(&joined(64)).is_ok() && bounded(&joined(65)).is_err());
    }
}
