//! Text from outside in a form that a terminal or a log viewer displays and does not obey. Shoppers
//! write notes, shops name products, and systems answer with anything: an escape sequence moves the
//! cursor or sets a title, a mark for writing from right to left reverses a line, a line break
//! makes two lines of one.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

/// Returns a text for one line: every control character, line breaks included, is written as its
/// escape.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, commands, |character, out| {
        out.extend(character.escape_default())
    })
}

/// Returns a text for several lines: line breaks and tabs stay, other control characters are
/// written as their escapes.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    let is_escaped = |character| commands(character) && !matches!(character, '\n' | '\t');
    escaped(text, is_escaped, |character, out| {
        out.extend(character.escape_default())
    })
}

/// Returns JSON that means the same, with those characters escaped that JSON allows in a text and a
/// terminal obeys: DEL, C1, marks for the direction of writing.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    // Below the space there are only line breaks and tabs between values: within texts, JSON has
    // them escaped.
    let is_escaped = |character| commands(character) && character >= ' ';
    escaped(text, is_escaped, |character, out| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing to a text does not fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

/// Returns whether a character does more than be seen: C0, DEL and C1; separators of lines and
/// paragraphs; marks, embeddings, overrides and isolates of the direction of writing (UAX #9); and
/// the tags that nobody sees at all.
fn commands(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

fn escaped(
    text: &str,
    is_escaped: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.chars().any(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_escaped(character) {
            escape(character, &mut out);
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// The writer that passes lines of JSON on in the form of [`json`]. Each write is a whole line.
pub(crate) struct JsonLines<W>(pub(crate) W);

impl<W: Write> Write for JsonLines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(json(text).as_bytes())?,
            Err(_) => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "a\u{1b}[31mb\u{7}\u{9b}2J\u{9d}0;t\u{9c}\u{7f}c\nd\te\r\u{202e}f\u{2066}g\u{2028}h\u{e0041}";

    #[test]
    fn a_line_stays_a_line_and_no_command_is_left() {
        let expected = "a\\u{1b}[31mb\\u{7}\\u{9b}2J\\u{9d}0;t\\u{9c}\\u{7f}c\\nd\\te\\r\\u{202e}f\\u{2066}g\\u{2028}h\\u{e0041}";
        assert_eq!(one_line(EVIL), expected);
        assert!(
            matches!(one_line("Zoë 李 ‑ naïve 🧦"), Cow::Borrowed(_)),
            "what is only to be read stays as it is"
        );
    }

    #[test]
    fn a_text_of_several_lines_keeps_them() {
        assert_eq!(
            lines("one\n\ttwo\u{1b}[2K\r\n"),
            "one\n\ttwo\\u{1b}[2K\\r\n"
        );
    }

    #[test]
    fn json_means_the_same_without_commands() {
        let value = serde_json::json!({ "note": EVIL, "name": "Zoë" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let plain = json(&text);
        assert!(
            !plain
                .chars()
                .any(|character| commands(character) && character != '\n'),
            "{plain}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&plain).unwrap(),
            value
        );
        let mut out = Vec::new();
        JsonLines(&mut out).write_all(text.as_bytes()).unwrap();
        assert_eq!(out, plain.as_bytes());
    }
}
