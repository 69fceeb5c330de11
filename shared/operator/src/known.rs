//! The names that a filter may have: those of the configuration, and those that orders still have
//! from an earlier one.

use crate::{Records, dead::DeadFilter};
use config::Config;
use ports::{DeadLetterFilter, LedgerFilter, PortError, WaitingFilter};
use std::collections::BTreeSet;

/// The number of entries, letters and messages that are looked at for names, where there is no
/// configuration.
const LOOKED_AT: usize = 500;

/// The classes of failures that dead letters may have.
pub const CLASSES: [&str; 10] = [
    "authentication",
    "rate_limit",
    "unavailable",
    "validation",
    "mapping",
    "conflict",
    "too_large",
    "unknown",
    "abandoned",
    "envelope",
];

/// A name that nothing has, with those that there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {what} named {name}; there are: {}", told(known))]
pub struct Unknown {
    /// What it was to be the name of: `store`, `route`, `class`, `group`.
    pub what: &'static str,
    /// The name.
    pub name: String,
    /// The names that there are.
    pub known: Vec<String>,
}

fn told(known: &[String]) -> String {
    if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    }
}

/// Returns what is wrong with the names of a filter for orders, if anything is.
///
/// # Errors
/// Fails where the ledger, the queue or the dead letters cannot be read.
pub async fn check_orders(
    records: &Records,
    config: Option<&Config>,
    store: Option<&str>,
    route: Option<&str>,
) -> Result<Option<Unknown>, PortError> {
    if let Some(store) = store
        && let Some(unknown) = check_store(records, config, store).await?
    {
        return Ok(Some(unknown));
    }
    match route {
        Some(route) => check_route(records, config, route).await,
        None => Ok(None),
    }
}

/// Returns what is wrong with the names of a filter for dead letters, if anything is.
///
/// # Errors
/// Fails where the ledger, the queue or the dead letters cannot be read.
pub async fn check_dead(
    records: &Records,
    config: Option<&Config>,
    filter: &DeadFilter,
) -> Result<Option<Unknown>, PortError> {
    let (store, route) = (filter.store.as_deref(), filter.route.as_deref());
    if let Some(unknown) = check_orders(records, config, store, route).await? {
        return Ok(Some(unknown));
    }
    if filter.class.is_none() && filter.group.is_none() {
        return Ok(None);
    }
    let groups = records.letters.groups(&DeadLetterFilter::default()).await?;
    let of = |what, name: &Option<String>, known: BTreeSet<String>| {
        let name = name.clone()?;
        (!known.contains(&name)).then(|| Unknown {
            what,
            name,
            known: known.into_iter().collect(),
        })
    };
    let classes = groups.iter().map(|group| group.key.class.clone());
    let classes = classes.chain(CLASSES.map(str::to_owned)).collect();
    let ids = groups.iter().map(|group| group.key.id.clone()).collect();
    Ok(of("class", &filter.class, classes).or_else(|| of("group", &filter.group, ids)))
}

async fn check_store(
    records: &Records,
    config: Option<&Config>,
    name: &str,
) -> Result<Option<Unknown>, PortError> {
    if config.is_some_and(|config| config.store(name).is_some()) {
        return Ok(None);
    }
    let store = Some(name.to_owned());
    let ledger = LedgerFilter {
        store: store.clone(),
        ..LedgerFilter::default()
    };
    let letters = DeadLetterFilter {
        store: store.clone(),
        ..DeadLetterFilter::default()
    };
    let waiting = WaitingFilter {
        store,
        ..WaitingFilter::default()
    };
    if is_any(records, ledger, letters, waiting).await? {
        return Ok(None);
    }
    let known = match config {
        Some(config) => config.stores.keys().cloned().collect(),
        None => seen(records).await?.stores,
    };
    Ok(Some(unknown("store", name, known)))
}

async fn check_route(
    records: &Records,
    config: Option<&Config>,
    name: &str,
) -> Result<Option<Unknown>, PortError> {
    if config.is_some_and(|config| config.route(name).is_some()) {
        return Ok(None);
    }
    let route = Some(name.to_owned());
    let ledger = LedgerFilter {
        route: route.clone(),
        ..LedgerFilter::default()
    };
    let letters = DeadLetterFilter {
        route: route.clone(),
        ..DeadLetterFilter::default()
    };
    let waiting = WaitingFilter {
        route,
        ..WaitingFilter::default()
    };
    if is_any(records, ledger, letters, waiting).await? {
        return Ok(None);
    }
    let known = match config {
        Some(config) => config.routes.iter().map(|one| one.name.clone()).collect(),
        None => seen(records).await?.routes,
    };
    Ok(Some(unknown("route", name, known)))
}

fn unknown(what: &'static str, name: &str, known: BTreeSet<String>) -> Unknown {
    Unknown {
        what,
        name: name.to_owned(),
        known: known.into_iter().collect(),
    }
}

async fn is_any(
    records: &Records,
    ledger: LedgerFilter,
    letters: DeadLetterFilter,
    waiting: WaitingFilter,
) -> Result<bool, PortError> {
    let limit = Some(1);
    let ledger = LedgerFilter { limit, ..ledger };
    if !records.ledger.list(&ledger).await?.is_empty() {
        return Ok(true);
    }
    let waiting = WaitingFilter { limit, ..waiting };
    let waiting = records.queue.waiting(&waiting).await?;
    if waiting.is_some_and(|waiting| !waiting.is_empty()) {
        return Ok(true);
    }
    let letters = DeadLetterFilter { limit, ..letters };
    Ok(!records.letters.list(&letters).await?.is_empty())
}

#[derive(Default)]
struct Seen {
    stores: BTreeSet<String>,
    routes: BTreeSet<String>,
}

/// Returns the names that lately changed entries, waiting messages and dead letters have.
async fn seen(records: &Records) -> Result<Seen, PortError> {
    let limit = Some(LOOKED_AT);
    let mut seen = Seen::default();
    let ledger = LedgerFilter {
        limit,
        ..LedgerFilter::default()
    };
    for entry in records.ledger.list(&ledger).await? {
        seen.routes.insert(entry.key.route);
        seen.stores.extend(entry.store);
    }
    let waiting = WaitingFilter {
        limit,
        ..WaitingFilter::default()
    };
    for one in records.queue.waiting(&waiting).await?.unwrap_or_default() {
        seen.routes.insert(one.route);
        seen.stores.insert(one.store);
    }
    for group in records.letters.groups(&DeadLetterFilter::default()).await? {
        seen.routes.extend(group.routes.into_keys());
    }
    Ok(seen)
}
