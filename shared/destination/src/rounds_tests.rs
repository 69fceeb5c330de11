use super::*;
use crate::{Class, Retry};
use std::sync::Mutex;

/// A system that plays one answer per round, and keeps who was in it: `a+b` for two plans, with a
/// `?` where an earlier try is in doubt and a `!` where a hint came along.
struct Script {
    answers: Mutex<Vec<Result<Vec<Tried<bool>>, Failure>>>,
    seen: Mutex<Vec<String>>,
    refused: BTreeMap<usize, Failure>,
}

fn script(answers: Vec<Result<Vec<Tried<bool>>, Failure>>) -> Script {
    Script {
        answers: Mutex::new(answers),
        seen: Mutex::default(),
        refused: BTreeMap::new(),
    }
}

#[async_trait]
impl Rounds for Script {
    type Hints = bool;

    fn refusals(&self, _plans: &[&Plan]) -> BTreeMap<usize, Failure> {
        self.refused.clone()
    }

    async fn round(&self, attempts: &[Attempt<'_, bool>]) -> Result<Vec<Tried<bool>>, Failure> {
        let name = |attempt: &Attempt<'_, bool>| {
            let doubt = if attempt.plan.in_doubt { "?" } else { "" };
            let hint = if attempt.hints { "!" } else { "" };
            format!("{}{doubt}{hint}", attempt.plan.order)
        };
        let names: Vec<String> = attempts.iter().map(name).collect();
        self.seen.lock().unwrap().push(names.join("+"));
        self.answers.lock().unwrap().remove(0)
    }

    fn after_another_look(&self, failure: Failure) -> Failure {
        Failure {
            message: format!("{} twice", failure.message),
            ..failure
        }
    }
}

fn plan(order: &str) -> Plan {
    Plan {
        order: order.to_owned(),
        records: Vec::new(),
        emptied: Vec::new(),
        known: Default::default(),
        in_doubt: false,
        bare_currency: None,
        warnings: Vec::new(),
    }
}

fn done() -> Tried<bool> {
    Tried::Done(Outcome::Delivered {
        records: Vec::new(),
        warnings: Vec::new(),
    })
}

fn again(alone: bool) -> Tried<bool> {
    let (failure, hints) = (refusal(), true);
    Tried::Again {
        failure,
        hints,
        alone,
    }
}

fn refusal() -> Failure {
    Failure::permanent(Class::Validation, "write", "no")
}

async fn run(script: &Script, plans: &[Plan]) -> (Vec<String>, Vec<String>) {
    let outcomes = deliver(script, &plans.iter().collect::<Vec<_>>()).await;
    let text = |outcome: &Outcome| match outcome {
        Outcome::Delivered { .. } => "delivered".to_owned(),
        Outcome::Retry(failure) => format!("retry {failure}"),
        Outcome::Rejected(failure) => format!("rejected {failure}"),
    };
    let seen = script.seen.lock().unwrap().clone();
    (seen, outcomes.iter().map(text).collect())
}

#[tokio::test]
async fn those_that_are_worth_it_go_once_more_together_or_alone_with_what_is_known_by_now() {
    let script = script(vec![
        Ok(vec![again(false), again(true), done(), again(false)]),
        Ok(vec![done()]),
        Ok(vec![again(false), done()]),
    ]);
    let (seen, outcomes) = run(&script, &["a", "b", "c", "d"].map(plan)).await;
    assert_eq!(seen, ["a+b+c+d", "b!", "a!+d!"]);
    assert_eq!(
        outcomes,
        [
            "rejected order a: no twice",
            "delivered",
            "delivered",
            "delivered"
        ],
        "at most two rounds"
    );
}

#[tokio::test]
async fn a_question_that_is_refused_for_good_is_asked_for_each_plan_alone() {
    let script = script(vec![Err(refusal()), Ok(vec![done()]), Err(refusal())]);
    let (seen, outcomes) = run(&script, &["a", "b"].map(plan)).await;
    assert_eq!(seen, ["a+b", "a", "b"]);
    assert_eq!(outcomes, ["delivered", "rejected order b: no"]);
}

#[tokio::test]
async fn a_failure_that_passes_is_that_of_every_plan_and_nothing_more_is_asked() {
    let away = Failure {
        retry: Retry::Soon,
        ..refusal()
    };
    let script = script(vec![Err(away)]);
    let (seen, outcomes) = run(&script, &["a", "b"].map(plan)).await;
    assert_eq!(seen, ["a+b"]);
    assert_eq!(outcomes, ["retry order a: no", "retry order b: no"]);
}

#[tokio::test]
async fn where_reading_back_is_refused_the_plans_are_written_anew() {
    let in_doubt = |order: &str| Plan {
        in_doubt: true,
        ..plan(order)
    };
    let script = script(vec![Err(refusal()), Ok(vec![done(), done()])]);
    let (seen, outcomes) = run(&script, &[in_doubt("a"), plan("b")]).await;
    assert_eq!(seen, ["a?+b", "a+b"]);
    assert_eq!(outcomes, ["delivered", "delivered"]);
}

#[tokio::test]
async fn what_is_refused_before_anything_is_asked_is_in_no_round() {
    let mut script = script(vec![Ok(vec![done()])]);
    script.refused.insert(0, refusal());
    let (seen, outcomes) = run(&script, &["a", "b"].map(plan)).await;
    assert_eq!(seen, ["b"]);
    assert_eq!(outcomes, ["rejected order a: no", "delivered"]);
    script.refused.insert(1, refusal());
    script.seen.lock().unwrap().clear();
    let (seen, _) = run(&script, &["a", "b"].map(plan)).await;
    assert!(seen.is_empty(), "nothing is asked for nobody: {seen:?}");
}
