//! The whole on one screen: stores, destinations, and what needs a person.

use crate::{Records, heard, heard::Counts, story::Circuit};
use config::{Config, Destination, Store};
use jiff::{SignedDuration, Timestamp};
use ports::{Budget, DeadLetterFilter, LetterGroup, PortError, WaitingFilter};
use reconcile::Place;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// The time that an order may wait, and a destination may be away, before it needs a person.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// The number of comparisons that may fail before a store counts as not compared, and the least
/// time.
const FEW: u32 = 4;
const SHORTEST: Duration = Duration::from_hours(1);

/// The whole.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The time of it.
    pub at: Timestamp,
    /// The stores, in the order of the configuration.
    pub stores: Vec<StoreStatus>,
    /// The destinations, in the order of the configuration.
    pub destinations: Vec<DestinationStatus>,
    /// The dead letters of all routes, those included that are no longer configured.
    pub dead: Vec<LetterGroup>,
    /// What needs a person; nothing does where it is empty.
    pub needs_a_person: Vec<Need>,
}

/// A store.
#[derive(Clone, Debug, Serialize)]
pub struct StoreStatus {
    /// Its name.
    pub store: String,
    /// The shop's software.
    pub platform: &'static str,
    /// When its last webhook was accepted, where that is known.
    pub last_webhook: Option<Timestamp>,
    /// When it last sent a ping, where a server wrote it down.
    pub pinged: Option<Timestamp>,
    /// Its webhooks of the last 24 hours, where a server counted them.
    pub webhooks_24h: Option<Counts>,
    /// Whether the shop says that its webhook to us is on, as of the last time that it was asked.
    pub webhook_alive: Option<bool>,
    /// What is wrong with it.
    pub webhook_wrong: Option<String>,
    /// The end of the last window that was compared by itself.
    pub compared_until: Option<Timestamp>,
    /// The result of the last comparison, in one line.
    pub compared: Option<String>,
    /// The number of orders of which a record was gone when the destinations were last read back.
    pub gone: Option<u64>,
    /// The number of orders that were otherwise in a destination then.
    pub differs: Option<u64>,
}

/// A destination.
#[derive(Clone, Debug, Serialize)]
pub struct DestinationStatus {
    /// Its name.
    pub destination: String,
    /// The vendor's system.
    pub system: &'static str,
    /// Why it is left alone, while it is.
    pub circuit: Option<Circuit>,
    /// The number of messages that wait or are in hand; of SQS an estimate.
    pub waiting: u64,
    /// When the oldest of them came, where the queue tells it.
    pub oldest: Option<Timestamp>,
    /// The number of dead letters of the routes that lead there.
    pub dead: u64,
    /// Their number by the id of their group.
    pub dead_by_group: BTreeMap<String, u64>,
    /// The calls that its account has made and may make, as it last told.
    pub budget: Option<Budget>,
}

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// What it is about: `store`, `destination`, `dead`.
    pub about: &'static str,
    /// The name of the store or destination, or the id of the group.
    pub name: String,
    /// What happened, for a person.
    pub text: String,
    /// The words of the command that shows more or mends it, without the program's name and the
    /// place; empty where none does.
    pub command: Vec<String>,
}

/// Returns the whole, as of now.
///
/// # Errors
/// Fails where the queue, the dead letters, the circuits or the checkpoints cannot be read.
pub async fn status(
    records: &Records,
    config: &Config,
    now: Timestamp,
) -> Result<Status, PortError> {
    let dead = records.letters.groups(&DeadLetterFilter::default()).await?;
    let mut needs = Vec::new();
    let mut stores = Vec::new();
    for store in config.stores.values() {
        let (status, place) = of_store(records, store, now).await?;
        needs.extend(store_needs(store, &status, place.as_ref(), now));
        stores.push(status);
    }
    let mut destinations = Vec::new();
    for destination in config.destinations.values() {
        let status = of_destination(records, config, destination, &dead).await?;
        needs.extend(destination_needs(destination, &status, now));
        destinations.push(status);
    }
    needs.extend(dead.iter().map(dead_need));
    Ok(Status {
        at: now,
        stores,
        destinations,
        dead,
        needs_a_person: needs,
    })
}

async fn of_store(
    records: &Records,
    store: &Store,
    now: Timestamp,
) -> Result<(StoreStatus, Option<Place>), PortError> {
    let checkpoints = records.checkpoints.as_ref();
    let heard = heard::of(checkpoints, &store.name).await?;
    let place = reconcile::place_of(checkpoints, &store.name).await?;
    let webhooks = place.as_ref().and_then(|place| place.webhooks.as_ref());
    let posted = place.as_ref().and_then(|place| place.heard);
    let read_back = place.as_ref().filter(|place| place.verified.is_some());
    let status = StoreStatus {
        store: store.name.clone(),
        platform: store.platform.as_str(),
        last_webhook: heard.as_ref().and_then(|heard| heard.last).max(posted),
        pinged: heard.as_ref().and_then(|heard| heard.pinged),
        webhooks_24h: heard.map(|heard| heard.of_a_day(now)),
        webhook_alive: webhooks
            .filter(|seen| seen.is_told || seen.wrong.is_some())
            .map(|seen| seen.wrong.is_none()),
        webhook_wrong: webhooks.and_then(|seen| seen.wrong.clone()),
        compared_until: place.as_ref().and_then(|place| place.compared_until),
        compared: place.as_ref().and_then(|place| place.last.clone()),
        gone: read_back.map(|place| place.gone),
        differs: read_back.map(|place| place.differs),
    };
    Ok((status, place))
}

