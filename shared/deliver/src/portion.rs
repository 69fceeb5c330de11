//! The choice of the orders that are tried in one call. A call that is not answered does not tell
//! which of its orders is to blame, if any is. So the more often an order was in such a call, the
//! fewer others are in its next one: what goes wrong with all of ten orders goes wrong with five,
//! with two, and then with one alone, while the others are delivered.

use crate::{decision::Item, wave::Ready};
use std::collections::VecDeque;

/// The number of orders that go together after no, one and two such tries; later, one goes alone.
const TOGETHER: [usize; 3] = [usize::MAX, 5, 2];

/// The number of such tries from which on an order is tried alone, and its failure is held against
/// it rather than against the destination.
const SUSPECT: u32 = 3;

/// The suspicion against an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// None.
    None,
    /// It was in a call that failed.
    Some,
    /// It failed again and again, and alone.
    Strong,
}

impl Suspicion {
    pub(crate) fn of(item: &Item) -> Self {
        match tries(item) {
            0 => Self::None,
            SUSPECT.. => Self::Strong,
            _ => Self::Some,
        }
    }
}

/// Returns the orders in the order in which they are tried: those without suspicion first.
pub(crate) fn in_turn(mut plans: Vec<Ready>) -> VecDeque<Ready> {
    plans.sort_by_key(|ready| tries(&ready.item));
    plans.into()
}

/// Takes the orders that are tried next, together: no more than `most`.
pub(crate) fn next_portion(waiting: &mut VecDeque<Ready>, most: usize) -> Vec<Ready> {
    let said = waiting.front().map_or(0, |ready| tries(&ready.item));
    let together = usize::try_from(said)
        .ok()
        .and_then(|tries| TOGETHER.get(tries))
        .copied()
        .unwrap_or(1);
    let alike = waiting
        .iter()
        .take_while(|ready| tries(&ready.item) == said)
        .count();
    waiting
        .drain(..alike.min(together).min(most.max(1)))
        .collect()
}

fn tries(item: &Item) -> u32 {
    item.entry.as_ref().map_or(0, |entry| entry.suspicion)
}
