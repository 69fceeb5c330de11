use crate::{
    function::released,
    put_back::{self, comes_back},
};
use deliver::{Breaker, Engine, Lease, Permit};
use ports::{Clock, Disposition, Message, Received, Settlement};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// The delivery of a function's messages to one destination, as far as the destination's circuit
/// lets it.
pub struct Courier {
    /// The engine that delivers.
    pub engine: Arc<Engine>,
    /// The breaker, which says whether the destination may be called. Its state is shared with all
    /// other functions.
    pub breaker: Breaker,
    /// The clock, the only source of the present time.
    pub clock: Arc<dyn Clock>,
    /// The largest batch.
    pub batch: usize,
    /// The destination's system.
    pub system: &'static str,
    /// Longest time that one call to the destination takes.
    pub request_timeout: Duration,
}

impl Courier {
    /// Delivers a batch and returns what becomes of each message. While the circuit is open,
    /// nothing is called and everything is put back. When it is time for a probe, the least
    /// suspected message is tried, and the others follow it if the destination is well. If a
    /// message comes back, the rest of its message group waits. Requests about personal data need
    /// no destination, so they are fulfilled whatever the circuit says.
    pub(crate) async fn deliver(&self, batch: Vec<Received>, lease: Lease) -> Vec<Settlement> {
        let (requests, mut waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|one| !one.message.kind.is_order());
        let mut settlements = self.fulfil(requests, lease).await;
        while !waiting.is_empty() {
            let now = self.clock.now();
            let (portion, probe) = match self.breaker.permit(now).await {
                Permit::Closed => (first(&mut waiting, self.batch), false),
                Permit::Probe => (self.probe(&mut waiting).await, true),
                Permit::Open(until) => {
                    let closed = until.duration_since(now).unsigned_abs();
                    settlements.extend(waiting.into_iter().map(|one| put_back(one, closed)));
                    break;
                }
            };
            let report = self
                .engine
                .deliver_watched(portion, Lease { probe, ..lease }, &self.breaker)
                .await;
            let come_back = report.settlements.iter().filter(|one| comes_back(one));
            let blocked: BTreeSet<&str> = come_back
                .map(|one| one.received.message.group.as_str())
                .collect();
            let (behind, free) = waiting
                .into_iter()
                .partition(|one| blocked.contains(one.message.group.as_str()));
            waiting = free;
            settlements.extend(released(behind));
            settlements.extend(report.settlements);
        }
        settlements
    }

    async fn fulfil(&self, requests: Vec<Received>, lease: Lease) -> Vec<Settlement> {
        if requests.is_empty() {
            return Vec::new();
        }
        self.engine.deliver(requests, lease).await.settlements
    }

    /// Takes the message for a probe: among the first messages of each group, as SQS keeps their
    /// order, the least suspected one, and among several such messages the one that has waited
    /// longest.
    async fn probe(&self, waiting: &mut Vec<Received>) -> Vec<Received> {
        let mut groups = BTreeSet::new();
        let is_first = |(_, one): &(usize, &Received)| groups.insert(one.message.group.clone());
        let mut firsts: Vec<(usize, &Received)> =
            waiting.iter().enumerate().filter(is_first).collect();
        firsts.sort_by_key(|(_, one)| one.sent);
        let messages: Vec<&Message> = firsts.iter().map(|(_, one)| &one.message).collect();
        let place = self.engine.least_suspected(&messages).await;
        let index = firsts.get(place).map(|(index, _)| *index);
        index
            .map(|index| waiting.remove(index))
            .into_iter()
            .collect()
    }
}

fn put_back(received: Received, closed: Duration) -> Settlement {
    let pause = put_back::while_open(closed, received.attempts, &received.message.group);
    received.settled(Disposition::Retry(pause))
}

fn first(waiting: &mut Vec<Received>, most: usize) -> Vec<Received> {
    let rest = waiting.split_off(most.clamp(1, waiting.len().max(1)).min(waiting.len()));
    std::mem::replace(waiting, rest)
}
