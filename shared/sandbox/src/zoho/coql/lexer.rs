use super::super::error::Failure;
use rust_decimal::Decimal;
use serde_json::json;

/// One token of a query and its beginning, in bytes.
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
    Text(String),
    Number(Decimal),
    End,
}

/// Splits a query into its tokens, with an `End` last.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Failure> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = query.len() - rest.len();
        let (kind, length) = token(rest, first).ok_or_else(|| unexpected(rest, at))?;
        let (text, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        tokens.push(Token {
            kind,
            text: text.to_owned(),
            at,
        });
        rest = behind.trim_start();
    }
    tokens.push(Token {
        kind: TokenKind::End,
        text: String::new(),
        at: query.len(),
    });
    Ok(tokens)
}

/// Creates a `SYNTAX_ERROR` at a place.
pub(super) fn unexpected(near: &str, at: usize) -> Failure {
    let near: String = near.chars().take(20).collect();
    let details = json!({"line": 1, "column": at + 1, "near": near});
    Failure::new("SYNTAX_ERROR", "unexpected token", details)
}

/// Returns the first token of a text and its length.
fn token(text: &str, first: char) -> Option<(TokenKind, usize)> {
    let span = |belongs: fn(char) -> bool| {
        text.find(|character| !belongs(character))
            .unwrap_or(text.len())
    };
    match first {
        '\'' | '"' => quoted(text, first),
        '(' | ')' | ',' | '=' => Some((TokenKind::Symbol, 1)),
        '!' | '<' | '>' => {
            let is_double = text.get(1..2) == Some("=");
            (is_double || first != '!')
                .then_some((TokenKind::Symbol, if is_double { 2 } else { 1 }))
        }
        '0'..='9' | '-' => {
            let length = span(|character| {
                character.is_ascii_alphanumeric() || matches!(character, '.' | '-')
            });
            let number = Decimal::from_str_exact(text.get(..length)?).ok()?;
            Some((TokenKind::Number(number), length))
        }
        _ if first.is_ascii_alphabetic() || first == '_' => {
            let length = span(|character| {
                character.is_ascii_alphanumeric() || matches!(character, '_' | '.')
            });
            Some((TokenKind::Word, length))
        }
        _ => None,
    }
}

/// Reads a text in quotes, which are doubled inside of it (`'O''Brien'`; "Kaizen #171", question
/// 3). A backslash right before a quote is a syntax error, and elsewhere a letter like any other:
/// Zoho's reading of it there is not documented.
fn quoted(text: &str, quote: char) -> Option<(TokenKind, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match character {
            '\\' if matches!(next, Some('\'' | '"')) => return None,
            _ if character != quote => value.push(character),
            _ if next != Some(quote) => return Some((TokenKind::Text(value), index + 1)),
            _ => {
                value.push(quote);
                characters.next();
            }
        }
    }
    None
}
