//! Two shops for the same tests: a double in this process, and the strict simulator where it is
//! beside the project.

use jiff::Timestamp;
use ports::{Clock, SystemClock, memory::MemorySecrets};
use serde_json::{Value, json};
use source::reader::{Cursor, Page, ReadError, Shop, ShopOrder, ShopReader, Window};
use source_woocommerce::WooCommerceReader;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use strict_simulator::{
    Simulator,
    double::{Answered, Asked, Double},
};

pub(crate) const KEY: &str = "ck_51m0000000000000000000000000000000000001";
pub(crate) const SECRET: &str = "cs_51m0000000000000000000000000000000000001";

/// A shop under test.
pub(crate) enum World {
    Double(Double, Arc<Mutex<State>>),
    Simulator(Simulator),
}

/// The contents of the double's shop.
#[derive(Default)]
pub(crate) struct State {
    orders: BTreeMap<u64, Value>,
    unreadable: Vec<u64>,
    webhooks: Vec<Value>,
    fault: Option<String>,
    edits: Vec<(usize, u64)>,
    lists: usize,
    last_list: Option<Answered>,
    cannot_sort: bool,
    refuses_signatures: bool,
}

/// Runs the same body over both shops; `config` is the simulator's.
macro_rules! both {
    ($($name:ident($shop:ident, $config:expr) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn body($shop: &World) $body

            #[tokio::test]
            async fn in_this_process() {
                body(&World::double(&$config).await).await;
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
    pub(crate) async fn double(config: &Value) -> Self {
        let unreadable = config["unreadable"].as_array().cloned().unwrap_or_default();
        let state = State {
            unreadable: unreadable.iter().filter_map(Value::as_u64).collect(),
            cannot_sort: config["orderby_modified"] == json!(false),
            refuses_signatures: config["refuses_signatures"] == json!(true),
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let shop = Arc::clone(&state);
        let double = Double::start(move |asked| shop.lock().unwrap().answer(asked)).await;
        Self::Double(double, state)
    }

    pub(crate) fn simulator(config: &Value) -> Option<Self> {
        let mut config = config.clone();
        config["first_id"] = json!(1);
        Simulator::start_with("woocommerce", &config).map(Self::Simulator)
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Double(double, _) => &double.url,
            Self::Simulator(simulator) => &simulator.url,
        }
    }

    pub(crate) fn reader(&self) -> WooCommerceReader {
        self.reader_with(self.url(), KEY, SECRET)
    }

    pub(crate) fn reader_with(&self, url: &str, key: &str, secret: &str) -> WooCommerceReader {
        let secrets = MemorySecrets::new().with(
            "shop",
            &[
                ("url", url),
                ("consumer_key", key),
                ("consumer_secret", secret),
            ],
        );
        WooCommerceReader::over(Shop::new(Arc::new(secrets), "shop").unwrap())
    }

    /// Creates orders with these ids, which follow those that exist from 1 on; each is changed this
    /// number of seconds after the one before it, beginning at this time.
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

    /// Makes the next `times` answers to lists this fault; the double goes on with it until it is
    /// made well.
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

    /// Moves the order to the trash, or deletes it for good.
    pub(crate) async fn remove(&self, how: &str, id: u64) {
        match self {
            Self::Simulator(simulator) => {
                simulator
                    .change(json!({"op": how, "id": id, "silent": true}))
                    .await;
            }
            Self::Double(_, state) => {
                let mut state = state.lock().unwrap();
                if how == "delete" {
                    state.orders.remove(&id);
                } else if let Some(order) = state.orders.get_mut(&id) {
                    order["status"] = json!("trash");
                    order["date_modified_gmt"] = json!(text(SystemClock.now()));
                }
            }
        }
    }

    pub(crate) async fn webhook(&self, topic: &str, address: &str, status: &str) {
        match self {
            Self::Simulator(simulator) => {
                let failures = if status == "disabled" { 6 } else { 0 };
                let change = json!({"op": "webhook", "topic": topic, "delivery_url": address, "secret": "made up for this test", "failures": failures, "status": status});
                simulator.change(change).await;
            }
            Self::Double(_, state) => {
                let mut state = state.lock().unwrap();
                let id = state.webhooks.len() + 1;
                state.webhooks.push(
                    json!({"id": id, "topic": topic, "delivery_url": address, "status": status}),
                );
            }
        }
    }

    /// Returns the topic, address, state and secret of each webhook, in order of creation.
    pub(crate) async fn webhooks(&self) -> Vec<[String; 4]> {
        let hooks = match self {
            Self::Simulator(simulator) => simulator.records("webhooks").await,
            Self::Double(_, state) => state.lock().unwrap().webhooks.clone(),
        };
        let text = |hook: &Value, key: &str| hook[key].as_str().unwrap_or_default().to_owned();
        let all = hooks
            .iter()
            .map(|hook| ["topic", "delivery_url", "status", "secret"].map(|key| text(hook, key)));
        all.collect()
    }

    /// Returns the number of calls.
    pub(crate) async fn calls(&self) -> u64 {
        match self {
            Self::Simulator(simulator) => simulator.calls().await,
            Self::Double(double, _) => double.asked().len() as u64,
        }
    }

    pub(crate) async fn violations(&self) -> Vec<String> {
        match self {
            Self::Simulator(simulator) => simulator.violations().await,
            Self::Double(..) => Vec::new(),
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
        let json = |body: Value| (200, Vec::new(), body.to_string());
        if self.refuses_signatures && asked.query.contains_key("oauth_signature") {
            let refusal = json!({"code": "woocommerce_rest_authentication_error", "message": "Ungültige Signatur – die angegebene Signatur stimmt nicht überein.", "data": {"status": 401}});
            return (401, Vec::new(), refusal.to_string());
        }
        match asked.path.strip_prefix("/wp-json/") {
            Some("") => json(
                json!({"home": format!("http://{}", asked.headers["host"].to_str().unwrap()), "gmt_offset": 1,
                "timezone_string": "Europe/Berlin", "namespaces": ["wc/v3"]}),
            ),
            Some(path) if path.starts_with("wc/v3/webhooks") => self.webhook(asked, path),
            Some("wc/v3/orders") => self.listed(asked),
            Some(path) => self.single(path),
            None => (404, Vec::new(), "<html>".to_owned()),
        }
    }

    /// Lists, creates or changes webhooks. A key that ends in 2 may only read.
    fn webhook(&mut self, asked: &Asked, path: &str) -> Answered {
        let json = |status: u16, body: &Value| (status, Vec::new(), body.to_string());
        if asked.method == "GET" {
            return json(200, &json!(self.webhooks));
        }
        let key = asked.query.get("oauth_consumer_key");
        if key.is_some_and(|key| key.ends_with('2')) {
            let refusal = json!({"code": "woocommerce_rest_authentication_error", "message": "The API key provided does not have write permissions.", "data": {"status": 401}});
            return json(401, &refusal);
        }
        let given: Value = serde_json::from_slice(&asked.body).unwrap();
        if asked.method == "POST" {
            let mut hook = given;
            hook["id"] = json!(self.webhooks.len() + 1);
            hook["status"] = json!("active");
            self.webhooks.push(hook.clone());
            return json(201, &hook);
        }
        let id: usize = path.rsplit('/').next().unwrap().parse().unwrap();
        let hook = &mut self.webhooks[id - 1];
        for (key, value) in given.as_object().unwrap() {
            hook[key] = value.clone();
        }
        json(200, &hook.clone())
    }

    fn single(&self, path: &str) -> Answered {
        let id = path.rsplit('/').next().and_then(|id| id.parse().ok());
        match id.and_then(|id: u64| self.orders.get(&id)) {
            Some(order) => (200, Vec::new(), order.to_string()),
            None => (
                404,
                Vec::new(),
                json!({"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}).to_string(),
            ),
        }
    }

    fn listed(&mut self, asked: &Asked) -> Answered {
        if let Some(answer) = self.failed() {
            return answer;
        }
        let text = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
        if self.cannot_sort && text("orderby") == "modified" {
            let refusal = json!({"code": "rest_invalid_param", "message": "Invalid parameter(s): orderby", "data": {"status": 400, "params": {"orderby": "orderby is not one of"}}});
            return (400, Vec::new(), refusal.to_string());
        }
        let rows = self.rows(asked);
        let (size, page): (usize, usize) = (
            text("per_page").parse().unwrap(),
            text("page").parse().unwrap_or(1),
        );
        let total = rows.len();
        let shown = rows.into_iter().skip((page - 1) * size).take(size);
        let shown = shown.filter(|row| !self.unreadable.contains(&row["id"].as_u64().unwrap()));
        let body = json!(shown.collect::<Vec<_>>()).to_string();
        let answer = (200, vec![("x-wp-total", total.to_string())], body);
        self.last_list = Some(answer.clone());
        self.lists += 1;
        let due = self.edits.iter().filter(|(at, _)| *at == self.lists);
        for id in due.map(|(_, id)| *id).collect::<Vec<_>>() {
            if let Some(order) = self.orders.get_mut(&id) {
                order["date_modified_gmt"] = json!(self::text(SystemClock.now()));
            }
        }
        answer
    }

    fn failed(&self) -> Option<Answered> {
        let page = "<!DOCTYPE html><html>".to_owned();
        Some(match self.fault.as_deref()? {
            "html_200" => (200, Vec::new(), page),
            "html_403" => (403, Vec::new(), page),
            "too_many" => (429, vec![("retry-after", "3".to_owned())], page),
            "critical" => (
                500,
                Vec::new(),
                json!({"code": "internal_server_error"}).to_string(),
            ),
            "php_notice" => (200, Vec::new(), "<br />\n<b>Warning</b>[]".to_owned()),
            "cached_page" => self.last_list.clone()?,
            "cut" => (200, Vec::new(), r#"[{"id":1,"#.to_owned()),
            other => panic!("the double knows no {other}"),
        })
    }

    /// Selects rows with WooCommerce's traps: exclusive bounds, and one status that hides the
    /// other.
    fn rows(&self, asked: &Asked) -> Vec<Value> {
        let text = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
        let is_trash = |row: &Value| row["status"] == "trash";
        let mut rows: Vec<Value> = self.orders.values().cloned().collect();
        rows.retain(|row| is_trash(row) == (text("status") == "trash"));
        for (name, column, wanted) in [
            (
                "modified_after",
                "date_modified_gmt",
                std::cmp::Ordering::Greater,
            ),
            (
                "modified_before",
                "date_modified_gmt",
                std::cmp::Ordering::Less,
            ),
            ("after", "date_created_gmt", std::cmp::Ordering::Greater),
            ("before", "date_created_gmt", std::cmp::Ordering::Less),
        ] {
            let bound = text(name);
            rows.retain(|row| {
                bound.is_empty() || row[column].as_str().unwrap().cmp(&bound) == wanted
            });
        }
        let include = text("include");
        rows.retain(|row| {
            include.is_empty()
                || include
                    .split(',')
                    .any(|id| row["id"].as_u64() == id.parse().ok())
        });
        let column = match text("orderby").as_str() {
            "modified" => "date_modified_gmt",
            "date" => "date_created_gmt",
            _ => "id",
        };
        rows.sort_by_key(|row| {
            let stamp = row[column].as_str().map(str::to_owned);
            (stamp, row["id"].as_u64())
        });
        rows
    }
}

fn order(id: u64, at: &str) -> Value {
    json!({"id": id, "number": id.to_string(), "status": "processing", "currency": "USD", "total": "49.99", "date_created": at, "date_created_gmt": at,
        "date_modified": at, "date_modified_gmt": at, "customer_id": 0, "billing": {"email": "a@example.com"}, "line_items": []})
}

/// Writes a time in UTC, without a zone.
pub(crate) fn text(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S").to_string()
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

/// Walks a window in pages, each by a reader of its own that knows only the stored cursor.
pub(crate) async fn walked(shop: &World, window: Window) -> Result<Vec<ShopOrder>, ReadError> {
    let (mut orders, mut stored) = (Vec::new(), None::<String>);
    let reader = shop.reader();
    loop {
        let cursor: Option<Cursor> = stored.map(|text| serde_json::from_str(&text).unwrap());
        let page: Page<ShopOrder> = reader.changed(window, cursor.as_ref()).await?;
        orders.extend(page.orders);
        match page.next {
            Some(next) => stored = Some(serde_json::to_string(&next).unwrap()),
            None => return Ok(orders),
        }
    }
}

/// Returns the ids, each once, sorted.
pub(crate) fn ids(orders: &[ShopOrder]) -> Vec<u64> {
    let mut ids: Vec<u64> = orders
        .iter()
        .map(|order| order.summary.order.parse().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
