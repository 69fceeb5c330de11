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
