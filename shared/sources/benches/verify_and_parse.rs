//! CPU time per webhook of each shop: the cost of accepting (verify, topic and peek) and of
//! delivering (normalize), at two sizes of a real shop's body.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken sample must stop the benchmark"
)]

use config::Platform;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use source::{Source, Webhook, WebhookSecrets};
use std::hint::black_box;

/// The sizes of about the smallest whole order of a shop (Magento's is larger), and of a long one.
const SIZES: [usize; 2] = [2_500, 16_000];

fn verify_and_parse(criterion: &mut Criterion) {
    let secrets = WebhookSecrets::new(vec!["a-made-up-secret".to_owned()]).expect("a secret");
    for platform in Platform::ALL {
        let source = sources::source(*platform);
        let topic = source.order_topics()[0];
        let mut group = criterion.benchmark_group(platform.as_str());
        for size in SIZES {
            let body = body_of(*platform, size);
            let headers = signed_headers(source.as_ref(), topic, &body, &secrets);
            let webhook = || Webhook {
                headers: &headers,
                query: "",
                body: black_box(&body),
            };
            group.throughput(Throughput::Bytes(body.len() as u64));
            group.bench_function(BenchmarkId::new("verify and peek", body.len()), |bench| {
                bench.iter(|| {
                    (
                        source.verify(webhook(), &secrets),
                        source.peek(black_box(&body)),
                    )
                });
            });
            group.bench_function(BenchmarkId::new("topic", body.len()), |bench| {
                bench.iter(|| source.topic(webhook()));
            });
            group.bench_function(BenchmarkId::new("normalize", body.len()), |bench| {
                bench.iter(|| source.normalize(topic, black_box(&body)));
            });
            // The yardstick: the cost of parsing everything.
            group.bench_function(
                BenchmarkId::new("baseline: serde_json::Value", body.len()),
                |bench| {
                    bench.iter(|| serde_json::from_slice::<Value>(black_box(&body)));
                },
            );
        }
        group.finish();
    }
}

/// A sample order, in one line, with its first line repeated until the body has about that size.
fn body_of(platform: Platform, size: usize) -> Vec<u8> {
    let (sample, lines) = match platform {
        Platform::WooCommerce => (
            include_str!("../../../events/woocommerce/03-guest.json"),
            "line_items",
        ),
        Platform::Shopify => (
            include_str!("../../../events/shopify/02-returning-customer.json"),
            "line_items",
        ),
        Platform::Magento => (
            include_str!("../../../events/magento/03-guest.json"),
            "items",
        ),
    };
    let mut order: Value = serde_json::from_str(sample).expect("the sample is JSON");
    loop {
        let body = order.to_string().into_bytes();
        let lines = order[lines].as_array_mut().expect("the sample has lines");
        let line = lines[0].clone();
        if body.len() + line.to_string().len() > size {
            return body;
        }
        lines.push(line);
    }
}

fn signed_headers(
    source: &dyn Source,
    topic: &str,
    body: &[u8],
    secrets: &WebhookSecrets,
) -> HeaderMap {
    let signed = source.sign(topic, body, secrets).into_iter();
    let parsed =
        signed.map(|(name, value)| (name.parse::<HeaderName>(), value.parse::<HeaderValue>()));
    parsed
        .map(|(name, value)| (name.expect("a name"), value.expect("a value")))
        .collect()
}

criterion_group!(benches, verify_and_parse);
criterion_main!(benches);
