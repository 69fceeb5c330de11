/// The kind of a request about personal data that passed through here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivacyKind {
    /// A customer wants to know which data is kept: the operator answers.
    Access,
    /// A customer's data must be deleted.
    RedactCustomer,
    /// The shop has made the customer of one order unrecognisable: the data that is kept of that
    /// order must be deleted.
    RedactOrder,
    /// The shop has left: all of its data must be deleted.
    RedactStore,
}

impl PrivacyKind {
    /// Returns the word in lists and filters.
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
    /// The kind of the request.
    pub kind: PrivacyKind,
    /// The shop that asks, where the signed body names it.
    pub shop: Option<String>,
    /// The shop's id of the customer, where there is one.
    pub customer_id: Option<String>,
    /// The customer's e-mail in lower case, where the shop gives it. Personal: used to find
    /// records, never kept or logged.
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