fn store_needs(
    store: &Store,
    status: &StoreStatus,
    place: Option<&Place>,
    now: Timestamp,
) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut need = |text: String, command: &[&str]| {
        needs.push(Need {
            about: "store",
            name: store.name.clone(),
            text,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
        });
    };
    if let Some(wrong) = &status.webhook_wrong {
        need(wrong.clone(), &["setup", "--apply", "--only", &store.name]);
    }
    let is_silent = |at: Timestamp, limit: Duration| is_older(at, limit, now);
    if let (Some(last), Some(limit)) = (status.last_webhook, store.silence)
        && is_silent(last, limit)
    {
        need("no webhook for longer than its `silence`; see that the shop's webhook is on and its address and secret are right".to_owned(), &["reconcile", "--store", &store.name]);
    }
    if let Some(counts) = &status.webhooks_24h {
        let refused = counts.all_refused();
        if refused > 0 && counts.accepted == 0 {
            let why: Vec<&str> = counts.refused.keys().map(String::as_str).collect();
            need(
                format!(
                    "all of its {refused} webhooks of the last 24 hours were refused ({}); is the secret in the shop the one in the configuration? It can be written into the shop's webhooks anew",
                    why.join(", ")
                ),
                &["setup", "--apply", "--renew-secret", "--only", &store.name],
            );
        }
    }
    let (Some(place), Some(every)) = (place, store.reconcile.every) else {
        return needs;
    };
    let limit = SHORTEST.max(every.saturating_mul(FEW));
    if place
        .compared_until
        .is_none_or(|until| is_older(until, limit, now))
    {
        let last = place.last.as_deref().unwrap_or("no comparison ended yet");
        need(
            format!("it was not compared with its destinations for an hour or more: {last}"),
            &["reconcile", "--store", &store.name],
        );
    }
    if place.gone + place.differs > 0 {
        need(
            format!(
                "of {} orders a record is gone from its destination, and {} are otherwise there than they were delivered; nothing is overwritten",
                place.gone, place.differs
            ),
            &["reconcile", "--store", &store.name, "--verify"],
        );
    }
    needs
}

async fn of_destination(
    records: &Records,
    config: &Config,
    destination: &Destination,
    dead: &[LetterGroup],
) -> Result<DestinationStatus, PortError> {
    let name = &destination.name;
    let leads_here = |route: &str| {
        let found = config.route(route);
        found.is_some_and(|route| route.destination == *name)
    };
    let mut dead_by_group = BTreeMap::new();
    for group in dead {
        let routes = group.routes.iter();
        let here: u64 = routes
            .filter(|(route, _)| leads_here(route))
            .map(|(_, count)| count)
            .sum();
        if here > 0 {
            dead_by_group.insert(group.key.id.clone(), here);
        }
    }
    let oldest = WaitingFilter {
        destination: Some(name.clone()),
        limit: Some(1),
        ..WaitingFilter::default()
    };
    let oldest = records.queue.waiting(&oldest).await?.unwrap_or_default();
    let circuit = records.circuits.circuit(name).await?;
    Ok(DestinationStatus {
        destination: name.clone(),
        system: destination.system.as_str(),
        circuit: circuit.map(Into::into),
        waiting: records.queue.depth(name).await?,
        oldest: oldest.first().map(|oldest| oldest.accepted),
        dead: dead_by_group.values().sum(),
        dead_by_group,
        budget: records.circuits.budget(name).await?,
    })
}

fn destination_needs(
    destination: &Destination,
    status: &DestinationStatus,
    now: Timestamp,
) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut need = |text: String| {
        needs.push(Need {
            about: "destination",
            name: destination.name.clone(),
            text,
            command: vec!["check".to_owned(), "--live".to_owned()],
        });
    };
    let waits = match status.waiting {
        0 => String::new(),
        waiting => format!("; {waiting} messages wait, and nothing is lost"),
    };
    let is_long = |at: Timestamp| now.duration_since(at) > LONGEST_WAIT;
    match &status.circuit {
        Some(circuit) if circuit.why == "authentication" => need(format!(
            "its credentials are refused{waits}; mend the secret {}, and it goes on by itself",
            destination.secret
        )),
        Some(circuit) if is_long(circuit.since) => need(format!(
            "it has been left alone for more than an hour: {}{waits}",
            circuit.reason
        )),
        _ if status.oldest.is_some_and(is_long) => need(format!(
            "an order has waited for it for more than an hour{waits}"
        )),
        _ => {}
    }
    if let Some(budget) = &status.budget
        && budget.percent() >= u64::from(destination.delivery.budget_warn)
    {
        need(format!(
            "{} of {} calls of its account are used ({} %)",
            budget.used,
            budget.limit,
            budget.percent()
        ));
    }
    needs
}

fn dead_need(group: &LetterGroup) -> Need {
    let words = ["dead", "list", "--ungrouped", "--group", &group.key.id];
    Need {
        about: "dead",
        name: group.key.id.clone(),
        text: format!(
            "{} could not be delivered: {}",
            group.count(),
            group.key.text
        ),
        command: words.map(str::to_owned).to_vec(),
    }
}

fn is_older(at: Timestamp, limit: Duration, now: Timestamp) -> bool {
    SignedDuration::try_from(limit).is_ok_and(|limit| now.duration_since(at) > limit)
}
