//! The events of `events/apigateway`: that they are what this file makes of the samples and the
//! made-up secrets, and what the function answers to each. `UPDATE_EVENTS=1 cargo test -p
//! ingest-function --test it sample_events` writes them anew.

#![expect(clippy::expect_used, reason = "tests may fail")]

use crate::support;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use std::fs;
use support::{gate, memory, project, store, text, waiting};

/// The difference of a sample from a plain signed webhook.
#[derive(Clone, Copy, PartialEq)]
enum Twist {
    None,
    /// The body in base64, header names as the shop wrote them, the stage in the path and no
    /// parameter of the route.
    Raw,
    BadSignature,
    Sha1,
    Unsigned,
    /// No signature and no body.
    Empty,
    UnknownStore,
    Health,
}

struct Sample {
    file: &'static str,
    store: &'static str,
    topic: &'static str,
    /// A path below `events/`, or the body itself.
    body: &'static str,
    twist: Twist,
    status: i64,
    answer: &'static str,
    messages: [u64; 3],
}

const fn sample(
    file: &'static str,
    store: &'static str,
    topic: &'static str,
    body: &'static str,
) -> Sample {
    Sample {
        file,
        store,
        topic,
        body,
        twist: Twist::None,
        status: 200,
        answer: r#""status":"accepted""#,
        messages: [1, 0, 0],
    }
}

const ORDER: &str = "woocommerce/01-new-customer.json";

const fn twisted(file: &'static str, twist: Twist, status: i64, answer: &'static str) -> Sample {
    Sample {
        twist,
        status,
        answer,
        messages: [0, 0, 0],
        ..sample(file, "acme", "order.created", ORDER)
    }
}

