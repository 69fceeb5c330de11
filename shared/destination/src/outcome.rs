use crate::{Call, Failure};
use async_trait::async_trait;
use mapping::Plan;
use ports::{Budget, RecordRef};
use serde::Serialize;

/// What became of one plan at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The destination holds the plan.
    Delivered {
        /// The records that hold it.
        records: Vec<RecordRef>,
        /// What an operator should know: skipped look-ups, adopted records.
        warnings: Vec<String>,
    },
    /// Not now; the failure says why and, maybe, when.
    Retry(Failure),
    /// Never, as it is.
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
    /// Returns the same outcome, which says in a failure which order it was.
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
    /// What is not known before the destination is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Something that `orderbridge check --live` found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was looked at, and what to do if it is not.
    pub text: String,
}

impl Finding {
    /// Returns that something is as it should be.
    #[must_use]
    pub fn good(text: impl Into<String>) -> Self {
        let (ok, text) = (true, text.into());
        Self { ok, text }
    }

    /// Returns that something is not as it should be, and what to do about it.
    #[must_use]
    pub fn bad(text: impl Into<String>) -> Self {
        let (ok, text) = (false, text.into());
        Self { ok, text }
    }
}

/// One CRM or ERP account. Turns a batch of plans into the fewest API calls, and each plan into one
/// outcome.
#[async_trait]
pub trait Destination: Send + Sync {
    /// Name in the configuration, such as `salesforce`.
    fn system(&self) -> &'static str;

    /// Writes the plans. No two of them concern the same customer. Answers one outcome per plan, in
    /// their order; a failure of the whole call is the outcome of each plan.
    async fn deliver(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome>;

    /// The requests that the plan would become if the destination held nothing yet. No I/O.
    fn preview(&self, plan: &Plan) -> Vec<RequestPreview>;

    /// Asks the destination whether what the plan's mapping needs is there (credentials, objects,
    /// fields, external ids).
    async fn check(&self, call: &Call, plan: &Plan) -> Vec<Finding>;

    /// The currency that the account keeps its amounts in, as its ISO 4217 code; `None` where it
    /// does not tell.
    ///
    /// # Errors
    /// When it could not be asked now.
    async fn home_currency(&self, _call: &Call) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// Requests that were sent so far, those for tokens included: what pacing goes by. 0 where
    /// nobody counts.
    fn requests(&self) -> u64 {
        0
    }

    /// What the account may still call, as its last answer told; `None` where no answer told.
    fn budget(&self) -> Option<Budget> {
        None
    }
}
