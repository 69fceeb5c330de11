use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The only source of chance: the same seed and stream throw the same numbers, on every machine and
/// in every version.
pub(crate) struct Dice(Mutex<ChaCha8Rng>);

impl Dice {
    /// One of many independent streams of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(stream);
        Self(Mutex::new(numbers))
    }

    /// A number below `end`; 0 where that is 0.
    pub(crate) fn below(&self, end: u64) -> u64 {
        let number = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next_u64();
        // The bias of the remainder is far below anything that a simulation could show.
        number.checked_rem(end).unwrap_or_default()
    }

    /// A number from `first` to `last`.
    pub(crate) fn between(&self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// True that many times in a thousand.
    pub(crate) fn chance(&self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// A time below `end`, in whole milliseconds.
    pub(crate) fn span(&self, end: Duration) -> Duration {
        Duration::from_millis(self.below(u64::try_from(end.as_millis()).unwrap_or(u64::MAX)))
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap_or_default()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_stream_throw_the_same_numbers_each_time() {
        let throw = |seed, stream| {
            let dice = Dice::new(seed, stream);
            (0..20).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(throw(7, 1), throw(7, 1));
        assert_ne!(throw(7, 1), throw(7, 2));
        assert_ne!(throw(7, 1), throw(8, 1));
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let dice = Dice::new(1, 1);
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
        assert!((0..1000).all(|_| dice.span(Duration::from_secs(2)) < Duration::from_secs(2)));
        assert_eq!(
            (dice.below(0), dice.span(Duration::ZERO)),
            (0, Duration::ZERO)
        );
        assert!((0..1000).all(|_| dice.chance(1000) && !dice.chance(0)));
    }
}
