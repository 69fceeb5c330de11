//! All of one order: a story for each route that takes its store, also where nothing came yet.

use crate::{LetterView, Records, dead, numbers, orders::Standing, reason};
use config::Config;
use jiff::Timestamp;
use ports::{
    DeadLetterFilter, Event, LedgerEntry, LedgerFilter, OpenCircuit, PortError, ReasonKey,
    RecordRef, Waiting, WaitingFilter,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The story of an order on one route.
#[derive(Clone, Debug, Serialize)]
pub struct RouteStory {
    /// The shop's id of the order.
    pub order: String,
    /// The number that the shop's customer sees, once the order was read.
    pub number: Option<String>,
    /// Name of the store, where it is known.
    pub store: Option<String>,
    /// Name of the route.
    pub route: String,
    /// Name of the destination, where it is known.
    pub destination: Option<String>,
    /// How it stands; `None` where nothing of it came here for this route.
    pub standing: Option<Standing>,
    /// The total of the newest state that was read, as a decimal number.
    pub total: Option<String>,
    /// Code of the currency of the total.
    pub currency: Option<String>,
    /// When it was first seen.
    pub first_seen: Option<Timestamp>,
    /// When it last changed.
    pub updated: Option<Timestamp>,
    /// What the destination holds.
    pub delivered: Option<Held>,
    /// What waits of it; the oldest state first.
    pub waiting: Vec<Wait>,
    /// Whether it is known what waits: SQS does not tell.
    pub tells_waiting: bool,
    /// Why its destination is left alone, while it is and something waits.
    pub circuit: Option<Circuit>,
    /// The number of failed tries since it was last delivered or rejected.
    pub attempts: u32,
    /// Why the last try failed, as a sentence.
    pub reason: Option<String>,
    /// The last error in the ledger's own words.
    pub last_error: Option<String>,
    /// The group of that error.
    pub group: Option<ReasonKey>,
    /// The notes.
    pub warnings: Vec<String>,
    /// What happened, the oldest first.
    pub history: Vec<Event>,
    /// Its dead letters.
    pub letters: Vec<LetterView>,
}

impl RouteStory {
    /// Returns the story as JSON, with the key and the state under the names that they have in the
    /// ledger.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "key": { "route": self.route, "order": self.order },
            "state": self.standing,
        });
        if let (Some(all), Value::Object(story)) = (json.as_object_mut(), json!(self)) {
            all.extend(story);
        }
        json
    }
}

/// What a destination holds of an order.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// The time of the last delivery.
    pub at: Timestamp,
    /// The modification time of the state that was delivered.
    pub modified: Option<Timestamp>,
    /// The records.
    pub records: Vec<RecordRef>,
    /// Name and version of the mapping, joined by `@`.
    pub mapping: Option<String>,
}

/// A state of an order that waits.
#[derive(Clone, Debug, Serialize)]
pub struct Wait {
    /// The time at which it came.
    pub since: Timestamp,
    /// The number of messages for the same destination that came before it and wait as well.
    pub before: Option<u64>,
    /// The time of its next try, where it is not in hand.
    pub next_try: Option<Timestamp>,
    /// The time until which a worker has it in hand, at the latest.
    pub in_hand_until: Option<Timestamp>,
    /// The number of times that it was tried.
    pub attempts: u32,
}

/// An open circuit.
#[derive(Clone, Debug, Serialize)]
pub struct Circuit {
    /// The time until which nothing is called.
    pub until: Timestamp,
    /// The time at which it opened.
    pub since: Timestamp,
    /// The reason in one word.
    pub why: String,
    /// The reason in a few words for a person.
    pub reason: String,
}

impl From<OpenCircuit> for Circuit {
    fn from(open: OpenCircuit) -> Self {
        Self {
            reason: reason::of_circuit(&open).to_owned(),
            until: open.until,
            since: open.since,
            why: open.why,
        }
    }
}

/// Returns the stories of the orders that a person calls this: by the shop's id, by the number with
/// or without the `#` before it, or by the id of a record. Where the configuration is given, routes
/// are among them that take the order's store and never saw it. Empty where nothing is known.
///
/// # Errors
/// Fails where the ledger, the queue, the dead letters or the circuits cannot be read.
pub async fn story(
    records: &Records,
    config: Option<&Config>,
    called: &str,
) -> Result<Vec<RouteStory>, PortError> {
    let called = called.trim();
    let by_name = LedgerFilter {
        called: Some(called.to_owned()),
        ..LedgerFilter::default()
    };
    let entries = records.ledger.list(&by_name).await?;
    let mut orders: BTreeSet<String> = entries
        .iter()
        .map(|entry| entry.key.order.clone())
        .collect();
    if orders.is_empty() {
        orders.insert(called.trim_start_matches('#').to_owned());
    }
    let mut stories = Stories::default();
    for entry in entries {
        stories.add_entry(entry);
    }
    stories.add_waiting(records, &orders).await?;
    stories.add_letters(records, &orders).await?;
    if let Some(config) = config {
        stories.add_numbers(records, config).await?;
        stories.add_routes(config);
    }
    stories.add_circuits(records).await?;
    Ok(stories.by_route.into_values().collect())
}

#[derive(Default)]
struct Stories {
    by_route: BTreeMap<(String, String), RouteStory>,
    tells_waiting: bool,
}

impl Stories {
    fn of(&mut self, order: &str, route: &str) -> &mut RouteStory {
        let key = (order.to_owned(), route.to_owned());
        let tells_waiting = self.tells_waiting;
        let empty = || nothing(order, route, tells_waiting);
        self.by_route.entry(key).or_insert_with(empty)
    }

