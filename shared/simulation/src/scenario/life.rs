//! The life of an order: its states, each with the body that the shop sends.

use super::{change::next, shop, trade::Trade};
use crate::{clock::BEGINNING, dice::Dice};
use bytes::Bytes;
use config::Platform;
use jiff::Timestamp;
use std::time::Duration;

/// Id of the first order; the others follow.
pub(crate) const FIRST_ID: u64 = 700_001;

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
    pub(crate) trade: Trade,
    /// What the shop did last.
    pub(crate) change: &'static str,
    /// Some line is of a product that no destination sells.
    pub(crate) poison: bool,
    /// A draft, or in the bin: there is rightly nothing to deliver.
    pub(crate) silent: bool,
    pub(crate) customer: Customer,
    /// See [`super::Scenario::long`].
    pub(crate) long: bool,
    /// The customer lives in another country now, which has no states.
    pub(crate) abroad: bool,
    pub(crate) body: Bytes,
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
            let next = next(dice, (id, platform), &states, poisonous);
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
    let mut state = State {
        made: placed,
        modified: second_of(placed),
        status: if dice.chance(250) {
            "pending"
        } else {
            "processing"
        },
        content: 0,
        trade: Trade::draw(dice),
        change: "placed",
        poison,
        silent: false,
        customer: customer.clone(),
        long: false,
        abroad: false,
        body: Bytes::new(),
    };
    if state.status != "pending" {
        state.trade.settle();
    }
    state
}

/// Shops tell whole seconds.
pub(super) fn second_of(time: Duration) -> Timestamp {
    BEGINNING + Duration::from_secs(time.as_secs())
}
