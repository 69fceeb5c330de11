use std::error::Error as StdError;

/// A port did not do its work: the store behind it is away, full, locked or damaged. Worth another
/// try later, unless it was [`TooLarge`]; nothing was half done.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed")]
pub struct PortError {
    /// What was attempted, such as `queue: enqueue`.
    pub operation: &'static str,
    /// The adapter's own error.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

/// More than the store behind a port can hold, however often it is tried: stands among the causes
/// of the [`PortError`] of whoever refuses a message for its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes are more than the {limit} bytes that it can hold")]
pub struct TooLarge {
    /// Size of what was refused, as it would be stored.
    pub bytes: usize,
    /// What the store can hold.
    pub limit: usize,
}

impl PortError {
    /// What was too large, where that is why: another try of the same ends the same.
    #[must_use]
    pub fn too_large(&self) -> Option<&TooLarge> {
        let first: &(dyn StdError + 'static) = self.source.as_ref();
        std::iter::successors(Some(first), |error| (*error).source())
            .find_map(|error| error.downcast_ref())
    }

    /// An error of an adapter.
    pub fn new(
        operation: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
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
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_stands_behind_what_it_caused() {
        let cause = PortError::new("table: read", "the disk is full");
        let error = PortError::new("ledger: load", cause);
        assert_eq!(
            in_one_line(&error),
            "ledger: load failed: table: read failed: the disk is full"
        );
    }

    #[test]
    fn what_is_too_large_is_found_among_the_causes() {
        let large = TooLarge { bytes: 9, limit: 8 };
        let error = PortError::new("queue: enqueue", PortError::new("queue: send", large));
        assert_eq!(error.too_large(), Some(&large));
        assert_eq!(
            PortError::new("queue: enqueue", "the disk is full").too_large(),
            None
        );
    }
}
