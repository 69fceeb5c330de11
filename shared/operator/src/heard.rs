//! The webhooks of a store by hour, as a server on one machine writes them down now and then. In a
//! deployed stack nobody does, because the function that receives may not write to the table.

use jiff::{SignedDuration, Timestamp};
use ports::{Checkpoints, PortError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The hours that are kept.
const KEPT: usize = 48;
/// An hour, in seconds.
const HOUR: i64 = 3600;
/// The number of times that a write is tried anew, where somebody else wrote meanwhile.
const TRIES: u32 = 5;

/// The webhooks of one store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When the last one was accepted.
    #[serde(default)]
    pub last: Option<Timestamp>,
    /// When the shop last sent a ping: it reaches us, whether or not it sends orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinged: Option<Timestamp>,
    /// The hours in which there were any, the oldest first.
    #[serde(default)]
    hours: VecDeque<Hour>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Hour {
    begins: Timestamp,
    accepted: u64,
    #[serde(default)]
    refused: BTreeMap<String, u64>,
}

/// The numbers of webhooks within some time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Those that were accepted.
    pub accepted: u64,
    /// Those that were refused, by reason.
    pub refused: BTreeMap<String, u64>,
}

impl Counts {
    /// Returns how many were refused, for whatever reason.
    #[must_use]
    pub fn all_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

impl Heard {
    /// Counts a webhook that was accepted at this time.
    pub fn accept(&mut self, at: Timestamp) {
        self.last = self.last.max(Some(at));
        if let Some(hour) = self.hour(at) {
            hour.accepted += 1;
        }
    }

    /// Counts a webhook that was refused at this time for this reason.
    pub fn refuse(&mut self, at: Timestamp, reason: &str) {
        if let Some(hour) = self.hour(at) {
            *hour.refused.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// Notes a ping that came at this time.
    pub fn ping(&mut self, at: Timestamp) {
        self.pinged = self.pinged.max(Some(at));
    }

    /// Returns how many webhooks were accepted in each of the last hours, the present one last.
    #[must_use]
    pub fn by_hour(&self, now: Timestamp, hours: usize) -> Vec<u64> {
        let mut counts = vec![0; hours];
        let this = now.as_second().div_euclid(HOUR);
        for hour in &self.hours {
            let back = this.saturating_sub(hour.begins.as_second().div_euclid(HOUR));
            let back = usize::try_from(back).ok();
            let place = back.and_then(|back| hours.checked_sub(back.saturating_add(1)));
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count += hour.accepted;
            }
        }
        counts
    }

    /// Returns the numbers of the last 24 hours, by whole hours.
    #[must_use]
    pub fn of_a_day(&self, now: Timestamp) -> Counts {
        let since = now
            .checked_sub(SignedDuration::from_hours(24))
            .unwrap_or(Timestamp::MIN);
        let mut counts = Counts::default();
        for hour in self.hours.iter().filter(|hour| hour.begins >= since) {
            counts.accepted += hour.accepted;
            for (reason, number) in &hour.refused {
                *counts.refused.entry(reason.clone()).or_default() += number;
            }
        }
        counts
    }

    fn hour(&mut self, at: Timestamp) -> Option<&mut Hour> {
        let second = at.as_second();
        let begins = Timestamp::from_second(second - second.rem_euclid(HOUR)).ok()?;
        if self.hours.back().is_none_or(|last| last.begins != begins) {
            self.hours.push_back(Hour {
                begins,
                accepted: 0,
                refused: BTreeMap::new(),
            });
            while self.hours.len() > KEPT {
                self.hours.pop_front();
            }
        }
        self.hours.back_mut()
    }

    fn add(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
        self.pinged = self.pinged.max(other.pinged);
        for hour in &other.hours {
            let Some(mine) = self.hour(hour.begins) else {
                continue;
            };
            mine.accepted += hour.accepted;
            for (reason, number) in &hour.refused {
                *mine.refused.entry(reason.clone()).or_default() += number;
            }
        }
    }

    /// Returns whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.is_none() && self.pinged.is_none() && self.hours.is_empty()
    }
}

/// Returns the webhooks of a store; `None` where no server wrote any down.
///
/// # Errors
/// Fails where the checkpoints cannot be read.
pub async fn of(checkpoints: &dyn Checkpoints, store: &str) -> Result<Option<Heard>, PortError> {
    let found = checkpoints.checkpoint(&name(store)).await?;
    Ok(found.and_then(|found| serde_json::from_str(&found.text).ok()))
}

/// Adds what was counted since the last call to what is written down.
///
/// # Errors
/// Fails where the checkpoints cannot be read or written; then nothing was added.
pub async fn note(
    checkpoints: &dyn Checkpoints,
    store: &str,
    counted: &Heard,
) -> Result<(), PortError> {
    let operation = "webhooks: note";
    for _ in 0..TRIES {
        let found = checkpoints.checkpoint(&name(store)).await?;
        let revision = found.as_ref().map_or(0, |found| found.revision);
        let known = found.and_then(|found| serde_json::from_str(&found.text).ok());
        let mut heard: Heard = known.unwrap_or_default();
        heard.add(counted);
        let text =
            serde_json::to_string(&heard).map_err(|error| PortError::new(operation, error))?;
        if checkpoints
            .set_checkpoint(&name(store), text, revision)
            .await?
        {
            return Ok(());
        }
    }
    Err(PortError::new(operation, Contended))
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("somebody else wrote it again and again")]
struct Contended;

fn name(store: &str) -> String {
    format!("webhooks {store}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::MemoryCheckpoints;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[tokio::test]
    async fn what_was_counted_adds_up_and_is_forgotten_after_a_day() {
        let kept = MemoryCheckpoints::default();
        assert_eq!(of(&kept, "acme").await.unwrap(), None);
        for second in [10, 20, 4_000] {
            let mut counted = Heard::default();
            counted.accept(at(second));
            counted.refuse(at(second), "signature");
            note(&kept, "acme", &counted).await.unwrap();
        }
        let heard = of(&kept, "acme").await.unwrap().unwrap();
        assert_eq!(heard.last, Some(at(4_000)));
        assert_eq!(heard.of_a_day(at(5_000)).accepted, 3);
        assert_eq!(heard.by_hour(at(5_000), 3), [0, 2, 1]);
        assert_eq!(heard.by_hour(at(5_000), 1), [1]);
        assert_eq!(
            heard.by_hour(at(0), 1),
            [2],
            "what a clock that was ahead wrote is left out"
        );
        assert_eq!(heard.of_a_day(at(5_000)).all_refused(), 3);
        assert_eq!(heard.of_a_day(at(3_600 + 86_400)).accepted, 1);
        assert_eq!(heard.of_a_day(at(10_000_000)), Counts::default());
        assert_eq!(of(&kept, "other").await.unwrap(), None);
    }
}
