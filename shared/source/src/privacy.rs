/// What somebody asks about personal data that went through here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivacyKind {
    /// A customer wants to know what is kept: the operator answers.
    Access,
    /// A customer's data must go.
    RedactCustomer,
    /// The shop has made the customer of one order unrecognisable: what is kept of that order must
    /// go.
    RedactOrder,
    /// The shop has left: everything of it must go.
    RedactStore,
}

impl PrivacyKind {
    /// The word in lists and filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::RedactCustomer => "redact_customer",
            Self::RedactOrder => "redact_order",
            Self::RedactStore => "redact_store",
        }
    }
}

/// A request about personal data, as the shop passed it on.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivacyRequest {
    /// What is asked.
    pub kind: PrivacyKind,
    /// The shop that asks, where the signed body names it.
    pub shop: Option<String>,
    /// The shop's id of the customer, where there is one.
    pub customer_id: Option<String>,
    /// The customer's e-mail in lower case, where the shop tells it. Personal: used to find things,
    /// never kept or logged.
    pub email: Option<String>,
    /// The shop's ids of the orders concerned.
    pub orders: Vec<String>,
}

impl std::fmt::Debug for PrivacyRequest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("PrivacyRequest")
            .field("kind", &self.kind)
            .field("shop", &self.shop)
            .field("customer_id", &self.customer_id)
            .field("orders", &self.orders)
            .finish_non_exhaustive()
    }
}
