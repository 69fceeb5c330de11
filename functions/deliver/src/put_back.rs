//! The pauses after which an undelivered message comes back.
//!
//! SQS counts every receipt, gives a message up after 1000 of them (`maxReceiveCount`), and forgets
//! it silently 14 days after it was sent. So:
//! - While a circuit is open, a message is put back until the next probe at least, and longer with
//!   each receipt: 30 s, half as much again each time, up to 5 minutes. After an outage of half a
//!   day, the whole backlog is back within 6 minutes and a quarter.
//! - From the 150th receipt on, after about 13 hours, the pause is 25 minutes, because the other
//!   850 receipts must last for the rest of the 14 days: at most 928 in all.
//! - The same 25 minutes hold for a message that failed so often by itself, and one minute from the
//!   tenth receipt on, whatever pause was asked for: while a table does not answer for an hour,
//!   receipts must not be used up by the second.
//! - Each pause is up to a quarter longer, by message group, so that a backlog does not come back
//!   at once.
//! - A message that SQS would forget tomorrow becomes a dead letter today, see [`is_last_day`].

use jiff::Timestamp;
use ports::{DeadLetter, Disposition, Received, Settlement};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// The pause of messages that could not even be looked at, because the table does not answer or
/// something went wrong.
pub(crate) const TROUBLE: Duration = Duration::from_secs(5);
/// The pause after the first receipt while a circuit is open.
const FIRST: Duration = Duration::from_secs(30);
/// The longest of these pauses, as long as receipts may be spent freely.
const LONGEST: Duration = Duration::from_mins(5);
/// The pause that makes the receipts last.
const SAVING: Duration = Duration::from_mins(25);
/// The receipt from which on receipts are saved.
const SPENT: u32 = 150;
/// The pause of a message that comes back again and again for any other reason, and the receipt
/// from which on it holds.
const CALM: Duration = Duration::from_mins(1);
const RESTLESS: u32 = 10;
/// Longest time that a message waits: a day less than SQS keeps it.
const LONGEST_WAIT: Duration = Duration::from_hours(13 * 24);

/// Limits a settlement to what SQS allows: no message comes back too often, and none waits until
/// SQS forgets it.
pub(crate) fn bounded(settlement: Settlement, now: Timestamp) -> Settlement {
    let Some(pause) = settlement.disposition.pause() else {
        return settlement;
    };
    let received = settlement.received;
    if is_last_day(received.sent, now) {
        let letter = expired(&received, now);
        return received.settled(Disposition::Dead(Box::new(letter)));
    }
    let pause = after_failure(pause, received.attempts, &received.message.group);
    received.settled(Disposition::Retry(pause))
}

/// Returns whether the message is received again.
pub(crate) fn comes_back(settlement: &Settlement) -> bool {
    matches!(
        settlement.disposition,
        Disposition::Retry(_) | Disposition::Wait(_) | Disposition::Release
    )
}

/// Returns how long a message waits whose destination's circuit stays open for another `closed`.
/// `attempts` is the number of its receipts.
pub(crate) fn while_open(closed: Duration, attempts: u32, group: &str) -> Duration {
    let mut pause = FIRST;
    for _ in 1..attempts.min(RESTLESS) {
        pause = pause.saturating_mul(3) / 2;
    }
    later(
        closed.max(pause.min(LONGEST)).max(least(attempts)),
        attempts,
        group,
    )
}

/// Returns how long a message waits that asked for this pause.
pub(crate) fn after_failure(asked: Duration, attempts: u32, group: &str) -> Duration {
    let least = least(attempts);
    if asked >= least {
        asked
    } else {
        later(least, attempts, group)
    }
}

/// Returns whether a message must not be put back again, because SQS could forget it before it is
/// received next.
fn is_last_day(sent: Option<Timestamp>, now: Timestamp) -> bool {
    sent.is_some_and(|sent| {
        now.duration_since(sent) >= jiff::SignedDuration::try_from(LONGEST_WAIT).unwrap_or_default()
    })
}

/// Creates the dead letter of a message that SQS would otherwise forget silently, so that nobody
/// would know of the order.
fn expired(received: &Received, now: Timestamp) -> DeadLetter {
    let days = LONGEST_WAIT.as_secs() / 86_400;
    DeadLetter {
        id: String::new(),
        message: received.message.clone(),
        mapping: None,
        class: "unavailable".to_owned(),
        reason: format!(
            "it could not be delivered for {days} days, and SQS forgets a message after 14; the ledger and the log say what was in the way. Replay it when that is mended"
        ),
        request: None,
        response: None,
        attempts: received.attempts,
        died: now,
        earlier: 0,
    }
}

