use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The number of calls that a destination's account has made and may make within its window, as the
/// destination last told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// The number of calls that the account has made, whoever made them.
    pub used: u64,
    /// The number of calls that the account may make.
    pub limit: u64,
    /// The time at which the count begins anew, where the destination tells it; a rolling window
    /// has no such time.
    pub resets: Option<Timestamp>,
    /// The time at which the destination told this.
    pub told: Timestamp,
}

impl Budget {
    /// Returns how much of the budget is used, in whole percent, rounded down; more than 100 where
    /// the account is over its limit.
    #[must_use]
    pub fn percent(&self) -> u64 {
        self.used.saturating_mul(100) / self.limit.max(1)
    }
}
