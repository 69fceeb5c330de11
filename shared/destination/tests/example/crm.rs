//! The CRM itself, as far as this adapter sees it.

use async_trait::async_trait;
use destination::{Answer, Lost, Wire};
use reqwest::{Request, header::HeaderMap};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
};

/// Records by object and key, and one good token at a time.
#[derive(Default)]
pub(crate) struct Crm {
    records: Mutex<BTreeMap<(String, String), Value>>,
    /// The number of logins; only the token of the last one is good.
    pub(crate) logins: AtomicUsize,
    /// The status with which the next batch is refused.
    pub(crate) refuse_next: AtomicU16,
}

impl Crm {
    pub(crate) fn count(&self, object: &str) -> usize {
        let records = self.records.lock().unwrap();
        records.keys().filter(|(of, _)| of == object).count()
    }

    pub(crate) fn record(&self, object: &str, key: &str) -> Option<Value> {
        let records = self.records.lock().unwrap();
        records.get(&(object.to_owned(), key.to_owned())).cloned()
    }

    fn answer(&self, request: &Request) -> (u16, Value) {
        let body = request.body().and_then(|body| body.as_bytes()).unwrap();
        if request.url().path() == "/token" {
            return match body {
                b"key=good" => {
                    let number = self.logins.fetch_add(1, Ordering::Relaxed) + 1;
                    (200, json!({ "access_token": format!("token-{number}") }))
                }
                _ => (
                    400,
                    json!({"category": "BAD_KEY", "message": "no such key"}),
                ),
            };
        }
        let good = format!("Bearer token-{}", self.logins.load(Ordering::Relaxed));
        if request.headers()["authorization"] != good {
            return (401, json!({"category": "INVALID_AUTHENTICATION"}));
        }
        match self.refuse_next.swap(0, Ordering::Relaxed) {
            0 => self.upsert(
                request.url().path().split('/').nth(4).unwrap(),
                &serde_json::from_slice(body).unwrap(),
            ),
            409 => (409, json!({"category": "CONFLICT", "message": "busy"})),
            status => (status, json!({})),
        }
    }

    fn upsert(&self, object: &str, body: &Value) -> (u16, Value) {
        let inputs = body["inputs"].as_array().unwrap();
        assert!((1..=100).contains(&inputs.len()), "a batch takes up to 100");
        let mut records = self.records.lock().unwrap();
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for input in inputs {
            let trace = &input["objectWriteTraceId"];
            let refuses = |value: &Value| value == "refuse me";
            if input["properties"]
                .as_object()
                .unwrap()
                .values()
                .any(refuses)
            {
                let context = json!({ "objectWriteTraceId": [trace] });
                errors.push(json!({"status": "error", "category": "VALIDATION_ERROR", "message": "no", "context": context}));
                continue;
            }
            let key = input["id"].as_str().unwrap().to_owned();
            let number = records.len() + 1;
            let record = records
                .entry((object.to_owned(), key))
                .or_insert_with(|| json!({ "id": number.to_string() }));
            let fields = record.as_object_mut().unwrap();
            fields.extend(input["properties"].as_object().unwrap().clone());
            results.push(json!({ "id": fields["id"], "objectWriteTraceId": trace }));
        }
        let status = if errors.is_empty() { 200 } else { 207 };
        (status, json!({ "results": results, "errors": errors }))
    }
}

#[async_trait]
impl Wire for Crm {
    async fn exchange(&self, request: Request) -> Result<Answer, Lost> {
        let (status, body) = self.answer(&request);
        Ok(Answer {
            status,
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
        })
    }
}
