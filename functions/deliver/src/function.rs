use crate::{
    Courier, Inbox,
    courier::{self, InHand, released},
    event::{Batch, Slip, batches},
    put_back,
};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use deliver::{Engine, Lease};
use futures::{FutureExt, future::join_all};
use jiff::Timestamp;
use platform_aws::Opened;
use ports::{Clock, DeadLetter, Settlement, Verdict};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

/// The part of the function's time that is reserved for settling: a call or two, or half a dozen
/// for a dead letter, each of which takes milliseconds and gives up after 4.5 s.
pub(crate) const SETTLING: Duration = Duration::from_secs(10);
/// The part of that time that is reserved for the answer.
const ANSWERING: Duration = Duration::from_secs(1);
/// Time that messages wait that could not even be looked at, because the table does not answer or
/// something went wrong.
const TROUBLE: Duration = Duration::from_secs(5);
/// The request timeout of messages that belong to no destination, and so make no request.
const NO_REQUEST: Duration = Duration::ZERO;

/// The function: everything that a batch needs, created once at the start.
pub struct Function {
    /// The queue's inbox, which opens and settles.
    pub inbox: Arc<dyn Inbox>,
    /// The engine that delivers.
    pub engine: Arc<Engine>,
    /// The couriers by name of the destination.
    pub couriers: BTreeMap<String, Courier>,
    /// The destination of each route.
    pub routes: BTreeMap<String, String>,
    /// The URL of each queue, by its name.
    pub queues: BTreeMap<String, String>,
    /// The clock, the only source of the present time.
    pub clock: Arc<dyn Clock>,
}

/// The time of one invocation.
#[derive(Clone, Copy)]
struct Shift {
    since: Timestamp,
    time: Duration,
}

/// The reason why the outcome of a batch is unknown.
enum Lost {
    /// Something panicked.
    Defect,
    /// The time ran out.
    Late,
}

