//! Dead letters: in groups that the same thing would mend, in pages, and what becomes of some of
//! them. Whoever chooses some is told first how many these are.

use crate::{Cursor, LetterView, Page, Records, page::Position};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use ports::{
    DeadLetter, DeadLetterFilter, DeadLetters, Delivered, LedgerEntry, LedgerKey, LetterGroup,
    Message, Origin, PortError, Version,
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The number of letters that are read at once: each holds a shop's order.
const AT_ONCE: usize = 200;
/// The number of letters that are put back or dropped at the same time, so that several share a
/// write.
const TOGETHER: usize = 32;

/// A filter for dead letters. `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadFilter {
    /// Only messages of this store.
    pub store: Option<String>,
    /// Only this route.
    pub route: Option<String>,
    /// Only this order.
    pub order: Option<String>,
    /// Only this class of failure.
    pub class: Option<String>,
    /// Only this group: the id of its key.
    pub group: Option<String>,
    /// Only letters that died at this time or later.
    pub since: Option<Timestamp>,
    /// Only letters that died before this time.
    pub until: Option<Timestamp>,
}

impl DeadFilter {
    fn query(&self) -> DeadLetterFilter {
        DeadLetterFilter {
            store: self.store.clone(),
            route: self.route.clone(),
            order: self.order.clone(),
            class: self.class.clone(),
            group: self.group.clone(),
            since: self.since,
            until: self.until,
            ..DeadLetterFilter::default()
        }
    }
}

/// Some dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Those with these ids.
    Ids(Vec<String>),
    /// Those that pass this filter; all of them where it is empty.
    Matching(DeadFilter),
}

/// The letters of a choice, before anything is done with them.
#[derive(Clone, Debug, Serialize)]
pub struct Selected {
    /// Their ids, in the order in which they died.
    pub ids: Vec<String>,
    /// The ids of the choice that no letter has.
    pub unknown: Vec<String>,
    /// Their groups, the largest first.
    pub groups: Vec<LetterGroup>,
    /// The number of letters whose order the destination holds in the same or a newer state: a
    /// replay of these changes nothing.
    pub superseded: u64,
}

/// What became of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The number of letters that were put back or dropped.
    pub done: u64,
    /// The number of letters that somebody else had put back or dropped meanwhile.
    pub gone: u64,
    /// The number of those put back that will change nothing.
    pub superseded: u64,
}

/// Returns the groups of the letters that pass the filter, the largest first.
///
/// # Errors
/// Fails where the dead letters cannot be read.
pub async fn groups(records: &Records, filter: &DeadFilter) -> Result<Vec<LetterGroup>, PortError> {
    records.letters.groups(&filter.query()).await
}

