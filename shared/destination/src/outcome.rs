use crate::{Call, Class, Failure, Reading};
use async_trait::async_trait;
use mapping::Plan;
use ports::{Budget, RecordRef};
use serde::Serialize;

/// The outcome of one plan at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The destination holds the plan.
    Delivered {
        /// The records that hold it.
        records: Vec<RecordRef>,
        /// Messages for an operator: skipped look-ups, adopted records.
        warnings: Vec<String>,
    },
    /// It failed for now; the failure says why and, where known, when to try again.
    Retry(Failure),
    /// It cannot be delivered as it is.
    Rejected(Failure),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        if failure.is_transient() {
            Self::Retry(failure)
        } else {
            Self::Rejected(failure)
        }
    }
}

impl Outcome {
    /// Names the order in the message of a failure.
    #[must_use]
    pub fn of_order(self, order: &str) -> Self {
        let name = |failure: Failure| Failure {
            message: format!("order {order}: {}", failure.message),
            ..failure
        };
        match self {
            Self::Retry(failure) => Self::Retry(name(failure)),
            Self::Rejected(failure) => Self::Rejected(name(failure)),
            delivered @ Self::Delivered { .. } => delivered,
        }
    }
}

/// A request as `orderbridge preview` shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestPreview {
    /// HTTP method.
    pub method: &'static str,
    /// Path and query, without the host, which comes with the token.
    pub path: String,
    /// JSON body, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// A remark on what is not known before the destination is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A result of `orderbridge check --live`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether everything is as it should be.
    pub ok: bool,
    /// The thing that was checked, and what to do if it is not as it should be.
    pub text: String,
}

impl Finding {
    /// Creates the finding that something is as it should be.
    #[must_use]
    pub fn good(text: impl Into<String>) -> Self {
        let (ok, text) = (true, text.into());
        Self { ok, text }
    }

    /// Creates the finding that something is not as it should be, with what to do about it.
    #[must_use]
    pub fn bad(text: impl Into<String>) -> Self {
        let (ok, text) = (false, text.into());
        Self { ok, text }
    }
}

/// The number of plans that a destination takes at a time where nobody waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulk {
    /// The most.
    pub most: usize,
    /// The number of the first calls, where it is the time that a call takes by which it is decided how
    /// many go in the next one. `None` where the destination finds the number out by itself.
    pub first: Option<usize>,
}

/// One CRM or ERP account. Turns a batch of plans into the fewest API calls, and each plan into one
/// outcome.
#[async_trait]
pub trait Destination: Send + Sync {
    /// Returns the name in the configuration, such as `salesforce`.
    fn system(&self) -> &'static str;

    /// Writes the plans. No two of them concern the same customer. Returns one outcome per plan, in
    /// their order; a failure of the whole call is the outcome of each plan.
    async fn deliver(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome>;

    /// Returns how many plans it takes at a time where nobody waits for them; `None` where it has no
    /// way for that which is better than [`Self::deliver`], or not now.
    fn bulk(&self) -> Option<Bulk> {
        None
    }

    /// Writes plans that nobody waits for, as [`Self::deliver`] does, in as few calls as it can,
    /// however long that takes.
    async fn deliver_in_bulk(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        self.deliver(call, plans).await
    }

    /// Reads what the destination holds of the plans, and compares it with them; writes nothing.
    /// Returns one reading per plan, in their order; a failure of the whole call is the failure of
    /// each plan. Takes any number of plans, and as few calls as [`Self::deliver`] needs for
    /// reading; a hundred plans make the best of them.
    async fn read(&self, _call: &Call, plans: &[&Plan]) -> Vec<Result<Reading, Failure>> {
        let text = format!("{} cannot be read back", self.system());
        let failure = || Err(Failure::permanent(Class::Unknown, "read", text.clone()));
        plans.iter().map(|_| failure()).collect()
    }

    /// Returns the requests that the plan would become if the destination held nothing yet. No I/O.
    fn preview(&self, plan: &Plan) -> Vec<RequestPreview>;

    /// Checks whether the destination has what the plan's mapping needs (credentials, objects,
    /// fields, external ids).
    async fn check(&self, call: &Call, plan: &Plan) -> Vec<Finding>;

    /// Returns the currency in which the account keeps its amounts, as its ISO 4217 code; `None`
    /// where it does not tell.
    ///
    /// # Errors
    /// When it could not be asked now.
    async fn home_currency(&self, _call: &Call) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// Returns the number of requests sent so far, those for tokens included, which pacing relies
    /// on; 0 where nobody counts.
    fn requests(&self) -> u64 {
        0
    }

    /// Returns how much the account may still call, by the last answer that told; `None` where none
    /// did.
    fn budget(&self) -> Option<Budget> {
        None
    }
}
