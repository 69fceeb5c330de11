//! The message in the dead-letter queue that stands for a dead letter of the table: it names the
//! letter and how to read it. It holds no personal data, because it cannot be found again to be
//! redacted.

use crate::{letter::Letter, send::Outgoing};
use aws_sdk_sqs::types::Message;
use ports::PortError;
use serde::{Deserialize, Serialize};

/// The attribute that tells a notice from a message that SQS moved there.
const LETTER: &str = "letter";

#[derive(Serialize)]
struct Notice<'a> {
    letter: &'a str,
    route: &'a str,
    order: Option<&'a str>,
    class: &'a str,
    attempts: u32,
    died: String,
    read_it_with: String,
}

/// Creates the notice of a letter. Each has a message group of its own, so that none hides another.
pub(crate) fn notice(letter: &Letter) -> Result<Outgoing, PortError> {
    let dead = &letter.dead;
    let notice = Notice {
        letter: &dead.id,
        route: &dead.message.route,
        order: dead.message.order.as_deref(),
        class: &dead.class,
        attempts: dead.attempts,
        died: dead.died.to_string(),
        read_it_with: format!("orderbridge dead show {}", dead.id),
    };
    let body = serde_json::to_string(&notice)
        .map_err(|error| PortError::new("dead letters: give notice", error))?;
    let attributes = vec![(LETTER, dead.id.clone()), ("class", dead.class.clone())];
    Ok(Outgoing {
        body,
        group: dead.id.clone(),
        dedupe: dead.id.clone(),
        attributes,
    })
}

/// The part of a notice that is read again.
#[derive(Deserialize)]
struct Pointer {
    letter: String,
    #[serde(rename = "read_it_with")]
    _read_it_with: String,
}

/// Returns the letter of a notice that somebody moved back to the queue, as the console's redrive
/// does.
pub(crate) fn letter_in(text: &str) -> Option<String> {
    serde_json::from_str::<Pointer>(text)
        .ok()
        .map(|pointer| pointer.letter)
}

/// Returns the letter that a message of the dead-letter queue is the notice of; `None` for a
/// message that SQS moved there.
pub(crate) fn letter_of(message: &Message) -> Option<&str> {
    message.message_attributes()?.get(LETTER)?.string_value()
}
