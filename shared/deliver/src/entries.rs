//! The ledger's entries of a wave: read before, claimed, and written before anything is settled.

use crate::{
    DeliveryRoute, Engine, Lease, Result,
    claim::{Claim, claim},
    decision::{Decision, Item},
    engine::LEDGER_PAUSE,
    prepare::{Planned, Prepared},
    record::{self, still_to_wait},
    verdict::{held_elsewhere, later, overtaken},
};
use destination::{Class, Failure};
use jiff::Timestamp;
use ports::{GroupState, LedgerEntry, LedgerKey, Origin, Stored, Verdict};
use std::time::Duration;

/// The pause of a message that waits for another one, which somebody has in hand, until it looks
/// again.
const IN_HAND_PAUSE: Duration = Duration::from_secs(1);

/// A plan on its way, with its message.
pub(crate) type Ready = (Item, Box<Planned>);

impl Engine {
    /// Reads the ledger's entries for the whole wave; a new order gets its first entry.
    pub(crate) async fn load_entries(
        &self,
        wave: &mut [(Item, Prepared)],
    ) -> std::result::Result<(), Failure> {
        let key = |(item, prepared): &(Item, Prepared)| prepared.key(&item.received.message.route);
        let keys: Vec<Option<LedgerKey>> = wave.iter().map(key).collect();
        let wanted: Vec<LedgerKey> = keys.iter().flatten().cloned().collect();
        let found = self.ports.ledger.load(&wanted).await;
        let mut found = found.map_err(|error| ledger_failure(&error))?.into_iter();
        for ((item, prepared), key) in wave.iter_mut().zip(keys) {
            let Some(key) = key else { continue };
            let found = found.next().flatten();
            let mut entry = found.unwrap_or_else(|| record::first(key, self.clock.now()));
            record::told(&mut entry, &item.received, prepared.facts());
            item.entry = Some(entry);
        }
        Ok(())
    }

    /// Claims these orders, so that nobody else writes them meanwhile. Returns the plans that may
    /// be delivered, and the decisions about those that come back later. Costs no write where a
    /// group goes on with an order that it holds.
    pub(crate) async fn claim_orders(
        &self,
        plans: Vec<Ready>,
        lease: &Lease,
    ) -> (Vec<Ready>, Vec<Decision>) {
        let (mut ready, mut waiting, mut claiming) = (Vec::new(), Vec::new(), Vec::new());
        let now = self.clock.now();
        for (item, planned) in plans {
            let Some(entry) = &item.entry else { continue };
            match claim(entry, item.group(), planned.version, lease.time, now) {
                Claim::Held | Claim::Taken => ready.push((item, planned)),
                Claim::Free(entry) | Claim::Take(entry) => claiming.push((item, planned, *entry)),
                Claim::Wait => waiting.push(later(item, &held_elsewhere(), lease.time)),
            }
        }
        let (claimed, refused) = self.store_claims(claiming).await;
        ready.extend(claimed);
        waiting.extend(refused);
        let mut free = Vec::new();
        for (item, planned) in ready {
            match self.hand_over(&item).await {
                HandOver::Done => free.push((item, planned)),
                HandOver::Settled if is_as_before(&item, &planned) => {
                    waiting.push(self.unchanged(item, *planned))
                }
                HandOver::Settled => free.push((item, planned)),
                HandOver::Wait(time) => waiting.push(later(item, &held_elsewhere(), time)),
            }
        }
        (free, waiting)
    }

    async fn store_claims(
        &self,
        claiming: Vec<(Item, Box<Planned>, LedgerEntry)>,
    ) -> (Vec<Ready>, Vec<Decision>) {
        let (mut claimed, mut refused) = (Vec::new(), Vec::new());
        if claiming.is_empty() {
            return (claimed, refused);
        }
        let entries = claiming.iter().map(|(_, _, entry)| entry.clone()).collect();
        let stored = self.ports.ledger.store(entries).await;
        let mut answers = stored
            .as_ref()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter();
        for (mut item, planned, entry) in claiming {
            let failure = match (&stored, answers.next()) {
                (Ok(_), Some(Stored::Yes)) => {
                    item.before = item.entry.replace(entry.written());
                    claimed.push((item, planned));
                    continue;
                }
                (Ok(_), _) => overtaken(),
                (Err(error), _) => ledger_failure(error),
            };
            refused.push(later(item, &failure, LEDGER_PAUSE));
        }
        (claimed, refused)
    }

