//! The step from an event of Lambda to the records of each queue.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use jiff::Timestamp;
use platform_aws::Record;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The event that wakes the function.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// A batch of messages.
    Batch(SqsEvent),
    /// The schedule of the template: `{"look_around": true}`.
    LookAround {
        /// Always true.
        #[serde(rename = "look_around")]
        _look_around: bool,
    },
}

/// Returns the records of each queue, by its name, in their order. A record without an id or a
/// receipt can be neither settled nor reported, and Lambda sends none.
pub(crate) fn records_by_queue(event: SqsEvent) -> BTreeMap<String, Vec<Record>> {
    let mut by_queue: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for message in event.records {
        let queue = message
            .event_source_arn
            .as_deref()
            .map(queue_name)
            .unwrap_or_default()
            .to_owned();
        let Some(record) = record(message) else {
            tracing::error!(
                queue,
                "a record without an id or a receipt was left alone; this is no event of SQS"
            );
            continue;
        };
        by_queue.entry(queue).or_default().push(record);
    }
    by_queue
}

fn record(message: SqsMessage) -> Option<Record> {
    let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
    let sent = attribute("SentTimestamp").and_then(|millis| millis.parse().ok());
    Some(Record {
        group: attribute("MessageGroupId").unwrap_or_default().to_owned(),
        attempts: attribute("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1),
        sent: sent.and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        id: message.message_id.filter(|id| !id.is_empty())?,
        handle: message.receipt_handle.filter(|handle| !handle.is_empty())?,
        body: message.body.unwrap_or_default(),
    })
}

/// Returns the name of a queue, the last part of its ARN
/// (`arn:aws:sqs:eu-central-1:000000000000:orders.fifo`) and of its URL.
pub(crate) fn queue_name(arn_or_url: &str) -> &str {
    arn_or_url.rsplit([':', '/']).next().unwrap_or_default()
}
