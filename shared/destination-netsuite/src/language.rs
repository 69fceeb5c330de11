//! The language of the account's company. Calls in another language are refused with
//! `INVALID_HEADER`, even where they name none, and the refusal names the language that is wanted:
//! `... Provide the Content-Language header with your default company language value 'pt'`. The
//! texts of errors come in that language; codes and paths stay the same.

use destination::Answer;
use reqwest::{
    RequestBuilder,
    header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE},
};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// Longest name of a language in headers, such as `pt` or `zh_CN`.
const LONGEST: usize = 20;

/// The language as far as it is known: from the settings, or from a refusal that named it, which is
/// kept for the life of the process.
#[derive(Debug, Default)]
pub(crate) struct Language(Mutex<Option<String>>);

impl Language {
    /// Creates the language of the settings.
    pub(crate) fn new(of_settings: Option<String>) -> Self {
        Self(Mutex::new(of_settings))
    }

    /// Returns the language in which to speak; `None` where nobody has asked for one, which suits
    /// English accounts.
    pub(crate) fn present(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns whether the texts of errors are English, so that they can be understood.
    pub(crate) fn is_english(&self) -> bool {
        self.present()
            .is_none_or(|language| language.to_ascii_lowercase().starts_with("en"))
    }

    /// Learns the language that a refusal names. Returns whether it is another one than was `sent`:
    /// then the call may be made again.
    pub(crate) fn learn(&self, sent: Option<&str>, answer: &Answer, destination: &str) -> bool {
        let Some(named) = named(answer).filter(|named| sent != Some(named)) else {
            return false;
        };
        tracing::warn!(
            destination,
            language = named,
            "the account speaks another language; calls go on in it. With language = \"{named}\" in the destination's settings no first call is refused"
        );
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(named);
        true
    }
}

/// Sets the headers for the language of the call and of its answer.
pub(crate) fn in_language(request: RequestBuilder, language: Option<&str>) -> RequestBuilder {
    match language {
        Some(language) => request
            .header(CONTENT_LANGUAGE, language)
            .header(ACCEPT_LANGUAGE, language),
        None => request,
    }
}

/// Returns the language that a refusal asks for: the last one that stands in quotes in its text.
fn named(answer: &Answer) -> Option<String> {
    if answer.status != 400 {
        return None;
    }
    let body = answer.json()?;
    let refusals = body.get("o:errorDetails")?.as_array()?.iter();
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let about_headers =
        refusals.filter(|entry| text(entry, "o:errorCode").as_deref() == Some("INVALID_HEADER"));
    let texts = about_headers.filter_map(|entry| text(entry, "detail"));
    texts
        .filter(|text| text.contains("-Language"))
        .find_map(|text| {
            let quoted = text
                .split('\'')
                .skip(1)
                .step_by(2)
                .filter(|word| is_language(word));
            quoted.last().map(str::to_owned)
        })
}

fn is_language(word: &str) -> bool {
    let mut parts = word.split(['-', '_']);
    let is_first = |part: &str| {
        (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let is_further =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    word.len() <= LONGEST && parts.next().is_some_and(is_first) && parts.all(is_further)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(code: &str, text: &str) -> Answer {
        let body = json!({"title": "Bad Request", "status": 400, "o:errorDetails": [{"detail": text, "o:errorCode": code, "o:errorHeader": "Content-Language"}]});
        Answer {
            status: 400,
            headers: reqwest::header::HeaderMap::new(),
            body: body.to_string().into_bytes(),
        }
    }

    /// Returns a refusal that asks for this language, with the text of anthropics/claude-code#48784,
    /// where it was Portuguese.
    fn wants(language: &str) -> Answer {
        let text = format!(
            "Invalid language. REST web services currently only support the default company language, and do not support the language specified in your user preferences. Provide the \
             Content-Language header with your default company language value '{language}'."
        );
        refusal("INVALID_HEADER", &text)
    }

    #[test]
    fn the_language_that_a_refusal_names_is_taken_once() {
        let language = Language::default();
        assert!(language.present().is_none() && language.is_english());
        assert!(language.learn(None, &wants("pt"), "erp"));
        assert_eq!(
            (language.present().as_deref(), language.is_english()),
            (Some("pt"), false)
        );
        // Another call was on its way without it, and may be made again; one that had it may not.
        assert!(
            language.learn(None, &wants("pt"), "erp")
                && !language.learn(Some("pt"), &wants("pt"), "erp")
        );
        assert!(Language::new(Some("en_US".to_owned())).is_english());
    }

    #[test]
    fn nothing_else_names_a_language() {
        for language in ["zh_CN", "es-419", "fr"] {
            assert_eq!(named(&wants(language)).as_deref(), Some(language));
        }
        for odd in ["", "Portuguese", "p", "pt\r\nX-Evil: 1", "pt-"] {
            assert_eq!(named(&wants(odd)), None, "{odd}");
        }
        assert_eq!(
            named(&refusal(
                "USER_ERROR",
                "The Content-Language 'pt' is not the record's."
            )),
            None
        );
        assert_eq!(
            named(&refusal("INVALID_HEADER", "Prefer 'no' is invalid.")),
            None
        );
        assert_eq!(
            named(&Answer {
                status: 403,
                ..wants("pt")
            }),
            None
        );
    }
}
