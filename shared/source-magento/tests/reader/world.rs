//! Two shops for the same tests: a double in this process, and the strict simulator where it is
//! beside the project.

use jiff::Timestamp;
use ports::{Clock, SystemClock, memory::MemorySecrets};
use serde_json::{Value, json};
use source::reader::{Cursor, ReadError, Shop, ShopOrder, ShopReader, Window};
use source_magento::MagentoReader;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use strict_simulator::{
    Simulator,
    double::{Answered, Asked, Double},
};

pub(crate) const TOKEN: &str = "543210zyxwvutsrqponmlkjihgfedcba";

/// A shop under test.
pub(crate) enum World {
    Double(Double, Arc<Mutex<State>>),
    Simulator(Simulator),
}

/// The contents of the double's shop.
#[derive(Default)]
pub(crate) struct State {
    orders: BTreeMap<u64, Value>,
    subscriptions: Vec<Value>,
    fault: Option<String>,
    edits: Vec<(usize, u64)>,
    lists: usize,
}

/// Runs the same body over both shops; `config` is the simulator's.
macro_rules! both {
    ($($name:ident($shop:ident, $config:expr) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($shop: &World) $body

            #[tokio::test]
            async fn in_this_process() {
                body(&World::double().await).await;
            }

            #[tokio::test]
            #[cfg_attr(not(strict_simulator), ignore = "the strict simulator is not beside the project")]
            async fn over_the_simulator() {
                let Some(shop) = World::simulator(&$config) else { return };
                body(&shop).await;
                shop.assert_no_violations().await;
            }
        }
    )+};
}
pub(crate) use both;