    /// Checks whether another group may have a call about the order on its way. A queue that knows
    /// what is in hand cuts the wait short: a message that is received after the order was taken
    /// sees who holds the order.
    async fn hand_over(&self, item: &Item) -> HandOver {
        let holder = item.entry.as_ref().and_then(|entry| entry.holder.as_ref());
        let Some((holder, time)) =
            holder.and_then(|holder| Some((holder, still_to_wait(holder, self.clock.now())?)))
        else {
            return HandOver::Done;
        };
        let from = holder.takeover.as_ref().and_then(|it| it.from.as_ref());
        let Some(other) = from else {
            return HandOver::Wait(time);
        };
        match self
            .ports
            .queue
            .group_state(&item.received.message.destination, other)
            .await
        {
            Ok(Some(GroupState::Empty)) => HandOver::Settled,
            Ok(Some(GroupState::InHand)) => HandOver::Wait(time.min(IN_HAND_PAUSE)),
            // One of the waiting messages may have been delivered, and then have lost the race for
            // the ledger. A queue that is away says so when it is asked for messages.
            Ok(Some(GroupState::Waiting) | None) | Err(_) => HandOver::Wait(time),
        }
    }

    /// Writes the ledger's entries before anything is settled: a message whose entry was not stored
    /// comes back.
    pub(crate) async fn store_entries(&self, mut decisions: Vec<Decision>) -> Vec<Decision> {
        let now = self.clock.now();
        let entries: Vec<LedgerEntry> = decisions
            .iter()
            .filter_map(|decision| self.entry_after(decision, now))
            .collect();
        if entries.is_empty() {
            return decisions;
        }
        let stored = self.ports.ledger.store(entries).await;
        let mut answers = stored
            .as_ref()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter();
        for decision in decisions
            .iter_mut()
            .filter(|decision| decision.entry.is_some())
        {
            let failure = match (&stored, answers.next()) {
                (Ok(_), Some(Stored::Yes)) => continue,
                (Err(error), _) => ledger_failure(error),
                (Ok(_), _) => overtaken(),
            };
            decision.verdict = Verdict::Retry(LEDGER_PAUSE);
            decision.event.result = Result::Retry {
                class: failure.class.as_str(),
                summary: failure.summary(),
                after: LEDGER_PAUSE,
            };
        }
        decisions
    }
}

impl Engine {
    /// Returns the entry that the ledger is to hold after a decision, with the decision in its
    /// history.
    fn entry_after(&self, decision: &Decision, now: Timestamp) -> Option<LedgerEntry> {
        let mut entry = decision.entry.clone()?;
        if let Some(event) = record::event(&decision.event.result) {
            entry.happened(event, now);
        }
        if matches!(decision.event.result, Result::Delivered { .. }) {
            let route = self.routes.get(&decision.received.message.route);
            entry.mapping = route.map(DeliveryRoute::mapping_version);
        }
        Some(entry)
    }
}

/// The progress of a claim after another group held the order.
enum HandOver {
    /// Nobody else has a call on its way.
    Done,
    /// Nobody else has a call on its way, and everything that the other group ever called is in the
    /// ledger.
    Settled,
    /// Somebody may have a call on its way, for this long at most.
    Wait(Duration),
}

/// Returns whether the destination held exactly this plan when the order was taken, and nobody asked
/// for it to be written all the same.
fn is_as_before(item: &Item, planned: &Planned) -> bool {
    if item.received.message.origin == Origin::Forced {
        return false;
    }
    let delivered = item
        .before
        .as_ref()
        .and_then(|entry| entry.delivered.as_ref());
    delivered.is_some_and(|delivered| delivered.content.is(&planned.content))
}

fn ledger_failure(error: &ports::PortError) -> Failure {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the ledger is unavailable; orders wait"
    );
    Failure::transient(Class::Unavailable, "ledger", error.to_string())
}
