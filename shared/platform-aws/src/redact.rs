use crate::{queue::SqsQueue, queues::QueueUrls};
use ports::{PortError, Redaction, Removed};

impl SqsQueue {
    /// Deletes the dead letters that a redaction concerns, and records the redaction for messages
    /// that wait or are in flight: SQS can neither list nor delete a message that this process has
    /// not received, so it is deleted when it is received next, and is not counted.
    pub(crate) async fn redact_letters(&self, redaction: &Redaction) -> Result<Removed, PortError> {
        self.table().remember(redaction).await?;
        let all: Vec<&QueueUrls> = self.queues().all().collect();
        for urls in &all {
            self.sync_dead_letter_queue(urls).await?;
        }
        let mut removed = Removed::default();
        for letter in self.table().letters().await? {
            if redaction.concerns(&letter.dead.message)
                && self.table().forget(&letter.dead.id).await?
            {
                removed.dead += 1;
                removed.orders.extend(letter.dead.message.order);
            }
        }
        if removed.dead > 0 {
            for urls in all {
                self.sweep_quietly(&urls.queue).await;
            }
        }
        Ok(removed)
    }
}
