//! Messages as texts of SQS: a JSON object whose head a person can read, and the shop's body,
//! compressed and in base64, or a claim to the place of the body.

use crate::{blob, claim::Claim};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use jiff::Timestamp;
use ports::{Kind, Message, Origin};
use serde::{Deserialize, Serialize};
use std::io;

/// The newest envelope version that this program reads: it can hold a claim in place of the body.
pub(crate) const VERSION: u32 = 2;
/// The version of an envelope without a claim, so that the program before this one reads it, too.
const WHOLE: u32 = 1;

/// The reason why a text is not a message. It repeats nothing of the text, which may hold personal
/// data.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The text is not one of ours.
    #[error(
        "the message is not one of orderbridge's; whoever else sends to this queue must stop, and this dead letter can be dropped"
    )]
    Foreign,
    /// A later program wrote it.
    #[error(
        "the message was written by a newer orderbridge (envelope version {found}, this one knows up to {VERSION}); deploy the newer program and replay this dead letter"
    )]
    Newer {
        /// Its envelope version.
        found: u32,
    },
    /// The claimed body is not in the bucket.
    #[error(
        "the body of the message is not in the bucket any more, where webhooks are kept that are too large for the queue; ask the shop to send the order again, and drop this dead letter"
    )]
    Gone,
    /// The claimed body is not the one that was put there.
    #[error(
        "the body of the message in the bucket is not the one that was put there; find out who writes to it, ask the shop to send the order again, and drop this dead letter"
    )]
    Changed,
    /// It is ours, but damaged.
    #[error(
        "the message is damaged ({what}); ask the shop to send the order again, and drop this dead letter"
    )]
    Damaged {
        /// The damaged part.
        what: &'static str,
    },
}

/// The part that is read first: whatever else a later version holds, it holds this.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Envelope {
    version: u32,
    route: String,
    destination: String,
    store: String,
    #[serde(default, skip_serializing_if = "Kind::is_order")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Origin::is_posted")]
    origin: Origin,
    topic: String,
    event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<Timestamp>,
    accepted: Timestamp,
    group: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dedupe: Option<String>,
    #[serde(default)]
    replays: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claim: Option<Claim>,
}

/// Returns the text that becomes the body of an SQS message.
///
/// # Errors
/// When the body cannot be compressed, which needs nothing but memory.
pub fn seal(message: &Message) -> io::Result<String> {
    Ok(serde_json::to_string(&Envelope::of(message)?)?)
}

/// Reads the message from a text that holds all of it.
///
/// # Errors
/// When the text is not a message that this program can read, or when its body is in the bucket.
pub fn open(text: &str) -> Result<Message, EnvelopeError> {
    read(text)?.message()
}

/// Reads the envelope of a text.
pub(crate) fn read(text: &str) -> Result<Envelope, EnvelopeError> {
    let Versioned { version } = serde_json::from_str(text).map_err(|_| EnvelopeError::Foreign)?;
    if version > VERSION {
        return Err(EnvelopeError::Newer { found: version });
    }
    serde_json::from_str(text).map_err(|_| EnvelopeError::Damaged { what: "its head" })
}

impl Envelope {
    /// Creates an envelope that holds this message with its body.
    pub(crate) fn of(message: &Message) -> io::Result<Self> {
        let body = BASE64_STANDARD.encode(blob::compress(&message.body)?);
        Ok(Self {
            version: WHOLE,
            body,
            ..Self::head_of(message)
        })
    }

    /// Creates an envelope of this message whose body is at the place of the claim.
    pub(crate) fn claiming(message: &Message, claim: Claim) -> Self {
        Self {
            claim: Some(claim),
            ..Self::head_of(message)
        }
    }

    fn head_of(message: &Message) -> Self {
        let message = Message {
            body: Bytes::new(),
            ..message.clone()
        };
        Self {
            version: VERSION,
            route: message.route,
            destination: message.destination,
            store: message.store,
            kind: message.kind,
            origin: message.origin,
            topic: message.topic,
            event: message.event,
            order: message.order,
            modified: message.modified,
            accepted: message.accepted,
            group: message.group,
            dedupe: message.dedupe,
            replays: message.replays,
            body: String::new(),
            claim: None,
        }
    }

