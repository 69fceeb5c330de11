use std::time::Duration;

/// Why the shop did not give an order. No text holds a key or anything personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The shop has no such order any more.
    #[error("the shop has no order {0}")]
    Gone(String),
    /// The shop is away, slow or asks for patience; the same question may be answered later.
    #[error("the shop could not be asked: {problem}")]
    Unavailable {
        /// What went wrong on the way.
        problem: String,
        /// How long the shop wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The shop answered, but not what was asked: a page of HTML, half a list, a cached list. It
    /// may pass by itself.
    #[error("the shop answered something else than what it was asked: {0}")]
    NoAnswer(String),
    /// The shop refuses the credentials or their permissions. The text says what to do.
    #[error("the shop refuses to show its orders: {0}")]
    Refused(String),
}

impl ReadError {
    /// The shop is away, and does not say for how long.
    #[must_use]
    pub fn unavailable(problem: impl Into<String>) -> Self {
        Self::Unavailable {
            problem: problem.into(),
            retry_after: None,
        }
    }
}
