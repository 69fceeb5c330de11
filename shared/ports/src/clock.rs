use jiff::Timestamp;
use std::time::Duration;

/// The largest difference that is expected between the clocks of machines that share a store, and
/// between one machine's clock before and after it was set.
pub const SKEW: Duration = Duration::from_secs(60);

/// Returns whether a clock that was ahead wrote something down at `noted`: that instant is still to
/// come, by more than [`SKEW`]. Nobody waits for what such a clock put off.
#[must_use]
pub fn was_ahead(noted: Timestamp, now: Timestamp) -> bool {
    noted > now.saturating_add(SKEW).unwrap_or(Timestamp::MAX)
}

/// The only source of the present time. Tests and simulations move it.
pub trait Clock: Send + Sync {
    /// Returns the present instant.
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