const SAMPLES: &[Sample] = &[
    Sample {
        messages: [1, 1, 1],
        ..sample("woocommerce", "acme", "order.created", ORDER)
    },
    Sample {
        messages: [1, 1, 1],
        ..twisted("woocommerce-base64", Twist::Raw, 200, r#""messages":3"#)
    },
    Sample {
        messages: [1, 1, 1],
        ..sample(
            "woocommerce-not-an-order",
            "acme",
            "order.updated",
            "woocommerce/09-not-an-order.json",
        )
    },
    Sample {
        body: "webhook_id=17",
        ..twisted(
            "woocommerce-ping",
            Twist::Unsigned,
            200,
            r#"{"status":"pong"}"#,
        )
    },
    Sample {
        topic: "customer.created",
        ..twisted(
            "woocommerce-other-topic",
            Twist::None,
            200,
            r#"{"status":"ignored"}"#,
        )
    },
    sample(
        "shopify",
        "boutique",
        "orders/create",
        "shopify/01-new-customer.json",
    ),
    sample(
        "shopify-customer-redact",
        "boutique",
        "customers/redact",
        "shopify/09-customer-redact.json",
    ),
    sample(
        "magento",
        "depot",
        "sales_order_save_after",
        "magento/01-new-customer.json",
    ),
    twisted("bad-signature", Twist::BadSignature, 401, "does not match"),
    twisted("no-body", Twist::Empty, 401, "is missing"),
    Sample {
        store: "depot",
        body: "magento/01-new-customer.json",
        ..twisted("magento-sha1", Twist::Sha1, 400, "not supported")
    },
    twisted(
        "unknown-store",
        Twist::UnknownStore,
        404,
        "no store of this name",
    ),
    twisted("healthz", Twist::Health, 200, r#"{"status":"ok"}"#),
];

fn body_of(sample: &Sample) -> String {
    if sample.body.ends_with(".json") {
        fs::read_to_string(project("events").join(sample.body)).expect("a sample")
    } else {
        sample.body.to_owned()
    }
}

async fn headers_of(sample: &Sample, body: &str) -> Map<String, Value> {
    let (source, secrets) = store(sample.store).await;
    let other = source::WebhookSecrets::new(vec!["another-obviously-fake-secret".to_owned()])
        .expect("a secret");
    let secrets = if sample.twist == Twist::BadSignature {
        other
    } else {
        secrets
    };
    let mut headers = source.sign(sample.topic, body.as_bytes(), &secrets);
    match sample.twist {
        Twist::Unsigned => {
            headers = vec![(
                "Content-Type",
                "application/x-www-form-urlencoded".to_owned(),
            )]
        }
        Twist::Empty | Twist::Health => headers.clear(),
        Twist::Sha1 => headers.retain_mut(|(_, value)| {
            *value = value.replace("sha256=", "sha1=");
            true
        }),
        _ => {}
    }
    headers.push((
        "Host",
        "api-id.execute-api.us-east-1.amazonaws.com".to_owned(),
    ));
    // API Gateway writes names in lower case; other gateways, and other doubles of it, do not.
    let name = |name: &str| {
        if sample.twist == Twist::Raw {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    };
    headers
        .into_iter()
        .map(|(header, value)| (name(header), json!(value)))
        .collect()
}

/// Creates the event of a sample, in the payload format 2.0 of "Working with AWS Lambda proxy
/// integrations for HTTP APIs".
async fn event_of(sample: &Sample) -> Value {
    let body = body_of(sample);
    let name = if sample.twist == Twist::UnknownStore {
        "nobody"
    } else {
        sample.store
    };
    let (method, path, route) = match sample.twist {
        Twist::Health => ("GET", "/healthz".to_owned(), "GET /healthz"),
        Twist::Raw => ("POST", format!("/live/webhooks/{name}"), "$default"),
        _ => (
            "POST",
            format!("/webhooks/{name}"),
            "POST /webhooks/{store}",
        ),
    };
    let stage = if sample.twist == Twist::Raw {
        "live"
    } else {
        "$default"
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers_of(sample, &body).await,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "api-id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "api-id",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "sample" },
            "requestId": "sample-request",
            "routeKey": route,
            "stage": stage,
            "time": "26/Oct/2023:10:00:00 +0000",
            "timeEpoch": 1_698_314_400_000_i64
        }
    });
    if route.contains("{store}") {
        put(&mut event, "pathParameters", json!({ "store": name }));
    }
    // Form posts come in base64, whatever they hold.
    let is_base64 = matches!(sample.twist, Twist::Raw | Twist::Unsigned);
    if !matches!(sample.twist, Twist::Empty | Twist::Health) {
        let text = if is_base64 {
            STANDARD.encode(&body)
        } else {
            body
        };
        put(&mut event, "body", json!(text));
    }
    put(&mut event, "isBase64Encoded", json!(is_base64));
    event
}

fn put(event: &mut Value, name: &str, value: Value) {
    event
        .as_object_mut()
        .expect("an object")
        .insert(name.to_owned(), value);
}

#[tokio::test]
async fn the_files_are_what_the_samples_and_the_made_up_secrets_give() {
    let folder = project("events/apigateway");
    let mut files: Vec<_> = SAMPLES
        .iter()
        .map(|sample| format!("{}.json", sample.file))
        .collect();
    for (sample, file) in SAMPLES.iter().zip(&files) {
        let text = serde_json::to_string_pretty(&event_of(sample).await).expect("JSON") + "\n";
        let path = folder.join(file);
        if std::env::var_os("UPDATE_EVENTS").is_some() {
            fs::write(&path, &text).expect("written");
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == text,
            "{file} is not what this test makes; run it with UPDATE_EVENTS=1 and look at the difference"
        );
    }
    let there = fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name());
    let mut there: Vec<String> = there.filter_map(|name| name.into_string().ok()).collect();
    files.sort();
    there.sort();
    assert_eq!(there, files, "each file is tried below");
}

#[tokio::test]
async fn each_event_gets_its_answer() {
    for sample in SAMPLES {
        let event = fs::read(project("events/apigateway").join(format!("{}.json", sample.file)))
            .expect("an event");
        let request = serde_json::from_slice(&event).expect("an event of API Gateway");
        let queue = memory();
        let response = ingest_function::handle(&gate(queue.clone()).await, &request).await;
        assert_eq!(
            response.status_code,
            sample.status,
            "{}: {}",
            sample.file,
            text(&response)
        );
        assert!(
            text(&response).contains(sample.answer),
            "{}: {}",
            sample.file,
            text(&response)
        );
        assert_eq!(response.headers["content-type"], "application/json");
        assert_eq!(waiting(&queue).await, sample.messages, "{}", sample.file);
    }
}
