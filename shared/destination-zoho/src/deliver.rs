use crate::{
    Parts,
    progress::{Hints, Progress, next_step},
    read, same_key, write,
};
use async_trait::async_trait;
use destination::{
    Failure,
    rounds::{Attempt, Rounds, Tried},
};
use mapping::Plan;
use std::collections::BTreeMap;

/// What must be known is read, then each module is written once, parents before children.
#[async_trait]
impl Rounds for Parts<'_> {
    type Hints = Hints;

    fn refusals(&self, plans: &[&Plan]) -> BTreeMap<usize, Failure> {
        same_key::refusals(plans)
    }

    async fn round(&self, attempts: &[Attempt<'_, Hints>]) -> Result<Vec<Tried<Hints>>, Failure> {
        let mut plans: Vec<Progress<'_>> = attempts
            .iter()
            .map(|attempt| Progress::new(attempt.plan, attempt.hints.clone()))
            .collect();
        let known = read::read(self, &mut plans).await?;
        while let Some(step) = next_step(&mut plans) {
            write::write(self, &mut plans, &known, &step).await;
        }
        Ok(plans.into_iter().map(Progress::finish).collect())
    }
}
