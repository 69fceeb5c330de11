use std::error::Error as StdError;

/// The error of a port: the store behind it is away, full, locked or damaged. Another try later may
/// succeed, unless the cause is [`TooLarge`]. No single item is left half written, but of several
/// items some may be done.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed")]
pub struct PortError {
    /// The operation that failed, such as `queue: enqueue`.
    pub operation: &'static str,
    /// The adapter's own error.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

/// More than the store behind a port can hold, however often it is tried. It is among the causes of
/// the [`PortError`] of a store that refuses a message for its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes are more than the {limit} bytes that it can hold")]
pub struct TooLarge {
    /// The size of the refused item as it would be stored, in bytes.
    pub bytes: usize,
    /// The largest size that the store can hold, in bytes.
    pub limit: usize,
}

impl PortError {
    /// Returns the cause [`TooLarge`], if there is one: then another try with the same item fails
    /// again.
    #[must_use]
    pub fn too_large(&self) -> Option<&TooLarge> {
        let first: &(dyn StdError + 'static) = self.source.as_ref();
        std::iter::successors(Some(first), |error| (*error).source())
            .find_map(|error| error.downcast_ref())
    }

    /// Creates the error of an adapter's operation.
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

/// Returns an error and all of its causes in one line, for a log entry or a list of problems.
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