fn least(attempts: u32) -> Duration {
    match attempts {
        SPENT.. => SAVING,
        RESTLESS.. => CALM,
        _ => Duration::ZERO,
    }
}

/// Returns a pause that is up to a quarter longer, by the same factor for all messages of a group.
fn later(pause: Duration, attempts: u32, group: &str) -> Duration {
    let mut hasher = DefaultHasher::new();
    (group, attempts).hash(&mut hasher);
    let quarters = u32::try_from(hasher.finish() % 1000).unwrap_or(0);
    pause.saturating_add(pause.saturating_mul(quarters) / 4000)
}

#[cfg(test)]
mod tests {
    use super::{after_failure, is_last_day, least, while_open};
    use jiff::Timestamp;
    use std::time::Duration;

    const KEPT_BY_SQS: Duration = Duration::from_hours(14 * 24);

    /// Returns how often a message is received in 14 days with these pauses, and when the 150th
    /// receipt is.
    fn receipts(pause: impl Fn(u32) -> Duration) -> (u32, Duration) {
        let (mut passed, mut count, mut quick) = (Duration::ZERO, 0, Duration::ZERO);
        while passed < KEPT_BY_SQS {
            count += 1;
            if count == 150 {
                quick = passed;
            }
            passed += pause(count);
        }
        (count, quick)
    }

    #[test]
    fn fourteen_days_of_an_open_circuit_stay_under_a_thousand_receipts() {
        for group in 0..50 {
            let group = format!("group {group}");
            let (count, quick) =
                receipts(|attempts| while_open(Duration::from_secs(1), attempts, &group));
            assert!(count < 930, "{group}: {count}");
            assert!(quick > Duration::from_hours(12), "{group}: {quick:?}");
        }
    }

    #[test]
    fn no_other_pause_uses_them_up_either() {
        let (count, _) = receipts(|attempts| after_failure(Duration::from_secs(1), attempts, "g"));
        assert!((800..960).contains(&count), "{count}");
        let (released, _) = receipts(|attempts| {
            after_failure(Duration::ZERO, attempts, "g").max(Duration::from_millis(1))
        });
        assert!(released < 960, "{released}");
    }

    #[test]
    fn after_an_outage_of_half_a_day_the_backlog_is_back_within_minutes() {
        let longest = (1..150)
            .map(|attempts| while_open(Duration::ZERO, attempts, "g"))
            .max();
        assert!(longest <= Some(Duration::from_secs(375)), "{longest:?}");
        let first = while_open(Duration::ZERO, 1, "g");
        assert!(
            (30..38).contains(&first.as_secs()),
            "an outage of seconds costs no minutes: {first:?}"
        );
    }

    #[test]
    fn nothing_comes_back_before_the_next_probe() {
        for attempts in [1, 5, 200] {
            let closed = Duration::from_mins(60);
            assert!(while_open(closed, attempts, "g") >= closed);
        }
    }

    #[test]
    fn a_backlog_is_spread() {
        let pauses: std::collections::BTreeSet<u64> = (0..100)
            .map(|group| while_open(Duration::from_mins(5), 9, &group.to_string()).as_secs())
            .collect();
        assert!(pauses.len() > 40, "{pauses:?}");
        let same = |_| while_open(Duration::from_mins(5), 9, "one");
        assert_eq!(same(1), same(2), "a group stays together");
    }

    #[test]
    fn what_asks_for_longer_gets_it() {
        let hour = Duration::from_hours(1);
        assert_eq!(after_failure(hour, 500, "g"), hour);
        assert_eq!(
            after_failure(Duration::from_millis(1500), 3, "g"),
            Duration::from_millis(1500)
        );
        assert_eq!(
            [9, 10, 149, 150].map(|attempts| least(attempts).as_secs()),
            [0, 60, 60, 1500]
        );
    }

    #[test]
    fn on_its_last_day_a_message_is_known() {
        let sent: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |text: &str| is_last_day(Some(sent), text.parse().unwrap());
        assert!(!at("2026-01-13T23:59:59Z") && at("2026-01-14T00:00:00Z"));
        assert!(!is_last_day(None, sent), "nobody knows");
    }
}
