use jiff::Timestamp;

/// The only source of "now". Tests and simulations move it.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock port's one real adapter")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
