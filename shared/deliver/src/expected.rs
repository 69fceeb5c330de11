use crate::{
    DeliveryRoute, Facts, known,
    prepare::{Planned, Resolved, read},
};
use destination::{Class, Failure};
use jiff::Timestamp;
use mapping::Plan;
use ports::{LedgerEntry, Version};

/// The outcome that delivering a payload would aim at.
#[derive(Debug)]
pub enum Expected {
    /// The destination should hold this plan.
    Plan(Box<ExpectedPlan>),
    /// There is rightly nothing to deliver, for this reason.
    Nothing(String),
    /// The payload cannot become a plan.
    Broken(Failure),
}

/// A plan that a destination should hold.
#[derive(Debug)]
pub struct ExpectedPlan {
    /// The plan, with the ids of the records that an earlier delivery left.
    pub plan: Plan,
    /// The version of the order's state.
    pub version: Version,
    /// The hash by which the ledger knows the plan.
    pub content: String,
    /// The order as the shop's people know it; `None` where it is gone from the shop.
    pub facts: Option<Facts>,
}

impl DeliveryRoute {
    /// Returns what a payload, read from the shop at this time, should be in the destination.
    /// `entry` is what the ledger knows of the order. No I/O.
    #[must_use]
    pub fn expected(
        &self,
        topic: &str,
        payload: &[u8],
        read_at: Timestamp,
        entry: Option<&LedgerEntry>,
    ) -> Expected {
        let delivered = entry.and_then(|entry| entry.delivered.as_ref());
        let prepared = read(self, topic, payload, read_at, None);
        match known::completed_with(delivered, prepared, self) {
            Resolved::Plan(planned) => {
                let Planned {
                    mut plan,
                    version,
                    content,
                    facts,
                    ..
                } = *planned;
                known::note_records(&mut plan, delivered);
                Expected::Plan(Box::new(ExpectedPlan {
                    plan,
                    version,
                    content,
                    facts,
                }))
            }
            Resolved::Broken { failure, .. } | Resolved::Unread { failure, .. } => {
                Expected::Broken(failure)
            }
            Resolved::Skip { reason, .. } | Resolved::Note { reason, .. } => {
                Expected::Nothing(reason)
            }
            Resolved::Privacy(_) => {
                let text = "the payload is no order";
                Expected::Broken(Failure::permanent(Class::Validation, "read", text))
            }
        }
    }
}