impl World {
    pub(crate) async fn double() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shop = Arc::clone(&state);
        let double = Double::start(move |asked| shop.lock().unwrap().answer(asked)).await;
        Self::Double(double, state)
    }

    pub(crate) fn simulator(config: &Value) -> Option<Self> {
        Simulator::start_with("magento", config).map(Self::Simulator)
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Double(double, _) => &double.url,
            Self::Simulator(simulator) => &simulator.url,
        }
    }

    pub(crate) fn reader(&self) -> MagentoReader {
        let (consumer, token) = ("1".repeat(32), "2".repeat(32));
        self.reader_with(&[
            ("consumer_key", "abcdefghijklmnopqrstuvwxyz012345"),
            ("consumer_secret", &consumer),
            ("access_token", TOKEN),
            ("access_token_secret", &token),
        ])
    }

    pub(crate) fn reader_with(&self, keys: &[(&str, &str)]) -> MagentoReader {
        let keys: Vec<_> = [("base_url", self.url())]
            .into_iter()
            .chain(keys.iter().copied())
            .collect();
        let secrets = MemorySecrets::new().with("shop", &keys);
        MagentoReader::over(Shop::new(Arc::new(secrets), "shop").unwrap())
    }

    /// Creates orders with these ids, the first of which is 1; each is changed this number of
    /// seconds after the one before it, beginning at this time.
    pub(crate) async fn create(&self, ids: std::ops::RangeInclusive<u64>, from: &str, step: i64) {
        match self {
            Self::Simulator(simulator) => {
                let change = json!({"op": "create", "count": ids.count(), "step_s": step, "created": from, "silent": true});
                simulator.change(change).await;
            }
            Self::Double(_, state) => {
                let mut state = state.lock().unwrap();
                for (place, id) in ids.enumerate() {
                    let at = plus(from, step * place as i64);
                    state.orders.insert(id, order(id, &at));
                }
            }
        }
    }

    pub(crate) async fn fault(&self, action: &str, times: u32) {
        match self {
            Self::Simulator(simulator) => {
                let rule = json!({"match": {"kind": ["orders", "order"]}, "action": action, "times": times});
                simulator.faults(json!([rule])).await;
            }
            Self::Double(_, state) => state.lock().unwrap().fault = Some(action.to_owned()),
        }
    }

    pub(crate) async fn well(&self) {
        match self {
            Self::Simulator(simulator) => simulator.faults(json!([])).await,
            Self::Double(_, state) => state.lock().unwrap().fault = None,
        }
    }

    /// Changes the order right after the next lists, whose number is given.
    pub(crate) async fn edit_after(&self, lists: usize, id: u64) {
        match self {
            Self::Simulator(simulator) => {
                let edit = json!({"op": "touch", "id": id, "silent": true});
                let change =
                    json!({"op": "schedule", "kind": "orders", "after": lists, "do": [edit]});
                simulator.change(change).await;
            }
            Self::Double(_, state) => {
                let mut state = state.lock().unwrap();
                let at = state.lists + lists;
                state.edits.push((at, id));
            }
        }
    }

    pub(crate) async fn delete(&self, id: u64) {
        match self {
            Self::Simulator(simulator) => {
                simulator
                    .change(json!({"op": "delete", "id": id, "silent": true}))
                    .await;
            }
            Self::Double(_, state) => _ = state.lock().unwrap().orders.remove(&id),
        }
    }

    pub(crate) async fn subscription(&self, event: &str, address: &str, is_on: bool) {
        match self {
            Self::Simulator(simulator) => {
                let change = json!({"op": "subscription", "event_name": event, "recipient_url": address, "verification_token": "made up for this test", "status": is_on});
                simulator.change(change).await;
            }
            Self::Double(_, state) => {
                let known = &mut state.lock().unwrap().subscriptions;
                let id = known.len() + 1;
                known.push(json!({"subscription_id": id, "event_name": event, "recipient_url": address, "status": is_on}));
            }
        }
    }

    /// Returns the subscriptions, in order of creation.
    pub(crate) async fn subscriptions(&self) -> Vec<Value> {
        match self {
            Self::Simulator(simulator) => simulator.records("subscriptions").await,
            Self::Double(_, state) => state.lock().unwrap().subscriptions.clone(),
        }
    }

    pub(crate) async fn calls(&self) -> u64 {
        match self {
            Self::Simulator(simulator) => simulator.calls().await,
            Self::Double(double, _) => double.asked().len() as u64,
        }
    }

    pub(crate) async fn assert_no_violations(&self) {
        if let Self::Simulator(simulator) = self {
            simulator.assert_no_violations().await;
        }
    }
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Answered {
        let missing = |text: &str| (404, Vec::new(), json!({"message": text}).to_string());
        match asked.path.strip_prefix("/rest/V1/") {
            Some("async_events") => {
                let list =
                    json!({"items": self.subscriptions, "total_count": self.subscriptions.len()});
                (200, Vec::new(), list.to_string())
            }
            Some(path) if path.starts_with("async_event") => self.subscribed(asked, path),
            Some("orders") => self.listed(asked),
            Some(path) => {
                let id = path.strip_prefix("orders/").and_then(|id| id.parse().ok());
                match id.and_then(|id: u64| self.orders.get(&id)) {
                    Some(order) => (200, Vec::new(), order.to_string()),
                    None => missing(
                        "The entity that was requested doesn't exist. Verify the entity and try again.",
                    ),
                }
            }
            None => missing("Request does not match any route."),
        }
    }

    /// Creates a subscription, or switches one on or off.
    fn subscribed(&mut self, asked: &Asked, path: &str) -> Answered {
        let given: Value = serde_json::from_slice(&asked.body).unwrap();
        let given = &given["asyncEvent"];
        if asked.method == "POST" {
            let mut made = given.clone();
            made["subscription_id"] = json!(self.subscriptions.len() + 1);
            made["status"] = json!(true);
            self.subscriptions.push(made);
        } else {
            let id: usize = path.rsplit('/').next().unwrap().parse().unwrap();
            self.subscriptions[id - 1]["status"] = given["status"].clone();
        }
        (200, Vec::new(), "{}".to_owned())
    }

    fn listed(&mut self, asked: &Asked) -> Answered {
        let page = "<!doctype html><html>".to_owned();
        match self.fault.as_deref() {
            Some("html_200") => return (200, Vec::new(), page),
            Some("html_403") => return (403, Vec::new(), page),
            Some("too_many") => return (429, vec![("retry-after", "3".to_owned())], page),
            Some("gateway") => return (504, Vec::new(), page),
            Some(other) => panic!("the double knows no {other}"),
            None => {}
        }
        let rows = self.rows(asked);
        let number = |name: &str| {
            asked.query[&format!("searchCriteria[{name}]")]
                .parse::<usize>()
                .unwrap()
        };
        let (size, total) = (number("pageSize"), rows.len());
        // Beyond the end the last page is repeated for ever.
        let page = number("currentPage").min(total.div_ceil(size).max(1));
        let shown: Vec<Value> = rows
            .into_iter()
            .skip((page - 1) * size)
            .take(size)
            .collect();
        self.lists += 1;
        let due = self.edits.iter().filter(|(at, _)| *at == self.lists);
        for id in due.map(|(_, id)| *id).collect::<Vec<_>>() {
            if let Some(order) = self.orders.get_mut(&id) {
                order["updated_at"] = json!(text(SystemClock.now()));
            }
        }
        (
            200,
            Vec::new(),
            json!({"items": shown, "total_count": total}).to_string(),
        )
    }

    fn rows(&self, asked: &Asked) -> Vec<Value> {
        let mut rows: Vec<Value> = self.orders.values().cloned().collect();
        for group in 0..4 {
            let part = |name: &str| {
                asked.query.get(&format!(
                    "searchCriteria[filter_groups][{group}][filters][0][{name}]"
                ))
            };
            let (Some(field), Some(value), Some(condition)) =
                (part("field"), part("value"), part("condition_type"))
            else {
                break;
            };
            rows.retain(|row| holds(&row[field.as_str()], condition, value));
        }
        let first = asked.query["searchCriteria[sortOrders][0][field]"].clone();
        rows.sort_by_key(|row| {
            (
                row[first.as_str()].as_str().map(str::to_owned),
                row["entity_id"].as_u64(),
            )
        });
        rows
    }
}

