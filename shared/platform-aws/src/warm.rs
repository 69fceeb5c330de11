//! What makes a function's first message as fast as its second.

use crate::queue::SqsQueue;

impl SqsQueue {
    /// Opens the connection to SQS, so that the first message need not wait for it. A call that
    /// sends nothing does that and needs no right but the one to send: SQS refuses it
    /// (`EmptyBatchRequest`), which is as good as any answer.
    pub async fn warm(&self) {
        let Some(urls) = self.queues().all().next() else {
            return;
        };
        let call = self
            .sqs()
            .0
            .send_message_batch()
            .queue_url(&urls.queue)
            .set_entries(Some(Vec::new()));
        if let Err(error) = call.send().await
            && error.as_service_error().is_none()
        {
            tracing::warn!("SQS does not answer; the first message opens the connection");
        }
    }
}
