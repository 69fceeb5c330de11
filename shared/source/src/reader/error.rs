use std::time::Duration;

/// The reason why the shop did not give an order. No text holds a key or anything personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The shop has no such order any more.
    #[error("the shop has no order {0}")]
    Gone(String),
    /// The shop is away, slow or asks for patience; the same request may succeed later.
    #[error("the shop could not be asked: {problem}")]
    Unavailable {
        /// The failure on the way.
        problem: String,
        /// The time for which the shop wants to be left alone, where it states one.
        retry_after: Option<Duration>,
    },
    /// The shop answered with something other than what was requested: a page of HTML, half a list,
    /// a cached list. This may pass by itself.
    #[error("the shop answered something else than what it was asked: {0}")]
    NoAnswer(String),
    /// The shop refuses the credentials or their permissions. The text says what to do.
    #[error("the shop refuses to show its orders: {0}")]
    Refused(String),
}

impl ReadError {
    /// Creates the error of a shop that is away and does not say for how long.
    #[must_use]
    pub fn unavailable(problem: impl Into<String>) -> Self {
        Self::Unavailable {
            problem: problem.into(),
            retry_after: None,
        }
    }
}
