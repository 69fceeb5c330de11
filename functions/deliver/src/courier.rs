use crate::{event::Slip, put_back};
use deliver::{Breaker, Engine, Lease, Permit};
use ports::{Clock, Message, Received, Settlement, Verdict};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

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

/// A message and what SQS says about it.
#[derive(Clone)]
pub(crate) struct InHand {
    pub(crate) received: Received,
    pub(crate) slip: Slip,
}

impl InHand {
    pub(crate) fn group(&self) -> &str {
        &self.received.message.group
    }

    pub(crate) fn settled(&self, verdict: Verdict) -> Settlement {
        Settlement {
            receipt: self.received.receipt.clone(),
            verdict,
        }
    }
}

impl Courier {
    /// Delivers a batch and returns what becomes of each message. While the circuit is open,
    /// nothing is called and everything is put back. When it is time for a probe, the least
    /// suspected message is tried, and the others follow it if the destination is well. If a
    /// message comes back, the rest of its message group waits. Requests about personal data need
    /// no destination, so they are fulfilled whatever the circuit says.
    pub(crate) async fn deliver(&self, batch: Vec<InHand>, lease: Lease) -> Vec<Settlement> {
        let (requests, mut waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|one| !one.received.message.kind.is_order());
        let mut settlements = self.fulfil(requests, lease).await;
        while !waiting.is_empty() {
            let now = self.clock.now();
            let (portion, probe) = match self.breaker.permit(now).await {
                Permit::Closed => (first(&mut waiting, self.batch), false),
                Permit::Probe => (self.probe(&mut waiting).await, true),
                Permit::Open(until) => {
                    let closed = until.duration_since(now).unsigned_abs();
                    settlements.extend(waiting.iter().map(|one| put_back(one, closed)));
                    break;
                }
            };
            let groups: BTreeMap<String, String> = portion
                .iter()
                .map(|one| (one.received.receipt.clone(), one.group().to_owned()))
                .collect();
            let received = portion.into_iter().map(|one| one.received).collect();
            let report = self
                .engine
                .deliver_watched(received, Lease { probe, ..lease }, &self.breaker)
                .await;
            let come_back = report
                .settlements
                .iter()
                .filter(|one| comes_back(&one.verdict));
            let blocked: BTreeSet<&String> = come_back
                .filter_map(|one| groups.get(&one.receipt))
                .collect();
            let (behind, free) = waiting
                .into_iter()
                .partition(|one| blocked.contains(&one.received.message.group));
            waiting = free;
            settlements.extend(released(behind));
            settlements.extend(report.settlements);
        }
        settlements
    }

    async fn fulfil(&self, requests: Vec<InHand>, lease: Lease) -> Vec<Settlement> {
        if requests.is_empty() {
            return Vec::new();
        }
        let received = requests.into_iter().map(|one| one.received).collect();
        self.engine.deliver(received, lease).await.settlements
    }

    /// Takes the message for a probe: among the first messages of each group, as SQS keeps their
    /// order, the least suspected one, and among several such messages the one that has waited
    /// longest.
    async fn probe(&self, waiting: &mut Vec<InHand>) -> Vec<InHand> {
        let mut groups = BTreeSet::new();
        let is_first = |(_, one): &(usize, &InHand)| groups.insert(one.group().to_owned());
        let mut firsts: Vec<(usize, &InHand)> =
            waiting.iter().enumerate().filter(is_first).collect();
        firsts.sort_by_key(|(_, one)| one.slip.sent);
        let messages: Vec<&Message> = firsts
            .iter()
            .map(|(_, one)| &one.received.message)
            .collect();
        let place = self.engine.least_suspected(&messages).await;
        let index = firsts.get(place).map(|(index, _)| *index);
        index
            .map(|index| waiting.remove(index))
            .into_iter()
            .collect()
    }
}

/// Releases messages that were not tried, because one before them in their group comes back.
pub(crate) fn released(behind: Vec<InHand>) -> impl Iterator<Item = Settlement> {
    behind.into_iter().map(|one| one.settled(Verdict::Release))
}

fn put_back(one: &InHand, closed: Duration) -> Settlement {
    one.settled(Verdict::Retry(put_back::while_open(
        closed,
        one.slip.attempts,
        one.group(),
    )))
}

pub(crate) fn comes_back(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Retry(_) | Verdict::Release)
}

fn first(waiting: &mut Vec<InHand>, most: usize) -> Vec<InHand> {
    let rest = waiting.split_off(most.clamp(1, waiting.len().max(1)).min(waiting.len()));
    std::mem::replace(waiting, rest)
}
