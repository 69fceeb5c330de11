//! Requests of all kinds, also those that only another gateway or a stranger would send.

#![expect(clippy::expect_used, reason = "tests may fail")]

use crate::support;

use async_trait::async_trait;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ports::{Enqueue, Message, PortError};
use std::sync::Arc;
use support::{gate, memory, store, text, waiting};

const ORDER: &str = r#"{"id":7,"billing":{"email":"jane@example.com"},"line_items":[]}"#;

/// Creates a signed webhook in the form of API Gateway.
async fn signed(name: &str, topic: &str, body: &str) -> ApiGatewayV2httpRequest {
    let (source, secrets) = store(name).await;
    let mut request = ApiGatewayV2httpRequest::default();
    request.request_context.http.method = Method::POST;
    request.raw_path = Some(format!("/webhooks/{name}"));
    request.headers = headers(source.sign(topic, body.as_bytes(), &secrets));
    request.body = Some(body.to_owned());
    request
}

fn headers(signed: Vec<(&'static str, String)>) -> HeaderMap {
    let header = |(name, value): (&str, String)| {
        let name: HeaderName = name.parse().expect("a name");
        (name, HeaderValue::try_from(value).expect("a value"))
    };
    signed.into_iter().map(header).collect()
}

async fn status(request: &ApiGatewayV2httpRequest) -> i64 {
    ingest_function::handle(&gate(memory()).await, request)
        .await
        .status_code
}

#[tokio::test]
async fn the_store_is_in_the_parameter_or_in_the_path_with_and_without_the_stage() {
    for (path, parameter, expected) in [
        ("/webhooks/acme", None, 200),
        ("/live/webhooks/acme", None, 200),
        ("/live/webhooks/acme", Some("acme"), 200),
        ("/anything", Some("acme"), 200),
        ("/webhooks/acme", Some("nobody"), 404),
        ("/webhooks/", None, 404),
        ("/webhooks/acme/more", None, 404),
        ("/", None, 404),
        ("/wp-login.php", None, 404),
    ] {
        let mut request = signed("acme", "order.created", ORDER).await;
        request.raw_path = Some(path.to_owned());
        request.path_parameters = parameter
            .map(|name| ("store".to_owned(), name.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(status(&request).await, expected, "{path} {parameter:?}");
    }
    let mut request = signed("acme", "order.created", ORDER).await;
    request.raw_path = None;
    assert_eq!(status(&request).await, 404);
}

#[tokio::test]
async fn only_a_post_is_a_webhook_and_only_reading_asks_for_health() {
    let mut request = signed("acme", "order.created", ORDER).await;
    request.request_context.http.method = Method::PUT;
    let response = ingest_function::handle(&gate(memory()).await, &request).await;
    assert_eq!(
        (response.status_code, response.headers["allow"].as_bytes()),
        (405, &b"POST"[..])
    );
    request.raw_path = Some("/".to_owned());
    let response = ingest_function::handle(&gate(memory()).await, &request).await;
    assert_eq!(response.status_code, 404);
    assert!(
        text(&response).contains("/webhooks/"),
        "it says where webhooks go: {}",
        text(&response)
    );
    for (method, expected) in [(Method::GET, 200), (Method::HEAD, 200), (Method::POST, 404)] {
        let mut request = ApiGatewayV2httpRequest::default();
        request.request_context.http.method = method.clone();
        request.raw_path = Some("/live/healthz".to_owned());
        assert_eq!(status(&request).await, expected, "{method}");
    }
}

#[tokio::test]
async fn the_limit_counts_the_bytes_that_the_shop_sent_and_not_their_base64() {
    let limit = support::sample_config()
        .server
        .body_limit_on(config::Way::Stack);
    for (length, expected) in [(limit, 200), (limit + 1, 413)] {
        let body = format!("{ORDER}{}", " ".repeat(length - ORDER.len()));
        let mut request = signed("acme", "order.created", &body).await;
        assert_eq!(status(&request).await, expected, "{length} bytes of text");
        request.body = Some(STANDARD.encode(&body));
        request.is_base64_encoded = true;
        assert_eq!(status(&request).await, expected, "{length} bytes in base64");
    }
}

#[tokio::test]
async fn what_is_called_base64_and_is_not_is_refused() {
    let mut request = signed("acme", "order.created", ORDER).await;
    request.is_base64_encoded = true;
    assert_eq!(status(&request).await, 400);
}

#[tokio::test]
async fn bytes_that_are_no_text_reach_the_signature_as_they_are() {
    let (source, secrets) = store("acme").await;
    let body = b"{\"id\":7,\"note\":\"\xff\"}";
    let mut request = signed("acme", "order.created", ORDER).await;
    let signature = source.sign("order.created", body, &secrets);
    let (_, signature) = signature
        .iter()
        .find(|(name, _)| *name == "X-WC-Webhook-Signature")
        .expect("a signature");
    request.headers.insert(
        "x-wc-webhook-signature",
        signature.parse().expect("a value"),
    );
    request.body = Some(STANDARD.encode(body));
    request.is_base64_encoded = true;
    let response = ingest_function::handle(&gate(memory()).await, &request).await;
    assert_eq!(response.status_code, 400, "signed, but no JSON");
    assert!(text(&response).contains("not JSON"), "{}", text(&response));
}

#[tokio::test]
async fn a_signed_empty_body_is_no_json() {
    let mut request = signed("acme", "order.created", "").await;
    request.body = None;
    assert_eq!(status(&request).await, 400);
}

#[tokio::test]
async fn one_webhook_makes_one_message_for_each_route() {
    let queue = memory();
    let request = signed("acme", "order.created", ORDER).await;
    let response = ingest_function::handle(&gate(queue.clone()).await, &request).await;
    assert_eq!(text(&response), r#"{"status":"accepted","messages":3}"#);
    assert_eq!(waiting(&queue).await, [1, 1, 1]);
}

#[tokio::test]
async fn while_the_queue_is_away_the_shop_is_asked_to_come_back() {
    let request = signed("acme", "order.created", ORDER).await;
    let response = ingest_function::handle(&gate(Arc::new(Away)).await, &request).await;
    assert_eq!(
        (
            response.status_code,
            response.headers["retry-after"].as_bytes()
        ),
        (503, &b"5"[..])
    );
}

/// A queue that takes nothing.
struct Away;

#[async_trait]
impl Enqueue for Away {
    async fn enqueue(&self, _: Vec<Message>) -> Result<(), PortError> {
        Err(PortError::new("queue: enqueue", "it is away"))
    }
}
