//! The calls to SQS about messages that are in a queue, in batches of ten. The outcome of each
//! entry is reported one by one: a batch may succeed in part.

use crate::{
    AwsError,
    error::failed,
    identity,
    sqs::{BATCH, Sqs},
};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use ports::PortError;
use std::{collections::BTreeSet, time::Duration};

/// The longest visibility timeout that is set. SQS allows twelve hours, counted from the receipt;
/// an hour less leaves room for the time that has passed since.
const LONGEST: i32 = 11 * 60 * 60;

impl Sqs {
    /// Receives up to ten messages.
    pub(crate) async fn receive(
        &self,
        operation: &'static str,
        queue: &str,
        max: usize,
        visibility: Duration,
    ) -> Result<Vec<Message>, PortError> {
        let max = i32::try_from(max.min(BATCH)).unwrap_or(1);
        let call = self
            .0
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(max)
            .wait_time_seconds(0);
        let call = call
            .visibility_timeout(seconds(visibility))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names("All")
            // When an answer is lost, the SDK's next try gets the same messages instead of waiting
            // for them to be visible again.
            .receive_request_attempt_id(identity::fresh(operation)?);
        let answer = call.send().await.map_err(failed(operation))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Deletes messages by their handles. A handle that is no longer valid changes nothing.
    pub(crate) async fn delete(
        &self,
        operation: &'static str,
        queue: &str,
        handles: &[String],
    ) -> Result<(), PortError> {
        let mut outcome = Ok(());
        for chunk in handles.chunks(BATCH) {
            let entries = chunk.iter().enumerate().map(|(number, handle)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
                entry.receipt_handle(handle).build()
            });
            let entries = entries
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| PortError::new(operation, error))?;
            let call = self
                .0
                .delete_message_batch()
                .queue_url(queue)
                .set_entries(Some(entries));
            let done = match call.send().await {
                Ok(answer) => stale(operation, chunk.len(), &answer.failed).map(drop),
                Err(error) => Err(failed(operation)(error)),
            };
            outcome = outcome.and(done);
        }
        outcome
    }

    /// Sets when messages come back, and returns the positions of the handles that are no longer
    /// valid.
    pub(crate) async fn hide(
        &self,
        operation: &'static str,
        queue: &str,
        hidden: &[(String, Duration)],
    ) -> Result<BTreeSet<usize>, PortError> {
        let mut all_stale = BTreeSet::new();
        let mut outcome = Ok(());
        for (chunk, before) in hidden.chunks(BATCH).zip((0..).step_by(BATCH)) {
            let entries = chunk.iter().enumerate().map(|(number, (handle, time))| {
                let entry =
                    ChangeMessageVisibilityBatchRequestEntry::builder().id(number.to_string());
                entry
                    .receipt_handle(handle)
                    .visibility_timeout(seconds(*time))
                    .build()
            });
            let entries = entries
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| PortError::new(operation, error))?;
            let call = self
                .0
                .change_message_visibility_batch()
                .queue_url(queue)
                .set_entries(Some(entries));
            let done = match call.send().await {
                Ok(answer) => stale(operation, chunk.len(), &answer.failed),
                Err(error) => Err(failed(operation)(error)),
            };
            outcome = match done {
                Ok(stale) => {
                    all_stale.extend(stale.into_iter().map(|number| before + number));
                    outcome
                }
                Err(error) => outcome.and(Err(error)),
            };
        }
        outcome.map(|()| all_stale)
    }

    /// Returns how many messages are visible, and how many there are at all. Both numbers are
    /// approximate.
    pub(crate) async fn count(
        &self,
        operation: &'static str,
        queue: &str,
    ) -> Result<(u64, u64), PortError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let call = self
            .0
            .get_queue_attributes()
            .queue_url(queue)
            .set_attribute_names(Some(names.to_vec()));
        let attributes = call
            .send()
            .await
            .map_err(failed(operation))?
            .attributes
            .unwrap_or_default();
        let count = |name| {
            attributes
                .get(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(0_u64)
        };
        let [visible, hidden, delayed] = names.each_ref().map(count);
        Ok((
            visible,
            visible.saturating_add(hidden).saturating_add(delayed),
        ))
    }
}

/// Returns the positions of the handles that are no longer valid, or an error if an entry failed
/// for another reason.
fn stale(
    operation: &'static str,
    all: usize,
    failed: &[BatchResultErrorEntry],
) -> Result<BTreeSet<usize>, PortError> {
    let (stale, other): (Vec<_>, Vec<_>) = failed.iter().partition(|entry| is_stale(entry.code()));
    if let Some(first) = other.first() {
        let error = AwsError::Part {
            failed: other.len(),
            all,
            code: first.code().to_owned(),
        };
        return Err(PortError::new(operation, error));
    }
    Ok(stale
        .iter()
        .filter_map(|entry| entry.id().parse().ok())
        .collect())
}

/// Returns whether a code means a receipt that has expired, or that was never given. On FIFO queues
/// an expired one is an `InvalidParameterValue` (AWS re:Post, "How do I troubleshoot
/// ReceiptHandleIsInvalid and InvalidParameterValue errors").
fn is_stale(code: &str) -> bool {
    [
        "ReceiptHandleIsInvalid",
        "MessageNotInflight",
        "InvalidParameterValue",
    ]
    .iter()
    .any(|stale| code.ends_with(stale))
}

/// Returns whole seconds, never less than asked for, never more than SQS takes.
fn seconds(time: Duration) -> i32 {
    let up = if time.subsec_nanos() > 0 { 1 } else { 0 };
    i32::try_from(time.as_secs().saturating_add(up))
        .unwrap_or(i32::MAX)
        .min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, is_stale, seconds};
    use std::time::Duration;

    #[test]
    fn times_are_whole_seconds_and_never_shorter() {
        let of_millis = |millis| seconds(Duration::from_millis(millis));
        assert_eq!(
            [of_millis(0), of_millis(1), of_millis(1000), of_millis(1001)],
            [0, 1, 1, 2]
        );
        assert_eq!(seconds(Duration::MAX), LONGEST);
    }

    #[test]
    fn only_a_receipt_whose_time_is_over_is_stale() {
        assert!(
            is_stale("AWS.SimpleQueueService.MessageNotInflight")
                && is_stale("ReceiptHandleIsInvalid")
        );
        assert!(!is_stale("InternalError") && !is_stale("AccessDenied"));
    }
}
