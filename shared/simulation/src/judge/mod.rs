//! Watches everything, writes the story down, and says which rule was broken.

mod audit;
mod books;
mod circuits;
mod ending;
mod flights;
mod logins;
mod places;
mod shops;
mod staff;
mod truth;

pub(crate) use books::{SECOND_ID, newer, product_names};
pub(crate) use truth::{Known, known};

use crate::{
    clock::SimClock,
    scenario::{Scenario, drawn},
};
use circuits::Circuits;
use flights::Flights;
use ports::Version;
use staff::Staff;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: &'static str,
    /// Id of the order concerned, if it is about one.
    pub order: Option<u64>,
    /// What happened.
    pub text: String,
}

/// What the judge counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Orders that the shops had.
    pub orders: u64,
    /// Messages that were stored.
    pub messages: u64,
    /// Requests that were sent to destinations.
    pub requests: u64,
    /// Requests that something happened to, by kind; failures of ports count as `port`.
    pub faults: BTreeMap<&'static str, u64>,
    /// Times that a machine was killed.
    pub kills: u64,
    /// Times that a machine stood still.
    pub stalls: u64,
    /// What shops did with their orders, by what it was.
    pub changes: BTreeMap<&'static str, u64>,
    /// What was compared in the end, by what it was.
    pub compared: BTreeMap<String, u64>,
    /// What was drawn besides, each once.
    pub cases: BTreeMap<&'static str, u64>,
}

/// In place of an order: a line that only the whole story has.
pub(crate) const DETAIL: Option<u64> = Some(0);
/// A rule is broken once in a story: what follows is mostly the same again.
const MOST_VIOLATIONS: usize = 8;

/// See the module.
pub(crate) struct Judge {
    pub(crate) scenario: Arc<Scenario>,
    pub(crate) clock: Arc<SimClock>,
    is_recording: bool,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    story: Vec<(Duration, Option<u64>, String)>,
    violations: Vec<Violation>,
    counts: Counts,
    /// What is known by destination and order.
    known: BTreeMap<(usize, u64), Vec<Known>>,
    /// The newest state that was written, by destination and order.
    written: BTreeMap<(usize, u64), Known>,
    /// The newest state that the ledger knows of, by destination and order.
    ledgered: BTreeMap<(usize, u64), Version>,
    flights: Flights,
    circuits: Circuits,
    logins: BTreeMap<usize, VecDeque<Duration>>,
    staff: Staff,
    /// When each destination said last that it had enough of calls.
    limited: BTreeMap<usize, Duration>,
    /// How far each store was compared last, and when that began.
    compared: BTreeMap<usize, (jiff::Timestamp, Duration)>,
}

impl Judge {
    pub(crate) fn new(scenario: Arc<Scenario>, clock: Arc<SimClock>, is_recording: bool) -> Self {
        let notes = Notes {
            counts: Counts {
                orders: scenario.orders.len() as u64,
                changes: changes(&scenario),
                cases: drawn(&scenario).into_iter().map(|case| (case, 1)).collect(),
                ..Counts::default()
            },
            ..Notes::default()
        };
        Self {
            scenario,
            clock,
            is_recording,
            notes: Mutex::new(notes),
        }
    }

    /// Writes a line of the story, about an order or about all.
    pub(crate) fn note(&self, order: Option<u64>, text: impl FnOnce() -> String) {
        if self.is_recording {
            self.lock()
                .story
                .push((self.clock.elapsed(), order, text()));
        }
    }

    /// A rule was broken.
    pub(crate) fn violate(&self, rule: &'static str, order: Option<u64>, text: String) {
        self.note(order, || format!("BROKEN: {rule}: {text}"));
        let violations = &mut self.lock().violations;
        if violations.len() < MOST_VIOLATIONS {
            violations.push(Violation { rule, order, text });
        }
    }

    /// Something went wrong on purpose.
    pub(crate) fn fault(&self, kind: &'static str) {
        *self.lock().counts.faults.entry(kind).or_default() += 1;
    }

    /// Something was compared in the end.
    pub(crate) fn counted(&self, what: String) {
        *self.lock().counts.compared.entry(what).or_default() += 1;
    }

    /// A machine died.
    pub(crate) fn killed(&self) {
        self.lock().counts.kills += 1;
    }

    /// A machine stands still.
    pub(crate) fn stalled(&self) {
        self.lock().counts.stalls += 1;
    }

    /// The verdict: what was counted, what was broken, and the story of everything or of one order.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts.clone()
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.lock().violations.clone()
    }

    /// The lines of the story that concern an order, or all of them.
    pub(crate) fn story(&self, order: Option<u64>) -> Vec<String> {
        let notes = self.lock();
        let wanted = notes
            .story
            .iter()
            .filter(|(_, about, _)| order.is_none() || about.is_none() || *about == order);
        wanted
            .map(|(at, about, text)| {
                let about = about
                    .filter(|_| *about != DETAIL)
                    .map(|order| format!("order {order}: "))
                    .unwrap_or_default();
                format!("{:>14.3} s  {about}{text}", at.as_secs_f64())
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What shops do in a scenario.
fn changes(scenario: &Scenario) -> BTreeMap<&'static str, u64> {
    let mut changes = BTreeMap::new();
    for state in scenario.orders.iter().flat_map(|life| &life.states) {
        *changes.entry(state.change).or_default() += 1;
    }
    changes
}

/// Whether a state is older than another, whichever way one looks at it: clocks that step tell
/// another order of arrival than the queue, and some are [unordered](Known::unordered).
fn is_older(one: &Known, other: &Known) -> bool {
    let (mine, theirs): (&Version, &Version) = (&one.version, &other.version);
    match mine.modified.cmp(&theirs.modified) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Greater => false,
        // The shop shows what it has: what it showed is older than what it made later.
        std::cmp::Ordering::Equal if one.is_read && one.state <= other.state => {
            one.is_certain && one.state < other.state
        }
        std::cmp::Ordering::Equal if other.is_read && other.state <= one.state => false,
        std::cmp::Ordering::Equal => {
            !one.unordered
                && !other.unordered
                && mine.accepted < theirs.accepted
                && one.arrival < other.arrival
        }
    }
}
