//! The end: every order that was accepted is at each destination once, in its newest state, or is a dead letter that deserves it.

use super::{
    Judge, Known,
    books::{self, Held},
};
use crate::scenario::closing_word;
use config::Platform;
use ports::DeadLetter;
use sandbox::Double;
use std::collections::{BTreeMap, BTreeSet};

/// A generous bound: reads, writes, retries after faults, probes.
const CALLS_PER_MESSAGE: u64 = 8;
const CALLS_PER_FAULT: u64 = 12;
const CALLS_AT_ALL: u64 = 200;

impl Judge {
    /// Compares what destinations hold with what was accepted.
    pub(crate) fn compare(&self, destination: usize, double: &Double, dead: &[DeadLetter]) {
        let held = books::orders(double);
        let orders: BTreeSet<u64> = self
            .lock()
            .known
            .keys()
            .filter(|(at, _)| *at == destination)
            .map(|(_, order)| *order)
            .collect();
        let dead_events: BTreeSet<&str> = dead.iter().map(|letter| letter.message.event.as_str()).collect();
        for order in &orders {
            self.compare_order(destination, *order, held.get(order), &dead_events);
        }
        for order in held.keys().filter(|order| !orders.contains(order)) {
            self.violate(
                "nothing comes from nowhere",
                Some(*order),
                format!("destination {destination} holds an order that was never accepted"),
            );
        }
        let mut seen = BTreeSet::new();
        for email in books::customers(double) {
            if !seen.insert(email.clone()) && !self.may_be_two(&email) {
                self.violate(
                    "one record per customer",
                    None,
                    format!("destination {destination} holds {email} twice"),
                );
            }
        }
    }

    /// What is delivered by now, of one store or all, whatever else there is: nothing jams.
    pub(crate) fn inspect(&self, destination: usize, double: &Double, store: Option<usize>) {
        let held = books::orders(double);
        let known: BTreeSet<u64> = self
            .lock()
            .known
            .keys()
            .filter(|(at, _)| *at == destination)
            .map(|(_, order)| *order)
            .collect();
        let is_of_store = |order: &u64| {
            self.scenario
                .order(*order)
                .is_some_and(|life| store.is_none_or(|store| life.store == store))
        };
        for order in known
            .iter()
            .filter(|order| !self.scenario.cursed.contains(order) && is_of_store(order))
        {
            let wanted = self.newest(destination, *order, true);
            let is_shown = |held: &Held| wanted.iter().any(|known| self.shows(destination, known, held));
            if !wanted.is_empty() && !held.get(order).is_some_and(is_shown) {
                let text = format!("destination {destination} has not got its newest state, though it was well all the time");
                self.violate("nothing jams", Some(*order), text);
            }
        }
    }

    /// A guest's record and a registered customer's that came about under another e-mail can not become one when the customer takes the guest's e-mail.
    fn may_be_two(&self, email: &str) -> bool {
        let all = || {
            self.scenario
                .orders
                .iter()
                .flat_map(|life| &life.states)
                .map(|state| &state.customer)
        };
        let is_guests = all().any(|customer| customer.id == 0 && customer.email == email);
        let mut registered = all().filter(|customer| customer.id != 0 && customer.email == email);
        is_guests && registered.any(|one| all().any(|other| other.id == one.id && other.email != email))
    }

    fn compare_order(&self, destination: usize, order: u64, held: Option<&Held>, dead: &BTreeSet<&str>) {
        let newest = self.newest(destination, order, false);
        if !newest.is_empty() && newest.iter().all(|known| known.poison) && !newest.iter().any(|known| dead.contains(known.event.as_str()))
        {
            self.violate(
                "nothing accepted is missing",
                Some(order),
                format!("destination {destination}: no dead letter of its newest state"),
            );
        }
        let wanted = self.newest(destination, order, true);
        if wanted.is_empty() {
            return;
        }
        let Some(held) = held else {
            return self.violate(
                "nothing accepted is missing",
                Some(order),
                format!("destination {destination} does not hold it"),
            );
        };
        if held.records != 1 {
            self.violate(
                "one set of records per order",
                Some(order),
                format!("destination {destination} holds {} records of it", held.records),
            );
        }
        if !wanted.iter().any(|known| self.shows(destination, known, held)) {
            let expected: Vec<(usize, u64)> = wanted.iter().map(|known| (known.state, known.content)).collect();
            let text = format!("destination {destination} shows {held:?}, but the newest (state, content) is {expected:?}");
            self.violate("the newest state wins", Some(order), text);
        }
    }

    fn shows(&self, destination: usize, known: &Known, held: &Held) -> bool {
        let system = self.scenario.destinations.get(destination).map(|target| target.system);
        let Some(state) = self.scenario.order(known.order).and_then(|life| life.states.get(known.state)) else {
            return false;
        };
        let has_quantities = system != Some("zoho");
        let mut wanted: Vec<(u64, Option<u64>)> = state
            .lines
            .iter()
            .map(|line| (known.content, has_quantities.then_some(line.quantity)))
            .collect();
        let mut lines = held.lines.clone();
        wanted.sort_unstable();
        lines.sort_unstable();
        let word = self
            .scenario
            .platform(known.order)
            .map(|platform| status_word(system, platform, known.status));
        wanted == lines && word.is_some_and(|word| held.status.contains(&word))
    }

    /// Dead letters are for what can not be delivered, and nothing else.
    pub(crate) fn check_dead(&self, dead: &[DeadLetter]) {
        for letter in dead {
            let known = super::known(&self.scenario, &letter.message);
            let order = known.as_ref().map(|(_, known)| known.order);
            if known.is_none_or(|(_, known)| !known.poison) {
                self.violate(
                    "only what can not be delivered dies",
                    order,
                    format!("{}: {}", letter.class, letter.reason),
                );
            } else if letter.reason.starts_with("gave up") {
                self.violate("what can not succeed is rejected at once", order, letter.reason.clone());
            }
        }
    }

    /// Calls stay within reason.
    pub(crate) fn check_calls(&self) {
        let (requests, bound) = {
            let counts = &self.lock().counts;
            let faults: u64 = counts.faults.values().sum::<u64>() + counts.kills + counts.stalls;
            let bound = CALLS_AT_ALL + CALLS_PER_MESSAGE * counts.messages + CALLS_PER_FAULT * faults;
            (counts.requests, bound)
        };
        if requests > bound {
            self.violate("few calls", None, format!("{requests} requests, where {bound} would be many"));
        }
    }

    /// What is left in the queue although everything has healed long ago.
    pub(crate) fn never_drained(&self, left: &BTreeMap<String, usize>) {
        self.violate(
            "everything is delivered in the end",
            None,
            format!("messages are still in the queue, by route: {left:?}"),
        );
    }
}

/// What the status of a record contains.
fn status_word(system: Option<&str>, platform: Platform, status: &str) -> String {
    match (system, closing_word(platform, status)) {
        (Some("netsuite"), Some(word)) => format!("({word})"),
        (Some("netsuite"), None) => " Order #".to_owned(),
        (_, Some(_)) => "Closed Lost".to_owned(),
        (_, None) => "Closed Won".to_owned(),
    }
}
