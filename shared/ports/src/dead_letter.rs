use crate::{Message, Origin, PortError, ReasonKey, Version};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// A dead letter: everything needed to understand and replay a message that could not be delivered.
/// Holds personal data: it is stored and shown to the operator, never logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The id of this dead letter; given by the store.
    pub id: String,
    /// The message as it was enqueued.
    pub message: Message,
    /// Name and version of the route's mapping at that time, joined by `@`; `None` where the route
    /// was gone.
    #[serde(default)]
    pub mapping: Option<String>,
    /// The class of the failure: `authentication`, `validation`, `mapping`, ...
    pub class: String,
    /// The reason, for a person: what happened and what to do.
    pub reason: String,
    /// The request that was refused, if one was made.
    pub request: Option<String>,
    /// The destination's answer to it.
    pub response: Option<String>,
    /// The number of tries.
    pub attempts: u32,
    /// The time at which the message became a dead letter.
    pub died: Timestamp,
    /// The number of dead letters of the same order and route whose place this one has taken.
    #[serde(default, skip_serializing_if = "is_none")]
    pub earlier: u32,
}

impl DeadLetter {
    /// Returns the group of letters that the same thing would mend.
    #[must_use]
    pub fn reason_key(&self) -> ReasonKey {
        ReasonKey::of(&self.class, &self.reason, self.message.order.as_deref())
    }

    /// Returns the position in lists.
    #[must_use]
    pub fn cursor(&self) -> LetterCursor {
        LetterCursor {
            died: self.died,
            id: self.id.clone(),
        }
    }

    /// Returns whether this letter, which died last, takes the place of the other: both hold the
    /// same event of an order on the same route, and this one came no earlier. Another state of the
    /// order has a letter of its own, because nobody can tell whether it is needed: the newest may
    /// be refused for good. What an operator edited stands beside what the shop sent.
    #[must_use]
    pub fn takes_place_of(&self, other: &Self) -> bool {
        let place = |letter: &Self| {
            let message = &letter.message;
            let is_edited = message.origin == Origin::Edited;
            let (order, route) = (message.order.as_ref(), message.route.as_str());
            (
                order.cloned(),
                route.to_owned(),
                message.event.clone(),
                is_edited,
            )
        };
        self.message.order.is_some()
            && place(self) == place(other)
            && self.version().takes_place_of(&other.version(), self.died)
    }

    /// Returns the version of the state that it holds.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.message.version()
    }

    /// Returns the letter in the place of an older one, which it counts.
    #[must_use]
    pub fn in_place_of(self, older: &Self) -> Self {
        let earlier = self.earlier.saturating_add(older.earlier).saturating_add(1);
        Self { earlier, ..self }
    }
}

/// A position in a list of dead letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LetterCursor {
    /// The time at which the letter died.
    pub died: Timestamp,
    /// Its id.
    pub id: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_none(earlier: &u32) -> bool {
    *earlier == 0
}

/// A filter for dead letters. `None` means any.
#[derive(Clone, Debug, Default)]
pub struct DeadLetterFilter {
    /// Only this route.
    pub route: Option<String>,
    /// Only this order.
    pub order: Option<String>,
    /// Only these orders.
    pub orders: Option<BTreeSet<String>>,
    /// Only this class.
    pub class: Option<String>,
    /// Only messages of this store.
    pub store: Option<String>,
    /// Only messages for this destination.
    pub destination: Option<String>,
    /// Only letters of this group: the id of a [`ReasonKey`].
    pub group: Option<String>,
    /// Only letters that died at this time or later.
    pub since: Option<Timestamp>,
    /// Only letters that died before this time.
    pub until: Option<Timestamp>,
    /// Only letters that come after this position, from the newest to the oldest.
    pub after: Option<LetterCursor>,
    /// The largest number of dead letters, the newest first; `None` means all.
    pub limit: Option<usize>,
}

impl DeadLetterFilter {
    /// Returns whether a letter passes, whatever the position and the limit.
    #[must_use]
    pub fn passes(&self, letter: &DeadLetter) -> bool {
        let message = &letter.message;
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.route, &message.route)
            && is(&self.class, &letter.class)
            && is(&self.store, &message.store)
            && is(&self.destination, &message.destination)
            && (self.order.is_none() || self.order == message.order)
            && self.orders.as_ref().is_none_or(|orders| {
                let order = message.order.as_ref();
                order.is_some_and(|order| orders.contains(order))
            })
            && self.since.is_none_or(|since| letter.died >= since)
            && self.until.is_none_or(|until| letter.died < until)
            && self
                .group
                .as_ref()
                .is_none_or(|group| *group == letter.reason_key().id)
    }
}

