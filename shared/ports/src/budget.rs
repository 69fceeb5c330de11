use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a destination's account may call within its window, as the destination last told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Calls that the account made, whoever made them.
    pub used: u64,
    /// Calls that it may make.
    pub limit: u64,
    /// When the count begins anew, where the destination tells; a rolling window has no such
    /// moment.
    pub resets: Option<Timestamp>,
    /// When the destination told.
    pub told: Timestamp,
}

impl Budget {
    /// How much of it is used, in whole percent; more than 100 where the account is over its limit.
    #[must_use]
    pub fn percent(&self) -> u64 {
        self.used.saturating_mul(100) / self.limit.max(1)
    }
}
