//! An order of ten thousand lines keeps the worker busy ten times as long as one of a thousand, and
//! not a hundred times.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use crate::support;

use async_trait::async_trait;
use destination::{Answer, Lost, Wire};
use mapping::Plan;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::{
    WithoutDeadline, over,
    planned::{line, mapping, order_of},
    records,
};

/// An account that has every item, and no customer yet.
struct Catalogue;

#[async_trait]
impl Wire for Catalogue {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let sent: Value = serde_json::from_slice(
            request
                .body()
                .and_then(|body| body.as_bytes())
                .unwrap_or_default(),
        )
        .unwrap_or_default();
        let mut headers = reqwest::header::HeaderMap::new();
        let body = if request.url().path().ends_with("/suiteql") {
            rows(&sent).to_string()
        } else {
            let made = format!("{}/700", request.url());
            headers.insert("location", made.parse().unwrap());
            String::new()
        };
        let status = if body.is_empty() { 204 } else { 200 };
        Ok(Answer {
            status,
            headers,
            body: body.into_bytes(),
        })
    }
}

/// Returns the items that the query names, each with its number as id.
fn rows(query: &Value) -> Value {
    let params = query["params"].as_array().unwrap();
    let number = |param: &Value| {
        param
            .as_str()
            .unwrap()
            .strip_prefix("SKU-")
            .map(str::to_owned)
    };
    let row = |number: String| json!({"links": [], "id": number, "itemid": format!("SKU-{number}"), "isinactive": "F"});
    json!({"hasMore": false, "items": params.iter().filter_map(number).map(row).collect::<Vec<_>>()})
}

fn plan_of(lines: usize) -> Plan {
    let mut order = order_of(1, Some("1"), "jane@example.com");
    order.lines = (0..lines)
        .map(|number| line(&format!("SKU-{number}")))
        .collect();
    mapping(
        "woocommerce-netsuite",
        "shipping_item = '1503'\nfee_item = '1503'\ntax_item = '1503'",
    )
    .plan(&order)
    .unwrap()
}

async fn time_of(lines: usize) -> Duration {
    let plan = [plan_of(lines)];
    let mut best = Duration::MAX;
    for _ in 0..2 {
        let netsuite = over(Catalogue);
        let begun = Instant::now();
        records(&netsuite.deliver_all(&plan).await[0]);
        best = best.min(begun.elapsed());
        assert_eq!(
            netsuite.calls().total(),
            u64::try_from(lines / 200 + 3).unwrap(),
            "the items by 200, the customer, and two writes"
        );
    }
    best
}

#[tokio::test]
async fn the_time_grows_with_the_lines_and_not_with_their_square() {
    let (small, large) = (time_of(1_000).await, time_of(10_000).await);
    println!("1,000 lines {small:?}, 10,000 lines {large:?}");
    assert!(
        large < small * 40,
        "1,000 lines took {small:?}, 10,000 lines {large:?}"
    );
}

/// Two lines of one product, in two orders of a batch, are one look-up.
#[tokio::test]
async fn what_is_asked_twice_is_asked_once() {
    let mut order = order_of(1, Some("1"), "jane@example.com");
    order.lines = (0..2_000).map(|_| line("SKU-7")).collect();
    let plan = mapping(
        "woocommerce-netsuite",
        "shipping_item = '1503'\nfee_item = '1503'\ntax_item = '1503'",
    )
    .plan(&order)
    .unwrap();
    let netsuite = over(Catalogue);
    records(&netsuite.deliver_all(&[plan]).await[0]);
    assert_eq!(netsuite.calls().total(), 4);
}