fn holds(found: &Value, condition: &str, wanted: &str) -> bool {
    let as_text = |found: &Value| {
        found
            .as_str()
            .map_or_else(|| found.to_string(), str::to_owned)
    };
    let number = |text: &str| text.parse::<u64>().unwrap_or_default();
    match condition {
        "gteq" => as_text(found).as_str() >= wanted,
        "lt" => as_text(found).as_str() < wanted,
        "gt" => found.as_u64().unwrap() > number(wanted),
        "in" => wanted.split(',').any(|wanted| as_text(found) == wanted),
        "eq" => as_text(found) == wanted,
        other => panic!("the double knows no {other}"),
    }
}

fn order(id: u64, at: &str) -> Value {
    json!({"entity_id": id, "increment_id": format!("{id:09}"), "state": "processing", "status": "processing", "grand_total": 54.99, "base_grand_total": 54.99,
        "order_currency_code": "USD", "base_currency_code": "USD", "created_at": at, "updated_at": at, "customer_email": "a@example.com", "items": []})
}

pub(crate) fn text(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn plus(from: &str, seconds: i64) -> String {
    text(at(from) + jiff::SignedDuration::from_secs(seconds))
}

pub(crate) fn at(text: &str) -> Timestamp {
    format!("{text}Z").parse().unwrap()
}

pub(crate) fn window(from: &str, until: &str) -> Window {
    Window::new(at(from), at(until))
}

/// Walks a window in pages with only a stored cursor between them.
pub(crate) async fn walked(shop: &World, window: Window) -> Result<Vec<ShopOrder>, ReadError> {
    let (mut orders, mut stored) = (Vec::new(), None::<String>);
    let reader = shop.reader();
    loop {
        let cursor: Option<Cursor> = stored.map(|text| serde_json::from_str(&text).unwrap());
        let page = reader.changed(window, cursor.as_ref()).await?;
        orders.extend(page.orders);
        match page.next {
            Some(next) => stored = Some(serde_json::to_string(&next).unwrap()),
            None => return Ok(orders),
        }
    }
}

/// Returns the ids, each once, sorted.
pub(crate) fn ids(orders: &[ShopOrder]) -> Vec<u64> {
    let ids = orders
        .iter()
        .map(|order| order.summary.order.parse().unwrap());
    let mut ids: Vec<u64> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
