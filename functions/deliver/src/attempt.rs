//! The attempt to deliver the messages of one destination, whatever goes wrong.
//!
//! A batch that panics is tried again group by group, because one of its orders is to blame and
//! those of other customers must not wait for it. A batch that runs out of time comes back after a
//! request timeout: a request that was sent may still arrive, and nobody else may write over it
//! before it has.

use crate::{
    Dispatcher, Function,
    invocation::{Invocation, SETTLING},
    put_back::{self, TROUBLE},
};
use deliver::Lease;
use futures::FutureExt;
use jiff::Timestamp;
use ports::{Disposition, Received, Settlement};
use std::{collections::BTreeMap, panic::AssertUnwindSafe, time::Duration};

/// The request timeout of messages that belong to no destination, and so make no request.
const NO_REQUEST: Duration = Duration::ZERO;

/// The reason why the outcome of a batch is unknown.
enum Lost {
    /// Something panicked.
    Defect,
    /// The time ran out.
    Late,
}

impl Function {
    /// Delivers the messages of a destination, and returns a settlement within what SQS allows for
    /// each of them.
    pub(crate) async fn deliver_to(
        &self,
        destination: String,
        batch: Vec<Received>,
        invocation: Invocation,
    ) -> Vec<Settlement> {
        let dispatcher = self.dispatchers.get(&destination);
        let lease = invocation
            .lease(dispatcher.map_or(NO_REQUEST, |dispatcher| dispatcher.request_timeout));
        if dispatcher.is_some() && lease.call_until() <= lease.since {
            warn_of_short_time(&destination, lease);
        }
        let settlements = self.attempt(dispatcher, batch, lease, invocation).await;
        let now = self.clock.now();
        let settlements: Vec<Settlement> = settlements
            .into_iter()
            .map(|settlement| put_back::bounded(settlement, now))
            .collect();
        if let Some(dispatcher) = dispatcher {
            record_oldest(&destination, dispatcher.system, &settlements, now);
        }
        settlements
    }

    async fn attempt(
        &self,
        dispatcher: Option<&Dispatcher>,
        batch: Vec<Received>,
        lease: Lease,
        invocation: Invocation,
    ) -> Vec<Settlement> {
        let tried = self.try_in_time(dispatcher, batch.clone(), lease, invocation);
        match tried.await {
            Ok(settlements) => settlements,
            Err(Lost::Defect) if batch.len() > 1 => {
                self.try_by_group(dispatcher, batch, lease, invocation)
                    .await
            }
            Err(lost) => put_all_back(batch, &lost, lease),
        }
    }

    async fn try_in_time(
        &self,
        dispatcher: Option<&Dispatcher>,
        batch: Vec<Received>,
        lease: Lease,
        invocation: Invocation,
    ) -> Result<Vec<Settlement>, Lost> {
        let work = AssertUnwindSafe(self.try_to_deliver(dispatcher, batch, lease)).catch_unwind();
        match tokio::time::timeout(invocation.left(self.clock.now()), work).await {
            Ok(tried) => tried.map_err(|_| Lost::Defect),
            Err(_) => Err(Lost::Late),
        }
    }

    async fn try_by_group(
        &self,
        dispatcher: Option<&Dispatcher>,
        batch: Vec<Received>,
        lease: Lease,
        invocation: Invocation,
    ) -> Vec<Settlement> {
        let mut groups: BTreeMap<String, Vec<Received>> = BTreeMap::new();
        for received in batch {
            let group = received.message.group.clone();
            groups.entry(group).or_default().push(received);
        }
        let mut settlements = Vec::new();
        for group in groups.into_values() {
            let tried = self.try_in_time(dispatcher, group.clone(), lease, invocation);
            let tried = tried.await;
            settlements.extend(tried.unwrap_or_else(|lost| put_all_back(group, &lost, lease)));
        }
        settlements
    }

    /// Delivers by the dispatcher. Messages that belong to no destination of this configuration
    /// become dead letters, for which nobody is called.
    async fn try_to_deliver(
        &self,
        dispatcher: Option<&Dispatcher>,
        batch: Vec<Received>,
        lease: Lease,
    ) -> Vec<Settlement> {
        match dispatcher {
            Some(dispatcher) => dispatcher.deliver(batch, lease).await,
            None => self.engine.deliver(batch, lease).await.settlements,
        }
    }
}

fn put_all_back(batch: Vec<Received>, lost: &Lost, lease: Lease) -> Vec<Settlement> {
    let (why, pause) = match lost {
        Lost::Defect => (
            "delivering it failed in a way that is a defect of orderbridge",
            TROUBLE,
        ),
        Lost::Late => (
            "there was no time to finish it",
            lease.request_timeout.max(TROUBLE),
        ),
    };
    tracing::error!(messages = batch.len(), "a batch comes back: {why}");
    batch
        .into_iter()
        .map(|received| received.settled(Disposition::Retry(pause)))
        .collect()
}

fn warn_of_short_time(destination: &str, lease: Lease) {
    let needs = 2 * lease.request_timeout.as_secs() + SETTLING.as_secs();
    let has = (lease.time + SETTLING).as_secs();
    tracing::error!(
        destination,
        needs,
        has,
        "the function's timeout (seconds) is too short for the destination's request_timeout: nothing is sent; make the one longer or the other shorter"
    );
}

/// Records how long the oldest order that comes back undelivered has waited since its webhook, and
/// nothing where the whole batch is settled. SQS's own metric leaves out messages that are received
/// again and again.
fn record_oldest(
    destination: &str,
    system: &'static str,
    settlements: &[Settlement],
    now: Timestamp,
) {
    let back = settlements
        .iter()
        .filter(|settlement| put_back::comes_back(settlement));
    let accepted = back.map(|settlement| settlement.received.message.accepted);
    let Some(oldest) = accepted.min() else {
        return;
    };
    let age: Duration = now.duration_since(oldest).try_into().unwrap_or_default();
    metrics::gauge!("orderbridge_oldest_seconds", "system" => system).set(age);
    metrics::gauge!("orderbridge_destination_oldest_seconds", "system" => system, "destination" => destination.to_owned()).set(age);
}
