//! Races between our read and our write, and facts that no read shows. Only a wire of our own can
//! be so quick.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support;

use async_trait::async_trait;
use destination::{Answer, Lost, Wire};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use support::{
    one, over,
    planned::{order_of, plan},
    records,
};

/// An account that shows a guest's record with the customer's address, while somebody else makes
/// the registered customer's record.
#[derive(Default)]
struct Raced(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Wire for Raced {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let path = request.url().path().to_owned();
        let sent: Value = serde_json::from_slice(
            request
                .body()
                .and_then(|body| body.as_bytes())
                .unwrap_or_default(),
        )
        .unwrap_or_default();
        let (status, body) = match path.as_str() {
            _ if path.ends_with("/suiteql") => (200, rows(&sent)),
            _ if path.ends_with("/customer/651") => (400, taken()),
            _ => (204, Value::Null),
        };
        let place = path.rsplit("/v1/").next().unwrap_or_default().to_owned();
        self.0
            .lock()
            .unwrap()
            .push(format!("{} {place}", request.method()));
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(
            "location",
            format!("https://erp.example.com/x/{place}/700")
                .parse()
                .unwrap(),
        );
        let body = if status == 204 {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

fn rows(query: &Value) -> Value {
    let is_about_customers = query["q"]
        .as_str()
        .unwrap_or_default()
        .contains("FROM customer");
    let guest = json!({"links": [], "id": "651", "externalid": "WOO_CUST_guest-0a1b2c", "email": "jane@example.com", "isperson": "T", "isinactive": "F"});
    let items = if is_about_customers {
        vec![guest]
    } else {
        Vec::new()
    };
    json!({"hasMore": false, "items": items})
}

fn taken() -> Value {
    let detail = "Error while accessing a resource. This entity already exists.";
    json!({"title": "Bad Request", "status": 400, "o:errorDetails": [{"detail": detail, "o:errorCode": "USER_ERROR"}]})
}

/// An account that does not number its customers, and has had several of this name.
#[derive(Default)]
struct Unnumbered(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Wire for Unnumbered {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let sent: Value = serde_json::from_slice(
            request
                .body()
                .and_then(|body| body.as_bytes())
                .unwrap_or_default(),
        )
        .unwrap_or_default();
        let path = request.url().path();
        let name = sent
            .get("entityId")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let (status, body) = match path {
            _ if path.ends_with("/suiteql") => (200, json!({"hasMore": false, "items": []})),
            _ if path.ends_with("/customer") && !name.ends_with(" 2") => (400, name_taken()),
            _ => (204, Value::Null),
        };
        if path.ends_with("/customer") {
            self.0.lock().unwrap().push(name);
        }
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("location", "https://erp.example.com/x/700".parse().unwrap());
        let body = if status == 204 {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

fn name_taken() -> Value {
    let detail = "Error while accessing a resource. A customer record with this ID already exists. You must enter a unique customer ID for each record you create.";
    json!({"title": "Bad Request", "status": 400, "o:errorDetails": [{"detail": detail, "o:errorCode": "USER_ERROR"}]})
}

#[tokio::test]
async fn a_name_that_a_former_guests_record_kept_is_passed_over() {
    let unnumbered = Unnumbered::default();
    let names = Arc::clone(&unnumbered.0);
    let outcome = one(
        &over(unnumbered),
        &plan(&order_of(1, Some("7"), "jane@example.com")),
    )
    .await;
    assert!(records(&outcome).contains_key("customer"), "{outcome:?}");
    let names = names.lock().unwrap();
    let ends: Vec<&str> = names
        .iter()
        .map(|name| name.rsplit("CUST_").next().unwrap_or_default())
        .collect();
    assert_eq!(ends, ["", "7", "7 2"]);
}

#[tokio::test]
async fn a_key_that_somebody_took_meanwhile_leads_to_the_record_that_has_it() {
    let raced = Raced::default();
    let sent = Arc::clone(&raced.0);
    let outcome = one(
        &over(raced),
        &plan(&order_of(1, Some("7"), "jane@example.com")),
    )
    .await;
    assert!(records(&outcome).contains_key("sales_order"), "{outcome:?}");
    let sent = sent.lock().unwrap();
    let writes: Vec<&str> = sent
        .iter()
        .map(String::as_str)
        .filter(|call| !call.ends_with("suiteql"))
        .collect();
    assert_eq!(
        writes,
        [
            "PATCH customer/651",
            "PATCH customer/eid:WOO_CUST_7",
            "POST salesOrder"
        ]
    );
}
