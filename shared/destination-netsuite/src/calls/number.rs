//! The number itself, as a function of what calls were told: additive increase, multiplicative
//! decrease (RFC 5681 has it of packets).

/// The number before anything is known.
const FIRST: u32 = 2;
/// The calls in a row that are taken before one more is tried.
const TAKEN_IN_A_ROW: u32 = 20;

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

/// The calls at once that the account takes, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    now: u32,
    most: u32,
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
            taken: 0,
            changes: 0,
        }
    }

    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    /// Returns how often it has changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns the change that follows from what a call was told, which began after so many
    /// changes: calls that began before a change say nothing about the number after it.
    pub(crate) fn learn(&mut self, told: Told, all_in_use: bool, changes: u64) -> Option<Change> {
        match told {
            Told::Nothing => None,
            Told::TooMany => {
                self.taken = 0;
                (changes == self.changes && self.now > 1).then_some(Change::Half)
            }
            Told::Taken => {
                self.taken = self.taken.saturating_add(u32::from(all_in_use));
                if self.taken < TAKEN_IN_A_ROW || self.now >= self.most {
                    return None;
                }
                self.taken = 0;
                Some(Change::OneMore)
            }
        }
    }

    /// Returns the number after a change.
    pub(crate) fn after(&self, change: Change) -> u32 {
        match change {
            Change::OneMore => self.now.saturating_add(1).min(self.most),
            Change::Half => (self.now / 2).max(1),
        }
    }

    /// Sets the number.
    pub(crate) fn set(&mut self, number: u32) {
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

    fn told(number: &mut Number, told: Told, times: u32) {
        for _ in 0..times {
            if let Some(change) = number.learn(told, true, number.changes) {
                number.set(number.after(change));
            }
        }
    }

    #[test]
    fn it_grows_by_one_after_twenty_calls_and_no_further_than_it_may() {
        let mut number = Number::new(4);
        assert_eq!(number.now(), 2);
        told(&mut number, Told::Taken, 19);
        assert_eq!(number.now(), 2);
        told(&mut number, Told::Taken, 1);
        assert_eq!(number.now(), 3);
        told(&mut number, Told::Taken, 200);
        assert_eq!(number.now(), 4);
        assert_eq!((Number::new(1).now(), Number::new(0).now()), (1, 1));
    }

    #[test]
    fn calls_that_leave_places_free_say_nothing_of_more() {
        let mut number = Number::new(5);
        assert!((0..100).all(|_| number.learn(Told::Taken, false, 0).is_none()));
    }

    #[test]
    fn a_refusal_halves_it_and_those_that_were_on_their_way_do_not() {
        let mut number = Number::new(9);
        told(&mut number, Told::Taken, 140);
        assert_eq!(number.now(), 9);
        let begun = number.changes();
        assert_eq!(number.learn(Told::TooMany, true, begun), Some(Change::Half));
        number.set(number.after(Change::Half));
        assert_eq!(number.learn(Told::TooMany, true, begun), None);
        assert_eq!(number.now(), 4);
        told(&mut number, Told::TooMany, 5);
        assert_eq!(number.now(), 1, "and one call goes on");
    }

    #[test]
    fn twenty_calls_are_counted_anew_after_a_refusal() {
        let mut number = Number::new(4);
        told(&mut number, Told::Taken, 19);
        told(&mut number, Told::TooMany, 1);
        told(&mut number, Told::Taken, 19);
        assert_eq!(number.now(), 1);
        told(&mut number, Told::Nothing, 50);
        assert_eq!(number.now(), 1);
    }
}
