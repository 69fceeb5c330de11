//! A year of a busy shop, for tests of what an operator waits for.

use super::samples::{entry, message};
use crate::{
    DeadLetter, Disposition, Ledger, LedgerEntry, Message, PortError, Queue, RecordRef, State,
};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The number of orders in the ledger: every fiftieth is retried, the others are delivered.
pub const ORDERS: usize = 100_000;
/// The number of dead letters, of forty reasons.
pub const LETTERS: usize = 10_000;
/// The reasons of the letters.
const REASONS: usize = 40;
/// The number of rows in one write.
const AT_ONCE: usize = 5_000;
/// The number of messages in one receive, which bounds what it holds.
const RECEIVED: usize = 500;

/// Returns the time at which the year begins.
#[must_use]
pub fn begin() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(20_454 * 24)
}

/// Fills a store with the year: orders `0` to `99999` on the route `acme-sales`, dead letters of the
/// orders `d0` to `d9999`, and this many orders `w0`, `w1`, ... that wait for `sales`.
///
/// # Errors
/// Fails where the store cannot be written.
pub async fn fill(store: &(impl Ledger + Queue), waiting: usize) -> Result<(), PortError> {
    for from in (0..ORDERS).step_by(AT_ONCE) {
        let entries = (from..from + AT_ONCE).map(ordered).collect();
        store.store(entries).await?;
    }
    for from in (0..LETTERS).step_by(RECEIVED) {
        let dead = (from..from + RECEIVED).map(|number| order("d", number));
        store.enqueue(dead.collect()).await?;
        let hour = Duration::from_secs(3600);
        let received = store.receive("sales", RECEIVED, hour).await?;
        let dead = received.into_iter().enumerate().map(|(number, one)| {
            let letter = letter(&one.message, number % REASONS);
            one.settled(Disposition::Dead(Box::new(letter)))
        });
        store.settle(dead.collect()).await?;
    }
    for from in (0..waiting).step_by(AT_ONCE) {
        let until = waiting.min(from + AT_ONCE);
        let waiting = (from..until).map(|number| order("w", number));
        store.enqueue(waiting.collect()).await?;
    }
    Ok(())
}

fn ordered(number: usize) -> LedgerEntry {
    let seconds = i64::try_from(number).unwrap_or_default() * 300;
    let is_retried = number.is_multiple_of(50);
    let mut one = LedgerEntry {
        state: if is_retried {
            State::Retrying
        } else {
            State::Delivered
        },
        number: Some(format!("#{number}")),
        last_error: is_retried.then(|| "unavailable in write".to_owned()),
        updated: begin() + SignedDuration::from_secs(seconds),
        ..entry("acme-sales", &number.to_string(), 0)
    };
    if let Some(held) = &mut one.delivered {
        let line = |line: usize| RecordRef {
            name: "lines".to_owned(),
            object: "OpportunityLineItem".to_owned(),
            id: format!("00kPb{number:010}{line:03}"),
        };
        held.records.extend((0..5).map(line));
    }
    one
}

fn order(prefix: &str, number: usize) -> Message {
    let name = format!("{prefix}{number}");
    Message {
        order: Some(name.clone()),
        ..message("sales", &name, &name)
    }
}

fn letter(message: &Message, reason: usize) -> DeadLetter {
    DeadLetter {
        id: String::new(),
        message: message.clone(),
        mapping: None,
        class: "mapping".to_owned(),
        reason: format!("no PricebookEntry where ProductCode = SKU-{reason}"),
        request: None,
        response: None,
        attempts: 1,
        died: begin(),
        earlier: 0,
    }
}
