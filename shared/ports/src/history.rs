use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The largest number of events that a ledger entry keeps.
const MOST: usize = 20;

/// Something that happened to an order on its way, without personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The time of it; of the last one, where it happened several times in a row. In whole seconds.
    pub at: Timestamp,
    /// The kind of event.
    pub what: Happened,
    /// The number of times in a row that it happened.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

/// A kind of event in the history of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// The shop posted it.
    Accepted,
    /// It was read from the shop.
    Read,
    /// It came back from the dead letters.
    Replayed,
    /// It was tried without success, and another try follows.
    Tried,
    /// It became a dead letter.
    Rejected,
    /// The destination holds it.
    Delivered,
    /// The destination held it already.
    Unchanged,
    /// There was rightly nothing to deliver.
    Skipped,
    /// A record of it was found to be gone from the destination.
    FoundGone,
}

impl Happened {
    /// Returns the words in a timeline.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted from the shop",
            Self::Read => "read from the shop",
            Self::Replayed => "replayed",
            Self::Tried => "tried without success",
            Self::Rejected => "rejected",
            Self::Delivered => "delivered",
            Self::Unchanged => "unchanged",
            Self::Skipped => "skipped",
            Self::FoundGone => "found gone from the destination",
        }
    }
}

/// Adds an event to a history, and forgets the oldest where there are too many. The same thing once
/// more in a row is counted.
pub(crate) fn add(history: &mut Vec<Event>, what: Happened, at: Timestamp) {
    let at = Timestamp::from_second(at.as_second()).unwrap_or(at);
    match history.last_mut() {
        // A message that is received a second time was accepted once.
        Some(last) if last.what == what && last.at == at => {}
        Some(last) if last.what == what => {
            last.at = at;
            last.times = last.times.saturating_add(1);
        }
        _ => history.push(Event { at, what, times: 1 }),
    }
    let excess = history.len().saturating_sub(MOST);
    history.drain(..excess);
}

const fn once() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_once(times: &u32) -> bool {
    *times == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn failures_in_a_row_are_one_event_and_only_the_last_events_are_kept() {
        let mut history = Vec::new();
        for second in 0..100 {
            add(&mut history, Happened::Tried, at(second));
        }
        assert_eq!(
            history,
            [Event {
                at: at(99),
                what: Happened::Tried,
                times: 100
            }]
        );
        for second in 0..100 {
            add(&mut history, Happened::Accepted, at(second));
            add(&mut history, Happened::Delivered, at(second));
        }
        assert_eq!(history.len(), MOST);
        assert_eq!(history.first().map(|event| event.at), Some(at(90)));
    }
}
