//! Wires that answer in Zoho's place, or change what goes over them.

use super::bytes;
use async_trait::async_trait;
use destination::{Answer, Lost, Wire};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

/// A wire that answers the question about products with this, and all others with nothing found,
/// and notes every path.
pub(crate) struct Parts {
    pub(crate) about_products: Value,
    pub(crate) paths: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Wire for Parts {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let path = request.url().path().to_owned();
        let (status, body) = match path.as_str() {
            "/oauth/v2/token" => (
                200,
                json!({"access_token": "t", "api_domain": "https://www.zohoapis.com"}),
            ),
            "/crm/v8/__composite_requests" => (
                200,
                self.answer(request.body().and_then(|body| body.as_bytes()).unwrap()),
            ),
            _ => (503, Value::Null),
        };
        self.paths.lock().unwrap().push(path);
        Ok(Answer {
            status,
            headers: HeaderMap::new(),
            body: bytes(&body),
        })
    }
}

impl Parts {
    fn answer(&self, request: &[u8]) -> Value {
        let sent: Value = serde_json::from_slice(request).unwrap();
        let part = |part: &Value| {
            let is_about_products = part["body"]["select_query"]
                .as_str()
                .unwrap()
                .contains(" from Products ");
            let response = if is_about_products {
                self.about_products.clone()
            } else {
                json!({"status_code": 204})
            };
            json!({"code": "SUCCESS", "status": "success", "details": {"response": response}})
        };
        let parts = sent["__composite_requests"].as_array().unwrap();
        json!({"__composite_requests": parts.iter().map(part).collect::<Vec<_>>()})
    }
}

/// An organisation that has every second product, and a sales order with all lines in the reverse
/// order.
pub(crate) struct Catalogue {
    pub(crate) lines: usize,
}

#[async_trait]
impl Wire for Catalogue {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let body = request
            .body()
            .and_then(|body| body.as_bytes())
            .unwrap_or_default();
        let sent: Value = serde_json::from_slice(body).unwrap_or_default();
        let body = match request.url().path() {
            "/oauth/v2/token" => {
                json!({"access_token": "t", "api_domain": "https://www.zohoapis.com"})
            }
            "/crm/v8/coql" => rows(&sent),
            "/crm/v8/__composite_requests" => {
                let part = |part: &Value| json!({"code": "SUCCESS", "details": {"response": {"status_code": 200, "body": rows(&part["body"])}}});
                let parts = sent["__composite_requests"].as_array().unwrap();
                json!({"__composite_requests": parts.iter().map(part).collect::<Vec<_>>()})
            }
            path if path.ends_with("/100000") => {
                json!({"data": [{"id": "100000", "Ordered_Items": self.there()}]})
            }
            _ => {
                let written = |(number, _): (usize, &Value)| json!({"code": "SUCCESS", "action": "update", "details": {"id": (100_000 + number).to_string()}});
                json!({"data": sent["data"].as_array().unwrap().iter().enumerate().map(written).collect::<Vec<_>>()})
            }
        };
        Ok(Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: bytes(&body),
        })
    }
}

impl Catalogue {
    fn there(&self) -> Vec<Value> {
        let line = |number: usize| json!({"id": (5_000_000 + number).to_string(), "Product_Name": {"id": (1_000_000 + number).to_string()}, "Quantity": 1});
        (0..self.lines).rev().map(line).collect()
    }
}

/// Returns the products with an even number that the query names, and no other records.
fn rows(query: &Value) -> Value {
    let text = query["select_query"].as_str().unwrap();
    let numbers = text
        .split("'SKU-")
        .skip(1)
        .map(|rest| rest.split('\'').next().unwrap().parse::<usize>().unwrap());
    let row = |number: usize| json!({"id": (1_000_000 + number).to_string(), "Product_Code": format!("SKU-{number}")});
    json!({"data": numbers.filter(|number| number.is_multiple_of(2)).map(row).collect::<Vec<_>>(), "info": {"more_records": false}})
}

/// A wire over which the first upsert of a sales order arrives twice, as if one that had timed out
/// were done while the next one is on its way.
pub(crate) struct Late {
    pub(crate) http: reqwest::Client,
    pub(crate) is_done: AtomicBool,
}

#[async_trait]
impl Wire for Late {
    async fn exchange(&self, request: reqwest::Request) -> Result<Answer, Lost> {
        let lost = |error: reqwest::Error| Lost::TimedOut(error.to_string());
        if request.url().path().ends_with("/Sales_Orders/upsert")
            && !self.is_done.swap(true, Ordering::Relaxed)
        {
            self.http
                .execute(request.try_clone().unwrap())
                .await
                .map_err(lost)?;
        }
        let answer = self.http.execute(request).await.map_err(lost)?;
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.bytes().await.map_err(lost)?.to_vec(),
        })
    }
}
