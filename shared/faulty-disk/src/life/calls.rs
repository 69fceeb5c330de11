//! The calls that are made of the store.

use super::{
    VISIBILITY,
    book::{Book, Place, Step},
};
use crate::dice::Dice;
use bytes::Bytes;
use jiff::Timestamp;
use platform_sqlite::SqliteStore;
use ports::{
    Checkpoint, Checkpoints, DeadLetter, DeadLetters, Disposition, Enqueue, Ledger, LedgerEntry,
    Message, PortError, Queue, Received, Redaction, Revision, Settlement, Subject,
    conformance::{entry, message},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const DESTINATION: &str = "sales";
const CUSTOMERS: u64 = 6;
const ROUTE: &str = "acme-sales";

/// A call, and what it changes.
pub(super) struct Call {
    what: What,
    pub(super) steps: Vec<Step>,
}

enum What {
    Enqueue(Vec<Message>),
    Receive(usize),
    Settle(Vec<Settlement>),
    Store(Vec<LedgerEntry>),
    Replay(String),
    Discard(String),
    Checkpoint(String, Checkpoint),
    Redact(Redaction),
    Prune,
}

impl Call {
    /// Makes the call; returns what was handed out.
    pub(super) async fn make(&self, store: &SqliteStore) -> Result<Vec<Received>, PortError> {
        match &self.what {
            What::Enqueue(messages) => store.enqueue(messages.clone()).await?,
            What::Receive(most) => return store.receive(DESTINATION, *most, VISIBILITY).await,
            What::Settle(settlements) => store.settle(settlements.clone()).await?,
            What::Store(entries) => drop(store.store(entries.clone()).await?),
            What::Replay(id) => drop(store.replay(id).await?),
            What::Discard(id) => drop(store.discard(id).await?),
            What::Checkpoint(name, to) => {
                let (text, read) = (to.text.clone(), to.revision - 1);
                store.set_checkpoint(name, text, read).await?;
            }
            What::Redact(redaction) => drop(Queue::redact(store, redaction).await?),
            What::Prune => drop(store.prune(Duration::from_secs(1 << 34)).await?),
        }
        Ok(Vec::new())
    }
}

impl Book {
    /// Draws the calls of a round; no two change the same.
    pub(super) fn draw(&mut self, dice: &mut Dice, now: Timestamp) -> Vec<Call> {
        if dice.chance(40) {
            return vec![self.redact(dice, now)];
        }
        let number = 1 + dice.below(5);
        let mut calls: Vec<Call> = (0..number)
            .filter_map(|_| match dice.below(20) {
                0..7 => Some(self.enqueue(dice)),
                7..10 => Some(Call {
                    what: What::Receive(1 + dice.place(5)),
                    steps: Vec::new(),
                }),
                10..14 => self.settle(dice, now),
                14..17 => Some(self.store(dice)),
                17 => self.of_letter(dice),
                18 => Some(self.checkpoint()),
                _ => Some(Call {
                    what: What::Prune,
                    steps: Vec::new(),
                }),
            })
            .collect();
        // What two calls would change in one round belongs to the first.
        let mut taken = BTreeSet::new();
        calls.retain(|call| {
            let (receives, names) = (matches!(call.what, What::Receive(_)), call.names());
            let is_free = names.iter().all(|name| !taken.contains(name));
            if is_free {
                taken.extend(names);
            }
            receives || is_free
        });
        calls
    }

    fn enqueue(&mut self, dice: &mut Dice) -> Call {
        let messages: Vec<Message> = (0..=dice.below(3)).map(|_| self.message(dice)).collect();
        let steps = messages.iter().map(|message| Step::Message {
            event: message.event.clone(),
            to: Place::Waiting,
        });
        Call {
            steps: steps.collect(),
            what: What::Enqueue(messages),
        }
    }

    fn message(&mut self, dice: &mut Dice) -> Message {
        self.number += 1;
        let event = format!("event-{}", self.number);
        let length = dice.below(self.longest);
        // What the body says is said in all of it: a part of another one shows.
        let body: Vec<u8> = (0..length)
            .flat_map(|place| format!("{event}:{place};").into_bytes())
            .take(usize::try_from(length).unwrap_or_default())
            .collect();
        let customer = dice.below(CUSTOMERS).to_string();
        let message = Message {
            order: Some(format!("order-{customer}")),
            body: Bytes::from(body),
            ..message(DESTINATION, &customer, &event)
        };
        self.sent.insert(event, message.clone());
        message
    }

    fn settle(&mut self, dice: &mut Dice, now: Timestamp) -> Option<Call> {
        let number = dice.place(self.hand.len().min(4) + 1);
        let chosen: Vec<Received> = self.hand.drain(..number).collect();
        if chosen.is_empty() {
            return None;
        }
        let (mut steps, mut settlements) = (Vec::new(), Vec::new());
        for received in chosen {
            let event = received.message.event.clone();
            let (disposition, to) = match dice.below(8) {
                0..4 => (Disposition::Done, Place::Nowhere),
                4..6 => (
                    Disposition::Dead(Box::new(letter(&received.message, now))),
                    Place::Dead,
                ),
                6 => (
                    Disposition::Retry(Duration::from_secs(dice.below(90))),
                    Place::Waiting,
                ),
                _ => (Disposition::Release, Place::Waiting),
            };
            steps.push(Step::Message { event, to });
            settlements.push(received.settled(disposition));
        }
        Some(Call {
            steps,
            what: What::Settle(settlements),
        })
    }

    fn store(&mut self, dice: &mut Dice) -> Call {
        let mut entries = BTreeMap::new();
        for _ in 0..=dice.below(2) {
            self.number += 1;
            let order = format!("order-{}", dice.below(CUSTOMERS));
            let known = self.ledger.get(&order);
            let revision = known.and_then(|known| known.revision);
            let updated = i64::try_from(self.number).unwrap_or_default();
            let entry = LedgerEntry {
                revision,
                attempts: u32::try_from(self.number).unwrap_or_default(),
                ..entry(ROUTE, &order, updated)
            };
            entries.insert(order, entry);
        }
        let step = |(order, entry): (&String, &LedgerEntry)| Step::Entry {
            order: order.clone(),
            to: Box::new(LedgerEntry {
                revision: Some(Revision::after(entry.revision)),
                ..entry.clone()
            }),
        };
        Call {
            steps: entries.iter().map(step).collect(),
            what: What::Store(entries.into_values().collect()),
        }
    }

    fn of_letter(&mut self, dice: &mut Dice) -> Option<Call> {
        let (id, event) = self.letters.get(dice.place(self.letters.len())).cloned()?;
        let (what, to) = if dice.chance(600) {
            (What::Replay(id), Place::Waiting)
        } else {
            (What::Discard(id), Place::Nowhere)
        };
        Some(Call {
            what,
            steps: vec![Step::Message { event, to }],
        })
    }

    fn checkpoint(&mut self) -> Call {
        self.number += 1;
        let name = "place".to_owned();
        let known = self.checkpoints.get(&name);
        let to = Checkpoint {
            text: format!("text {}", self.number),
            revision: known.map_or(0, |known| known.revision) + 1,
        };
        Call {
            what: What::Checkpoint(name.clone(), to.clone()),
            steps: vec![Step::Checkpoint { name, to }],
        }
    }

    fn redact(&mut self, dice: &mut Dice, now: Timestamp) -> Call {
        let customer = dice.below(CUSTOMERS).to_string();
        let concerned = self.places.iter().filter(|(event, place)| {
            let sent = self.sent.get(*event);
            **place != Place::Nowhere && sent.is_some_and(|sent| sent.group == customer)
        });
        let steps = concerned.map(|(event, _)| Step::Message {
            event: event.clone(),
            to: Place::Nowhere,
        });
        Call {
            steps: steps.collect(),
            what: What::Redact(Redaction {
                store: "acme".to_owned(),
                routes: BTreeSet::from([ROUTE.to_owned()]),
                subject: Subject::Customer {
                    orders: BTreeSet::new(),
                    groups: BTreeSet::from([customer]),
                },
                before: now.max(Timestamp::MAX),
            }),
        }
    }
}

impl Call {
    /// What the call is about.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |step: &Step| match step {
            Step::Message { event, .. } => event.clone(),
            Step::Entry { order, .. } => order.clone(),
            Step::Checkpoint { name, .. } => name.clone(),
        };
        self.steps.iter().map(name).collect()
    }
}

fn letter(message: &Message, now: Timestamp) -> DeadLetter {
    DeadLetter {
        id: String::new(),
        message: message.clone(),
        mapping: None,
        class: "mapping".to_owned(),
        reason: "the close date is missing".to_owned(),
        request: None,
        response: None,
        attempts: 1,
        died: now,
        earlier: 0,
    }
}