    /// Adds the numbers of orders that nobody has tried yet.
    async fn add_numbers(&mut self, records: &Records, config: &Config) -> Result<(), PortError> {
        let untried = self.by_route.values();
        let untried = untried.filter(|one| one.number.is_none() && !one.waiting.is_empty());
        let orders = untried.map(|story| story.order.clone()).collect();
        let mut numbers = numbers::of_waiting(records, config, orders).await?;
        for story in self.by_route.values_mut() {
            let key = (story.route.clone(), story.order.clone());
            if story.number.is_none() {
                story.number = numbers.remove(&key);
            }
        }
        Ok(())
    }

    fn add_entry(&mut self, entry: LedgerEntry) {
        let (order, route) = (entry.key.order.clone(), entry.key.route.clone());
        let story = self.of(&order, &route);
        story.group = reason::of_entry(&entry);
        let mapping = entry.mapping;
        story.delivered = entry.delivered.map(|held| Held {
            at: held.at,
            modified: held.version.modified,
            records: held.records,
            mapping,
        });
        story.number = entry.number;
        story.store = entry.store;
        story.standing = Some(entry.state.into());
        story.total = entry.total;
        story.currency = entry.currency;
        story.first_seen = Some(entry.first_seen);
        story.updated = Some(entry.updated);
        story.attempts = entry.attempts;
        story.reason = entry.last_error.as_deref().map(reason::sentence);
        story.last_error = entry.last_error;
        story.warnings = entry.warnings;
        story.history = entry.history;
    }

    async fn add_waiting(
        &mut self,
        records: &Records,
        orders: &BTreeSet<String>,
    ) -> Result<(), PortError> {
        let filter = WaitingFilter {
            orders: Some(orders.clone()),
            ..WaitingFilter::default()
        };
        let Some(waiting) = records.queue.waiting(&filter).await? else {
            return Ok(());
        };
        self.tells_waiting = true;
        for story in self.by_route.values_mut() {
            story.tells_waiting = true;
        }
        for one in waiting {
            let Some(order) = one.order.clone() else {
                continue;
            };
            let wait = wait(records, &one).await?;
            let story = self.of(&order, &one.route);
            story.store.get_or_insert(one.store);
            story.destination.get_or_insert(one.destination);
            if one.attempts == 0 && story.waiting.is_empty() {
                story.standing = Some(Standing::Waiting);
            } else {
                story.standing.get_or_insert(Standing::Waiting);
            }
            story.waiting.push(wait);
        }
        Ok(())
    }

    async fn add_letters(
        &mut self,
        records: &Records,
        orders: &BTreeSet<String>,
    ) -> Result<(), PortError> {
        for order in orders {
            let filter = DeadLetterFilter {
                order: Some(order.clone()),
                ..DeadLetterFilter::default()
            };
            let letters = records.letters.list(&filter).await?;
            for view in dead::viewed(records, letters).await? {
                let message = &view.letter.message;
                let story = self.of(order, &message.route);
                story.store.get_or_insert_with(|| message.store.clone());
                story
                    .destination
                    .get_or_insert_with(|| message.destination.clone());
                story.standing.get_or_insert(Standing::Rejected);
                story.letters.push(view);
            }
        }
        Ok(())
    }

    /// Adds the destinations, and the routes that take the stores of the orders and saw nothing.
    fn add_routes(&mut self, config: &Config) {
        let known: BTreeSet<(String, String)> = self
            .by_route
            .values()
            .filter_map(|story| Some((story.order.clone(), store(story, config)?)))
            .collect();
        for (order, store) in known {
            for route in config.routes_of(&store) {
                let story = self.of(&order, &route.name);
                story.store.get_or_insert_with(|| store.clone());
                story
                    .destination
                    .get_or_insert_with(|| route.destination.clone());
            }
        }
    }

    async fn add_circuits(&mut self, records: &Records) -> Result<(), PortError> {
        let is_under_way = |standing| matches!(standing, Standing::Waiting | Standing::Retrying);
        for story in self.by_route.values_mut() {
            let waits = !story.waiting.is_empty() || story.standing.is_some_and(is_under_way);
            let Some(destination) = story.destination.as_ref().filter(|_| waits) else {
                continue;
            };
            story.circuit = records.circuits.circuit(destination).await?.map(Into::into);
        }
        Ok(())
    }
}

async fn wait(records: &Records, waiting: &Waiting) -> Result<Wait, PortError> {
    let before = records.queue.before(&waiting.destination, waiting.place);
    Ok(Wait {
        since: waiting.accepted,
        before: before.await?,
        next_try: waiting.next_try,
        in_hand_until: waiting.in_hand_until,
        attempts: waiting.attempts,
    })
}

/// Returns the store of a story; of an entry from before stores were noted, that of its route.
fn store(story: &RouteStory, config: &Config) -> Option<String> {
    let of_route = || config.route(&story.route).map(|route| route.store.clone());
    story.store.clone().or_else(of_route)
}

fn nothing(order: &str, route: &str, tells_waiting: bool) -> RouteStory {
    RouteStory {
        order: order.to_owned(),
        number: None,
        store: None,
        route: route.to_owned(),
        destination: None,
        standing: None,
        total: None,
        currency: None,
        first_seen: None,
        updated: None,
        delivered: None,
        waiting: Vec::new(),
        tells_waiting,
        circuit: None,
        attempts: 0,
        reason: None,
        last_error: None,
        group: None,
        warnings: Vec::new(),
        history: Vec::new(),
        letters: Vec::new(),
    }
}
