use crate::{
    dead_letter_queue::Synced, letter::Letter, queue::SqsQueue, queues::QueueUrls, send::Outgoing,
};
use async_trait::async_trait;
use ports::{DeadLetter, DeadLetterFilter, DeadLetters, Message, Origin, PortError};
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[async_trait]
impl DeadLetters for SqsQueue {
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError> {
        if filter.limit == Some(0) {
            return Ok(Vec::new());
        }
        let all: Vec<&QueueUrls> = self.queues().all().collect();
        for urls in &all {
            self.sweep_quietly(&urls.queue).await;
        }
        let (letters, are_some_gone) = self.one_for_each_order().await?;
        for urls in all.iter().filter(|_| are_some_gone) {
            self.sweep_quietly(&urls.queue).await;
        }
        let is_after = |dead: &DeadLetter| {
            let after = filter.after.as_ref();
            after.is_none_or(|after| dead.cursor() < *after)
        };
        let wanted = letters
            .into_iter()
            .filter(|dead| filter.passes(dead) && is_after(dead));
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

impl SqsQueue {
    /// Returns the dead letters, the newest first, and forgets those whose place a newer one has
    /// taken, once that one counts them; and whether there were any. Whoever puts a letter down does not look for older ones: that
    /// would read all of them for each.
    async fn one_for_each_order(&self) -> Result<(Vec<DeadLetter>, bool), PortError> {
        let mut kept: Vec<Letter> = Vec::new();
        let mut places: HashMap<(String, String, bool), usize> = HashMap::new();
        let (mut older, mut counted) = (Vec::new(), BTreeSet::new());
        for letter in self.table().letters().await? {
            let message = &letter.dead.message;
            let Some(order) = message.order.clone().filter(|_| !letter.is_sealed) else {
                kept.push(letter);
                continue;
            };
            let place = (
                order,
                message.route.clone(),
                message.origin == Origin::Edited,
            );
            let Some(at) = places.get(&place).copied() else {
                places.insert(place, kept.len());
                kept.push(letter);
                continue;
            };
            if let Some(newer) = kept.get_mut(at) {
                newer.dead = newer.dead.clone().in_place_of(&letter.dead);
                counted.insert(at);
                older.push(letter.dead.id);
            }
        }
        for newer in counted.into_iter().filter_map(|at| kept.get(at)) {
            self.table().put_letter(newer).await?;
        }
        for id in &older {
            self.table().forget(id).await?;
        }
        let letters = kept.into_iter().map(|letter| letter.dead).collect();
        Ok((letters, !older.is_empty()))
    }

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
