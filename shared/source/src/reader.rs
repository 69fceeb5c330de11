use async_trait::async_trait;

/// Why the shop did not give an order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The shop has no such order any more.
    #[error("the shop has no order {0}")]
    Gone(String),
    /// The shop is away, slow or asks for patience; the same question may be answered later.
    #[error("the shop could not be asked: {0}")]
    Unavailable(String),
    /// The shop refuses the credentials or their permissions. The text says what to do.
    #[error("the shop refuses to show its orders: {0}")]
    Refused(String),
}

/// Asks one store for an order in its newest state: for deliveries that name an order without
/// carrying it.
#[async_trait]
pub trait OrderReader: Send + Sync {
    /// The order's payload as a webhook would carry it, and the topic to read it under.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError>;
}
