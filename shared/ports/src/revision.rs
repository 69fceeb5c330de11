use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

/// The fencing token of a ledger entry: the number of times that it was written. A write must name
/// the revision that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(NonZeroU64);

impl Revision {
    /// Returns the revision with this number; `None` for 0, because an entry that was never written
    /// has no revision.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// Returns the revision that follows the one that was read, for the next write.
    #[must_use]
    pub fn after(read: Option<Self>) -> Self {
        Self(read.map_or(NonZeroU64::MIN, |read| read.0.saturating_add(1)))
    }

    /// Returns the number of the revision.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.get()
    }
}
