//! The operator's view of the queue: its dead letters, and what waits.

use super::SimQueue;
use async_trait::async_trait;
use ports::{
    Clock, DeadLetter, DeadLetterFilter, DeadLetters, Message, PortError, Waiting, WaitingFilter,
};

#[async_trait]
impl DeadLetters for SimQueue {
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError> {
        let work = async {
            let mut letters = self.dead();
            letters.retain(|letter| filter.passes(letter));
            letters.reverse();
            Ok(letters)
        };
        self.trouble.around("dead letters: list", work).await
    }

    async fn get(&self, _id: &str) -> Result<Option<DeadLetter>, PortError> {
        Ok(None)
    }

    async fn replay(&self, _id: &str) -> Result<bool, PortError> {
        Ok(false)
    }

    async fn discard(&self, _id: &str) -> Result<bool, PortError> {
        Ok(false)
    }
}

impl SimQueue {
    /// What waits, where the queue tells: one that hands out several of a group, as SQS does, does
    /// not.
    pub(super) fn told_waiting(&self, filter: &WaitingFilter) -> Option<Vec<Waiting>> {
        if self.hands_out_several {
            return None;
        }
        Some(self.lock().waiting(filter, self.clock.now()))
    }

    /// The same messages whole.
    pub(super) fn told_messages(&self, filter: &WaitingFilter) -> Option<Vec<Message>> {
        if self.hands_out_several {
            return None;
        }
        Some(self.lock().waiting_messages(filter, self.clock.now()))
    }
}
