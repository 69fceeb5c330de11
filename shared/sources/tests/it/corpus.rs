//! Bad input from `tests/corpus`: every source over every body, and over mixtures of them. A
//! snapshot records the outcome of each body.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use config::Platform;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{
    prelude::*,
    sample::{Index, select},
};
use source::{Normalized, Source, Webhook, WebhookSecrets};
use std::{fmt::Write, fs, path::Path, sync::LazyLock};

/// Name and content of every body, by name.
static BODIES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/payloads");
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut bodies: Vec<_> = paths
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            )
        })
        .collect();
    bodies.sort();
    bodies
});

/// The headers of a shop's signature or topic, and beginnings of values with a meaning.
const HEADERS: [&str; 8] = [
    "x-wc-webhook-signature",
    "x-wc-webhook-topic",
    "x-shopify-hmac-sha256",
    "x-shopify-topic",
    "x-magento-signature",
    "x-adobe-commerce-webhook-signature",
    "x-wc-webhook-source",
    "content-type",
];
const BEGINNINGS: [&str; 7] = ["", "sha256=", "SHA256=", "sha1=", "sha512=", "=", ","];

fn sources() -> impl Iterator<Item = std::sync::Arc<dyn Source>> {
    Platform::ALL
        .iter()
        .map(|platform| sources::source(*platform))
}

fn topics(source: &dyn Source) -> impl Iterator<Item = &'static str> {
    source
        .order_topics()
        .iter()
        .chain(source.privacy_topics())
        .copied()
        .chain([""])
}

/// Puts a body through everything that a source does with it, and returns the outcome.
fn outcome(source: &dyn Source, topic: &str, body: &[u8]) -> String {
    let peek = source.peek(body);
    let headers = HeaderMap::new();
    source.topic(Webhook {
        headers: &headers,
        query: topic,
        body,
    });
    match source.normalize(topic, body) {
        Ok(Normalized::Order(order)) => {
            assert_eq!(
                peek.order_id.as_deref(),
                Some(order.id.as_str()),
                "the peek names another order"
            );
            assert_eq!(
                peek.modified, order.modified,
                "the peek knows another modification time"
            );
            assert!(!order.id.is_empty());
            format!(
                "order {:?} of {}, {} lines, total {}",
                order.id,
                order.customer.key,
                order.lines.len(),
                order.total
            )
        }
        Ok(Normalized::Reference { order, .. }) => {
            assert_eq!(
                peek.order_id.as_deref(),
                Some(order.as_str()),
                "the peek names another order"
            );
            format!("reference to order {order:?}")
        }
        Ok(Normalized::Gone { order, how }) => format!("gone: order {order} was {how}"),
        Ok(Normalized::Skip(why)) => format!("nothing to deliver: {why}"),
        Ok(Normalized::Privacy(request)) => format!("about personal data: {:?}", request.kind),
        Err(error) => format!("refused: {error}"),
    }
}

#[test]
fn every_bad_body_has_an_outcome_that_was_looked_at() {
    for source in sources() {
        let topic = source.order_topics().first().copied().unwrap_or_default();
        let mine = |name: &str| name.starts_with(source.platform()) || name.starts_with("any-");
        let mut said = String::new();
        for (name, body) in BODIES.iter().filter(|(name, _)| mine(name)) {
            let outcome: String = outcome(&*source, topic, body).chars().take(300).collect();
            writeln!(said, "{name}: {}", outcome.escape_debug()).unwrap();
        }
        insta::assert_snapshot!(source.platform(), said);
    }
}

#[test]
fn no_source_minds_the_bodies_of_another_or_any_topic() {
    for source in sources() {
        for topic in topics(&*source) {
            for (_, body) in BODIES.iter() {
                outcome(&*source, topic, body);
            }
        }
    }
}

#[test]
fn nesting_of_any_depth_and_values_of_any_length_end_in_an_answer() {
    let deep = |open: &str, shut: &str| {
        format!(
            "{{\"id\": 1, \"x\": {}{}}}",
            open.repeat(200_000),
            shut.repeat(200_000)
        )
    };
    let bodies = [
        deep("[", "]"),
        deep("{\"x\":", "}"),
        deep("[", ""),
        format!("{{\"id\": \"{}\"}}", "9".repeat(2_000_000)),
    ];
    for source in sources() {
        for (topic, body) in
            topics(&*source).flat_map(|topic| bodies.iter().map(move |body| (topic, body)))
        {
            outcome(&*source, topic, body.as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn no_mixture_of_bodies_does_harm(
        one in select(&BODIES[..]), other in select(&BODIES[..]), place in any::<Index>(), from in any::<Index>(), noise in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let cut = |body: &[u8], place: Index| place.index(body.len() + 1);
        let mut body = one.1.get(..cut(&one.1, place)).unwrap().to_vec();
        body.extend(noise);
        body.extend(other.1.get(cut(&other.1, from)..).unwrap());
        for source in sources() {
            for topic in topics(&*source) {
                outcome(&*source, topic, &body);
            }
        }
    }

    #[test]
    fn no_source_believes_headers_that_its_secret_did_not_make(
        headers in proptest::collection::vec((select(&HEADERS[..]), select(&BEGINNINGS[..]), "[ -~]{0,90}|[0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}="), 0..6),
        body in proptest::collection::vec(any::<u8>(), 1..60),
    ) {
        let secrets = WebhookSecrets::new(vec!["a-made-up-webhook-secret".to_owned()]).unwrap();
        let mut given = HeaderMap::new();
        for (name, beginning, value) in headers {
            given.append(HeaderName::from_static(name), HeaderValue::try_from(format!("{beginning}{value}")).unwrap());
        }
        for source in sources() {
            let webhook = Webhook { headers: &given, query: "", body: &body };
            prop_assert!(source.verify(webhook, &secrets).is_err(), "{}", source.platform());
        }
    }
}
