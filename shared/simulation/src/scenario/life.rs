//! The life of an order: its states, each with the body that the shop sends.

use super::shop;
use crate::{clock::BEGINNING, dice::Dice};
use bytes::Bytes;
use config::Platform;
use jiff::Timestamp;
use std::time::Duration;

/// Id of the first order; the others follow.
pub(crate) const FIRST_ID: u64 = 700_001;
/// Product codes that every destination sells.
pub(crate) const PRODUCTS: &[(&str, u64)] = &[
    ("woo-polo", 2_000),
    ("woo-beanie", 1_800),
    ("PROD-XYZ", 9_999),
    ("101", 4_999),
    ("102", 2_500),
];

/// An order.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) id: u64,
    pub(crate) store: usize,
    pub(crate) states: Vec<State>,
}

/// A state of an order, as the shop tells it.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// After the beginning: when the shop made this state.
    pub(crate) made: Duration,
    pub(crate) modified: Timestamp,
    pub(crate) status: &'static str,
    /// States of the same content have the same lines under the same number.
    pub(crate) content: u64,
    pub(crate) lines: Vec<Line>,
    /// Some line is of a product that no destination sells.
    pub(crate) poison: bool,
    /// A draft, or in the bin: there is rightly nothing to deliver.
    pub(crate) silent: bool,
    pub(crate) customer: Customer,
    pub(crate) body: Bytes,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) code: &'static str,
    pub(crate) price: u64,
    pub(crate) quantity: u64,
}

impl Line {
    pub(crate) fn total(&self) -> u64 {
        self.price * self.quantity
    }
}

/// Who orders. A guest has the id 0.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub(crate) id: u64,
    pub(crate) email: String,
    pub(crate) last_name: String,
}

impl Life {
    /// Draws an order of this customer that is placed at this time.
    pub(crate) fn draw(
        dice: &Dice,
        place: u64,
        (store, platform): (usize, Platform),
        customer: &Customer,
        placed: Duration,
        poisonous: bool,
    ) -> Self {
        let id = FIRST_ID + place;
        let mut states = vec![first(dice, customer, placed, poisonous && dice.chance(300))];
        if dice.chance(40) {
            (states[0].status, states[0].silent) = ("checkout-draft", true);
        }
        for _ in 1..*dice.pick(&[1, 1, 2, 2, 3, 3, 4, 6]) {
            let next = next(dice, id, &states, poisonous);
            states.push(next);
        }
        for state in &mut states {
            if platform != Platform::WooCommerce && state.silent {
                // Only WooCommerce tells of drafts and of what is in the bin.
                (state.status, state.silent) = ("processing", false);
            }
            state.body = shop::body(platform, id, placed, state);
        }
        Self { id, store, states }
    }
}

fn first(dice: &Dice, customer: &Customer, placed: Duration, poison: bool) -> State {
    State {
        made: placed,
        modified: second_of(placed),
        status: "processing",
        content: 0,
        lines: (0..dice.between(1, 3)).map(|number| line(dice, number + 1)).collect(),
        poison,
        silent: false,
        customer: customer.clone(),
        body: Bytes::new(),
    }
}

fn line(dice: &Dice, id: u64) -> Line {
    let (code, price) = *dice.pick(PRODUCTS);
    Line {
        id,
        code,
        price,
        quantity: dice.between(1, 4),
    }
}

/// What the shop makes of an order next: other lines, another status, back to an earlier state, another e-mail; often within the same second.
fn next(dice: &Dice, id: u64, earlier: &[State], poisonous: bool) -> State {
    let newest = &earlier[earlier.len() - 1];
    let pause = match dice.below(10) {
        0..3 => Duration::ZERO,
        3..6 => dice.span(Duration::from_secs(5)),
        6..9 => dice.span(Duration::from_secs(900)),
        _ => dice.span(Duration::from_secs(7200)),
    };
    let made = newest.made + pause;
    let mut state = State {
        made,
        modified: second_of(made),
        content: newest.content.max(earlier.len() as u64),
        poison: poisonous && dice.chance(300),
        silent: false,
        status: if newest.silent { "processing" } else { newest.status },
        ..newest.clone()
    };
    match dice.below(10) {
        _ if state.lines.is_empty() => state.lines.push(line(dice, 20)),
        _ if dice.chance(20) => (state.status, state.silent) = ("trash", true),
        _ if dice.chance(20) => state.lines.clear(),
        0..2 => state.status = "completed",
        2 => state.status = "cancelled",
        3 => state.status = "refunded",
        4 if earlier.len() > 1 => back(dice, &mut state, earlier),
        5 if !newest.customer.email.starts_with("new") => state.customer.email = format!("new{id}@example.com"),
        6 if state.lines.len() > 1 => drop(state.lines.remove(0)),
        _ => change_lines(dice, &mut state),
    }
    state
}

fn back(dice: &Dice, state: &mut State, earlier: &[State]) {
    let old = dice.pick(earlier);
    (state.status, state.content) = (old.status, old.content);
    (state.poison, state.silent) = (old.poison, old.silent);
    (state.lines, state.customer) = (old.lines.clone(), old.customer.clone());
}

fn change_lines(dice: &Dice, state: &mut State) {
    if state.lines.is_empty() {
        return;
    }
    let place = usize::try_from(dice.below(state.lines.len() as u64)).unwrap_or_default();
    state.lines[place].quantity = dice.between(1, 9);
    if dice.chance(400) {
        let id = state.lines.iter().map(|line| line.id).max().unwrap_or_default() + 1;
        state.lines.push(line(dice, id));
    }
}

/// Shops tell whole seconds.
fn second_of(time: Duration) -> Timestamp {
    BEGINNING + Duration::from_secs(time.as_secs())
}