/// Returns a part of the list of dead letters, the newest first, from a position on.
///
/// # Errors
/// Fails where the dead letters or the ledger cannot be read.
pub async fn page(
    records: &Records,
    filter: &DeadFilter,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<LetterView>, PortError> {
    let after = match after.map(|cursor| &cursor.0) {
        Some(Position::Letters(after)) => Some(after.clone()),
        _ => None,
    };
    let query = DeadLetterFilter {
        after,
        limit: Some(limit.saturating_add(1)),
        ..filter.query()
    };
    let mut letters = records.letters.list(&query).await?;
    let is_more = letters.len() > limit;
    letters.truncate(limit);
    let last = letters.last().filter(|_| is_more);
    let next = last.map(|last| Cursor(Position::Letters(last.cursor())));
    Ok(Page {
        items: viewed(records, letters).await?,
        next,
        tells_waiting: false,
    })
}

/// Returns one dead letter; `None` where there is none with this id.
///
/// # Errors
/// Fails where the dead letters or the ledger cannot be read.
pub async fn letter(records: &Records, id: &str) -> Result<Option<LetterView>, PortError> {
    let letter = records.letters.get(id).await?;
    let views = viewed(records, letter.into_iter().collect()).await?;
    Ok(views.into_iter().next())
}

/// Returns the letters of a choice, and what they are, without doing anything.
///
/// # Errors
/// Fails where the dead letters or the ledger cannot be read.
pub async fn select(records: &Records, choice: &Choice) -> Result<Selected, PortError> {
    let mut selecting = Selecting::default();
    match choice {
        Choice::Ids(ids) => {
            for id in ids.iter().collect::<BTreeSet<_>>() {
                match letter(records, id).await? {
                    Some(view) => selecting.take(vec![view]),
                    None => selecting.unknown.push(id.clone()),
                }
            }
        }
        Choice::Matching(filter) => {
            let mut after = None;
            loop {
                let page = page(records, filter, after.as_ref(), AT_ONCE).await?;
                selecting.take(page.items);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }
    Ok(selecting.selected())
}

#[derive(Default)]
struct Selecting {
    found: Vec<(Timestamp, String)>,
    unknown: Vec<String>,
    groups: BTreeMap<String, LetterGroup>,
    superseded: u64,
}

impl Selecting {
    fn take(&mut self, views: Vec<LetterView>) {
        for view in views {
            let letter = &view.letter;
            self.found.push((letter.died, letter.id.clone()));
            self.superseded += u64::from(view.superseded);
            for group in LetterGroup::of([letter]) {
                let known = self.groups.entry(group.key.id.clone());
                known
                    .and_modify(|known| add(known, &group))
                    .or_insert(group);
            }
        }
    }

    fn selected(mut self) -> Selected {
        // Replayed states of one customer come back in the order in which they died.
        self.found.reverse();
        self.found.sort_by_key(|one| one.0);
        Selected {
            ids: self.found.into_iter().map(|(_, id)| id).collect(),
            unknown: self.unknown,
            groups: LetterGroup::sorted(self.groups.into_values().collect()),
            superseded: self.superseded,
        }
    }
}

fn add(group: &mut LetterGroup, other: &LetterGroup) {
    for (route, count) in &other.routes {
        *group.routes.entry(route.clone()).or_default() += count;
    }
    if other.newest > group.newest {
        group.example.clone_from(&other.example);
    }
    group.oldest = group.oldest.min(other.oldest);
    group.newest = group.newest.max(other.newest);
}

/// Puts the selected letters back into their queues, in their order.
///
/// # Errors
/// Fails where the queue or the dead letters cannot be written. Some letters may have been put back;
/// those that were not are still there.
pub async fn replay(records: &Records, selected: &Selected) -> Result<Done, PortError> {
    let mut done = Done {
        superseded: selected.superseded,
        ..act(records, selected, |letters, id| async move {
            letters.replay(&id).await
        })
        .await?
    };
    done.superseded = done.superseded.min(done.done);
    Ok(done)
}

/// Forgets the selected letters for good, and with them the only copy of what the shop sent.
///
/// # Errors
/// Fails where the dead letters cannot be written. Some letters may be gone; the others are still
/// there.
pub async fn discard(records: &Records, selected: &Selected) -> Result<Done, PortError> {
    act(records, selected, |letters, id| async move {
        letters.discard(&id).await
    })
    .await
}

async fn act<F>(
    records: &Records,
    selected: &Selected,
    one: impl Fn(Arc<dyn DeadLetters>, String) -> F,
) -> Result<Done, PortError>
where
    F: Future<Output = Result<bool, PortError>>,
{
    let acts = stream::iter(selected.ids.clone())
        .map(|id| one(Arc::clone(&records.letters), id))
        .buffered(TOGETHER);
    acts.try_fold(Done::default(), |done, was_there| async move {
        Ok(Done {
            done: done.done + u64::from(was_there),
            gone: done.gone + u64::from(!was_there),
            ..done
        })
    })
    .await
}

/// Puts a message with another body into the queue, as the letter's message otherwise is, and keeps
/// the letter with what the shop sent. Returns false where there is no such letter. Where the edited
/// message dies as well, its letter stands beside the first one.
///
/// # Errors
/// Fails where the dead letters cannot be read or the queue cannot be written.
pub async fn replay_edited(records: &Records, id: &str, body: Bytes) -> Result<bool, PortError> {
    let Some(letter) = records.letters.get(id).await? else {
        return Ok(false);
    };
    let message = Message {
        event: ports::event_id(&letter.message.store, &body),
        origin: Origin::Edited,
        dedupe: None,
        replays: letter.message.replays.saturating_add(1),
        body,
        ..letter.message
    };
    records.queue.enqueue(vec![message]).await?;
    Ok(true)
}

/// Adds to letters what the ledger knows of their orders.
pub(crate) async fn viewed(
    records: &Records,
    letters: Vec<DeadLetter>,
) -> Result<Vec<LetterView>, PortError> {
    let key = |letter: &DeadLetter| LedgerKey {
        route: letter.message.route.clone(),
        order: letter.message.order.clone().unwrap_or_default(),
    };
    let keys: Vec<LedgerKey> = letters.iter().map(key).collect();
    let entries = records.ledger.load(&keys).await?;
    let view = |(letter, entry): (DeadLetter, Option<LedgerEntry>)| {
        let delivered = entry.and_then(|entry| entry.delivered);
        LetterView {
            superseded: delivered.is_some_and(|delivered| is_superseded(&letter, &delivered)),
            group: letter.reason_key(),
            letter,
        }
    };
    Ok(letters.into_iter().zip(entries).map(view).collect())
}

fn is_superseded(letter: &DeadLetter, delivered: &Delivered) -> bool {
    let version = Version {
        modified: letter.message.modified,
        accepted: letter.message.accepted,
    };
    !delivered.version.is_older_than(&version)
}
