use jiff::Timestamp;
use std::time::Duration;

/// The clocks of machines that share a store, and one machine's clock before and after it was set,
/// are no further apart than this.
pub const SKEW: Duration = Duration::from_secs(60);

/// Whether what was written down at `noted` was written by a clock that was ahead: that instant is
/// still to come. Whatever such a clock put off is not waited for.
#[must_use]
pub fn was_ahead(noted: Timestamp, now: Timestamp) -> bool {
    noted > now.saturating_add(SKEW).unwrap_or(Timestamp::MAX)
}

/// The only source of "now". Tests and simulations move it.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock port's one real adapter"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
