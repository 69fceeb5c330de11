//! The rounds in which plans are delivered, whatever the system: all of a batch together; once more
//! those for which another look is worth it; alone those that another plan may have spoilt.

use crate::{Failure, Outcome};
use async_trait::async_trait;
use mapping::Plan;
use std::collections::BTreeMap;

/// A system as the rounds see it.
#[async_trait]
pub trait Rounds: Send + Sync {
    /// What one round found out about a plan that the next one has to know.
    type Hints: Clone + Default + Send + Sync;

    /// Returns the refusals, by position, of plans that cannot be tried in this batch.
    fn refusals(&self, _plans: &[&Plan]) -> BTreeMap<usize, Failure> {
        BTreeMap::new()
    }

    /// Makes one round: reads what must be known, and writes what is new or differs. Returns one
    /// result per plan, in their order.
    ///
    /// # Errors
    /// When what must be known could not be read; nothing was written then.
    async fn round(
        &self,
        attempts: &[Attempt<'_, Self::Hints>],
    ) -> Result<Vec<Tried<Self::Hints>>, Failure>;

    /// Returns the failure that is left where a second round has not helped.
    fn after_another_look(&self, failure: Failure) -> Failure {
        failure
    }
}

/// A plan in a round.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a, H> {
    /// The plan.
    pub plan: &'a Plan,
    /// What an earlier round found out.
    pub hints: H,
}

/// The result of one round for a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Tried<H> {
    /// There is nothing more to try now.
    Done(Outcome),
    /// Another round at once may well succeed, because the obstacle is known by now.
    Again {
        /// The outcome where that does not help either.
        failure: Failure,
        /// What the next round has to know.
        hints: H,
        /// Whether the plan goes alone, because another one may have been to blame.
        alone: bool,
    },
}

impl<H> From<Failure> for Tried<H> {
    fn from(failure: Failure) -> Self {
        Self::Done(failure.into())
    }
}

/// Delivers plans in at most two rounds each, and returns one outcome per plan, in their order, with
/// the order's name in a failure.
pub async fn deliver<R: Rounds>(system: &R, plans: &[&Plan]) -> Vec<Outcome> {
    let mut outcomes: BTreeMap<usize, Outcome> = system
        .refusals(plans)
        .into_iter()
        .map(|(place, failure)| (place, failure.into()))
        .collect();
    let is_open = |(place, _): &(usize, &&Plan)| !outcomes.contains_key(place);
    let (places, first): (Vec<usize>, Vec<Attempt<'_, R::Hints>>) = plans
        .iter()
        .enumerate()
        .filter(is_open)
        .map(|(place, plan)| (place, Attempt::first(plan)))
        .unzip();
    let (mut together, mut second) = (Vec::new(), Vec::new());
    let results = match first.is_empty() {
        true => Vec::new(),
        false => round(system, &first).await,
    };
    for ((place, attempt), result) in places.into_iter().zip(first).zip(results) {
        match result {
            Tried::Done(outcome) => _ = outcomes.insert(place, outcome),
            Tried::Again { hints, alone, .. } => {
                let again = (place, Attempt { hints, ..attempt });
                if alone {
                    second.push(vec![again])
                } else {
                    together.push(again)
                }
            }
        }
    }
    second.extend((!together.is_empty()).then_some(together));
    for group in second {
        let (places, attempts): (Vec<usize>, Vec<_>) = group.into_iter().unzip();
        for (place, result) in places.into_iter().zip(round(system, &attempts).await) {
            let outcome = match result {
                Tried::Done(outcome) => outcome,
                Tried::Again { failure, .. } => system.after_another_look(failure).into(),
            };
            outcomes.insert(place, outcome);
        }
    }
    outcomes
        .into_values()
        .zip(plans)
        .map(|(outcome, plan)| outcome.of_order(&plan.order))
        .collect()
}

/// Makes one round for plans that do not fail together: where the system refuses a question for
/// good, each plan is tried alone, so that only the bad one suffers.
async fn round<R: Rounds>(system: &R, attempts: &[Attempt<'_, R::Hints>]) -> Vec<Tried<R::Hints>> {
    let failure = match system.round(attempts).await {
        Ok(results) => return results,
        Err(failure) => failure,
    };
    if failure.is_transient() {
        return attempts.iter().map(|_| failure.clone().into()).collect();
    }
    // Reading back what an earlier try may have written asks for more than writing does: for a
    // field that no query shows, or for more than one takes.
    if attempts.iter().any(|attempt| attempt.plan.in_doubt) {
        let plans: Vec<Plan> = attempts.iter().map(written_anew).collect();
        let attempts: Vec<_> = plans
            .iter()
            .zip(attempts)
            .map(|(plan, attempt)| Attempt {
                plan,
                hints: attempt.hints.clone(),
            })
            .collect();
        return Box::pin(round(system, &attempts)).await;
    }
    if attempts.len() < 2 {
        return attempts.iter().map(|_| failure.clone().into()).collect();
    }
    let mut results = Vec::new();
    for attempt in attempts {
        results.extend(Box::pin(round(system, std::slice::from_ref(attempt))).await);
    }
    results
}

fn written_anew<H>(attempt: &Attempt<'_, H>) -> Plan {
    Plan {
        in_doubt: false,
        ..attempt.plan.clone()
    }
}

impl<'a, H: Default> Attempt<'a, H> {
    /// Creates the first attempt of a plan, of which nothing is known.
    #[must_use]
    pub fn first(plan: &'a Plan) -> Self {
        let hints = H::default();
        Self { plan, hints }
    }
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
