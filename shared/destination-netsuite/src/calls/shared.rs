//! The record of the number that the processes over one store keep together.

use super::number::{Change, Number, Refused};
use jiff::Timestamp;
use ports::{Checkpoints, PortError};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// The time after which a process that said nothing is forgotten.
const SILENT_AFTER: Duration = Duration::from_secs(35);
/// The number of times that the record is written anew where others write it at the same time.
const TRIES: u32 = 4;

/// The record, as one process sees it.
pub(super) struct Shared {
    name: String,
    notes: Arc<dyn Checkpoints>,
    /// The name of this process among those that call: the revision of the record in which it first
    /// stood, which is no other process's.
    own: OnceLock<String>,
}

/// What the processes have agreed on.
pub(super) struct Agreed {
    pub(super) number: u32,
    pub(super) refused: Option<Refused>,
    /// This process's part of it.
    pub(super) share: u32,
    /// Whether no other process calls.
    pub(super) is_alone: bool,
}

#[derive(Serialize, Deserialize)]
struct Record {
    number: u32,
    refused: Option<Refused>,
    /// When each process that calls last said so.
    users: BTreeMap<String, Timestamp>,
}

impl Shared {
    /// Creates this process's view of the record.
    pub(super) fn new(destination: &str, notes: Arc<dyn Checkpoints>) -> Self {
        Self {
            name: format!("calls {destination}"),
            notes,
            own: OnceLock::new(),
        }
    }

    /// Says that this process calls, and what it found. Returns the number as it is for all; `None`
    /// where the record is out of reach.
    pub(super) async fn agree(
        &self,
        own: Number,
        change: Option<Change>,
        now: Timestamp,
    ) -> Option<Agreed> {
        for _ in 0..TRIES {
            match self.try_to_agree(own, change, now).await {
                Ok(None) => {}
                Ok(agreed) => return agreed,
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "the record of calls at once is out of reach; this process goes on with its own number"
                    );
                    return None;
                }
            }
        }
        None
    }

    /// Returns `None` where another process wrote at the same time.
    async fn try_to_agree(
        &self,
        own: Number,
        change: Option<Change>,
        now: Timestamp,
    ) -> Result<Option<Agreed>, PortError> {
        let found = self.notes.checkpoint(&self.name).await?;
        let revision = found.as_ref().map_or(0, |found| found.revision);
        let record = found.and_then(|found| serde_json::from_str(&found.text).ok());
        let mut record = record.unwrap_or_else(|| Record {
            number: own.now(),
            refused: own.refused(),
            users: BTreeMap::new(),
        });
        let number = together(&record, own, change, now);
        (record.number, record.refused) = (number.now(), number.refused());
        record
            .users
            .retain(|_, said| now.duration_since(*said).unsigned_abs() < SILENT_AFTER);
        let name = self.own.get().cloned();
        let name = name.unwrap_or_else(|| format!("{:020}", revision.saturating_add(1)));
        record.users.insert(name.clone(), now);
        let text = serde_json::to_string(&record).unwrap_or_default();
        let written = self
            .notes
            .set_checkpoint(&self.name, text, revision)
            .await?;
        Ok(written.then(|| Agreed {
            number: record.number,
            refused: record.refused,
            share: share(&record, self.own.get_or_init(|| name)),
            is_alone: record.users.len() < 2,
        }))
    }
}

/// Returns the number for all, where one process knew this one of its own before its change: what
/// another has found meanwhile is not found twice.
fn together(record: &Record, own: Number, change: Option<Change>, now: Timestamp) -> Number {
    let mut number = own;
    number.set(record.number, record.refused);
    let is_news = |change: &Change| match change {
        Change::OneMore => record.number <= own.now(),
        Change::Half => record.number >= own.now(),
    };
    if let Some(change) = change.filter(is_news) {
        number.change(change, now);
    }
    number
}

/// Returns a process's part of the number: at least one call.
fn share(record: &Record, own: &str) -> u32 {
    let users = u32::try_from(record.users.len()).unwrap_or(u32::MAX).max(1);
    let before = record.users.keys().take_while(|user| *user != own).count();
    let rest = record.number % users;
    let one_more = u32::try_from(before).unwrap_or(u32::MAX) < rest;
    (record.number / users + u32::from(one_more)).max(1)
}
