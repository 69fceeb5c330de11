//! The language of the company. Records are written in it and in no other: a call without it is
//! refused, as seen in anthropics/claude-code#48784 (Portuguese), airbytehq/airbyte#34137
//! (Chinese) and in drudge/n8n-nodes-netsuite#13 (Spanish). Queries do not check it.

use super::error::Problem;
use crate::exchange::Incoming;

const HEADER: &str = "Content-Language";

/// Fails for a write in another language.
pub(super) fn check(request: &Incoming, wanted: &str) -> Result<(), Problem> {
    let sent = request.header("content-language").map(plain);
    let is_english = |language: &str| language.starts_with("en");
    let wanted_plain = plain(wanted);
    let suits = match sent {
        None => is_english(&wanted_plain),
        Some(sent) => sent == wanted_plain || (wanted_plain == "en" && is_english(&sent)),
    };
    if suits || matches!(request.method.as_str(), "GET" | "DELETE") {
        return Ok(());
    }
    let detail = format!(
        "Invalid language. REST web services currently only support the default company language, and do not support the language specified in your user preferences. Provide the {HEADER} \
         header with your default company language value '{wanted}'."
    );
    Err(Problem::new(400, "INVALID_HEADER", detail).in_header(HEADER))
}

/// Returns a text in this language: for every language but English the words are written backwards,
/// because it only matters that nobody can read them.
pub(super) fn said_in(language: &str, text: &str) -> String {
    if plain(language).starts_with("en") {
        return text.to_owned();
    }
    let word = |word: &str| match word.contains(|character: char| character.is_ascii_digit()) {
        true => word.to_owned(),
        false => word.chars().rev().collect(),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn plain(language: &str) -> String {
    let first = language.split([',', ';']).next().unwrap_or_default();
    first.trim().replace('_', "-").to_ascii_lowercase()
}
