use crate::{
    dead_letter_queue::Synced, letter::Letter, queue::SqsQueue, queues::QueueUrls, send::Outgoing,
};
use async_trait::async_trait;
use ports::{DeadLetter, DeadLetterFilter, DeadLetters, Message, Origin, PortError};
use std::collections::{BTreeMap, HashMap};

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
    /// Returns the dead letters, the newest first, one for each event and route, and forgets those
    /// whose place a newer one has taken; and whether there were any. Whoever puts a letter down does
    /// not look for older ones: that would read all of them for each.
    async fn one_for_each_order(&self) -> Result<(Vec<DeadLetter>, bool), PortError> {
        let mut kept: Vec<Letter> = Vec::new();
        let mut places: HashMap<(String, String, String, bool), usize> = HashMap::new();
        let mut older: BTreeMap<usize, Vec<DeadLetter>> = BTreeMap::new();
        for letter in self.table().letters().await? {
            let message = &letter.dead.message;
            let order = message.order.clone().filter(|_| !letter.is_sealed);
            let place = order.map(|order| {
                let is_edited = message.origin == Origin::Edited;
                (
                    order,
                    message.route.clone(),
                    message.event.clone(),
                    is_edited,
                )
            });
            let newer = place.as_ref().and_then(|place| places.get(place));
            let newer = newer.filter(|at| {
                let newer = kept.get(**at);
                newer.is_some_and(|newer| newer.dead.takes_place_of(&letter.dead))
            });
            match newer {
                Some(at) => older.entry(*at).or_default().push(letter.dead),
                None => {
                    places.extend(place.map(|place| (place, kept.len())));
                    kept.push(letter);
                }
            }
        }
        let mut are_some_gone = false;
        for (at, older) in older {
            if let Some(newer) = kept.get_mut(at) {
                are_some_gone |= self.take_places(newer, &older).await;
            }
        }
        let letters = kept.into_iter().map(|letter| letter.dead).collect();
        Ok((letters, are_some_gone))
    }

    /// Forgets letters whose place a newer one has taken, which counts them; returns whether any was
    /// forgotten. Who may not write (the function that compares) sees it so all the same, and leaves
    /// it to the operator's next look.
    async fn take_places(&self, newer: &mut Letter, older: &[DeadLetter]) -> bool {
        let mut counted = newer.clone();
        let mut is_any_gone = false;
        for letter in older {
            newer.dead = newer.dead.clone().in_place_of(letter);
            match self.table().forget(&letter.id).await {
                Ok(true) => {
                    counted.dead = counted.dead.in_place_of(letter);
                    is_any_gone = true;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::debug!(error = %error.source, "an older dead letter of the order stays");
                }
            }
        }
        if is_any_gone && let Err(error) = self.table().put_letter(&counted).await {
            tracing::warn!(error = %error.source, "the number of older dead letters of the order could not be noted");
        }
        is_any_gone
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
