use crate::{
    dead_letter_queue::Synced, letter::Letter, queue::SqsQueue, queues::QueueUrls, send::Outgoing,
};
use async_trait::async_trait;
use ports::{DeadLetter, DeadLetterFilter, DeadLetters, Message, PortError};
use std::collections::BTreeMap;

#[async_trait]
impl DeadLetters for SqsQueue {
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError> {
        if filter.limit == Some(0) {
            return Ok(Vec::new());
        }
        let all: Vec<&QueueUrls> = self.queues().all().collect();
        for urls in all {
            self.sweep_quietly(&urls.queue).await;
        }
        let letters = self
            .table()
            .letters()
            .await?
            .into_iter()
            .map(|letter| letter.dead);
        let wanted = letters.filter(|dead| passes(filter, dead));
        Ok(wanted.take(filter.limit.unwrap_or(usize::MAX)).collect())
    }

    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, PortError> {
        Ok(self.table().letter(id).await?.map(|letter| letter.dead))
    }

    /// Sends the message, then forgets the letter: a crash between the two leaves a letter that can
    /// be replayed again. The queue swallows that duplicate within five minutes, the ledger later.
    async fn replay(&self, id: &str) -> Result<bool, PortError> {
        let operation = "dead letters: replay";
        let Some(letter) = self.table().letter(id).await? else {
            return Ok(false);
        };
        self.sqs()
            .send(operation, &letter.queue, &[self.replayed(&letter).await?])
            .await?;
        self.table().forget(id).await
    }

    async fn discard(&self, id: &str) -> Result<bool, PortError> {
        self.table().forget(id).await
    }

    /// Deletes the notices of letters that are gone from the dead-letter queues, and with them the
    /// reason of the alarm.
    async fn tidy(&self) -> Result<(), PortError> {
        let all: Vec<&QueueUrls> = self.queues().all().collect();
        for urls in all {
            while self.sync_dead_letter_queue(urls).await? == Synced::Part {}
        }
        Ok(())
    }
}

fn passes(filter: &DeadLetterFilter, dead: &DeadLetter) -> bool {
    let is = |wanted: &Option<String>, found: Option<&str>| {
        wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
    };
    is(&filter.route, Some(&dead.message.route))
        && is(&filter.order, dead.message.order.as_deref())
        && is(&filter.class, Some(&dead.class))
}

impl SqsQueue {
    /// Returns the message that goes back to its queue. A text that could not be read goes back as
    /// it was.
    async fn replayed(&self, letter: &Letter) -> Result<Outgoing, PortError> {
        let dedupe = format!("replay-{}", letter.dead.id);
        if letter.is_sealed {
            return Ok(Outgoing {
                body: String::from_utf8_lossy(&letter.dead.message.body).into_owned(),
                group: letter.dead.message.group.clone(),
                dedupe,
                attributes: Vec::new(),
            });
        }
        let message = Message {
            dedupe: None,
            replays: letter.dead.message.replays.saturating_add(1),
            ..letter.dead.message.clone()
        };
        self.sender()
            .outgoing(&message, dedupe, &mut BTreeMap::new())
            .await
    }
}
