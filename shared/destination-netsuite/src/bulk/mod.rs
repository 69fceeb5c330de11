//! Orders that nobody waits for, in asynchronous batches ("Using the Batch Operations", NetSuite
//! help): up to 100 new records in one call, which NetSuite's asynchronous processors save one after
//! the other while no place of the account's concurrent calls is taken.
//!
//! A batch of orders takes the round that any delivery takes, with one difference: records that are
//! new, as far as is known, are made by a job ([`job`]), the customers by a first one, the orders by
//! a second one. What the job made is then found by one query ([`look`]), which also tells how far
//! the job is. Jobs make records and change none, so that a job that is late or comes twice harms
//! nothing: an external id is taken once. Every order that is not as it should be afterwards goes
//! the usual way ([`crate::deliver`]), which knows what each refusal leads to.

mod job;
mod levels;
mod look;

use crate::{client::Client, deliver::Parts};
use destination::{Failure, Outcome, rounds};
use jiff::Timestamp;
use levels::Batch;
use look::Speed;
use mapping::Plan;
use ports::Checkpoints;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The most records that NetSuite takes in one batch.
pub(crate) const MOST: usize = 100;
/// The fewest orders for which a batch is worth its calls and its waiting: more than SQS hands out at
/// a time, to a function that is paid while it waits.
pub const FEWEST_IN_A_BATCH: usize = 11;
/// The part of the time for one order that its two records take at most: a batch has four request
/// timeouts for its two jobs, and a job may wait for another one's.
const TIMEOUTS: u32 = 3;
/// The time after which it is tried again whether an account takes batches.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What is known about an account's batches.
pub(crate) struct Bulk {
    destination: String,
    request_timeout: Duration,
    /// The fewest orders of a batch.
    fewest: usize,
    /// Where the job under way is noted.
    notes: Arc<dyn Checkpoints>,
    /// Held while a batch is delivered: the account has two processors, for all integrations.
    turn: tokio::sync::Mutex<()>,
    speed: Mutex<Speed>,
    /// Until when no batch is sent, because the account takes none.
    off_until: Mutex<Option<Timestamp>>,
}

impl Bulk {
    pub(crate) fn new(
        destination: String,
        request_timeout: Duration,
        fewest: usize,
        notes: Arc<dyn Checkpoints>,
    ) -> Self {
        Self {
            destination,
            request_timeout,
            fewest: fewest.clamp(1, MOST),
            notes,
            turn: tokio::sync::Mutex::new(()),
            speed: Mutex::default(),
            off_until: Mutex::default(),
        }
    }

    /// Returns how many orders go at a time; `None` while the account takes no batches.
    pub(crate) fn most(&self, now: Timestamp) -> Option<usize> {
        let off_until = *lock(&self.off_until);
        if off_until.is_some_and(|until| now < until) {
            return None;
        }
        let time = self.request_timeout.saturating_mul(TIMEOUTS);
        let most = lock(&self.speed).records_in(time) / 2;
        Some(most.clamp(self.fewest, MOST))
    }

    /// Notes that the account takes no batches.
    fn switch_off(&self, now: Timestamp, why: &str) {
        let until = now
            .saturating_add(ASK_AGAIN_AFTER)
            .unwrap_or(Timestamp::MAX);
        *lock(&self.off_until) = Some(until);
        tracing::warn!(
            destination = self.destination,
            "NetSuite takes no asynchronous batches, so that what is read from shops goes one by one: {why}"
        );
    }
}

/// Delivers plans by batches as far as they are new, and the rest one by one. Returns one outcome
/// per plan, in their order.
pub(crate) async fn deliver(parts: &Parts<'_>, bulk: &Bulk, plans: &[&Plan]) -> Vec<Outcome> {
    if plans.len() < bulk.fewest {
        return rounds::deliver(parts, plans).await;
    }
    let turn = bulk.turn.lock().await;
    let mut outcomes = match batch(parts, bulk, plans).await {
        Ok(outcomes) => outcomes,
        Err(failure) if failure.is_transient() => {
            let failed = |plan: &&Plan| Outcome::from(failure.clone()).of_order(&plan.order);
            return plans.iter().map(failed).collect();
        }
        // Whoever is to blame is found one by one.
        Err(_) => BTreeMap::new(),
    };
    drop(turn);
    let is_left = |(place, _): &(usize, &&Plan)| !outcomes.contains_key(place);
    let (places, left): (Vec<usize>, Vec<&Plan>) = plans
        .iter()
        .enumerate()
        .filter(is_left)
        .map(|(place, plan)| (place, *plan))
        .unzip();
    if !left.is_empty() {
        tracing::debug!(
            destination = bulk.destination,
            orders = plans.len(),
            one_by_one = left.len(),
            "delivered in bulk, with the exception of some orders"
        );
        outcomes.extend(places.into_iter().zip(rounds::deliver(parts, &left).await));
    }
    outcomes.into_values().collect()
}

/// Delivers what can be delivered by batches. Returns the outcomes by position.
async fn batch(
    parts: &Parts<'_>,
    bulk: &Bulk,
    plans: &[&Plan],
) -> Result<BTreeMap<usize, Outcome>, Failure> {
    let client: &Client<'_> = &parts.client;
    if bulk.most(client.connection.clock.now()).is_none() || !job::resume(client, bulk).await? {
        return Ok(BTreeMap::new());
    }
    let mut batch = Batch::begin(parts, plans).await?;
    batch.deliver(client, bulk).await?;
    Ok(batch.finish(parts.cache))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