/// Dead letters that the same thing would mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterGroup {
    /// What they have in common.
    pub key: ReasonKey,
    /// The number of letters by route.
    pub routes: BTreeMap<String, u64>,
    /// The time at which the first of them died.
    pub oldest: Timestamp,
    /// The time at which the last of them died.
    pub newest: Timestamp,
    /// The id of the letter that died last.
    pub example: String,
}

/// Writes the fields of the key, then `count`, then the other fields.
impl Serialize for LetterGroup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut group = serializer.serialize_struct("LetterGroup", 8)?;
        group.serialize_field("id", &self.key.id)?;
        group.serialize_field("class", &self.key.class)?;
        group.serialize_field("text", &self.key.text)?;
        group.serialize_field("count", &self.count())?;
        group.serialize_field("routes", &self.routes)?;
        group.serialize_field("oldest", &self.oldest)?;
        group.serialize_field("newest", &self.newest)?;
        group.serialize_field("example", &self.example)?;
        group.end()
    }
}

impl LetterGroup {
    /// Returns the number of letters.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.routes.values().sum()
    }

    /// Groups letters that come the newest first; the largest group comes first.
    pub fn of<'a>(letters: impl IntoIterator<Item = &'a DeadLetter>) -> Vec<Self> {
        let mut groups: BTreeMap<String, Self> = BTreeMap::new();
        for letter in letters {
            let key = letter.reason_key();
            let group = groups.entry(key.id.clone()).or_insert_with(|| Self {
                key,
                routes: BTreeMap::new(),
                oldest: letter.died,
                newest: letter.died,
                example: letter.id.clone(),
            });
            let count = group.routes.entry(letter.message.route.clone());
            *count.or_default() += 1;
            group.oldest = group.oldest.min(letter.died);
            group.newest = group.newest.max(letter.died);
        }
        Self::sorted(groups.into_values().collect())
    }

    /// Returns the groups in the order of lists: the largest first, of equals the newest.
    #[must_use]
    pub fn sorted(mut groups: Vec<Self>) -> Vec<Self> {
        groups.sort_by_key(|group| Reverse((group.count(), group.newest, group.key.id.clone())));
        groups
    }
}

/// The operator's view of the dead letters. There is one for each event and route, see
/// [`DeadLetter::takes_place_of`]: a newer one takes the place of an older one and counts it,
/// where an adapter cannot look for the older one at once, by the time of the next list.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Lists the dead letters that pass the filter, the newest first.
    ///
    /// # Errors
    /// Fails where the dead letters cannot be read.
    async fn list(&self, filter: &DeadLetterFilter) -> Result<Vec<DeadLetter>, PortError>;

    /// Returns the groups of the letters that pass the filter, the largest first, whatever the
    /// position and the limit.
    ///
    /// # Errors
    /// Fails where the dead letters cannot be read.
    async fn groups(&self, filter: &DeadLetterFilter) -> Result<Vec<LetterGroup>, PortError> {
        let all = DeadLetterFilter {
            after: None,
            limit: None,
            ..filter.clone()
        };
        Ok(LetterGroup::of(&self.list(&all).await?))
    }

    /// Returns the dead letter with this id; `None` where there is none.
    ///
    /// # Errors
    /// Fails where the dead letters cannot be read.
    async fn get(&self, id: &str) -> Result<Option<DeadLetter>, PortError>;

    /// Puts the message back at the end of its queue with `replays` one higher and no dedupe value,
    /// so that it is not taken for a duplicate, and forgets the dead letter; both or neither.
    /// Returns false where there is no such dead letter.
    ///
    /// # Errors
    /// Fails where the queue or the dead letters cannot be written. An adapter without a
    /// transaction over both may then have put the message back and kept the dead letter, which can
    /// be replayed again.
    async fn replay(&self, id: &str) -> Result<bool, PortError>;

    /// Forgets a dead letter. Returns false where there is no such dead letter.
    ///
    /// # Errors
    /// Fails where the dead letters cannot be written.
    async fn discard(&self, id: &str) -> Result<bool, PortError>;

    /// Makes whatever else shows dead letters forget those that are gone. Called once after dead
    /// letters were replayed or discarded, one or many. Does nothing where nothing else shows them.
    ///
    /// # Errors
    /// Fails where that other place cannot be read or written; the dead letters themselves are gone
    /// already.
    async fn tidy(&self) -> Result<(), PortError> {
        Ok(())
    }
}
