use base64::{Engine as _, prelude::BASE64_STANDARD};
use ports::{DeadLetter, ReasonKey};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A dead letter with what a person wants to know of it. Its JSON is the letter's, with the body as
/// the JSON that it is. Holds personal data.
#[derive(Clone, Debug, Serialize)]
pub struct LetterView {
    /// The letter. The body of its message is what the shop sent: see [`Self::body`].
    #[serde(serialize_with = "with_readable_body", flatten)]
    pub letter: DeadLetter,
    /// The group of letters that the same thing would mend.
    pub group: ReasonKey,
    /// Whether the destination holds the same or a newer state of the order: then a replay changes
    /// nothing.
    pub superseded: bool,
}

impl LetterView {
    /// Returns whether it died under another mapping than its route has now, by the routes' present
    /// mappings (name and version, joined by `@`). False where one of both is not known.
    #[must_use]
    pub fn is_of_another_mapping(&self, present: &BTreeMap<String, String>) -> bool {
        let now = present.get(&self.letter.message.route);
        let then = self.letter.mapping.as_ref();
        then.zip(now).is_some_and(|(then, now)| then != now)
    }

    /// Returns the body: the JSON that the shop sent, else a text, else base64.
    #[must_use]
    pub fn body(&self) -> Value {
        readable(&self.letter.message.body)
    }

    /// Returns the body as a text with indentation, to be read or edited.
    #[must_use]
    pub fn body_text(&self) -> String {
        let body = &self.letter.message.body;
        serde_json::from_slice::<Value>(body)
            .and_then(|value| serde_json::to_string_pretty(&value))
            .unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned())
    }
}

fn with_readable_body<S: serde::Serializer>(
    letter: &DeadLetter,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut letter = letter.clone();
    let body = std::mem::take(&mut letter.message.body);
    let mut value = serde_json::to_value(&letter).map_err(serde::ser::Error::custom)?;
    if let Some(message) = value.get_mut("message") {
        message["body"] = readable(&body);
    }
    value.serialize(serializer)
}

fn readable(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        std::str::from_utf8(body).map_or_else(
            |_| json!({ "base64": BASE64_STANDARD.encode(body) }),
            |text| json!(text),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use ports::conformance::message;

    fn view(body: &'static [u8]) -> Value {
        let message = ports::Message {
            body: Bytes::from_static(body),
            ..message("sales", "g", "e")
        };
        let letter = DeadLetter {
            id: "7".to_owned(),
            message,
            mapping: None,
            class: "mapping".to_owned(),
            reason: "no product".to_owned(),
            request: None,
            response: None,
            attempts: 1,
            died: jiff::Timestamp::UNIX_EPOCH,
            earlier: 0,
        };
        let group = letter.reason_key();
        let view = LetterView {
            letter,
            group,
            superseded: false,
        };
        serde_json::to_value(&view).unwrap()
    }

    #[test]
    fn the_body_is_json_where_it_is_json_and_readable_where_it_is_not() {
        let json = view(br#"{"id":7,"total":"1.10"}"#);
        assert_eq!(json["id"], "7");
        assert_eq!(json["message"]["body"]["total"], "1.10");
        assert_eq!(json["message"]["order"], "4711");
        assert_eq!(view(b"hello")["message"]["body"], "hello");
        assert_eq!(view(&[0xff])["message"]["body"]["base64"], "/w==");
    }
}
