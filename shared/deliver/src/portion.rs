//! Which orders are tried in one call. A call that is not answered tells nothing about which of its orders is to blame, if any is. So the more often an order was in such a call, the
//! fewer others are in its next: what goes wrong with all of ten orders goes wrong with five, with two, and then with one alone, while the rest of them is delivered.

use crate::{decision::Item, entries::Ready};
use std::collections::VecDeque;

/// So many orders go together after no, one, two such tries; later, one alone.
const TOGETHER: [usize; 3] = [usize::MAX, 5, 2];

/// From so many such tries on an order is tried alone, and its failure is held against it rather than against the destination.
const SUSPECT: u32 = 3;

/// What is said against an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// Nothing.
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

/// The orders in portions, those that nothing is said against first.
pub(crate) fn portions(mut items: Vec<Ready>) -> VecDeque<Vec<Ready>> {
    items.sort_by_key(|(item, _)| tries(item));
    let mut portions: VecDeque<Vec<Ready>> = VecDeque::new();
    let mut before = None;
    for ready in items {
        let tries = tries(&ready.0);
        let most = usize::try_from(tries)
            .ok()
            .and_then(|tries| TOGETHER.get(tries))
            .copied()
            .unwrap_or(1);
        match portions.back_mut() {
            Some(portion) if before == Some(tries) && portion.len() < most => portion.push(ready),
            _ => portions.push_back(vec![ready]),
        }
        before = Some(tries);
    }
    portions
}

fn tries(item: &Item) -> u32 {
    item.entry.as_ref().map_or(0, |entry| entry.suspicion)
}
