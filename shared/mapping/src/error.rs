/// The reason why an order has no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// The mapping skips the order on purpose, such as a test order. The text says why.
    #[error("{0}")]
    Skipped(String),
    /// The order cannot become a plan.
    #[error(transparent)]
    Failed(#[from] PlanError),
}

/// The failure to turn an order into a plan. Such an order waits as a dead letter until the mapping
/// or the order is mended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("order {order}: mapping {mapping}, {record}.{field}: {reason}")]
pub struct PlanError {
    /// Name of the mapping.
    pub mapping: String,
    /// Name of the record in the mapping, or the key at its top, such as `currency` or `warning`.
    pub record: String,
    /// Field of the record, or the key of the grammar (`when`, `key`, `for_each`) that failed.
    pub field: String,
    /// Id of the order in the shop.
    pub order: String,
    /// The cause and the remedy.
    pub reason: String,
}
