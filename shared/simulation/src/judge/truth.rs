//! What was accepted: the truth that destinations must come to hold.

use super::{Judge, is_older};
use crate::scenario::{Life, Scenario, State, Target, marker, own_number};
use config::Platform;
use jiff::SignedDuration;
use ports::{Message, Origin, SKEW, Version};

/// A state of an order that was made durable for a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) order: u64,
    pub(crate) event: String,
    pub(crate) content: u64,
    /// The place of the state in the order's life.
    pub(crate) state: usize,
    pub(crate) version: Version,
    pub(crate) arrival: u64,
    /// How far ahead the clock was by which it was accepted.
    pub(crate) ahead: SignedDuration,
    /// Whether another state of the same modification was accepted by a clock that was wrong by
    /// another time: then nobody can tell which of them came first.
    pub(crate) unordered: bool,
    /// Whether this destination cannot take it.
    pub(crate) poison: bool,
    /// Whether that is because of its currency.
    pub(crate) foreign: bool,
    /// Whether there is nothing to deliver.
    pub(crate) silent: bool,
    /// Whether it was read from the shop.
    pub(crate) is_read: bool,
    /// Whether it is certain which state it is, and when it was accepted.
    pub(crate) is_certain: bool,
}

impl Judge {
    /// A message is durable now.
    pub(crate) fn stored(&self, message: &Message) {
        let Some((destination, mut known)) = known(&self.scenario, message) else {
            return self.violate(
                "a message names its order",
                None,
                format!("{:?} on route {}", message.order, message.route),
            );
        };
        self.note(Some(known.order), || {
            let marker = marker(known.order, known.content);
            format!(
                "stored for {}: state {} ({marker}, {})",
                message.route,
                known.state,
                known.version.modified.unwrap_or_default()
            )
        });
        let mut notes = self.lock();
        notes.counts.messages += 1;
        known.arrival = notes.counts.messages;
        known.ahead = message.accepted.duration_since(self.clock.truth());
        let states = notes.known.entry((destination, known.order)).or_default();
        states.push(known.clone());
        let mut alike: Vec<&mut Known> = states
            .iter_mut()
            .filter(|one| one.version.modified == known.version.modified)
            .collect();
        let is_unordered = alike
            .iter()
            .any(|one| (one.ahead - known.ahead).unsigned_abs() > SKEW);
        alike
            .iter_mut()
            .for_each(|one| one.unordered |= is_unordered);
    }

    /// The states that a destination may show in the end: of those that it can take the newest, and
    /// more than one only where clocks stepped.
    pub(super) fn newest(&self, destination: usize, order: u64, can_take: bool) -> Vec<Known> {
        let notes = self.lock();
        let states: Vec<&Known> = notes
            .known
            .get(&(destination, order))
            .into_iter()
            .flatten()
            .filter(|known| !known.silent && (!can_take || !known.poison))
            .collect();
        let is_newest = |one: &&&Known| !states.iter().any(|other| is_older(one, other));
        states
            .iter()
            .filter(is_newest)
            .map(|known| (*known).clone())
            .collect()
    }
}

/// A deal names its products in a text, so any will do. NetSuite makes no order without lines; a
/// product that no line names is not missed.
fn is_poison(scenario: &Scenario, state: &State, target: &Target, platform: Platform) -> bool {
    let lines = state.lines(platform);
    let is_refused = match (target.system, lines.is_empty()) {
        ("netsuite", true) => true,
        ("zoho", _) | (_, true) => false,
        _ if lines
            .iter()
            .any(|(line, _)| target.refuses(state.code(line))) =>
        {
            true
        }
        _ => state.has_unknown(platform) && !scenario.is_mended,
    };
    is_refused && !state.silent
}

/// No destination takes an amount for one in its own currency that is in another.
fn is_foreign(state: &State, target: &Target, platform: Platform) -> bool {
    !state.silent && state.worth_at(target, platform).is_none()
}

/// The destination of a message and the state that it carries.
pub(crate) fn known(scenario: &Scenario, message: &Message) -> Option<(usize, Known)> {
    let order: u64 = own_number(message.order.as_ref()?)?;
    let route = scenario
        .routes
        .iter()
        .find(|route| route.name == message.route)?;
    let life = scenario.order(order)?;
    let is_carried = |state: &State| state.body == message.body;
    let place = life.states.iter().position(is_carried)?;
    let is_certain = life.states.iter().filter(|state| is_carried(state)).count() == 1;
    let known = known_state(scenario, route.destination, life, place)?;
    let known = Known {
        event: message.event.clone(),
        version: message.version(),
        is_read: message.origin == Origin::Read,
        is_certain: is_certain && scenario.are_clocks_right(),
        ..known
    };
    Some((route.destination, known))
}

/// A state of an order as it is to a destination, before anybody accepted it.
pub(super) fn known_state(
    scenario: &Scenario,
    destination: usize,
    life: &Life,
    place: usize,
) -> Option<Known> {
    let (order, state) = (life.id, life.states.get(place)?);
    let target = scenario.destinations.get(destination)?;
    let platform = scenario.platform(order)?;
    let foreign = is_foreign(state, target, platform);
    Some(Known {
        order,
        event: String::new(),
        content: state.content,
        state: place,
        version: Version {
            modified: Some(state.modified),
            accepted: state.modified,
        },
        arrival: 0,
        ahead: SignedDuration::ZERO,
        unordered: false,
        poison: foreign
            || !state.silent && target.cases.hidden.contains(&order)
            || is_poison(scenario, state, target, platform),
        foreign,
        silent: state.silent,
        is_read: false,
        is_certain: false,
    })
}
