//! A destination that follows a script.

use async_trait::async_trait;
use destination::{Call, Class, Destination, Failure, Finding, Outcome, RequestPreview};
use mapping::Plan;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

/// A CRM that answers what is scripted for an order, delivers any other, and remembers what it was
/// asked.
#[derive(Default)]
pub(crate) struct Crm {
    pub(crate) script: Mutex<BTreeMap<String, VecDeque<Does>>>,
    pub(crate) batches: Mutex<Vec<Vec<String>>>,
}

#[derive(Clone)]
pub(crate) enum Does {
    Answer(Outcome),
    Panic,
    /// Answers after this time.
    Stall(Duration),
}

impl Crm {
    pub(crate) fn will(&self, order: &str, does: impl IntoIterator<Item = Does>) {
        self.script
            .lock()
            .unwrap()
            .entry(order.to_owned())
            .or_default()
            .extend(does);
    }

    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        self.batches.lock().unwrap().clone()
    }
}

pub(crate) fn away() -> Does {
    Does::Answer(Outcome::Retry(Failure::transient(
        Class::Unavailable,
        "write",
        "the CRM is away",
    )))
}

pub(crate) fn locked_record() -> Does {
    Does::Answer(Outcome::Retry(Failure::transient(
        Class::Conflict,
        "write",
        "somebody else changes the record",
    )))
}

pub(crate) fn refused() -> Does {
    Does::Answer(Outcome::Rejected(Failure::permanent(
        Class::Validation,
        "write",
        "the CRM does not want it",
    )))
}

#[async_trait]
impl Destination for Crm {
    fn system(&self) -> &'static str {
        "salesforce"
    }

    async fn deliver(&self, _: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        self.batches
            .lock()
            .unwrap()
            .push(plans.iter().map(|plan| plan.order.clone()).collect());
        let mut outcomes = Vec::new();
        for plan in plans {
            let next = self
                .script
                .lock()
                .unwrap()
                .get_mut(&plan.order)
                .and_then(VecDeque::pop_front);
            match next {
                Some(Does::Answer(outcome)) => outcomes.push(outcome),
                Some(Does::Panic) => panic!("an obviously made-up defect"),
                Some(Does::Stall(time)) => {
                    tokio::time::sleep(time).await;
                    outcomes.push(delivered());
                }
                None => outcomes.push(delivered()),
            }
        }
        outcomes
    }

    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }

    async fn check(&self, _: &Call, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
}

fn delivered() -> Outcome {
    Outcome::Delivered {
        records: Vec::new(),
        warnings: Vec::new(),
    }
}
