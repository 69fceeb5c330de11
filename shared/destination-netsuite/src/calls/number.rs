//! The number itself, as a function of what calls were told: additive increase, multiplicative
//! decrease (RFC 5681 has it of packets). A number that was refused is not tried again for a while,
//! because a refusal may look like a refused login, of which five lock the user.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The number before anything is known.
const FIRST: u32 = 2;
/// The calls in a row that are taken before one more is tried.
const TAKEN_IN_A_ROW: u32 = 20;
/// The time for which a number that was refused is not tried again.
const REFUSED_FOR: Duration = Duration::from_secs(10 * 60);

/// What NetSuite made of a call, as far as it is about how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It took the call.
    Taken,
    /// It refused the call, because there are too many at once.
    TooMany,
    /// Something else.
    Nothing,
}

/// A change of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    OneMore,
    Half,
}

/// A number that the account refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    number: u32,
    at: Timestamp,
}

/// The calls at once that the account takes, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    now: u32,
    most: u32,
    refused: Option<Refused>,
    taken: u32,
    changes: u64,
}

impl Number {
    /// Creates the number of which nothing is known but that it is at most this.
    pub(crate) fn new(most: u32) -> Self {
        let most = most.max(1);
        Self {
            now: FIRST.min(most),
            most,
            refused: None,
            taken: 0,
            changes: 0,
        }
    }

    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    /// Returns the number that was refused last.
    pub(crate) fn refused(&self) -> Option<Refused> {
        self.refused
    }

    /// Returns how often it has changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns the change that follows from what a call was told, which began after so many
    /// changes: calls that began before a change say nothing about the number after it.
    pub(crate) fn learn(
        &mut self,
        told: Told,
        all_in_use: bool,
        changes: u64,
        at: Timestamp,
    ) -> Option<Change> {
        match told {
            Told::Nothing => None,
            Told::TooMany => {
                self.taken = 0;
                (changes == self.changes && self.now > 1).then_some(Change::Half)
            }
            Told::Taken => {
                self.taken = self.taken.saturating_add(u32::from(all_in_use));
                if self.taken < TAKEN_IN_A_ROW || self.now >= self.highest(at) {
                    return None;
                }
                self.taken = 0;
                Some(Change::OneMore)
            }
        }
    }

    /// Changes the number.
    pub(crate) fn change(&mut self, change: Change, at: Timestamp) {
        match change {
            Change::OneMore => {
                let one_more = self.now.saturating_add(1).min(self.highest(at));
                self.set(one_more.max(self.now), self.refused);
            }
            Change::Half => {
                let number = self.now;
                self.set(number / 2, Some(Refused { number, at }));
            }
        }
    }

    /// Returns the largest number that may be tried now.
    fn highest(&self, at: Timestamp) -> u32 {
        let refused = self
            .refused
            .filter(|refused| at.duration_since(refused.at).unsigned_abs() < REFUSED_FOR);
        let below = refused.map_or(u32::MAX, |refused| refused.number.saturating_sub(1).max(1));
        below.min(self.most)
    }

    /// Sets the number, and the one that was refused last.
    pub(crate) fn set(&mut self, number: u32, refused: Option<Refused>) {
        self.refused = refused;
        let number = number.clamp(1, self.most);
        if number != self.now {
            self.now = number;
            self.taken = 0;
            self.changes += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn told(number: &mut Number, told: Told, times: u32, at: Timestamp) {
        for _ in 0..times {
            if let Some(change) = number.learn(told, true, number.changes, at) {
                number.change(change, at);
            }
        }
    }

    #[test]
    fn it_grows_by_one_after_twenty_calls_and_no_further_than_it_may() {
        let mut number = Number::new(4);
        assert_eq!(number.now(), 2);
        told(&mut number, Told::Taken, 19, NOW);
        assert_eq!(number.now(), 2);
        told(&mut number, Told::Taken, 1, NOW);
        assert_eq!(number.now(), 3);
        told(&mut number, Told::Taken, 200, NOW);
        assert_eq!(number.now(), 4);
        assert_eq!((Number::new(1).now(), Number::new(0).now()), (1, 1));
    }

    #[test]
    fn calls_that_leave_places_free_say_nothing_of_more() {
        let mut number = Number::new(5);
        assert!((0..100).all(|_| number.learn(Told::Taken, false, 0, NOW).is_none()));
    }

    #[test]
    fn a_refusal_halves_it_and_those_that_were_on_their_way_do_not() {
        let mut number = Number::new(9);
        told(&mut number, Told::Taken, 140, NOW);
        assert_eq!(number.now(), 9);
        let begun = number.changes();
        let change = number.learn(Told::TooMany, true, begun, NOW);
        assert_eq!(change, Some(Change::Half));
        number.change(Change::Half, NOW);
        assert_eq!(number.learn(Told::TooMany, true, begun, NOW), None);
        assert_eq!(number.now(), 4);
        told(&mut number, Told::TooMany, 5, NOW);
        assert_eq!(number.now(), 1, "and one call goes on");
    }

    #[test]
    fn twenty_calls_are_counted_anew_after_a_refusal() {
        let mut number = Number::new(8);
        told(&mut number, Told::Taken, 60, NOW);
        told(&mut number, Told::Taken, 19, NOW);
        told(&mut number, Told::TooMany, 1, NOW);
        told(&mut number, Told::Taken, 19, NOW);
        assert_eq!(number.now(), 2);
        told(&mut number, Told::Nothing, 50, NOW);
        told(&mut number, Told::Taken, 1, NOW);
        assert_eq!(number.now(), 3);
    }

    #[test]
    fn a_number_that_was_refused_is_left_for_a_while() {
        let mut number = Number::new(8);
        told(&mut number, Told::Taken, 40, NOW);
        told(&mut number, Told::TooMany, 1, NOW);
        told(&mut number, Told::Taken, 500, NOW);
        assert_eq!(number.now(), 3, "one less than what was refused");
        told(&mut number, Told::Taken, 20, NOW + REFUSED_FOR);
        assert_eq!(number.now(), 4);
        told(&mut number, Told::Taken, 200, NOW + REFUSED_FOR);
        assert_eq!(number.now(), 8);
    }
}