impl Function {
    /// Delivers the messages of an event, and names those that Lambda must not delete. Never fails
    /// as a whole, and never runs beyond the deadline: a message that is not known to be settled by
    /// then comes back.
    pub async fn handle(&self, event: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
        let since = self.clock.now();
        let left = deadline
            .duration_since(since)
            .try_into()
            .unwrap_or(Duration::ZERO);
        let shift = Shift {
            since,
            time: left.saturating_sub(SETTLING),
        };
        let batches = batches(event);
        let ids: Vec<String> = batches
            .values()
            .flat_map(|batch| &batch.slips)
            .map(|slip| slip.id.clone())
            .collect();
        let work = AssertUnwindSafe(self.work(batches, shift)).catch_unwind();
        let done = match tokio::time::timeout(left.saturating_sub(ANSWERING), work).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => {
                nothing_done("something failed over it, which is a defect of orderbridge")
            }
            Err(_) => nothing_done("the function's time is over"),
        };
        let mut response = SqsBatchResponse::default();
        ids.into_iter()
            .filter(|id| !done.contains(id))
            .for_each(|id| response.add_failure(id));
        response
    }

    async fn work(&self, batches: BTreeMap<String, Batch>, shift: Shift) -> BTreeSet<String> {
        let work = batches
            .into_iter()
            .map(|(queue, batch)| self.work_off(queue, batch, shift));
        join_all(work).await.into_iter().flatten().collect()
    }

    /// Works off a batch, and returns the ids of the settled messages.
    async fn work_off(&self, queue: String, batch: Batch, shift: Shift) -> BTreeSet<String> {
        let Some(url) = self.queues.get(&queue) else {
            tracing::error!(
                queue,
                "messages of a queue that this function does not know; see the addresses of queues in its environment"
            );
            return BTreeSet::new();
        };
        let receipts = batch.records.iter().map(|record| record.receipt(url));
        let slips: BTreeMap<String, Slip> = receipts.zip(batch.slips).collect();
        let opened = match self.inbox.open(url, batch.records).await {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(operation = error.operation, error = %error.source, "a batch could not be looked at; it comes back");
                return self
                    .inbox
                    .settle(slips.iter().map(troubled).collect())
                    .await;
            }
        };
        let (mut done, stuck) = sort_out(&slips, &opened);
        let mut settlements: Vec<Settlement> = stuck
            .iter()
            .map(|(receipt, slip)| troubled((receipt, slip)))
            .collect();
        let blocked: BTreeSet<&str> = stuck.iter().map(|(_, slip)| slip.group.as_str()).collect();
        let messages = opened.messages.into_iter().filter_map(|received| {
            let slip = slips.get(&received.receipt)?.clone();
            Some(InHand { received, slip })
        });
        let (behind, free) =
            messages.partition(|one: &InHand| blocked.contains(one.slip.group.as_str()));
        settlements.extend(released(behind));
        settlements.extend(self.deliver(free, shift).await);
        done.extend(self.inbox.settle(settlements).await);
        done
    }

    /// Delivers to all destinations at once. Destinations of one system share a queue; none of them
    /// waits for another one.
    async fn deliver(&self, messages: Vec<InHand>, shift: Shift) -> Vec<Settlement> {
        let mut by_destination: BTreeMap<String, Vec<InHand>> = BTreeMap::new();
        for one in messages {
            let message = &one.received.message;
            let destination = self
                .routes
                .get(&message.route)
                .unwrap_or(&message.destination)
                .clone();
            by_destination.entry(destination).or_default().push(one);
        }
        let work = by_destination
            .into_iter()
            .map(|(destination, batch)| self.deliver_to(destination, batch, shift));
        join_all(work).await.into_iter().flatten().collect()
    }

    async fn deliver_to(
        &self,
        destination: String,
        batch: Vec<InHand>,
        shift: Shift,
    ) -> Vec<Settlement> {
        let courier = self.couriers.get(&destination);
        let lease = shift.lease(courier.map_or(NO_REQUEST, |courier| courier.request_timeout));
        if courier.is_some() && lease.call_until() <= lease.since {
            let (needs, has) = (
                2 * lease.request_timeout.as_secs() + SETTLING.as_secs(),
                (shift.time + SETTLING).as_secs(),
            );
            tracing::error!(
                destination,
                needs,
                has,
                "the function's timeout (seconds) is too short for the destination's request_timeout: nothing is sent; make the one longer or the other shorter"
            );
        }
        let settlements = match self.try_in_time(courier, batch.clone(), lease, shift).await {
            Err(Lost::Defect) if batch.len() > 1 => {
                self.try_by_group(courier, &batch, lease, shift).await
            }
            tried => tried.unwrap_or_else(|lost| put_all_back(&batch, &lost, lease)),
        };
        let by_receipt: BTreeMap<&str, &InHand> = batch
            .iter()
            .map(|one| (one.received.receipt.as_str(), one))
            .collect();
        let bounded = settlements.into_iter().map(|settlement| {
            match by_receipt.get(settlement.receipt.as_str()) {
                Some(one) => self.bounded(settlement, one),
                None => settlement,
            }
        });
        let settlements: Vec<Settlement> = bounded.collect();
        if let Some(courier) = courier {
            let back = settlements
                .iter()
                .filter(|one| courier::comes_back(&one.verdict));
            let accepted = back.filter_map(|one| {
                Some(
                    by_receipt
                        .get(one.receipt.as_str())?
                        .received
                        .message
                        .accepted,
                )
            });
            tell_oldest(
                &destination,
                courier.system,
                accepted.min(),
                self.clock.now(),
            );
        }
        settlements
    }

    async fn try_in_time(
        &self,
        courier: Option<&Courier>,
        batch: Vec<InHand>,
        lease: Lease,
        shift: Shift,
    ) -> Result<Vec<Settlement>, Lost> {
        let work = AssertUnwindSafe(self.try_to_deliver(courier, batch, lease)).catch_unwind();
        match tokio::time::timeout(shift.left(self.clock.now()), work).await {
            Ok(tried) => tried.map_err(|_| Lost::Defect),
            Err(_) => Err(Lost::Late),
        }
    }

    /// Delivers each group on its own: one order of the batch is to blame for a defect, and those
    /// of other customers must not wait for it.
    async fn try_by_group(
        &self,
        courier: Option<&Courier>,
        batch: &[InHand],
        lease: Lease,
        shift: Shift,
    ) -> Vec<Settlement> {
        let mut groups: BTreeMap<&str, Vec<InHand>> = BTreeMap::new();
        for one in batch {
            groups.entry(one.group()).or_default().push(one.clone());
        }
        let mut settlements = Vec::new();
        for group in groups.into_values() {
            let tried = self.try_in_time(courier, group.clone(), lease, shift).await;
            settlements.extend(tried.unwrap_or_else(|lost| put_all_back(&group, &lost, lease)));
        }
        settlements
    }

    /// Delivers by the courier. Messages that belong to no destination of this configuration become
    /// dead letters, for which nobody is called.
    async fn try_to_deliver(
        &self,
        courier: Option<&Courier>,
        batch: Vec<InHand>,
        lease: Lease,
    ) -> Vec<Settlement> {
        match courier {
            Some(courier) => courier.deliver(batch, lease).await,
            None => {
                let received = batch.into_iter().map(|one| one.received).collect();
                self.engine.deliver(received, lease).await.settlements
            }
        }
    }

    /// Limits a settlement to what SQS allows: no message comes back too often, and none waits
    /// until SQS forgets it.
    fn bounded(&self, settlement: Settlement, one: &InHand) -> Settlement {
        let Verdict::Retry(pause) = settlement.verdict else {
            return settlement;
        };
        let now = self.clock.now();
        if put_back::is_last_day(one.slip.sent, now) {
            return one.settled(Verdict::Dead(Box::new(expired(one, now))));
        }
        one.settled(Verdict::Retry(put_back::after_failure(
            pause,
            one.slip.attempts,
            one.group(),
        )))
    }
}