    /// Returns its message, with the body that it holds.
    pub(crate) fn message(self) -> Result<Message, EnvelopeError> {
        let damaged = EnvelopeError::Damaged { what: "its body" };
        let Ok(compressed) = BASE64_STANDARD.decode(&self.body) else {
            return Err(damaged);
        };
        self.message_with(&compressed)
    }

    /// Returns its message, with the body that was compressed to these bytes.
    pub(crate) fn message_with(self, compressed: &[u8]) -> Result<Message, EnvelopeError> {
        let body = blob::decompress(compressed)
            .map_err(|_| EnvelopeError::Damaged { what: "its body" })?;
        Ok(Message {
            body: Bytes::from(body),
            ..self.head()
        })
    }

    /// Returns its message without the body.
    pub(crate) fn head(self) -> Message {
        Message {
            route: self.route,
            destination: self.destination,
            store: self.store,
            kind: self.kind,
            origin: self.origin,
            topic: self.topic,
            event: self.event,
            order: self.order,
            modified: self.modified,
            accepted: self.accepted,
            group: self.group,
            dedupe: self.dedupe,
            replays: self.replays,
            body: Bytes::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EnvelopeError, VERSION, open, seal};
    use bytes::Bytes;
    use ports::{Kind, Message, conformance::message};
    use proptest::{prelude::*, sample::Index};

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let sent = message("sales", "g", "e");
        assert_eq!(open(&seal(&sent).unwrap()).unwrap(), sent);
    }

    #[test]
    fn a_request_is_told_from_an_order_and_an_older_program_reads_orders_as_before() {
        let request = Message {
            kind: Kind::Request,
            ..message("sales", "g", "e")
        };
        assert_eq!(open(&seal(&request).unwrap()).unwrap(), request);
        assert!(
            !seal(&message("sales", "g", "e"))
                .unwrap()
                .contains("\"kind\"")
        );
    }

    #[test]
    fn the_head_is_for_people_and_the_body_is_not() {
        let text = seal(&message("sales", "g", "e")).unwrap();
        assert!(
            text.starts_with("{\"version\":1,\"route\":\"acme-sales\""),
            "{text}"
        );
        assert!(!text.contains("example.com"), "{text}");
    }

    #[test]
    fn a_newer_version_is_told_apart_from_damage() {
        let newer = "{\"version\":3,\"anything\":{\"else\":[]}}";
        assert!(matches!(
            open(newer),
            Err(EnvelopeError::Newer { found: 3 })
        ));
        assert_eq!(VERSION, 2, "this test names the next version");
    }

    #[test]
    fn texts_that_are_none_are_refused_without_repeating_them() {
        for text in [
            "",
            "null",
            "[]",
            "{\"version\":\"one\"}",
            "hello jane@example.com",
            "{\"Message\":\"sns\"}",
        ] {
            let error = open(text).unwrap_err();
            assert!(matches!(error, EnvelopeError::Foreign), "{text}: {error:?}");
            assert!(!error.to_string().contains("jane"));
        }
        let sealed = seal(&message("sales", "g", "e")).unwrap();
        let cut = sealed.replace("\"body\":\"", "\"body\":\"!");
        assert!(matches!(
            open(&cut),
            Err(EnvelopeError::Damaged { what: "its body" })
        ));
        assert!(matches!(
            open("{\"version\":1,\"route\":\"r\"}"),
            Err(EnvelopeError::Damaged { what: "its head" })
        ));
    }

    proptest! {
        #[test]
        fn any_message_comes_out_as_it_went_in(
            (event, group) in ("\\PC{0,40}", "(?s).{0,40}"), order in proptest::option::of("(?s).{0,20}"), replays in any::<u32>(),
            body in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let sent = Message { order, replays, body: Bytes::from(body), ..message("sales", &group, &event) };
            prop_assert_eq!(open(&seal(&sent).unwrap()).unwrap(), sent);
        }

        #[test]
        fn no_damaged_text_does_harm(cut in any::<Index>(), length in 0_usize..80, insert in "\\PC{0,6}", any_text in "(?s).{0,200}") {
            let whole: Vec<char> = seal(&message("sales", "g", "e")).unwrap().chars().collect();
            let start = cut.index(whole.len());
            let text: String = whole[..start].iter().copied().chain(insert.chars()).chain(whole[start..].iter().skip(length).copied()).collect();
            for text in [text, any_text] {
                if let Ok(message) = open(&text) {
                    prop_assert_eq!(open(&seal(&message).unwrap()).unwrap(), message);
                }
            }
        }
    }
}
