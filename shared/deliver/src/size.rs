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

/// The sizes for all destinations, by name and way.
#[derive(Debug, Default)]
pub(crate) struct Sizes(Mutex<BTreeMap<(String, bool), Size>>);

/// A way to a destination, whose calls have a size of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    pub(crate) destination: &'a str,
    /// In bulk, the number of orders in the first call.
    pub(crate) in_bulk: Option<usize>,
}

/// The number of orders that go at a time; any number, until a call has taken too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size(usize);

impl Sizes {
    /// Returns how many orders may go on this way now.
    pub(crate) fn most(&self, way: Way<'_>) -> usize {
        self.lock().get(&way.key()).unwrap_or(&way.first()).0
    }

    /// Notes that this many orders were too many. Returns how many go now, where that has changed.
    pub(crate) fn took_too_long(&self, way: Way<'_>, orders: usize) -> Option<usize> {
        let mut sizes = self.lock();
        let size = sizes.entry(way.key()).or_insert(way.first());
        let before = *size;
        size.halve(orders);
        (*size != before).then_some(size.0)
    }

    /// Notes that this many orders took this long, where one call may take `limit`.
    pub(crate) fn were_answered(
        &self,
        way: Way<'_>,
        orders: usize,
        took: Duration,
        limit: Duration,
    ) {
        let mut sizes = self.lock();
        if way.in_bulk.is_some() {
            sizes.entry(way.key()).or_insert(way.first());
        }
        if let Some(size) = sizes.get_mut(&way.key()) {
            size.grow(orders, took, limit);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, bool), Size>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Way<'_> {
    fn key(self) -> (String, bool) {
        (self.destination.to_owned(), self.in_bulk.is_some())
    }

    fn first(self) -> Size {
        Size(self.in_bulk.unwrap_or(usize::MAX))
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
        let way = |destination| Way {
            destination,
            in_bulk: None,
        };
        let (crm, erp) = (way("crm"), way("erp"));
        sizes.were_answered(crm, 10, Duration::from_secs(29), LIMIT);
        assert_eq!(sizes.most(crm), usize::MAX);
        assert_eq!(
            (sizes.took_too_long(crm, 10), sizes.took_too_long(crm, 10)),
            (Some(5), None)
        );
        assert_eq!((sizes.most(crm), sizes.most(erp)), (5, usize::MAX));
        let in_bulk = Some(20);
        let in_bulk = Way { in_bulk, ..crm };
        assert_eq!(sizes.most(in_bulk), 20, "it is another way");
        sizes.were_answered(in_bulk, 20, Duration::from_secs(5), LIMIT);
        assert_eq!((sizes.most(in_bulk), sizes.most(crm)), (40, 5));
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