impl Shift {
    /// Returns a lease of the whole shift, whenever a batch begins in it: others assume as much
    /// when they wait for a call of this one.
    fn lease(&self, request_timeout: Duration) -> Lease {
        Lease {
            since: self.since,
            time: self.time,
            request_timeout,
            probe: false,
        }
    }

    fn left(&self, now: Timestamp) -> Duration {
        self.time
            .saturating_sub(now.duration_since(self.since).unsigned_abs())
    }
}

/// Returns the ids of the records that `open` has settled, and the records that it could not
/// settle.
fn sort_out(
    slips: &BTreeMap<String, Slip>,
    opened: &Opened,
) -> (BTreeSet<String>, Vec<(String, Slip)>) {
    let messages: BTreeSet<&str> = opened
        .messages
        .iter()
        .map(|received| received.receipt.as_str())
        .collect();
    let (stuck, rest): (Vec<_>, Vec<_>) = slips
        .iter()
        .partition(|(_, slip)| opened.stuck.contains(&slip.id));
    let gone = rest
        .into_iter()
        .filter(|(receipt, _)| !messages.contains(receipt.as_str()));
    let done = gone.map(|(_, slip)| slip.id.clone()).collect();
    (
        done,
        stuck
            .into_iter()
            .map(|(receipt, slip)| (receipt.clone(), slip.clone()))
            .collect(),
    )
}

fn troubled((receipt, slip): (&String, &Slip)) -> Settlement {
    Settlement {
        receipt: receipt.clone(),
        verdict: Verdict::Retry(put_back::after_failure(TROUBLE, slip.attempts, &slip.group)),
    }
}

fn put_all_back(batch: &[InHand], lost: &Lost, lease: Lease) -> Vec<Settlement> {
    let (why, pause) = match lost {
        Lost::Defect => (
            "delivering it failed in a way that is a defect of orderbridge",
            TROUBLE,
        ),
        // A request that was sent may still arrive, and nobody else may write over it before it
        // has.
        Lost::Late => (
            "there was no time to finish it",
            lease.request_timeout.max(TROUBLE),
        ),
    };
    tracing::error!(messages = batch.len(), "a batch comes back: {why}");
    batch
        .iter()
        .map(|one| one.settled(Verdict::Retry(pause)))
        .collect()
}

/// Records how long the oldest order that comes back undelivered has waited since its webhook; none
/// means that the whole batch is settled. SQS's own metric leaves out messages that are received
/// again and again.
fn tell_oldest(
    destination: &str,
    system: &'static str,
    accepted: Option<Timestamp>,
    now: Timestamp,
) {
    let age = accepted.map_or(Duration::ZERO, |accepted| {
        now.duration_since(accepted).try_into().unwrap_or_default()
    });
    metrics::gauge!("orderbridge_oldest_seconds", "system" => system).set(age);
    metrics::gauge!("orderbridge_destination_oldest_seconds", "system" => system, "destination" => destination.to_owned()).set(age);
}

fn nothing_done(why: &str) -> BTreeSet<String> {
    tracing::error!("a whole event comes back: {why}");
    BTreeSet::new()
}

/// Creates the dead letter of a message that SQS would otherwise forget silently, so that nobody
/// would know of the order.
fn expired(one: &InHand, now: Timestamp) -> DeadLetter {
    let days = put_back::LONGEST_WAIT.as_secs() / 86_400;
    DeadLetter {
        id: String::new(),
        message: one.received.message.clone(),
        mapping: None,
        class: "unavailable".to_owned(),
        reason: format!(
            "it could not be delivered for {days} days, and SQS forgets a message after 14; the ledger and the log say what was in the way. Replay it when that is mended"
        ),
        request: None,
        response: None,
        attempts: one.slip.attempts,
        died: now,
    }
}
