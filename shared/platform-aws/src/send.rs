//! Messages on their way into a queue.

use crate::{AwsError, envelope::Envelope, error::failed, identity, sqs::BATCH, sqs::Sqs};
use aws_sdk_sqs::{
    error::BuildError,
    types::{BatchResultErrorEntry, MessageAttributeValue, SendMessageBatchRequestEntry},
};
use ports::{Message, PortError, TooLarge};
use std::{collections::HashMap, time::Duration};

/// The largest message and the largest batch: 1 MiB since August 2025, attributes included (Amazon
/// SQS, "Message quotas").
pub(crate) const LARGEST: usize = 1024 * 1024;
/// The number of tries for entries that SQS itself could not take, and the first pause.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

/// A message in the form of SQS.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) body: String,
    pub(crate) group: String,
    pub(crate) dedupe: String,
    /// The attributes that an operator sees beside the message, by name.
    pub(crate) attributes: Vec<(&'static str, String)>,
}

impl Outgoing {
    /// Creates a message for its queue. `dedupe` is its deduplication id.
    pub(crate) fn of(message: &Message, dedupe: String) -> Result<Self, PortError> {
        let envelope =
            Envelope::of(message).map_err(|error| PortError::new("queue: enqueue", error))?;
        Self::sealed(message, &envelope, dedupe)
    }

    /// Creates the message from this envelope.
    pub(crate) fn sealed(
        message: &Message,
        envelope: &Envelope,
        dedupe: String,
    ) -> Result<Self, PortError> {
        let operation = "queue: enqueue";
        let body =
            serde_json::to_string(envelope).map_err(|error| PortError::new(operation, error))?;
        let attributes = [
            ("route", message.route.as_str()),
            ("store", &message.store),
            ("topic", &message.topic),
            ("order", message.order.as_deref().unwrap_or_default()),
        ];
        let shown = attributes
            .into_iter()
            .filter(|(_, text)| can_be_shown(text));
        let outgoing = Self {
            body,
            group: message.group.clone(),
            dedupe,
            attributes: shown.map(|(name, text)| (name, text.to_owned())).collect(),
        };
        if outgoing.size() > LARGEST {
            let error = AwsError::TooLarge {
                event: message.event.clone(),
                source: TooLarge {
                    bytes: outgoing.size(),
                    limit: LARGEST,
                },
            };
            return Err(PortError::new(operation, error));
        }
        Ok(outgoing)
    }

    /// Returns the deduplication id: the message's own, or a new one. So two messages without one
    /// are never duplicates of each other, but a repeated call is one of itself.
    pub(crate) fn dedupe_of(message: &Message) -> Result<String, PortError> {
        message
            .dedupe
            .clone()
            .map_or_else(|| identity::fresh("queue: enqueue"), Ok)
    }

    fn size(&self) -> usize {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, text)| name.len() + "String".len() + text.len());
        self.body.len() + attributes.sum::<usize>()
    }

    fn entry(&self, id: usize) -> Result<SendMessageBatchRequestEntry, BuildError> {
        let attribute = |(name, text): &(&'static str, String)| -> Result<_, BuildError> {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(text)
                .build()?;
            Ok(((*name).to_owned(), value))
        };
        let attributes = self
            .attributes
            .iter()
            .map(attribute)
            .collect::<Result<HashMap<_, _>, BuildError>>()?;
        SendMessageBatchRequestEntry::builder()
            .id(id.to_string())
            .message_body(&self.body)
            .message_group_id(&self.group)
            .message_deduplication_id(&self.dedupe)
            .set_message_attributes((!attributes.is_empty()).then_some(attributes))
            .build()
    }
}

impl Sqs {
    /// Sends messages in their order, in as few calls as they fit into. After an error, some may
    /// have been sent.
    pub(crate) async fn send(
        &self,
        operation: &'static str,
        queue: &str,
        messages: &[Outgoing],
    ) -> Result<(), PortError> {
        let mut rest = messages;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(fitting(rest));
            self.send_batch(operation, queue, batch).await?;
            rest = later;
        }
        Ok(())
    }

    async fn send_batch(
        &self,
        operation: &'static str,
        queue: &str,
        batch: &[Outgoing],
    ) -> Result<(), PortError> {
        let entries = batch
            .iter()
            .enumerate()
            .map(|(id, message)| message.entry(id));
        let entries = entries.collect::<Result<Vec<_>, _>>();
        let mut entries = entries.map_err(|error| PortError::new(operation, error))?;
        for attempt in 1.. {
            let call = self
                .0
                .send_message_batch()
                .queue_url(queue)
                .set_entries(Some(entries.clone()));
            let refused = call.send().await.map_err(failed(operation))?.failed;
            let Some(first) = refused.first() else {
                return Ok(());
            };
            if attempt == TRIES || refused.iter().any(BatchResultErrorEntry::sender_fault) {
                let error = AwsError::Part {
                    failed: refused.len(),
                    all: batch.len(),
                    code: first.code().to_owned(),
                };
                return Err(PortError::new(operation, error));
            }
            entries.retain(|entry| refused.iter().any(|refused| refused.id() == entry.id()));
            tokio::time::sleep(PAUSE.saturating_mul(attempt)).await;
        }
        Ok(())
    }
}

/// Returns how many of the first messages fit into one call; at least one.
fn fitting(messages: &[Outgoing]) -> usize {
    let mut bytes = 0;
    let fits = |message: &&Outgoing| {
        bytes += message.size();
        bytes <= LARGEST
    };
    messages.iter().take(BATCH).take_while(fits).count().max(1)
}

/// Returns whether a text can be an attribute. SQS refuses a message for an attribute that is empty
/// or holds other than plain characters; nothing depends on attributes, so these are left out
/// instead.
fn can_be_shown(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 256
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, Outgoing, fitting};
    use bytes::Bytes;
    use ports::{Message, conformance::message};

    fn of_size(size: usize) -> Outgoing {
        Outgoing {
            body: "x".repeat(size),
            group: "g".to_owned(),
            dedupe: "d".to_owned(),
            attributes: Vec::new(),
        }
    }

    #[test]
    fn a_call_takes_ten_messages_and_one_mebibyte() {
        assert_eq!(fitting(&vec![of_size(10); 25]), 10);
        assert_eq!(fitting(&vec![of_size(LARGEST / 4); 9]), 4);
        assert_eq!(fitting(&vec![of_size(LARGEST); 2]), 1);
    }

    #[test]
    fn what_sqs_would_refuse_is_not_shown() {
        let odd = Message {
            order: Some("4711\u{7}".to_owned()),
            topic: String::new(),
            store: "ü".to_owned(),
            ..message("sales", "g", "e")
        };
        let sent = Outgoing::of(&odd, "d".to_owned()).unwrap();
        assert_eq!(sent.attributes, [("route", "acme-sales".to_owned())]);
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_size_and_not_its_content() {
        let mut state = 1_u64;
        let noise = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        });
        let large = Message {
            body: noise.take(LARGEST).collect::<Bytes>(),
            ..message("sales", "g", "event 1")
        };
        let error = Outgoing::of(&large, "d".to_owned()).err().unwrap();
        let text = ports::in_one_line(&error);
        assert!(
            text.contains("event 1") && text.contains("1048576"),
            "{text}"
        );
        assert_eq!(error.too_large().unwrap().limit, LARGEST);
    }
}
