//! What the store has promised, and what it may or may not have done.

use crate::dice::Dice;
use ports::{Checkpoint, DAMAGED, LedgerEntry, Message, Received};
use std::collections::{BTreeMap, BTreeSet};

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    Waiting,
    Dead,
}

/// One thing that a call changes.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Message { event: String, to: Place },
    Entry { order: String, to: Box<LedgerEntry> },
    Checkpoint { name: String, to: Checkpoint },
}

/// See the module.
pub(super) struct Book {
    /// Every message that was ever handed to the store.
    pub(super) sent: BTreeMap<String, Message>,
    pub(super) places: BTreeMap<String, Place>,
    pub(super) ledger: BTreeMap<String, LedgerEntry>,
    pub(super) checkpoints: BTreeMap<String, Checkpoint>,
    /// The steps of calls without an answer: all of a call were done, or none.
    pub(super) doubts: Vec<Vec<Step>>,
    /// What this process received and has not settled.
    pub(super) hand: Vec<Received>,
    /// The letters that are there, with their events.
    pub(super) letters: Vec<(String, String)>,
    pub(super) number: u64,
    /// The longest body.
    pub(super) longest: u64,
}

impl Book {
    pub(super) fn new(seed: u64) -> Self {
        let longest = match Dice::new(seed, 2).below(10) {
            0..5 => 300,
            5..9 => 20_000,
            _ => 400_000,
        };
        Self {
            sent: BTreeMap::new(),
            places: BTreeMap::new(),
            ledger: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            doubts: Vec::new(),
            hand: Vec::new(),
            letters: Vec::new(),
            number: 0,
            longest,
        }
    }

    /// A call has ended.
    pub(super) fn note(&mut self, steps: Vec<Step>, is_promised: bool) {
        if is_promised {
            self.apply(steps);
        } else if !steps.is_empty() {
            self.doubts.push(steps);
        }
    }

    pub(super) fn apply(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Message { event, to } => _ = self.places.insert(event, to),
                Step::Entry { order, to } => _ = self.ledger.insert(order, *to),
                Step::Checkpoint { name, to } => _ = self.checkpoints.insert(name, to),
            }
        }
    }

    pub(super) fn place(&self, event: &str) -> Place {
        self.places.get(event).copied().unwrap_or(Place::Nowhere)
    }

    pub(super) fn forget_what_is_in_hand(&mut self) {
        self.hand.clear();
    }

    /// Notes what was handed out; returns the rules that this breaks.
    pub(super) fn handed_out(
        &mut self,
        received: Vec<Received>,
        is_forgiven: bool,
    ) -> Vec<(&'static str, String)> {
        let mut broken = Vec::new();
        let promised: BTreeSet<&String> = self.doubts.iter().flatten().filter_map(event).collect();
        for one in &received {
            let event = &one.message.event;
            if !is_told(&one.message, is_forgiven) && !self.is_whole(&one.message) {
                broken.push(("what is there is whole", format!("{event} was handed out")));
            }
            let is_settled = self.places.contains_key(event)
                && self.place(event) != Place::Waiting
                && !promised.contains(event);
            if is_settled && !is_forgiven {
                broken.push((
                    "what was settled stays so",
                    format!("{event} was handed out"),
                ));
            }
        }
        self.hand.extend(received);
        broken
    }

    /// Whether a message is as it was sent.
    pub(super) fn is_whole(&self, message: &Message) -> bool {
        self.sent.get(&message.event).is_some_and(|sent| {
            let replays = sent.replays;
            Message {
                replays,
                ..message.clone()
            } == *sent
        })
    }
}

/// Whether the store itself says that a lying disk has damaged a message.
pub(super) fn is_told(message: &Message, is_forgiven: bool) -> bool {
    is_forgiven && message.body == DAMAGED
}

fn event(step: &Step) -> Option<&String> {
    match step {
        Step::Message { event, .. } => Some(event),
        _ => None,
    }
}
