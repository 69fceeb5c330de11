use serde::{Deserialize, Serialize};
use std::{fmt, num::NonZeroU64};

/// Fencing token of a ledger entry: how often it was written. Whoever writes must name the one that
/// was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(NonZeroU64);

impl Revision {
    /// Returns the revision of this number; `None` for 0, since an entry that was never written has
    /// none.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// Returns the revision that a write makes of what was read.
    #[must_use]
    pub fn after(read: Option<Self>) -> Self {
        Self(read.map_or(NonZeroU64::MIN, |read| read.0.saturating_add(1)))
    }

    /// Returns its number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
