//! The end: every order that was accepted is at each destination once, in its newest state, or is a
//! dead letter that deserves it.

use super::{
    Judge, Known,
    books::{self, Held, Line},
};
use crate::scenario::{self, SHARED, Shared, State, Whose, shown};
use config::Platform;
use ports::DeadLetter;
use sandbox::Double;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The longest for which a destination that has had enough of calls is left alone: what it asks for,
/// and the probes behind that.
const LEFT_ALONE: Duration = Duration::from_secs(20 * 60);
/// A generous bound: reads, writes, retries after faults, probes.
const CALLS_PER_MESSAGE: u64 = 8;
const CALLS_PER_FAULT: u64 = 12;
const CALLS_AT_ALL: u64 = 200;

/// What the reason of an order in another currency names: the way out.
const WAY_OUT: &str = "vars.home_currency";
/// What the reason of an order with a code that two products share says.
const SHARED_CODE: &str = " has 2 of ";

impl Judge {
    /// Compares what destinations hold with what was accepted.
    pub(crate) fn compare(&self, destination: usize, double: &Double, dead: &[DeadLetter]) {
        let Some(target) = self.scenario.destinations.get(destination) else {
            return;
        };
        let held = books::orders(double, target, self.scenario.long);
        let orders: BTreeSet<u64> = self
            .lock()
            .known
            .keys()
            .filter(|(at, _)| *at == destination)
            .map(|(_, order)| *order)
            .collect();
        let dead_events: BTreeSet<&str> = dead
            .iter()
            .map(|letter| letter.message.event.as_str())
            .collect();
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
        self.compare_staff(destination, double);
        self.compare_addresses(destination, double);
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

    /// What is delivered by now, whatever else there is: nothing jams.
    pub(crate) fn inspect(&self, destination: usize, double: &Double, whose: Whose) {
        let Some(target) = self.scenario.destinations.get(destination) else {
            return;
        };
        if self.has_had_enough(destination) {
            return;
        }
        let held = books::orders(double, target, self.scenario.long);
        let known: BTreeSet<u64> = self
            .lock()
            .known
            .keys()
            .filter(|(at, _)| *at == destination)
            .map(|(_, order)| *order)
            .collect();
        let may_wait = |order: &u64| self.scenario.cursed.contains(order) || self.may_wait(*order);
        let is_inspected = |order: &u64| whose == Whose::All || self.scenario.small.contains(order);
        for order in known
            .iter()
            .filter(|order| !may_wait(order) && is_inspected(order))
        {
            let wanted = match whose {
                Whose::All => self.newest(destination, *order, true),
                // Its newest state may have come just now.
                Whose::Small => self.deliverable(destination, *order),
            };
            let is_shown = |held: &Held| {
                wanted
                    .iter()
                    .any(|known| self.shows(destination, known, held))
            };
            if !wanted.is_empty() && !held.get(order).is_some_and(is_shown) {
                let text = format!(
                    "destination {destination} has not got its newest state, though it was well all the time"
                );
                self.violate("nothing jams", Some(*order), text);
            }
        }
    }

    /// Notes that a destination says that it has had enough of calls.
    pub(crate) fn limited(&self, destination: usize) {
        let now = self.clock.elapsed();
        self.lock().limited.insert(destination, now);
    }

    /// Whether a destination is rightly left alone, because it said lately that it had enough of
    /// calls.
    fn has_had_enough(&self, destination: usize) -> bool {
        let said = self.lock().limited.get(&destination).copied();
        said.is_some_and(|said| self.clock.elapsed().saturating_sub(said) < LEFT_ALONE)
    }

    /// Whether an order rightly waits for something: for its product to be on sale, or, since its
    /// customer changed, for a call of its other group that may be on its way.
    fn may_wait(&self, order: u64) -> bool {
        let (Some(life), Some(platform)) =
            (self.scenario.order(order), self.scenario.platform(order))
        else {
            return false;
        };
        self.changes_customer(order)
            || (self.scenario.is_mended
                && life.states.iter().any(|state| state.has_unknown(platform)))
    }

    /// Whether an order has several customers in its life, and so is in several groups.
    pub(super) fn changes_customer(&self, order: u64) -> bool {
        let states = self
            .scenario
            .order(order)
            .into_iter()
            .flat_map(|life| &life.states);
        let emails: BTreeSet<&str> = states.map(|state| state.customer.email.as_str()).collect();
        emails.len() > 1
    }

    /// A guest's record and a registered customer's that came about under another e-mail cannot
    /// become one when the customer takes the guest's e-mail.
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
        is_guests
            && registered.any(|one| all().any(|other| other.id == one.id && other.email != email))
    }

