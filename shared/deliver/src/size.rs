//! The number of orders that go to a destination at a time. A destination that is slow on a day,
//! with a backlog before it, does not write ten orders within the time that a call may take. It
//! goes on writing them when nobody waits any more, and the orders that come again are more work
//! for it. So after a call that was not answered in time half as many orders go in the next one.
//! The number grows again, to twice as many at most after each answer, as long as so many orders
//! would take no longer than half of the time.
//!
//! Each process finds the number out for itself, which takes it three calls from ten orders to one.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The sizes for all destinations, by name.
#[derive(Debug, Default)]
pub(crate) struct Sizes(Mutex<BTreeMap<String, Size>>);

/// The number of orders that go at a time; any number, until a call has taken too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size(usize);

impl Sizes {
    /// Returns how many orders may go to the destination now.
    pub(crate) fn most(&self, destination: &str) -> usize {
        self.lock()
            .get(destination)
            .map_or(usize::MAX, |size| size.0)
    }

    /// Notes that this many orders were too many. Returns how many go now, where that has changed.
    pub(crate) fn took_too_long(&self, destination: &str, orders: usize) -> Option<usize> {
        let mut sizes = self.lock();
        let size = sizes
            .entry(destination.to_owned())
            .or_insert(Size(usize::MAX));
        let before = *size;
        size.halve(orders);
        (*size != before).then_some(size.0)
    }

    /// Notes that this many orders took this long, where one call may take `limit`.
    pub(crate) fn were_answered(
        &self,
        destination: &str,
        orders: usize,
        took: Duration,
        limit: Duration,
    ) {
        if let Some(size) = self.lock().get_mut(destination) {
            size.grow(orders, took, limit);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Size>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Size {
    /// Halves the size. What several workers find out at the same time counts once.
    fn halve(&mut self, orders: usize) {
        self.0 = self.0.min((orders / 2).max(1));
    }

    /// Lets the size grow by an answer. An answer to fewer orders than may go does not tell how
    /// more of them would do.
    fn grow(&mut self, orders: usize, took: Duration, limit: Duration) {
        if orders < self.0 {
            return;
        }
        let half = (limit / 2).as_micros();
        let by_time = half.saturating_mul(orders as u128) / took.as_micros().max(1);
        let by_time = usize::try_from(by_time).unwrap_or(usize::MAX);
        self.0 = self.0.max(by_time.min(orders.saturating_mul(2)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[test]
    fn until_something_takes_too_long_any_number_goes() {
        let sizes = Sizes::default();
        sizes.were_answered("crm", 10, Duration::from_secs(29), LIMIT);
        assert_eq!(sizes.most("crm"), usize::MAX);
        assert_eq!(
            (
                sizes.took_too_long("crm", 10),
                sizes.took_too_long("crm", 10)
            ),
            (Some(5), None)
        );
        assert_eq!((sizes.most("crm"), sizes.most("erp")), (5, usize::MAX));
    }

    #[test]
    fn each_call_that_takes_too_long_halves_it_down_to_one() {
        let mut size = Size(usize::MAX);
        let sizes = [10, 10, 5, 2, 1].map(|orders| {
            size.halve(orders);
            size.0
        });
        assert_eq!(
            sizes,
            [5, 5, 2, 1, 1],
            "four workers with ten orders each halve it once"
        );
    }

    #[test]
    fn it_doubles_as_far_as_the_time_reaches() {
        let grown = |orders, seconds| {
            let mut size = Size(2);
            size.grow(orders, Duration::from_secs(seconds), LIMIT);
            size.0
        };
        assert_eq!(grown(2, 0), 4, "never more than twice as many");
        assert_eq!((grown(2, 7), grown(2, 10), grown(2, 29)), (4, 3, 2));
        assert_eq!(grown(1, 0), 2, "a single order says nothing of two");
    }

    /// A call takes four seconds, and three more for each order: six orders take 22 seconds, ten
    /// take 34.
    #[test]
    fn it_settles_where_no_call_takes_too_long() {
        let mut size = Size(usize::MAX);
        let (mut too_long, mut orders) = (0, 10);
        for _ in 0..20 {
            let took = Duration::from_secs(4 + 3 * orders as u64);
            if took > LIMIT {
                too_long += 1;
                size.halve(orders);
            } else {
                size.grow(orders, took, LIMIT);
            }
            orders = size.0.min(10);
        }
        assert_eq!((too_long, size), (1, Size(5)));
        // It is quick again.
        for _ in 0..2 {
            size.grow(size.0, Duration::from_secs(1), LIMIT);
        }
        assert_eq!(size, Size(20));
    }
}
