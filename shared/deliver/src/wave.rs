//! One wave of a batch: messages that do not depend on each other, worked on together.

use crate::{
    Engine, Health, Lease, Result,
    compare::{is_in_doubt, settled_by_ledger},
    decide::later,
    decision::{Decision, Item},
    engine::LEDGER_PAUSE,
    holding, known,
    prepare::{Planned, Prepared, Resolved, prepare},
    record,
    reference::{self, Doubted},
};
use destination::{Class, Failure};
use jiff::Timestamp;
use ports::{Disposition, LedgerEntry, Received, State};
use source::{Extent, MOST_ITEMS};
use std::collections::{BTreeMap, BTreeSet};

/// The largest size of the bodies that are in work at a time, in bytes, and the largest number of
/// items of the lists in them, unless one body alone has more: what is made of them takes many
/// times as much memory.
const WAVE_BYTES: usize = 1 << 20;
const WAVE_ITEMS: usize = MOST_ITEMS;
/// The number of losses in a row, the last ones alone, after which a message is not tried again.
const LOST_FOR_GOOD: u32 = 5;

/// The next wave of a batch, split off from the rest.
pub(crate) struct NextWave {
    /// The messages of the wave, each with what was read of it.
    pub(crate) wave: Vec<(Item, Prepared)>,
    /// The messages of later waves.
    pub(crate) rest: Vec<Received>,
}

/// The result of working on messages.
#[derive(Default)]
pub(crate) struct Worked {
    pub(crate) decisions: Vec<Decision>,
    /// The messages that were not tried after all.
    pub(crate) untried: Vec<Item>,
}

/// A plan on its way, with its message.
pub(crate) struct Ready {
    pub(crate) item: Item,
    pub(crate) planned: Box<Planned>,
}

/// Plans that were looked at before a call.
#[derive(Default)]
pub(crate) struct Sifted {
    /// The plans that may go on.
    pub(crate) ready: Vec<Ready>,
    /// The decisions about the others.
    pub(crate) decided: Vec<Decision>,
}

/// The room that a wave has left.
#[derive(Default)]
struct Room {
    bytes: usize,
    items: usize,
}

/// The next step for a message.
enum Next {
    /// Nothing more: the decision is made.
    Decided(Box<Decision>),
    /// A call to the destination.
    Deliver(Box<Ready>),
}

impl Engine {
    /// Splits off the next wave: the first message of each group that is not blocked, never two of
    /// one order (an order's customer may have changed between two of its events), and no more than
    /// there is room for.
    pub(crate) fn next_wave(&self, waiting: Vec<Received>, blocked: &BTreeSet<String>) -> NextWave {
        let (mut groups, mut orders) = (blocked.clone(), BTreeSet::new());
        let (mut wave, mut rest) = (Vec::new(), Vec::new());
        let mut room = Room::default();
        for received in waiting {
            let message = &received.message;
            let has_room = room.takes(&message.body) || wave.is_empty();
            if !groups.insert(message.group.clone()) || !has_room {
                rest.push(received);
                continue;
            }
            let route = self.route(message);
            let item = Item::new(received, route);
            let prepared = prepare_unless_lost(&item);
            let key = prepared.key(&item.received.message.route);
            if key.is_none_or(|key| orders.insert(key)) {
                wave.push((item, prepared));
            } else {
                rest.push(item.received);
            }
        }
        NextWave { wave, rest }
    }

    /// Works on one wave.
    pub(crate) async fn work_on(&self, mut wave: Vec<(Item, Prepared)>, lease: &Lease) -> Worked {
        if let Err(failure) = self.load_entries(&mut wave).await {
            return all_later(wave, &failure);
        }
        let wave = reference::resolve(wave, self.clock.as_ref(), &self.refusals).await;
        let Sifted { ready, mut decided } = self.without_calls(wave).await;
        let claimed = self.claim_orders(ready, lease).await;
        decided.extend(claimed.decided);
        let called = self.call_all(claimed.ready, lease).await;
        decided.extend(called.decisions);
        Worked {
            decisions: self.store_entries(decided).await,
            untried: called.untried,
        }
    }

    /// Decides what can be decided without asking the destination.
    async fn without_calls(&self, wave: Vec<(Item, Prepared)>) -> Sifted {
        let mut sifted = Sifted::default();
        for (item, prepared) in wave {
            let resolved = known::completed(&item, prepared);
            match self.without_call(item, resolved).await {
                Next::Decided(decision) => sifted.decided.push(*decision),
                Next::Deliver(ready) => sifted.ready.push(*ready),
            }
        }
        sifted
    }

