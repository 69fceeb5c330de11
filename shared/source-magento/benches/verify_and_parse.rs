//! CPU per webhook: what accepting costs (verify, topic and peek) and what delivering costs (normalize), at two sizes of a real shop's body.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a broken fixture must stop the benchmark")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::Value;
use source::{Source, Webhook, WebhookSecrets};
use source_magento::Magento;
use std::hint::black_box;

const FIXTURE: &str = include_str!("../../../events/magento/03-guest.json");
/// The least that a shop's whole order has, and a long one.
const SIZES: [usize; 2] = [4_500, 16_000];

fn verify_and_parse(criterion: &mut Criterion) {
    let secrets = WebhookSecrets::new(vec!["a-made-up-secret".to_owned()]).expect("a secret");
    for size in SIZES {
        let body = body_of(size);
        let headers = signed_headers(&body, &secrets);
        let mut group = criterion.benchmark_group(format!("{} bytes", body.len()));
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function("verify and peek", |bench| {
            bench.iter(|| {
                let webhook = Webhook {
                    headers: &headers,
                    query: "",
                    body: black_box(&body),
                };
                (Magento.verify(webhook, &secrets), Magento.peek(black_box(&body)))
            });
        });
        group.bench_function("topic", |bench| {
            bench.iter(|| {
                Magento.topic(Webhook {
                    headers: &headers,
                    query: "",
                    body: black_box(&body),
                })
            });
        });
        group.bench_function("peek", |bench| bench.iter(|| Magento.peek(black_box(&body))));
        group.bench_function("normalize", |bench| {
            bench.iter(|| Magento.normalize("sales_order_save_after", black_box(&body)))
        });
        // The yardstick: what parsing everything would cost.
        group.bench_function("baseline: serde_json::Value", |bench| {
            bench.iter(|| serde_json::from_slice::<Value>(black_box(&body)));
        });
        group.finish();
    }
}

/// The fixture, in one line, with its first row repeated until the body has about that size.
fn body_of(size: usize) -> Vec<u8> {
    let mut order: Value = serde_json::from_str(FIXTURE).expect("the fixture is JSON");
    loop {
        let body = order.to_string().into_bytes();
        if body.len() + 300 > size {
            return body;
        }
        let lines = order["items"].as_array_mut().expect("the fixture has lines");
        lines.push(lines[0].clone());
    }
}

fn signed_headers(body: &[u8], secrets: &WebhookSecrets) -> http::HeaderMap {
    let signed = Magento.sign("sales_order_save_after", body, secrets);
    let parsed = signed
        .iter()
        .map(|(name, value)| (name.parse::<http::HeaderName>(), value.parse::<http::HeaderValue>()));
    parsed
        .map(|(name, value)| (name.expect("a name"), value.expect("a value")))
        .collect()
}

criterion_group!(benches, verify_and_parse);
criterion_main!(benches);
