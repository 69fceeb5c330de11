//! Any answer of Zoho, or of a proxy before it: one outcome per plan, no panic, no endless calling.

use crate::support;

use async_trait::async_trait;
use destination::{Answer, Lost, Outcome, Wire};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{WithoutDeadline, bytes, over, shop};

/// A wire that answers the login well, and all else as the script says, over and over.
struct Script {
    answers: Vec<(u16, Value)>,
    next: AtomicUsize,
}

#[async_trait]
impl Wire for Script {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let (status, body) = if request.url().path() == "/oauth/v2/token" {
            (
                200,
                json!({"access_token": "t", "api_domain": "https://www.zohoapis.com"}),
            )
        } else {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            self.answers
                .get(number % self.answers.len())
                .cloned()
                .unwrap_or_default()
        };
        if status == 0 {
            return Err(Lost::TimedOut("no answer".to_owned()));
        }
        Ok(Answer {
            status,
            headers: reqwest::header::HeaderMap::new(),
            body: bytes(&body),
        })
    }
}

/// Generates a record of an answer: a result of a write, a row of a query, or a part of a composite
/// request.
fn any_entry() -> impl Strategy<Value = Value> {
    let codes = vec![
        "INVALID_DATA",
        "DUPLICATE_DATA",
        "INTERNAL_ERROR",
        "RECORD_LOCKED",
        "MULTIPLE_OR_MULTI_ERRORS",
        "NEW_CODE",
    ];
    let paths = vec![
        "$.data[0].id",
        "$.data[0].Email",
        "$.data[9].Ordered_Items[0].Product_Name.id",
        "$",
        "",
    ];
    let error = (prop::sample::select(codes), prop::sample::select(paths)).prop_map(|(code, path)| {
        let duplicate = json!({"id": "17", "module": {"api_name": "Contacts"}});
        json!({"code": code, "status": "error", "message": "m", "details": {"json_path": path, "duplicate_record": duplicate, "errors": [{}]}})
    });
    let row = json!({"id": "5", "Email": "jo.1@example.com", "Product_Code": "10", "Ordered_Items": [{"id": "6"}, 7], "Subject": null});
    let part = json!({"code": "SUCCESS", "details": {"response": {"status_code": 200, "body": {"data": [row]}}}});
    prop_oneof![
        3 => Just(json!({"code": "SUCCESS", "action": "insert", "details": {"id": "4"}})),
        1 => Just(json!({"code": "SUCCESS", "details": {"id": 12}})),
        1 => Just(json!({"code": "SUCCESS"})),
        3 => error,
        2 => Just(row),
        2 => Just(part),
        1 => Just(json!(7)),
    ]
}

fn any_answer() -> impl Strategy<Value = (u16, Value)> {
    let status = prop::sample::select(vec![
        0_u16, 200, 200, 200, 201, 202, 204, 207, 302, 400, 401, 403, 404, 412, 413, 429, 500, 503,
    ]);
    let list = prop::collection::vec(any_entry(), 0..5);
    let body = prop_oneof![
        6 => (list, any::<bool>()).prop_map(|(list, more)| json!({"data": list, "__composite_requests": list, "info": {"more_records": more}})),
        1 => any_entry(),
        1 => Just(Value::Null),
        1 => Just(json!("<html>")),
    ];
    (status, body)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_plan_has_its_outcome(answers in prop::collection::vec(any_answer(), 1..8)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let zoho = over(Script { answers, next: AtomicUsize::new(0) });
        let sales_order = shop::Order { sales_order: true, ..shop::sample() };
        let plans = [shop::order(1).plan(), shop::sample().plan(), sales_order.plan(), shop::order(2).plan()];
        let outcomes = runtime.block_on(zoho.deliver_all(&plans));
        prop_assert_eq!(outcomes.len(), plans.len());
        for (outcome, plan) in outcomes.iter().zip(&plans) {
            match outcome {
                Outcome::Delivered { records, .. } => prop_assert_eq!(records.len(), plan.records.len()),
                Outcome::Retry(failure) | Outcome::Rejected(failure) => {
                    let order = format!("order {}", plan.order);
                    prop_assert!(failure.message.contains(&order), "{}", failure.message);
                    prop_assert!(!failure.summary().contains('@'));
                }
            }
        }
        prop_assert!(zoho.calls().total() < 150, "{} calls", zoho.calls().total());
    }
}
