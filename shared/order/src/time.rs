use jiff::{Timestamp, civil};
use serde::Serialize;

/// A point in time as a shop shows it: the wall clock of the shop and, where the shop tells it, the
/// instant.
///
/// Close dates come from `local`: an order placed at 23:30 in New York belongs to that day,
/// whatever day it was where the worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShopTime {
    /// The shop's wall clock.
    pub local: civil::DateTime,
    /// The instant, where the shop says enough to know it.
    pub instant: Option<Timestamp>,
}

impl ShopTime {
    /// Returns the calendar day on the shop's wall clock.
    #[must_use]
    pub fn date(&self) -> civil::Date {
        self.local.date()
    }
}

impl Serialize for ShopTime {
    /// Writes the time as the wall clock shows it, `2023-10-26T10:00:00`: templates cut and
    /// calculate with that.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.local)
    }
}
