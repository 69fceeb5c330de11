//! The handling of an event of Lambda.
//!
//! Lambda has received up to ten messages of a queue, which nobody else gets until their visibility
//! timeout has passed. It waits for the ids of those that it must not delete:
//!
//! 1. The records of the event are opened, queue by queue. A record that is no message becomes a
//!    dead letter at once. Where that fails, it comes back, and so does what is behind it in its
//!    group.
//! 2. The messages are delivered to all destinations at the same time ([`crate::attempt`]), to each
//!    as far as its circuit lets them through ([`Courier`]), and early enough to settle them.
//! 3. All messages are settled: those that are done are left for Lambda to delete, a dead letter is
//!    stored first, and what comes back is hidden for its pause.
//! 4. Every id that is not settled is named in the answer. A crash before that repeats the work,
//!    which changes nothing, because the ledger knows what was delivered.
//!
//! Many invocations run at once. They share the circuits and the ledger, whose entries say which
//! message group may write an order. Another group that takes an order over waits for as long as
//! an invocation's lease, see [`Invocation::lease`].

use crate::{
    Courier, Inbox,
    event::records_by_queue,
    invocation::{Invocation, SETTLING},
    put_back::{self, TROUBLE},
};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use deliver::Engine;
use futures::{FutureExt, future::join_all};
use jiff::Timestamp;
use platform_aws::{Opened, Record, Unopened};
use ports::{Clock, Disposition, Received, Settlement};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

/// The part of the time for settling that is reserved for the answer.
const ANSWERING: Duration = Duration::from_secs(1);

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

/// The messages of a batch, parted by the records that could not be settled.
struct Parted {
    /// Messages whose group has to wait for one of those records.
    behind: Vec<Received>,
    free: Vec<Received>,
}

impl Function {
    /// Delivers the messages of an event, and names those that Lambda must not delete. Never fails
    /// as a whole, and never runs beyond the deadline: a message that is not known to be settled by
    /// then comes back.
    pub async fn handle(&self, event: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
        let since = self.clock.now();
        let left = Duration::try_from(deadline.duration_since(since)).unwrap_or_default();
        let time = left.saturating_sub(SETTLING);
        let by_queue = records_by_queue(event);
        let records = by_queue.values().flatten();
        let ids: Vec<String> = records.map(|record| record.id.clone()).collect();
        let work = AssertUnwindSafe(self.work(by_queue, Invocation { since, time })).catch_unwind();
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

    async fn work(
        &self,
        by_queue: BTreeMap<String, Vec<Record>>,
        invocation: Invocation,
    ) -> BTreeSet<String> {
        let work = by_queue
            .into_iter()
            .map(|(queue, records)| self.work_off(queue, records, invocation));
        join_all(work).await.into_iter().flatten().collect()
    }

    /// Opens, delivers and settles the records of a queue. Returns the ids of the settled ones.
    async fn work_off(
        &self,
        queue: String,
        records: Vec<Record>,
        invocation: Invocation,
    ) -> BTreeSet<String> {
        let Some(url) = self.queues.get(&queue) else {
            tracing::error!(
                queue,
                "messages of a queue that this function does not know; see the addresses of queues in its environment"
            );
            return BTreeSet::new();
        };
        let opened = self.open(url, records).await;
        let Parted { behind, free } = part(opened.messages, &opened.stuck);
        let mut settlements = released(behind);
        settlements.extend(self.deliver(free, invocation).await);
        let (settled, ()) = tokio::join!(
            self.inbox.settle(settlements),
            self.postpone(url, &opened.stuck)
        );
        settled.into_iter().chain(opened.done).collect()
    }

    /// Opens records. Where not even that succeeds, all of them are stuck.
    async fn open(&self, url: &str, records: Vec<Record>) -> Opened {
        match self.inbox.open(url, records).await {
            Ok(opened) => opened,
            Err(Unopened { records, error }) => {
                tracing::error!(operation = error.operation, error = %error.source, "a batch could not be looked at; it comes back");
                Opened {
                    stuck: records,
                    ..Opened::default()
                }
            }
        }
    }

    /// Delivers to all destinations at once. Destinations of one system share a queue; none of them
    /// waits for another one.
    async fn deliver(&self, messages: Vec<Received>, invocation: Invocation) -> Vec<Settlement> {
        let mut by_destination: BTreeMap<String, Vec<Received>> = BTreeMap::new();
        for received in messages {
            let message = &received.message;
            let destination = self.routes.get(&message.route);
            let destination = destination.unwrap_or(&message.destination).clone();
            by_destination
                .entry(destination)
                .or_default()
                .push(received);
        }
        let work = by_destination
            .into_iter()
            .map(|(destination, batch)| self.deliver_to(destination, batch, invocation));
        join_all(work).await.into_iter().flatten().collect()
    }

    async fn postpone(&self, url: &str, stuck: &[Record]) {
        if stuck.is_empty() {
            return;
        }
        let pause =
            |record: &Record| put_back::after_failure(TROUBLE, record.attempts, &record.group);
        let postponed = stuck.iter().map(|record| (record, pause(record)));
        self.inbox.postpone(url, postponed.collect()).await;
    }
}

fn part(messages: Vec<Received>, stuck: &[Record]) -> Parted {
    let blocked: BTreeSet<&str> = stuck.iter().map(|record| record.group.as_str()).collect();
    let (behind, free) = messages
        .into_iter()
        .partition(|received| blocked.contains(received.message.group.as_str()));
    Parted { behind, free }
}

/// Releases messages that were not tried, because one before them in their group comes back.
pub(crate) fn released(behind: Vec<Received>) -> Vec<Settlement> {
    let settled = |received: Received| received.settled(Disposition::Release);
    behind.into_iter().map(settled).collect()
}

fn nothing_done(why: &str) -> BTreeSet<String> {
    tracing::error!("a whole event comes back: {why}");
    BTreeSet::new()
}
