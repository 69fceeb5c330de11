//! Shops that hold up their checkout until they are answered.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use http::HeaderMap;
use ingest::{Gate, RouteGate, StoreGate};
use jiff::Timestamp;
use ports::{
    Enqueue, Queue,
    memory::{ManualClock, MemoryQueue},
};
use serde_json::{Value, json};
use source::{
    Normalized, PayloadError, Peek, Source, Verified, VerifyError, Webhook, WebhookSecrets,
};
use source_magento::Magento;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Magento, with every signature taken for one of Adobe Commerce.
struct Commerce;

impl Source for Commerce {
    fn platform(&self) -> &'static str {
        Magento.platform()
    }
    fn order_topics(&self) -> &'static [&'static str] {
        Magento.order_topics()
    }
    fn signature_headers(&self) -> &'static [&'static str] {
        Magento.signature_headers()
    }
    fn verify(
        &self,
        webhook: Webhook<'_>,
        secrets: &WebhookSecrets,
    ) -> Result<Verified, VerifyError> {
        Magento.verify(webhook, secrets).map(|_| Verified::Awaited)
    }
    fn topic(&self, webhook: Webhook<'_>) -> Option<String> {
        Magento.topic(webhook)
    }
    fn usual_topic(&self) -> &'static str {
        Magento.usual_topic()
    }
    fn peek(&self, body: &[u8]) -> Peek {
        Magento.peek(body)
    }
    fn normalize(&self, topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
        Magento.normalize(topic, body)
    }
    fn sign(
        &self,
        topic: &str,
        body: &[u8],
        secrets: &WebhookSecrets,
    ) -> Vec<(&'static str, String)> {
        Magento.sign(topic, body, secrets)
    }
}

async fn answer(
    source: Arc<dyn Source>,
    signed: bool,
    body: &str,
) -> (u16, Value, &'static str, usize) {
    let clock = Arc::new(ManualClock::new(
        Timestamp::from_second(1_700_000_000).unwrap(),
    ));
    let queue = Arc::new(MemoryQueue::new(Arc::clone(&clock) as Arc<dyn ports::Clock>));
    let secrets = WebhookSecrets::new(vec!["obviously-fake".to_owned()]).unwrap();
    let headers: HeaderMap = source
        .sign("", body.as_bytes(), &secrets)
        .into_iter()
        .filter(|_| signed)
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let route = RouteGate {
        name: "acme-sales".to_owned(),
        destination: "sales".to_owned(),
        topics: None,
    };
    let store = StoreGate {
        source,
        secrets: secrets.into(),
        routes: vec![route],
    };
    let gate = Gate::new(
        BTreeMap::from([("acme".to_owned(), store)]),
        1_000,
        Arc::clone(&queue) as Arc<dyn Enqueue>,
        clock,
    );
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: body.as_bytes(),
    };
    let answer = gate.accept("acme", webhook).await;
    let messages = queue
        .receive("sales", 10, Duration::from_secs(60))
        .await
        .unwrap();
    (
        answer.status(),
        answer.body(),
        answer.word(),
        messages.len(),
    )
}

#[tokio::test]
async fn a_shop_that_waits_is_told_to_go_on_whenever_the_delivery_is_taken() {
    let order = r#"{"data":{"order":{"entity_id":7,"increment_id":"000000007","grand_total":1}}}"#;
    let product =
        r#"{"eventName":"catalog_product_save_after","data":{"product":{"entity_id":7}}}"#;
    let accepted = json!({"status": "accepted", "messages": 1, "op": "success"});
    assert_eq!(
        answer(Arc::new(Commerce), true, order).await,
        (200, accepted, "accepted", 1)
    );
    let ignored = json!({"status": "ignored", "op": "success"});
    assert_eq!(
        answer(Arc::new(Commerce), true, product).await,
        (200, ignored, "ignored", 0)
    );
}

#[tokio::test]
async fn nobody_else_is_told_so() {
    let order = r#"{"entity_id":7,"grand_total":1}"#;
    let (status, body, ..) = answer(Arc::new(Magento), true, order).await;
    assert_eq!(
        (status, body),
        (200, json!({"status": "accepted", "messages": 1}))
    );
    for (signed, body, status) in [(false, order, 401), (true, "no json", 400)] {
        let (found, answer, ..) = answer(Arc::new(Commerce), signed, body).await;
        assert_eq!((found, answer.get("op")), (status, None), "{body}");
    }
}
