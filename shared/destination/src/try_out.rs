use crate::{Call, Failure};
use async_trait::async_trait;
use mapping::Plan;

/// What a destination would say of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It would take the order.
    Taken {
        /// Messages for a person: skipped look-ups, what a dry run cannot show.
        remarks: Vec<String>,
    },
    /// It would refuse the order, for this reason.
    Refused(Failure),
    /// The system has no dry run.
    NoDryRun {
        /// The reason, and what to do instead, as sentences.
        why: String,
    },
}

/// A destination that can say what it would make of an order without keeping it. It is apart from
/// [`crate::Destination`], so that what delivers orders does not carry it.
#[async_trait]
pub trait TryOut: Send + Sync {
    /// Hands the order to the destination in a way that keeps nothing of it, and returns what it
    /// said.
    ///
    /// # Errors
    /// When the destination could not be asked now.
    async fn try_order(&self, _call: &Call, _plan: &Plan) -> Result<Trial, Failure> {
        Ok(Trial::NoDryRun {
            why: "this system has no dry run: `orderbridge preview` shows the requests, and a test account takes them".to_owned(),
        })
    }
}