    async fn without_call(&self, mut item: Item, resolved: Resolved) -> Next {
        if let Resolved::Plan(planned) = &resolved {
            item.version = planned.version;
        }
        let decision = match resolved {
            Resolved::Plan(planned) => match settled_by_ledger(&item, &planned, self.clock.now()) {
                Some(Result::Stale) => stale(item, planned.order, self.clock.now()),
                Some(_) => self.unchanged(item, *planned),
                None if is_in_doubt(&item, &planned, self.clock.now()) => {
                    return self.ask_for_doubted(item, planned).await;
                }
                None => return Next::Deliver(Box::new(Ready { item, planned })),
            },
            Resolved::Skip { reason, .. } => self.skip(item, reason),
            Resolved::Note { order, reason } => self.note(item, order, reason),
            Resolved::Unread { order, failure } => self.unread(item, order, failure),
            Resolved::Privacy(request) => self.fulfil(item, &request).await,
            Resolved::Broken { failure, .. } => self.reject(item, failure, Health::Untouched),
        };
        Next::Decided(Box::new(decision))
    }

    async fn ask_for_doubted(&self, item: Item, planned: Box<Planned>) -> Next {
        let clock = self.clock.as_ref();
        let decision = match reference::is_newest(&item, &planned, clock, &self.refusals).await {
            Doubted::Newest => return Next::Deliver(Box::new(Ready { item, planned })),
            Doubted::Older => stale(item, planned.order, self.clock.now()),
            Doubted::Unread(failure) => self.unread(item, planned.order, failure),
        };
        Next::Decided(Box::new(decision))
    }

    /// Calls all destinations of the wave at once.
    async fn call_all(&self, plans: Vec<Ready>, lease: &Lease) -> Worked {
        let mut by_destination: BTreeMap<String, Vec<Ready>> = BTreeMap::new();
        for ready in plans {
            // The route may lead elsewhere than when the message was sent.
            let destination = ready.item.destination().to_owned();
            by_destination.entry(destination).or_default().push(ready);
        }
        let calls = by_destination
            .into_values()
            .map(|plans| self.call_in_portions(plans, lease));
        let mut all = Worked::default();
        for worked in futures::future::join_all(calls).await {
            all.decisions.extend(worked.decisions);
            all.untried.extend(worked.untried);
        }
        all
    }
}

impl Room {
    /// Counts a body, and returns whether there was room for it.
    fn takes(&mut self, body: &[u8]) -> bool {
        self.bytes = self.bytes.saturating_add(body.len());
        self.items = self.items.saturating_add(Extent::of(body).items);
        self.bytes <= WAVE_BYTES && self.items <= WAVE_ITEMS
    }
}

/// Prepares a message. One that was lost again and again is not even looked at: its workers may
/// have died of it.
fn prepare_unless_lost(item: &Item) -> Prepared {
    let received = &item.received;
    if received.lost >= LOST_FOR_GOOD {
        let (order, failure) = (received.message.order.clone(), lost_for_good(received.lost));
        return Resolved::Broken { order, failure }.into();
    }
    prepare(&received.message, item.route.as_deref())
}

fn all_later(wave: Vec<(Item, Prepared)>, failure: &Failure) -> Worked {
    let waits = |(item, _)| later(item, failure, LEDGER_PAUSE);
    Worked {
        decisions: wave.into_iter().map(waits).collect(),
        untried: Vec::new(),
    }
}

fn stale(item: Item, order: String, now: Timestamp) -> Decision {
    let was_letter = item.received.message.replays > 0;
    let rejected = |entry: &&LedgerEntry| entry.state == State::Rejected;
    let entry = item.entry.as_ref().filter(rejected).filter(|_| was_letter);
    let entry = entry.map(|entry| record::without_letter(entry.clone(), now));
    let of_group = |entry: &LedgerEntry| holding::stale(entry, item.group(), now);
    let entry = match entry {
        Some(entry) => Some(of_group(&entry).unwrap_or(entry)),
        None => item.entry.as_ref().and_then(of_group),
    };
    Decision::new(
        item,
        Some(order),
        entry,
        Disposition::Done,
        Result::Stale,
        Health::Untouched,
    )
}

fn lost_for_good(times: u32) -> Failure {
    let text = format!(
        "it was in hand {times} times and never settled, the last times alone: the process ended over it, or was stopped each time. Look into its log, and at what this order holds \
         (is there memory enough for it?); then replay it, or drop it"
    );
    Failure::permanent(Class::Unknown, "deliver", text)
}
