//! The ledger's entries of a wave: read before, claimed, and written before anything is settled.

use crate::{
    Engine, Health, Lease, Result,
    claim::{Claim, claim},
    decide::{held_elsewhere, later, overtaken},
    decision::{Decision, Item},
    engine::LEDGER_PAUSE,
    holding::{self, still_to_wait},
    prepare::Prepared,
    record,
    wave::{Ready, Sifted},
};
use destination::{Class, Failure};
use jiff::Timestamp;
use ports::{
    Disposition, GroupState, LedgerEntry, LedgerKey, Origin, Stored, Waiting, WaitingFilter,
};
use std::time::Duration;

/// The pause of a message that waits for another one, which somebody has in hand, until it looks
/// again.
const IN_HAND_PAUSE: Duration = Duration::from_secs(1);

/// A plan on its way, with the entry that claims its order.
struct Claiming {
    ready: Ready,
    entry: LedgerEntry,
}

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

    /// Claims these orders, so that nobody else writes them meanwhile. The plans that are ready may
    /// be delivered; the others come back later, or need no call. Costs no write where a group goes
    /// on with an order that it holds.
    pub(crate) async fn claim_orders(&self, plans: Vec<Ready>, lease: &Lease) -> Sifted {
        let (mut sifted, mut claiming) = (Sifted::default(), Vec::new());
        let now = self.clock.now();
        for ready in plans {
            let Ready { item, planned } = &ready;
            let Some(entry) = &item.entry else { continue };
            match claim(entry, item.group(), planned.version, lease.time, now) {
                Claim::Held | Claim::Taken => sifted.ready.push(ready),
                Claim::Free(entry) | Claim::Take(entry) => {
                    let entry = *entry;
                    claiming.push(Claiming { ready, entry });
                }
                Claim::Wait => {
                    let failure = held_elsewhere(&ready.item);
                    let waits = later(ready.item, &failure, lease.time);
                    sifted.decided.push(waits);
                }
            }
        }
        let claimed = self.store_claims(claiming).await;
        sifted.ready.extend(claimed.ready);
        sifted.decided.extend(claimed.decided);
        self.hand_over_all(sifted, lease).await
    }

    async fn store_claims(&self, claiming: Vec<Claiming>) -> Sifted {
        let mut sifted = Sifted::default();
        if claiming.is_empty() {
            return sifted;
        }
        let entries = claiming.iter().map(|one| one.entry.clone()).collect();
        let stored = self.ports.ledger.store(entries).await;
        let mut answers = stored
            .as_ref()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter();
        for Claiming { mut ready, entry } in claiming {
            let failure = match (&stored, answers.next()) {
                (Ok(_), Some(Stored::Yes)) => {
                    ready.item.before = ready.item.entry.replace(entry.written());
                    sifted.ready.push(ready);
                    continue;
                }
                (Ok(_), _) => overtaken(),
                (Err(error), _) => ledger_failure(error),
            };
            let waits = later(ready.item, &failure, LEDGER_PAUSE);
            sifted.decided.push(waits);
        }
        sifted
    }

    /// Lets wait what another group may still have a call about, among the orders that are claimed.
    async fn hand_over_all(&self, claimed: Sifted, lease: &Lease) -> Sifted {
        let mut sifted = Sifted {
            ready: Vec::new(),
            decided: claimed.decided,
        };
        for ready in claimed.ready {
            match self.hand_over(&ready.item).await {
                HandOver::Done if self.is_newer_elsewhere(&ready).await => {
                    let failure = held_elsewhere(&ready.item);
                    let waits = later(ready.item, &failure, lease.time);
                    sifted.decided.push(waits);
                }
                HandOver::Done => sifted.ready.push(ready),
                HandOver::Settled if is_as_before(&ready) => {
                    let unchanged = self.unchanged(ready.item, *ready.planned);
                    sifted.decided.push(unchanged);
                }
                HandOver::Settled => sifted.ready.push(ready),
                HandOver::Wait(time) => {
                    // The clock may have been set back since the order was taken.
                    let failure = held_elsewhere(&ready.item);
                    let waits = later(ready.item, &failure, time.min(lease.time));
                    sifted.decided.push(waits);
                }
            }
        }
        sifted
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

    /// Returns whether another group tried a newer state of an order that was taken over. A group that
    /// goes on with an order notes nothing before its call: the queue alone knows of it, where it can
    /// tell. What was tried is the head of its group, so that the two never wait for each other.
    async fn is_newer_elsewhere(&self, ready: &Ready) -> bool {
        let Ready { item, planned } = ready;
        let holder = item.entry.as_ref().and_then(|entry| entry.holder.as_ref());
        if holder.is_none_or(|holder| holder.takeover.is_none()) {
            return false;
        }
        let message = &item.received.message;
        let filter = WaitingFilter {
            destination: Some(message.destination.clone()),
            route: Some(message.route.clone()),
            orders: Some(message.order.iter().cloned().collect()),
            ..WaitingFilter::default()
        };
        let waiting = self.ports.queue.waiting(&filter).await;
        let now = self.clock.now();
        let is_newer = |other: &Waiting| {
            let version = other.version().counting_beside(&planned.version, now);
            other.group != message.group
                && other.attempts > 0
                && planned.version.is_older_than(&version)
        };
        // A queue that is away says so when it is asked for messages.
        waiting.is_ok_and(|waiting| waiting.iter().flatten().any(is_newer))
    }

    /// Writes the ledger's entries before anything is settled: a message whose entry was not stored
    /// comes back.
    pub(crate) async fn store_entries(&self, mut decisions: Vec<Decision>) -> Vec<Decision> {
        let now = self.clock.now();
        let entries: Vec<LedgerEntry> = decisions
            .iter()
            .filter_map(|decision| entry_after(decision, now))
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
        let mut lost = Vec::new();
        for decision in decisions
            .iter_mut()
            .filter(|decision| decision.entry.is_some())
        {
            let failure = match (&stored, answers.next()) {
                (Ok(_), Some(Stored::Yes)) => continue,
                (Err(error), _) => ledger_failure(error),
                (Ok(_), _) => {
                    let was_called = decision.event.health != Health::Untouched;
                    lost.extend(decision.entry.clone().filter(|_| was_called));
                    overtaken()
                }
            };
            decision.disposition = Disposition::Retry(LEDGER_PAUSE);
            decision.event.result = Result::Retry {
                class: failure.class.as_str(),
                summary: failure.summary(),
                after: LEDGER_PAUSE,
            };
        }
        self.note_tried(lost).await;
        decisions
    }

    /// Notes for whoever has taken these orders over meanwhile which states they may find at the
    /// destination. Where that fails, they come back and are written once more all the same.
    async fn note_tried(&self, lost: Vec<LedgerEntry>) {
        if lost.is_empty() {
            return;
        }
        let keys: Vec<LedgerKey> = lost.iter().map(|entry| entry.key.clone()).collect();
        let now = self.clock.now();
        let noted = |(found, lost): (Option<LedgerEntry>, LedgerEntry)| {
            holding::tried_in_vain(found?, lost.holder?, now)
        };
        let stored = match self.ports.ledger.load(&keys).await {
            Ok(found) => {
                let noted = found.into_iter().zip(lost).filter_map(noted).collect();
                self.ports.ledger.store(noted).await.map(drop)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = stored {
            _ = ledger_failure(&error);
        }
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

/// Returns the entry that the ledger is to hold after a decision, with the decision in its history.
fn entry_after(decision: &Decision, now: Timestamp) -> Option<LedgerEntry> {
    let mut entry = decision.entry.clone()?;
    if let Some(event) = record::event(&decision.event.result) {
        entry.happened(event, now);
    }
    if matches!(decision.event.result, Result::Delivered { .. }) {
        let route = decision.route.as_ref();
        entry.mapping = route.map(|route| route.mapping_version());
    }
    Some(entry)
}

/// Returns whether the destination held exactly this plan when the order was taken, and nobody asked
/// for it to be written all the same.
fn is_as_before(ready: &Ready) -> bool {
    if ready.item.received.message.origin == Origin::Forced {
        return false;
    }
    let before = ready.item.before.as_ref();
    let delivered = before.and_then(|entry| entry.delivered.as_ref());
    delivered.is_some_and(|delivered| delivered.content.is(&ready.planned.content))
}

fn ledger_failure(error: &ports::PortError) -> Failure {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the ledger is unavailable; orders wait"
    );
    Failure::transient(Class::Unavailable, "ledger", error.to_string())
}
