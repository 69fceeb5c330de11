//! Lists of orders: one line for each order and route, those included that wait untried, or are in
//! the hands of a worker who has not claimed them yet. An order that was tried stands where its
//! ledger entry last changed; a state that nobody has tried yet stands where it came, beside the
//! order's earlier line.

mod untried;

use crate::{Cursor, Page, Records, numbers, page::Position, reason};
use config::Config;
use jiff::Timestamp;
use ports::{
    DeadLetterFilter, LedgerCursor, LedgerEntry, LedgerFilter, LedgerKey, PortError, State,
    Waiting, WaitingFilter,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A filter for orders. `None` means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only orders of this store.
    pub store: Option<String>,
    /// Only this route.
    pub route: Option<String>,
    /// Only orders that stand like this.
    pub standing: Option<Standing>,
    /// Only orders that last changed, or came, at this time or later.
    pub since: Option<Timestamp>,
    /// Only orders that last changed, or came, before this time.
    pub until: Option<Timestamp>,
    /// Only orders with this text in their id, number, record ids, last error or notes.
    pub text: Option<String>,
}

/// How an order stands on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It waits, or a worker has it in hand, and this state of it was not tried yet.
    Waiting,
    /// It was tried, and is tried again.
    Retrying,
    /// The destination holds it.
    Delivered,
    /// There was rightly nothing to deliver.
    Skipped,
    /// It is a dead letter.
    Rejected,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Retrying,
        Self::Delivered,
        Self::Skipped,
        Self::Rejected,
    ];

    /// Returns the word in lists and filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Retrying => "retrying",
            Self::Delivered => "delivered",
            Self::Skipped => "skipped",
            Self::Rejected => "rejected",
        }
    }

    /// Returns the one with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    fn state(self) -> Option<State> {
        State::ALL
            .into_iter()
            .find(|state| state.as_str() == self.as_str())
    }
}

impl From<State> for Standing {
    fn from(state: State) -> Self {
        match state {
            State::Delivered => Self::Delivered,
            State::Skipped => Self::Skipped,
            State::Retrying => Self::Retrying,
            State::Rejected => Self::Rejected,
        }
    }
}

/// An order on a route, as a line of a list.
#[derive(Clone, Debug, Serialize)]
pub struct OrderLine {
    /// The shop's id; `None` where what waits does not tell it.
    pub order: Option<String>,
    /// The number that the shop's customer sees, once the order was read.
    pub number: Option<String>,
    /// Name of the route.
    pub route: String,
    /// Name of the store, where it is known.
    pub store: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// When it last changed; when it came, where it waits untried.
    pub at: Timestamp,
    /// The total of the newest state that was read, as a decimal number.
    pub total: Option<String>,
    /// Code of the currency of the total.
    pub currency: Option<String>,
    /// The time of the next try, where the queue tells it.
    pub next_try: Option<Timestamp>,
    /// The time until which a worker has it in hand, at the latest.
    pub in_hand_until: Option<Timestamp>,
    /// Whether a state of it waits.
    pub waits: Option<bool>,
    /// Why the last try failed, as a sentence; of a rejected order what its dead letter says.
    pub reason: Option<String>,
    /// The id of the group of its dead letter.
    pub group: Option<String>,
    /// The notes.
    pub warnings: Vec<String>,
    /// The whole of its ledger entry; `None` where this state of it waits untried.
    #[serde(skip)]
    pub entry: Option<Box<LedgerEntry>>,
}

impl OrderLine {
    /// Returns the line as JSON: the ledger entry, where there is one, and the line's fields beside
    /// the entry's.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = match &self.entry {
            Some(entry) => json!(entry),
            None => json!({
                "key": { "route": self.route, "order": self.order },
                "state": self.standing,
            }),
        };
        if let (Some(all), Value::Object(line)) = (json.as_object_mut(), json!(self)) {
            all.extend(line);
        }
        json
    }
}

