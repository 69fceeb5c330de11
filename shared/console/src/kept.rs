use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// The number of things that are kept.
const MOST: usize = 64;

/// Things that a later page speaks of, by number; the oldest make room. They die with the process.
pub(crate) struct Kept<T>(Mutex<Things<T>>);

struct Things<T> {
    next: u64,
    things: VecDeque<(u64, T)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Things {
            next: 0,
            things: VecDeque::new(),
        }))
    }
}

impl<T: Clone> Kept<T> {
    /// Keeps a thing, and returns its number.
    pub(crate) fn keep(&self, thing: T) -> u64 {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.next += 1;
        let number = kept.next;
        kept.things.push_back((number, thing));
        if kept.things.len() > MOST {
            kept.things.pop_front();
        }
        number
    }

    /// Returns the thing of this number, while it is kept.
    pub(crate) fn of(&self, number: &str) -> Option<T> {
        let number: u64 = number.parse().ok()?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut things = kept.things.iter();
        things
            .find(|(kept, _)| *kept == number)
            .map(|(_, thing)| thing.clone())
    }
}
