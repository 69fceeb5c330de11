//! The choice of the messages that come next: the rules of [`crate::Queue::receive`], for every
//! queue that can choose.

use crate::LOST_OFTEN;
use std::{borrow::Cow, collections::BTreeMap};

/// A message that can be received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The id of the message in its queue.
    pub id: i64,
    /// The name under which it takes turns, see [`crate::Message::turn`].
    pub store: Cow<'a, str>,
    /// The number of times that it was received.
    pub attempts: u32,
    /// The number of times in a row that it was lost, if it is received now.
    pub lost: u32,
}

/// The number of places of which one is for messages that were tried before.
const PART: u64 = 4;
/// The number of turns of which one is for messages that were lost often, while there is anything
/// else.
const RARELY: u64 = 8;

/// Chooses up to `most` of the candidates, which come oldest first, and returns their ids. `turn`
/// counts the calls for a destination.
#[must_use]
pub fn choose(candidates: Vec<Candidate<'_>>, most: usize, turn: u64) -> Vec<i64> {
    let (often, calm): (Vec<_>, Vec<_>) = candidates
        .into_iter()
        .partition(|one| one.lost >= LOST_OFTEN);
    let is_their_turn = calm.is_empty() || turn % RARELY == RARELY - 1;
    if let Some(one) = often.first().filter(|_| is_their_turn && most > 0) {
        return vec![one.id];
    }
    let (new, mut tried): (Vec<_>, Vec<_>) = calm.into_iter().partition(|one| one.attempts == 0);
    tried.sort_by_key(|one| one.attempts);
    let kept = share(most, turn).min(tried.len());
    let mut chosen = in_turns(new, most, turn);
    let new_again = chosen.split_off(chosen.len().min(most.saturating_sub(kept)));
    chosen.extend(tried.into_iter().map(|one| one.id));
    chosen.extend(new_again);
    chosen.truncate(most);
    chosen
}

/// Returns one of the places below `number`: the first at turn 0, and then places far from each
/// other, so that messages that stand together are not all tried before anything else is.
#[must_use]
pub fn anywhere(number: u64, turn: u64) -> u64 {
    // The golden ratio, in 64 bits: the turns' points stay as far from each other as can be.
    let point = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    u64::try_from((u128::from(number) * u128::from(point)) >> 32).unwrap_or_default()
}

/// Returns how many places of this turn are for messages that were tried before: over several
/// turns, one in [`PART`].
fn share(most: usize, turn: u64) -> usize {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let until = |turn: u64| turn.saturating_mul(most) / PART;
    let turn = turn % (PART * PART);
    usize::try_from(until(turn + 1) - until(turn)).unwrap_or_default()
}

/// Returns up to `most` of the messages, one of each store at a time; each turn begins with another
/// store.
fn in_turns(new: Vec<Candidate<'_>>, most: usize, turn: u64) -> Vec<i64> {
    let mut stores: BTreeMap<Cow<'_, str>, Vec<i64>> = BTreeMap::new();
    for one in new {
        stores.entry(one.store).or_default().push(one.id);
    }
    let mut stores: Vec<Vec<i64>> = stores.into_values().collect();
    let number = u64::try_from(stores.len()).unwrap_or(u64::MAX).max(1);
    stores.rotate_left(usize::try_from(turn % number).unwrap_or_default());
    let longest = stores.iter().map(Vec::len).max().unwrap_or_default();
    let stores = &stores;
    let round = |place: usize| stores.iter().filter_map(move |ids| ids.get(place).copied());
    (0..longest).flat_map(round).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(store: &str, ids: std::ops::Range<i64>, attempts: u32) -> Vec<Candidate<'_>> {
        let one = |id| Candidate {
            id,
            store: store.into(),
            attempts,
            lost: 0,
        };
        ids.map(one).collect()
    }

    #[test]
    fn stores_take_turns_and_another_one_is_first_each_time() {
        let all = [candidates("a", 0..100, 0), candidates("b", 100..102, 0)].concat();
        assert_eq!(choose(all.clone(), 6, 0), [0, 100, 1, 101, 2, 3]);
        assert_eq!(choose(all.clone(), 1, 0), [0]);
        assert_eq!(choose(all, 1, 1), [100]);
    }

    #[test]
    fn what_was_tried_gets_a_quarter_of_the_places_and_whatever_is_free() {
        let all = [candidates("a", 0..100, 0), candidates("a", 100..200, 3)].concat();
        let tried = |most, turn| {
            choose(all.clone(), most, turn)
                .iter()
                .filter(|id| **id >= 100)
                .count()
        };
        assert_eq!((0..4).map(|turn| tried(10, turn)).sum::<usize>(), 10);
        assert_eq!((0..8).map(|turn| tried(1, turn)).sum::<usize>(), 2);
        assert_eq!(tried(200, 0), 100);
        assert_eq!(choose(candidates("a", 100..200, 3), 10, 0).len(), 10);
        assert_eq!(choose(all.clone(), 0, 3), [] as [i64; 0]);
    }

    #[test]
    fn of_what_was_tried_the_least_tried_comes_first() {
        let all = [
            candidates("a", 0..5, 9),
            candidates("b", 5..8, 1),
            candidates("a", 8..9, 2),
        ]
        .concat();
        assert_eq!(choose(all, 5, 0), [5, 6, 7, 8, 0]);
    }

    #[test]
    fn turns_soon_come_to_every_part() {
        assert_eq!(
            (anywhere(100, 0), anywhere(0, 7), anywhere(1, 7)),
            (0, 0, 0)
        );
        let tenths: std::collections::BTreeSet<u64> =
            (0..16).map(|turn| anywhere(1000, turn) / 100).collect();
        assert_eq!(tenths.len(), 10);
    }

    #[test]
    fn what_was_lost_often_comes_alone_and_after_the_rest_but_it_comes() {
        let mut all = candidates("a", 0..20, 0);
        all[0].lost = LOST_OFTEN;
        all[1].lost = LOST_OFTEN + 1;
        assert!((0..7).all(|turn| choose(all.clone(), 10, turn).iter().all(|id| *id > 1)));
        assert_eq!(choose(all.clone(), 10, 7), [0]);
        all.truncate(2);
        assert_eq!(choose(all, 10, 0), [0]);
    }
}
