//! Refusals of whole calls that nobody has seen before: are they about an order, or about the
//! account? A refusal that meets two different orders in a row is about every order.

use crate::{Class, Failure, Outcome, Retry};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The last unlisted refusal of one account. Each process finds out for itself: an order that meets
/// such a refusal alone, the first in its process, is rejected.
#[derive(Debug, Default)]
pub struct Unlisted(Mutex<Option<Seen>>);

/// A refusal that may be about the account.
#[derive(Debug)]
struct Seen {
    reason: String,
    order: String,
    /// Whether another order met it too: then it is about the account until something is accepted.
    is_of_account: bool,
}

impl Unlisted {
    /// Turns refusals that are about the account into outcomes that hold their orders. Each outcome
    /// comes with its order; `is_suspect` recognises the unlisted refusals of whole calls.
    pub fn judge(
        &self,
        outcomes: Vec<(&str, Outcome)>,
        is_suspect: fn(&Failure) -> bool,
    ) -> Vec<Outcome> {
        let suspect = |outcome: &Outcome| match outcome {
            Outcome::Rejected(failure) if is_suspect(failure) => Some(reason(failure)),
            _ => None,
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if outcomes
            .iter()
            .any(|(_, outcome)| suspect(outcome).is_none() && shows_that_calls_are_taken(outcome))
        {
            *seen = None;
            return outcomes.into_iter().map(|(_, outcome)| outcome).collect();
        }
        for (order, outcome) in &outcomes {
            let Some(reason) = suspect(outcome) else {
                continue;
            };
            match seen.as_mut().filter(|seen| seen.reason == reason) {
                Some(seen) => seen.is_of_account |= seen.order != *order,
                None => {
                    *seen = Some(Seen {
                        reason,
                        order: (*order).to_owned(),
                        is_of_account: false,
                    });
                }
            }
        }
        let of_account: BTreeSet<&str> = seen
            .iter()
            .filter(|seen| seen.is_of_account)
            .map(|seen| seen.reason.as_str())
            .collect();
        let judged = outcomes.into_iter().map(|(_, outcome)| match outcome {
            Outcome::Rejected(failure)
                if is_suspect(&failure) && of_account.contains(reason(&failure).as_str()) =>
            {
                Outcome::Retry(held(failure))
            }
            outcome => outcome,
        });
        judged.collect()
    }
}

fn reason(failure: &Failure) -> String {
    failure
        .code
        .clone()
        .unwrap_or_else(|| failure.message.clone())
}

/// Returns whether the outcome shows that the account takes calls: the plan was delivered, refused
/// with an answer about its data, or met a conflict.
fn shows_that_calls_are_taken(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Delivered { .. } => true,
        Outcome::Rejected(failure) => failure.response.is_some(),
        Outcome::Retry(failure) => failure.class == Class::Conflict,
    }
}

fn held(failure: Failure) -> Failure {
    let text = "The destination says so of different orders, so it is about the account: orders wait until somebody has looked into it";
    Failure {
        class: Class::Authentication,
        retry: Retry::Soon,
        message: format!("{}. {text}", failure.message.trim_end_matches('.')),
        ..failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unlisted(code: &str) -> Outcome {
        let failure = Failure::permanent(Class::Unknown, "write", format!("refused: {code}"));
        Outcome::Rejected(Failure {
            code: Some(code.to_owned()),
            response: Some("{}".to_owned()),
            ..failure
        })
    }

    fn delivered() -> Outcome {
        Outcome::Delivered {
            records: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn is_suspect(failure: &Failure) -> bool {
        failure.class == Class::Unknown
    }

    fn words(outcomes: &[Outcome]) -> Vec<&'static str> {
        let word = |outcome: &Outcome| match outcome {
            Outcome::Delivered { .. } => "delivered",
            Outcome::Retry(failure) => failure.class.as_str(),
            Outcome::Rejected(_) => "rejected",
        };
        outcomes.iter().map(word).collect()
    }

    #[test]
    fn what_is_said_of_two_orders_holds_both_and_every_later_one() {
        let unlisted_by = Unlisted::default();
        let judged = unlisted_by.judge(
            vec![("1", unlisted("NEW")), ("2", unlisted("NEW"))],
            is_suspect,
        );
        assert_eq!(words(&judged), ["authentication", "authentication"]);
        assert_eq!(
            words(&unlisted_by.judge(vec![("1", unlisted("NEW"))], is_suspect)),
            ["authentication"]
        );
        // Once something was accepted, everything begins anew.
        unlisted_by.judge(vec![("3", delivered())], is_suspect);
        assert_eq!(
            words(&unlisted_by.judge(vec![("1", unlisted("NEW"))], is_suspect)),
            ["rejected"]
        );
    }

    #[test]
    fn one_order_is_to_blame_itself_however_often_it_comes() {
        let unlisted_by = Unlisted::default();
        for _ in 0..3 {
            assert_eq!(
                words(&unlisted_by.judge(vec![("1", unlisted("NEW"))], is_suspect)),
                ["rejected"]
            );
        }
        assert_eq!(
            words(&unlisted_by.judge(vec![("2", unlisted("OTHER"))], is_suspect)),
            ["rejected"]
        );
        let mixed = vec![
            ("1", unlisted("NEW")),
            ("2", delivered()),
            ("3", unlisted("NEW")),
        ];
        assert_eq!(
            words(&unlisted_by.judge(mixed, is_suspect)),
            ["rejected", "delivered", "rejected"]
        );
    }

    #[test]
    fn the_second_of_a_row_is_held_although_the_first_came_alone() {
        let unlisted_by = Unlisted::default();
        assert_eq!(
            words(&unlisted_by.judge(vec![("1", unlisted("NEW"))], is_suspect)),
            ["rejected"]
        );
        let Some(Outcome::Retry(failure)) = unlisted_by
            .judge(vec![("2", unlisted("NEW"))], is_suspect)
            .pop()
        else {
            panic!("it must wait")
        };
        assert!(
            failure.is_transient() && failure.message.contains("about the account"),
            "{failure}"
        );
    }
}
