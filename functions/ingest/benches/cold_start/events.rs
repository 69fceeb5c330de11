//! Signed webhooks of one WooCommerce store, in the form of API Gateway.

use serde_json::{Map, Value, json};
use source::{Source, WebhookSecrets};

pub(crate) const SECRET: &str = "obviously-fake-webhook-secret";

pub(crate) struct Event {
    pub(crate) name: String,
    /// The event's JSON.
    pub(crate) json: Vec<u8>,
    pub(crate) status: u64,
    pub(crate) is_last: bool,
}

/// Creates all events, the baseline first.
pub(crate) async fn all() -> Vec<Event> {
    vec![
        event("GET /healthz", "GET", "/healthz", "", "", 200),
        wanted("order of 0.3 KB: an SQS call", 0),
        wanted("order of 2.5 KB", 2_500),
        wanted("order of 16 KB", 16_000),
        event(
            "16 KB that no route wants",
            "POST",
            "/webhooks/acme",
            "product.updated",
            &body(16_000),
            200,
        ),
        Event {
            is_last: true,
            ..event(
                "16 KB in base64",
                "POST",
                "/webhooks/acme",
                "order.updated",
                &body(16_000),
                200,
            )
        },
    ]
}

pub(crate) async fn order(size: usize) -> Event {
    wanted("order", size)
}

fn wanted(name: &str, size: usize) -> Event {
    event(
        name,
        "POST",
        "/webhooks/acme",
        "order.updated",
        &body(size),
        200,
    )
}

/// Creates an order with as many lines as fill the size.
fn body(size: usize) -> String {
    let line = |number: usize| {
        json!({
            "id": 9_000 + number, "name": format!("Article {} of the autumn collection", number * 7919 % 1000), "product_id": 100 + number * 31 % 977,
            "variation_id": 0, "quantity": 1 + number % 4, "tax_class": "", "subtotal": format!("{}.{:02}", 10 + number % 90, number * 37 % 100),
            "total": format!("{}.{:02}", 10 + number % 90, number * 37 % 100), "total_tax": "0.00", "sku": format!("SKU-{:06}", number * 104_729 % 1_000_000), "meta_data": []
        })
    };
    let order = |lines: &[Value]| {
        json!({
            "id": 4711, "status": "processing", "currency": "EUR", "date_modified_gmt": "2023-10-26T10:00:00", "customer_id": 5, "total": "99.99",
            "billing": { "first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "country": "DE" }, "line_items": lines
        })
        .to_string()
    };
    let mut lines = Vec::new();
    while order(&lines).len() < size {
        lines.push(line(lines.len()));
    }
    order(&lines)
}

fn event(name: &str, method: &str, path: &str, topic: &str, body: &str, status: u64) -> Event {
    let secrets = WebhookSecrets::new(vec![SECRET.to_owned()]).expect("a secret");
    let signed = source_woocommerce::WooCommerce.sign(topic, body.as_bytes(), &secrets);
    let headers: Map<String, Value> = signed
        .into_iter()
        .map(|(name, value)| (name.to_lowercase(), json!(value)))
        .collect();
    let is_base64 = name.ends_with("base64");
    let body = if is_base64 {
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, body)
    } else {
        body.to_owned()
    };
    let json = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "api-id", "domainName": "api-id.execute-api.us-east-1.amazonaws.com", "domainPrefix": "api-id",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "WooCommerce Hookshot" },
            "requestId": "id", "routeKey": "$default", "stage": "$default", "time": "26/Oct/2023:10:00:00 +0000", "timeEpoch": 1_698_314_400_000_i64
        },
        "body": body, "isBase64Encoded": is_base64
    });
    Event {
        name: name.to_owned(),
        json: json.to_string().into_bytes(),
        status,
        is_last: false,
    }
}
