//! Two stores for the same tests: a double in this process, and the strict simulator where it is
//! beside the project.

use jiff::Timestamp;
use ports::{Clock, SystemClock, memory::MemorySecrets};
use serde_json::{Value, json};
use source::reader::{Cursor, ReadError, Shop, ShopOrder, ShopReader, Window};
use source_shopify::ShopifyReader;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};
use strict_simulator::{
    Simulator,
    double::{Answered, Asked, Double},
};

pub(crate) const TOKEN: &str = "shpat_51m00000000000000000000000001e9a";
pub(crate) const CLIENT: (&str, &str) = (
    "51m0000000000000000000000000c11d",
    "shpss_51m0000000000000000000000000c53c",
);

/// A store under test.
pub(crate) enum World {
    Double(Double, Arc<Mutex<State>>),
    Simulator(Simulator),
}

/// The contents of the double's store.
#[derive(Default)]
pub(crate) struct State {
    orders: BTreeMap<u64, Value>,
    webhooks: Vec<Value>,
    fault: Option<String>,
    /// Whether `order`, which is not documented, is ignored.
    pub(crate) ignores_order: bool,
    /// Whether the app has the scope `read_all_orders`.
    pub(crate) sees_all: bool,
    /// Whether the app lacks the scope `read_orders`.
    pub(crate) lacks_scope: bool,
}

/// Runs the same body over both stores; `config` is the simulator's.
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

/// Returns a time of this month, for orders that are not too old to be seen.
pub(crate) fn recently(seconds: i64) -> Timestamp {
    static NOW: OnceLock<i64> = OnceLock::new();
    let now = NOW.get_or_init(|| SystemClock.now().as_second());
    Timestamp::from_second(now - 20 * 86_400 + seconds).unwrap()
}

