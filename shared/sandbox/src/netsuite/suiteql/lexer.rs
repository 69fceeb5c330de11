use super::run::Scalar;
use rust_decimal::Decimal;

/// One token of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword, or a name with points in it.
    Word(String),
    /// A quoted text or a number.
    Constant(Option<Scalar>),
    Symbol(&'static str),
}

/// The symbols, longer ones first.
const SYMBOLS: [&str; 12] = [
    "<=", ">=", "<>", "!=", "=", "<", ">", "(", ")", ",", "?", "*",
];

impl Token {
    /// Returns whether it is this keyword or symbol.
    pub(super) fn is(&self, wanted: &str) -> bool {
        match self {
            Self::Word(word) => word.eq_ignore_ascii_case(wanted),
            Self::Symbol(symbol) => *symbol == wanted,
            Self::Constant(_) => false,
        }
    }
}

/// Splits a query into its tokens.
///
/// # Errors
/// When the text has a token that no query has, or a quoted text without an end.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => quoted(rest)?,
            '0'..='9' => spanned(rest, |text| {
                text.parse::<Decimal>()
                    .ok()
                    .map(|number| Token::Constant(Some(Scalar::Number(number))))
            })?,
            _ if first.is_ascii_alphabetic() => {
                spanned(rest, |text| Some(Token::Word(text.to_owned())))?
            }
            _ => symbol(rest)?,
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

fn symbol(rest: &str) -> Result<(Token, usize), String> {
    let found = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
    found
        .map(|symbol| (Token::Symbol(symbol), symbol.len()))
        .ok_or_else(|| unreadable(rest))
}

fn spanned(
    rest: &str,
    token: impl FnOnce(&str) -> Option<Token>,
) -> Result<(Token, usize), String> {
    let belongs =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.');
    let length = rest
        .find(|character| !belongs(character))
        .unwrap_or(rest.len());
    let token = rest.get(..length).and_then(token);
    token
        .map(|token| (token, length))
        .ok_or_else(|| unreadable(rest))
}

/// Reads a text in quotes, in which two quotes stand for one.
fn quoted(rest: &str) -> Result<(Token, usize), String> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            value.push(character);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            value.push('\'');
        } else {
            return Ok((Token::Constant(Scalar::of_text(&value)), at + 1));
        }
    }
    Err("a quoted text does not end".into())
}

fn unreadable(rest: &str) -> String {
    format!(
        "invalid or unsupported search near '{}'",
        rest.chars().take(20).collect::<String>()
    )
}
