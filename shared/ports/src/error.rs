use std::error::Error as StdError;

/// A port did not do its work: the store behind it is away, full, locked or damaged. Always worth another try later; nothing was half done.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed")]
pub struct PortError {
    /// What was attempted, such as `queue: enqueue`.
    pub operation: &'static str,
    /// The adapter's own error.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

impl PortError {
    /// An error of an adapter.
    pub fn new(operation: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            operation,
            source: source.into(),
        }
    }
}

/// An error and everything that caused it, in one line: for a log's entry, or a list of problems.
#[must_use]
pub fn in_one_line(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_stands_behind_what_it_caused() {
        let cause = PortError::new("table: read", "the disk is full");
        let error = PortError::new("ledger: load", cause);
        assert_eq!(in_one_line(&error), "ledger: load failed: table: read failed: the disk is full");
    }
}
