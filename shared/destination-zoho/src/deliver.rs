use crate::{
    Parts,
    progress::{Hints, Progress, RoundOutcome, next_step},
    read, same_key, write,
};
use destination::{Failure, Outcome};
use mapping::Plan;
use std::collections::BTreeMap;

/// A plan with its place in the batch.
struct Task<'a> {
    place: usize,
    plan: &'a Plan,
    hints: Hints,
}

/// Delivers plans: what must be known is read, then each module is written once, parents before
/// children. Where the first round failed for a reason that is known by now, the plans concerned
/// get a second one.
pub(crate) async fn deliver(parts: &Parts<'_>, plans: &[&Plan]) -> Vec<Outcome> {
    let mut outcomes: BTreeMap<usize, Outcome> = same_key::refusals(plans)
        .into_iter()
        .map(|(place, failure)| (place, failure.into()))
        .collect();
    let open = plans
        .iter()
        .enumerate()
        .filter(|(place, _)| !outcomes.contains_key(place));
    let tasks: Vec<Task<'_>> = open
        .map(|(place, plan)| Task {
            place,
            plan,
            hints: Hints::default(),
        })
        .collect();
    let (mut together, mut apart) = (Vec::new(), Vec::new());
    for (task, result) in tasks.iter().zip(round(parts, &tasks).await) {
        match result {
            RoundOutcome::Done(outcome) => _ = outcomes.insert(task.place, outcome),
            RoundOutcome::Again { hints, alone, .. } => {
                let again = Task { hints, ..*task };
                if alone {
                    apart.push(vec![again])
                } else {
                    together.push(again)
                }
            }
        }
    }
    apart.extend((!together.is_empty()).then_some(together));
    for tasks in apart {
        for (task, result) in tasks.iter().zip(round(parts, &tasks).await) {
            let (RoundOutcome::Done(outcome) | RoundOutcome::Again { outcome, .. }) = result;
            outcomes.insert(task.place, outcome);
        }
    }
    outcomes
        .into_values()
        .zip(plans)
        .map(|(outcome, plan)| outcome.of_order(&plan.order))
        .collect()
}

/// Makes one round for plans that do not fail together: where Zoho refuses a question for good,
/// each plan is tried alone, so that only the bad one suffers.
async fn round(parts: &Parts<'_>, tasks: &[Task<'_>]) -> Vec<RoundOutcome> {
    match try_round(parts, tasks).await {
        Ok(results) => results,
        // Reading back may ask for a field that COQL does not show, or for more than it takes.
        Err(failure) if !failure.is_transient() && tasks.iter().any(|task| task.plan.in_doubt) => {
            let plans: Vec<Plan> = tasks.iter().map(|task| written_anew(task.plan)).collect();
            let again = plans.iter().zip(tasks).map(|(plan, task)| Task {
                plan,
                place: task.place,
                hints: task.hints.clone(),
            });
            Box::pin(round(parts, &again.collect::<Vec<_>>())).await
        }
        Err(failure) if failure.is_transient() || tasks.len() < 2 => tasks
            .iter()
            .map(|_| RoundOutcome::Done(failure.clone().into()))
            .collect(),
        Err(_) => {
            let mut results = Vec::new();
            for task in tasks {
                match try_round(parts, std::slice::from_ref(task)).await {
                    Ok(alone) => results.extend(alone),
                    Err(failure) => results.push(RoundOutcome::Done(failure.into())),
                }
            }
            results
        }
    }
}

async fn try_round(parts: &Parts<'_>, tasks: &[Task<'_>]) -> Result<Vec<RoundOutcome>, Failure> {
    let mut plans: Vec<Progress<'_>> = tasks
        .iter()
        .map(|task| Progress::new(task.plan, task.hints.clone()))
        .collect();
    let known = read::read(parts, &mut plans).await?;
    while let Some(step) = next_step(&mut plans) {
        write::write(parts, &mut plans, &known, &step).await;
    }
    Ok(plans.into_iter().map(Progress::finish).collect())
}

fn written_anew(plan: &Plan) -> Plan {
    Plan {
        in_doubt: false,
        ..plan.clone()
    }
}
