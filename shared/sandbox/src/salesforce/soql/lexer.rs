use super::super::value::stamp;
use super::{super::error::ApiError, malformed, syntax::Literal};
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;

/// One token of a query and its beginning.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// The token as written, for messages.
    pub(super) text: String,
    pub(super) at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Word,
    Symbol,
    Literal(Literal),
    End,
}

/// Splits a query into its tokens, with an `End` last.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, ApiError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = rest(query, at).chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let token = token(query, at, first)?;
        at += token.text.len();
        tokens.push(token);
    }
    tokens.push(Token {
        kind: TokenKind::End,
        text: "<EOF>".into(),
        at,
    });
    Ok(tokens)
}

fn token(query: &str, at: usize, first: char) -> Result<Token, ApiError> {
    let text = rest(query, at);
    let made = |kind, length: usize| Token {
        kind,
        text: text.get(..length).unwrap_or(text).to_owned(),
        at,
    };
    let span = |belongs: fn(char) -> bool| {
        text.find(|character| !belongs(character))
            .unwrap_or(text.len())
    };
    match first {
        '\'' => quoted(text, at),
        '(' | ')' | ',' | '=' => Ok(made(TokenKind::Symbol, 1)),
        '!' | '<' | '>' => {
            let double = ["!=", "<=", ">=", "<>"]
                .iter()
                .any(|symbol| text.starts_with(symbol));
            Ok(made(TokenKind::Symbol, if double { 2 } else { 1 }))
        }
        '0'..='9' | '-' | '+' => {
            let length = span(|character| {
                character.is_ascii_alphanumeric() || matches!(character, '.' | ':' | '-' | '+')
            });
            let written = made(TokenKind::End, length);
            let literal = number_or_time(&written.text)
                .ok_or_else(|| malformed(format!("unexpected token: {}", written.text)))?;
            Ok(Token {
                kind: TokenKind::Literal(literal),
                ..written
            })
        }
        _ if first.is_ascii_alphabetic() || first == '_' => {
            let length = span(|character| {
                character.is_ascii_alphanumeric() || matches!(character, '_' | '.')
            });
            Ok(made(TokenKind::Word, length))
        }
        other => Err(malformed(format!(
            "line 1:{at} no viable alternative at character '{other}'"
        ))),
    }
}

/// Reads a string literal with the escapes of the SOQL Reference; any other backslash is an error.
fn quoted(text: &str, at: usize) -> Result<Token, ApiError> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            '\'' => {
                let written = text.get(..=index).unwrap_or(text).to_owned();
                return Ok(Token {
                    kind: TokenKind::Literal(Literal::Text(value)),
                    text: written,
                    at,
                });
            }
            '\\' => {
                let escape = characters
                    .next()
                    .map(|(_, escape)| escape)
                    .unwrap_or_default();
                value.push(
                    unescaped(escape, &mut characters).ok_or_else(|| illegal_escape(escape))?,
                );
            }
            other => value.push(other),
        }
    }
    Err(malformed(format!(
        "line 1:{} mismatched character '<EOF>' expecting '''",
        at + text.len()
    )))
}

fn unescaped(escape: char, characters: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    match escape {
        'n' | 'N' => Some('\n'),
        'r' | 'R' => Some('\r'),
        't' | 'T' => Some('\t'),
        'b' | 'B' => Some('\u{8}'),
        'f' | 'F' => Some('\u{c}'),
        '"' | '\'' | '\\' => Some(escape),
        'u' => {
            let digits: String = characters.take(4).map(|(_, digit)| digit).collect();
            (digits.len() == 4)
                .then(|| u32::from_str_radix(&digits, 16).ok())
                .flatten()
                .and_then(char::from_u32)
        }
        _ => None,
    }
}

fn illegal_escape(escape: char) -> ApiError {
    malformed(format!(
        "Invalid string literal. Illegal character sequence '\\{escape}' in string literal."
    ))
}

fn number_or_time(text: &str) -> Option<Literal> {
    if let Ok(number) = Decimal::from_str_exact(text) {
        return Some(Literal::Number(number));
    }
    if text.len() == 10 && text.parse::<Date>().is_ok() {
        return Some(Literal::Time(text.to_owned()));
    }
    let instant = text.parse::<Timestamp>().ok()?;
    stamp(instant)
        .text()
        .map(|text| Literal::Time(text.to_owned()))
}

fn rest(query: &str, at: usize) -> &str {
    query.get(at..).unwrap_or_default()
}