    fn compare_order(
        &self,
        destination: usize,
        order: u64,
        held: Option<&Held>,
        dead: &BTreeSet<&str>,
    ) {
        let newest = self.newest(destination, order, false);
        if !newest.is_empty()
            && newest.iter().all(|known| known.poison)
            && !newest
                .iter()
                .any(|known| dead.contains(known.event.as_str()))
        {
            self.violate(
                "nothing accepted is missing",
                Some(order),
                format!("destination {destination}: no dead letter of its newest state"),
            );
        }
        let wanted = self.newest(destination, order, true);
        if wanted.is_empty() {
            if held.is_some() && newest.iter().all(|known| known.foreign) && !newest.is_empty() {
                let text = format!("destination {destination} holds {held:?}");
                self.violate(
                    "an amount in another currency is not written",
                    Some(order),
                    text,
                );
            }
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
                format!(
                    "destination {destination} holds {} records of it",
                    held.records
                ),
            );
        }
        let shown: Vec<&Known> = wanted
            .iter()
            .filter(|known| self.shows(destination, known, held))
            .collect();
        let target = self.scenario.destinations.get(destination);
        if shown.is_empty() && target.is_some_and(|target| target.cases.is_locked_for_good(order)) {
            return self.compare_locked(destination, (order, held), &wanted, dead);
        }
        if shown.is_empty() {
            let expected: Vec<(usize, u64)> = wanted
                .iter()
                .map(|known| (known.state, known.content))
                .collect();
            let text = format!(
                "destination {destination} shows {held:?}, but the newest (state, content) is {expected:?}"
            );
            return self.violate("the newest state wins", Some(order), text);
        }
        self.compare_amount(destination, &shown, held);
    }

    /// Of an order that cannot be changed any more an earlier state is held, and its newest is a
    /// dead letter.
    fn compare_locked(
        &self,
        destination: usize,
        (order, held): (u64, &Held),
        newest: &[Known],
        dead: &BTreeSet<&str>,
    ) {
        self.counted("orders locked in an earlier state".to_owned());
        let all = self.deliverable(destination, order);
        let is_shown = all.iter().any(|known| self.shows(destination, known, held));
        if !is_shown {
            let text = format!("destination {destination} shows {held:?}, which is no state of it");
            self.violate("the newest state wins", Some(order), text);
        }
        if !newest
            .iter()
            .any(|known| dead.contains(known.event.as_str()))
        {
            let text = format!(
                "destination {destination}: no dead letter of its newest state, which is locked out"
            );
            self.violate("nothing accepted is missing", Some(order), text);
        }
    }

    /// The states of an order that a destination can take.
    fn deliverable(&self, destination: usize, order: u64) -> Vec<Known> {
        let notes = self.lock();
        let known = notes.known.get(&(destination, order)).into_iter().flatten();
        let deliverable = known.filter(|known| !known.poison && !known.silent);
        deliverable.cloned().collect()
    }

    /// What is held is what the shop says that the order is worth.
    fn compare_amount(&self, destination: usize, shown: &[&Known], held: &Held) {
        let Some(target) = self.scenario.destinations.get(destination) else {
            return;
        };
        let told = |known: &&Known| {
            let (state, platform) = self.state(known)?;
            state.worth_at(target, platform)
        };
        let told: Vec<_> = shown.iter().map(told).collect();
        let system = target.system;
        self.counted(format!("amounts at {system}"));
        if !told.contains(&held.amount) || held.amount.is_none() {
            let text = format!(
                "destination {destination} ({system}) holds {:?}, but the shop says {told:?} of what it shows: {held:?}",
                held.amount
            );
            self.violate(
                "the amount is what the order is worth",
                shown.first().map(|known| known.order),
                text,
            );
        }
    }

    fn state(&self, known: &Known) -> Option<(&State, Platform)> {
        let life = self.scenario.order(known.order)?;
        Some((
            life.states.get(known.state)?,
            self.scenario.platform(known.order)?,
        ))
    }

    pub(super) fn shows(&self, destination: usize, known: &Known, held: &Held) -> bool {
        let target = self.scenario.destinations.get(destination);
        let Some(((state, platform), target)) = self.state(known).zip(target) else {
            return false;
        };
        let has_lines = target.system != "zoho";
        let lines = state.lines(platform).into_iter();
        let mut wanted: Vec<Line> = lines
            .map(|(line, quantity)| Line {
                content: known.content,
                quantity: has_lines.then_some(quantity),
                product: has_lines.then(|| self.product_of(destination, state, line)),
            })
            .collect();
        let mut lines = held.lines.clone();
        wanted.sort_unstable();
        lines.sort_unstable();
        let is_there = held.city.as_deref().is_none_or(|city| city == state.city());
        wanted == lines
            && is_there
            && held
                .status
                .contains(&state.status_word(target.system, platform))
    }

    /// The product that a destination must have on a line.
    pub(super) fn product_of(
        &self,
        destination: usize,
        state: &State,
        line: &scenario::Line,
    ) -> String {
        let (code, long) = (state.code(line), self.scenario.long);
        let target = self.scenario.destinations.get(destination);
        match target
            .and_then(|target| target.cases.shared)
            .filter(|_| code == SHARED)
        {
            Some(Shared::Newest) => books::newer(shown(code, long)),
            _ => shown(code, long).to_owned(),
        }
    }

    /// Dead letters are for what cannot be delivered, and nothing else.
    pub(crate) fn check_dead(&self, dead: &[DeadLetter]) {
        for letter in dead {
            let known = super::known(&self.scenario, &letter.message);
            let order = known.as_ref().map(|(_, known)| known.order);
            let is_foreign = known.as_ref().is_some_and(|(_, known)| known.foreign);
            let cases = known
                .as_ref()
                .and_then(|(at, _)| Some(&self.scenario.destinations.get(*at)?.cases));
            let is_locked = cases
                .zip(order)
                .is_some_and(|(cases, order)| cases.is_locked_for_good(order));
            let is_hidden = cases
                .zip(order)
                .is_some_and(|(cases, order)| cases.hidden.contains(&order));
            if known.is_none_or(|(_, known)| !known.poison && !is_locked) {
                self.violate(
                    "only what cannot be delivered dies",
                    order,
                    format!("{}: {}", letter.class, letter.reason),
                );
            } else if letter.reason.starts_with("gave up") {
                self.violate(
                    "what cannot succeed is rejected at once",
                    order,
                    letter.reason.clone(),
                );
            } else if is_foreign && !letter.reason.contains(WAY_OUT) {
                self.violate(
                    "an order in another currency says the way out",
                    order,
                    letter.reason.clone(),
                );
            } else if is_foreign {
                self.counted("orders refused for their currency".to_owned());
            } else if is_hidden {
                self.counted("orders refused for a record out of sight".to_owned());
            } else if letter.reason.contains(SHARED_CODE) {
                self.counted("orders refused for a code of two products".to_owned());
            } else if is_locked {
                self.counted("states refused for a lock".to_owned());
            }
        }
    }

    /// Calls stay within reason.
    pub(crate) fn check_calls(&self) {
        let (requests, bound) = {
            let counts = &self.lock().counts;
            let faults: u64 = counts.faults.values().sum::<u64>() + counts.kills + counts.stalls;
            let bound =
                CALLS_AT_ALL + CALLS_PER_MESSAGE * counts.messages + CALLS_PER_FAULT * faults;
            (counts.requests, bound)
        };
        if requests > bound {
            self.violate(
                "few calls",
                None,
                format!("{requests} requests, where {bound} would be many"),
            );
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