impl World {
    pub(crate) async fn double() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shop = Arc::clone(&state);
        let double = Double::start(move |asked| shop.lock().unwrap().answer(asked)).await;
        Self::Double(double, state)
    }

    pub(crate) fn simulator(config: &Value) -> Option<Self> {
        let mut config = config.clone();
        config["versions"] =
            json!({"supported": ["2026-01", "2026-04", "2026-07"], "candidate": "2026-10"});
        Simulator::start_with("shopify", &config).map(Self::Simulator)
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Double(double, _) => &double.url,
            Self::Simulator(simulator) => &simulator.url,
        }
    }

    pub(crate) fn reader(&self) -> ShopifyReader {
        self.reader_with(&[("admin_api_access_token", TOKEN)])
    }

    pub(crate) fn reader_with(&self, keys: &[(&str, &str)]) -> ShopifyReader {
        let domain = [("store_domain", self.url())];
        let keys: Vec<_> = domain.into_iter().chain(keys.iter().copied()).collect();
        let secrets = MemorySecrets::new().with("shop", &keys);
        ShopifyReader::over(Shop::new(Arc::new(secrets), "shop").unwrap())
    }

    /// Creates this number of orders, each placed and changed the given number of seconds after the
    /// one before it, beginning at this time; returns their ids.
    pub(crate) async fn create(&self, count: u64, from: Timestamp, step: i64) -> Vec<u64> {
        match self {
            Self::Simulator(simulator) => {
                let from = from.to_string();
                let change = json!({"do": "create_orders", "count": count, "step_s": step, "created_at": from, "updated_at": from, "quiet": true});
                let made = simulator.change(change).await;
                made["ids"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_u64)
                    .collect()
            }
            Self::Double(_, state) => {
                let mut state = state.lock().unwrap();
                let first = 9_000 + state.orders.len() as u64;
                let ids: Vec<u64> = (first..first + count).collect();
                for (place, id) in (0..).zip(&ids) {
                    let at = from + jiff::SignedDuration::from_secs(step * place);
                    state.orders.insert(*id, order(*id, at));
                }
                ids
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

    pub(crate) async fn webhook(&self, topic: &str, address: &str) {
        match self {
            Self::Simulator(simulator) => {
                let url = format!("{}/admin/api/2026-04/webhooks.json", simulator.url);
                let body =
                    json!({"webhook": {"topic": topic, "address": address, "format": "json"}});
                let request = simulator
                    .http
                    .post(url)
                    .header("X-Shopify-Access-Token", TOKEN);
                let answer = request.json(&body).send().await.unwrap();
                assert!(
                    answer.status().is_success(),
                    "{}",
                    answer.text().await.unwrap()
                );
            }
            Self::Double(_, state) => {
                let mut state = state.lock().unwrap();
                state
                    .webhooks
                    .push(json!({"topic": topic, "address": address}));
            }
        }
    }

    /// Makes the last webhook one that posts only some orders.
    pub(crate) async fn filter_last(&self) {
        match self {
            Self::Simulator(simulator) => {
                let hooks = simulator.records("webhooks").await;
                let id = &hooks.last().unwrap()["id"];
                let text = "mutation($id: ID!, $given: WebhookSubscriptionInput!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: $given) { userErrors { message } } }";
                let variables = json!({"id": format!("gid://shopify/WebhookSubscription/{id}"), "given": {"filter": "total_price:>0"}});
                let url = format!("{}/admin/api/2026-04/graphql.json", simulator.url);
                let request = simulator
                    .http
                    .post(url)
                    .header("X-Shopify-Access-Token", TOKEN)
                    .json(&json!({"query": text, "variables": variables}));
                assert!(request.send().await.unwrap().status().is_success());
            }
            Self::Double(_, state) => {
                state.lock().unwrap().webhooks.last_mut().unwrap()["filter"] = json!("total:>0");
            }
        }
    }

    /// Returns the number of webhooks.
    pub(crate) async fn count_webhooks(&self) -> usize {
        match self {
            Self::Simulator(simulator) => simulator.records("webhooks").await.len(),
            Self::Double(_, state) => state.lock().unwrap().webhooks.len(),
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
        let json = |body: Value| (200, Vec::new(), body.to_string());
        match asked.path.strip_prefix("/admin/") {
            Some("oauth/access_scopes.json") => {
                let all = self.sees_all.then(|| json!({"handle": "read_all_orders"}));
                let scopes = all.into_iter().chain([json!({"handle": "read_orders"})]);
                json(json!({"access_scopes": scopes.collect::<Vec<_>>()}))
            }
            Some("oauth/access_token") => {
                json(json!({"access_token": TOKEN, "scope": "read_orders", "expires_in": 86_399}))
            }
            Some("api/2026-04/webhooks.json") => json(json!({"webhooks": self.webhooks})),
            Some("api/2026-04/graphql.json") => self.graphql(asked),
            Some("api/2026-04/orders.json") => self.listed(asked),
            _ => (404, Vec::new(), json!({"errors": "Not Found"}).to_string()),
        }
    }

    /// Lists, creates or changes subscriptions.
    fn graphql(&mut self, asked: &Asked) -> Answered {
        let given: Value = serde_json::from_slice(&asked.body).unwrap();
        let (text, variables) = (given["query"].as_str().unwrap(), &given["variables"]);
        let data = if text.starts_with("mutation Create") {
            let topic = variables["topic"].as_str().unwrap().to_lowercase();
            let address = &variables["given"]["uri"];
            let hook = json!({"topic": topic.replacen('_', "/", 1), "address": address});
            let is_there = self.webhooks.contains(&hook);
            let errors = is_there.then(
                || json!({"field": [], "message": "Address for this topic has already been taken"}),
            );
            if !is_there {
                self.webhooks.push(hook);
            }
            json!({"done": {"userErrors": errors.into_iter().collect::<Vec<_>>()}})
        } else if text.starts_with("mutation Update") {
            let place: usize = variables["id"].as_str().unwrap().parse().unwrap();
            self.webhooks[place]["filter"] = variables["given"]["filter"].clone();
            json!({"done": {"userErrors": []}})
        } else {
            let scopes = if self.lacks_scope {
                json!([])
            } else {
                json!([{"handle": "read_orders"}])
            };
            let node = |(place, hook): (usize, &Value)| {
                json!({
                "id": place.to_string(), "topic": hook["topic"].as_str().unwrap().to_uppercase().replace('/', "_"),
                "uri": hook["address"], "format": "JSON", "filter": hook["filter"], "includeFields": []})
            };
            let nodes: Vec<Value> = self.webhooks.iter().enumerate().map(node).collect();
            json!({"currentAppInstallation": {"accessScopes": scopes},
                "webhookSubscriptions": {"nodes": nodes, "pageInfo": {"hasNextPage": false, "endCursor": null}}})
        };
        (200, Vec::new(), json!({"data": data}).to_string())
    }

    fn listed(&mut self, asked: &Asked) -> Answered {
        match self.fault.as_deref() {
            Some("throttled") => {
                return (429, vec![("retry-after", "2.0".to_owned())], String::new());
            }
            Some("status:500") => return (500, Vec::new(), String::new()),
            Some(other) => panic!("the double knows no {other}"),
            None => {}
        }
        let rows = self.rows(asked);
        let size: usize = asked.query["limit"].parse().unwrap();
        let goes_on = rows.len() > size;
        let link = "<https://other.example/?page_info=x>; rel=\"next\"".to_owned();
        let link = goes_on.then_some(("link", link)).into_iter().collect();
        let shown: Vec<Value> = rows.into_iter().take(size).collect();
        (200, link, json!({"orders": shown}).to_string())
    }

    /// Selects rows: only open orders, unless any are requested; bounds are inclusive.
    fn rows(&self, asked: &Asked) -> Vec<Value> {
        let text = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
        let mut rows: Vec<Value> = self.orders.values().cloned().collect();
        rows.retain(|row| text("status") == "any" || row["closed_at"].is_null());
        for column in ["updated_at", "created_at"] {
            let at = |row: &Value| row[column].as_str().unwrap().parse::<Timestamp>().unwrap();
            let bound = |end: &str| text(&format!("{column}_{end}")).parse::<Timestamp>().ok();
            rows.retain(|row| bound("min").is_none_or(|min| at(row) >= min));
            rows.retain(|row| bound("max").is_none_or(|max| at(row) <= max));
        }
        let ids = text("ids");
        rows.retain(|row| {
            ids.is_empty()
                || ids
                    .split(',')
                    .any(|id| row["id"].as_u64() == id.parse().ok())
        });
        rows.retain(|row| text("name").is_empty() || row["name"] == text("name").as_str());
        let since = text("since_id").parse::<u64>().ok();
        rows.retain(|row| since.is_none_or(|since| row["id"].as_u64().unwrap() > since));
        match (text("order").split_once(' '), since) {
            (_, Some(_)) => rows.sort_by_key(|row| row["id"].as_u64()),
            (Some((column, "asc")), _) if !self.ignores_order => {
                rows.sort_by_key(|row| {
                    (row[column].as_str().map(str::to_owned), row["id"].as_u64())
                });
            }
            _ => rows.sort_by_key(|row| {
                std::cmp::Reverse(row["created_at"].as_str().map(str::to_owned))
            }),
        }
        rows
    }
}

fn order(id: u64, at: Timestamp) -> Value {
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({"id": id, "name": format!("#{}", id - 8_000), "order_number": id - 8_000, "created_at": at, "updated_at": at, "closed_at": at, "currency": "USD",
        "total_price": "54.99", "current_total_price": "49.99", "financial_status": "paid", "line_items": []})
}

/// Walks a window in pages with only a stored cursor between them.
pub(crate) async fn walked(
    reader: &ShopifyReader,
    window: Window,
) -> Result<Vec<ShopOrder>, ReadError> {
    let (mut orders, mut stored) = (Vec::new(), None::<String>);
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