/// Returns a part of the list of orders, the last changed first, from a position on. Where the
/// configuration is given, orders that wait untried have their numbers.
///
/// # Errors
/// Fails where the ledger or the queue cannot be read.
pub async fn page(
    records: &Records,
    config: Option<&Config>,
    filter: &OrderFilter,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<OrderLine>, PortError> {
    let mut begin = match after.map(|cursor| &cursor.0) {
        Some(Position::Orders { entry, place }) => (entry.clone(), *place),
        _ => (None, None),
    };
    let waiting = untried::list(records, filter, begin.1, limit).await?;
    let tells_waiting = waiting.is_some();
    let entries = entries(records, filter, begin.0.clone(), limit).await?;
    let merged = merge(entries, waiting.unwrap_or_default(), limit);
    let is_more = merged.is_more;
    let mut items = Vec::with_capacity(merged.rows.len());
    for row in merged.rows {
        match row {
            Row::Entry(entry) => {
                begin.0 = Some(entry.cursor());
                items.push(of_entry(entry));
            }
            Row::Waiting(waiting) => {
                begin.1 = Some(waiting.place);
                items.push(of_waiting(*waiting));
            }
        }
    }
    let (entry, place) = begin;
    add_letters(records, &mut items).await?;
    if tells_waiting {
        add_next_tries(records, &mut items).await?;
        add_numbers(records, config, &mut items).await?;
    }
    Ok(Page {
        items,
        next: is_more.then_some(Cursor(Position::Orders { entry, place })),
        tells_waiting,
    })
}

async fn entries(
    records: &Records,
    filter: &OrderFilter,
    after: Option<LedgerCursor>,
    limit: usize,
) -> Result<Vec<LedgerEntry>, PortError> {
    if filter.standing == Some(Standing::Waiting) {
        return Ok(Vec::new());
    }
    let filter = LedgerFilter {
        route: filter.route.clone(),
        store: filter.store.clone(),
        state: filter.standing.and_then(Standing::state),
        since: filter.since,
        until: filter.until,
        text: filter.text.clone(),
        after,
        limit: Some(limit.saturating_add(1)),
        ..LedgerFilter::default()
    };
    records.ledger.list(&filter).await
}

enum Row {
    Entry(Box<LedgerEntry>),
    Waiting(Box<Waiting>),
}

struct Merged {
    rows: Vec<Row>,
    is_more: bool,
}

/// Lays two lists into each other, each of them with the newest first.
fn merge(entries: Vec<LedgerEntry>, waiting: Vec<Waiting>, limit: usize) -> Merged {
    let is_more = entries.len().saturating_add(waiting.len()) > limit;
    let mut entries = entries.into_iter().peekable();
    let mut waiting = waiting.into_iter().peekable();
    let mut rows = Vec::new();
    while rows.len() < limit {
        let is_entry = match (entries.peek(), waiting.peek()) {
            (Some(entry), Some(waiting)) => entry.updated > waiting.accepted,
            (entry, _) => entry.is_some(),
        };
        let row = if is_entry {
            entries.next().map(|entry| Row::Entry(Box::new(entry)))
        } else {
            waiting
                .next()
                .map(|waiting| Row::Waiting(Box::new(waiting)))
        };
        let Some(row) = row else { break };
        rows.push(row);
    }
    Merged { rows, is_more }
}

fn of_entry(entry: Box<LedgerEntry>) -> OrderLine {
    OrderLine {
        order: Some(entry.key.order.clone()),
        number: entry.number.clone(),
        route: entry.key.route.clone(),
        store: entry.store.clone(),
        standing: entry.state.into(),
        at: entry.updated,
        total: entry.total.clone(),
        currency: entry.currency.clone(),
        next_try: None,
        in_hand_until: None,
        waits: None,
        reason: entry.last_error.as_deref().map(reason::sentence),
        group: None,
        warnings: entry.warnings.clone(),
        entry: Some(entry),
    }
}

fn of_waiting(waiting: Waiting) -> OrderLine {
    OrderLine {
        order: waiting.order,
        number: None,
        route: waiting.route,
        store: Some(waiting.store),
        standing: Standing::Waiting,
        at: waiting.accepted,
        total: None,
        currency: None,
        next_try: waiting.next_try,
        in_hand_until: waiting.in_hand_until,
        waits: Some(true),
        reason: None,
        group: None,
        warnings: Vec::new(),
        entry: None,
    }
}

/// Adds to rejected orders what their dead letters say.
async fn add_letters(records: &Records, lines: &mut [OrderLine]) -> Result<(), PortError> {
    let is_rejected = |line: &OrderLine| line.standing == Standing::Rejected;
    let rejected = lines.iter().filter(|line| is_rejected(line));
    let orders: BTreeSet<String> = rejected.filter_map(|line| line.order.clone()).collect();
    if orders.is_empty() {
        return Ok(());
    }
    let filter = DeadLetterFilter {
        orders: Some(orders),
        ..DeadLetterFilter::default()
    };
    for letter in records.letters.list(&filter).await? {
        let message = &letter.message;
        let is_its = |line: &&mut OrderLine| {
            line.order == message.order && line.route == message.route && is_rejected(line)
        };
        let key = letter.reason_key();
        // The newest letter comes first.
        for line in lines.iter_mut().filter(is_its) {
            if line.group.is_none() {
                line.reason = Some(key.text.clone());
                line.group = Some(key.id.clone());
            }
        }
    }
    Ok(())
}

/// Adds when the orders are tried next.
async fn add_next_tries(records: &Records, lines: &mut [OrderLine]) -> Result<(), PortError> {
    let tried = |line: &&OrderLine| line.standing != Standing::Waiting;
    let orders: BTreeSet<String> = lines
        .iter()
        .filter(tried)
        .filter_map(|line| line.order.clone())
        .collect();
    if orders.is_empty() {
        return Ok(());
    }
    let filter = WaitingFilter {
        orders: Some(orders),
        ..WaitingFilter::default()
    };
    let waiting = records.queue.waiting(&filter).await?.unwrap_or_default();
    let mut next: BTreeMap<(String, String), Waiting> = BTreeMap::new();
    for one in waiting {
        if let Some(order) = one.order.clone() {
            // The oldest come first, and they are tried first.
            next.entry((one.route.clone(), order)).or_insert(one);
        }
    }
    for line in lines.iter_mut().filter(|line| tried(&&**line)) {
        let key = (line.route.clone(), line.order.clone().unwrap_or_default());
        let found = next.get(&key);
        line.waits = Some(found.is_some());
        line.next_try = found.and_then(|found| found.next_try);
        line.in_hand_until = found.and_then(|found| found.in_hand_until);
    }
    Ok(())
}

/// Adds what the ledger knows of earlier states to orders of which a state waits untried; where it
/// knows none, the number that the shop sent.
async fn add_numbers(
    records: &Records,
    config: Option<&Config>,
    lines: &mut [OrderLine],
) -> Result<(), PortError> {
    let waiting: Vec<&mut OrderLine> = lines
        .iter_mut()
        .filter(|line| line.standing == Standing::Waiting && line.order.is_some())
        .collect();
    let key = |line: &&mut OrderLine| LedgerKey {
        route: line.route.clone(),
        order: line.order.clone().unwrap_or_default(),
    };
    let keys: Vec<LedgerKey> = waiting.iter().map(key).collect();
    let entries = records.ledger.load(&keys).await?;
    let mut unknown = Vec::new();
    for (line, entry) in waiting.into_iter().zip(entries) {
        if let Some(entry) = entry {
            line.number = entry.number;
            line.total = entry.total;
            line.currency = entry.currency;
        }
        if line.number.is_none() {
            unknown.push(line);
        }
    }
    let Some(config) = config else { return Ok(()) };
    let orders = unknown.iter().filter_map(|line| line.order.clone());
    let mut numbers = numbers::of_waiting(records, config, orders.collect()).await?;
    for line in unknown {
        let key = (line.route.clone(), line.order.clone().unwrap_or_default());
        line.number = numbers.remove(&key);
    }
    Ok(())
}
