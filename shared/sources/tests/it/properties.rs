//! Laws that hold for every shop and every body: nothing panics, peek agrees with the order, and
//! only signed requests are trusted.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use config::Platform;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use source::{Normalized, Peek, Source, Webhook, WebhookSecrets};
use std::{fs, path::PathBuf, sync::Arc, sync::LazyLock};

/// JSON numbers that strain decimals.
const NUMBERS: &[&str] = &[
    "1e400",
    "-0",
    "0.1e-30",
    "1e28",
    "123456789012345678901234567890",
    "-1E+12",
    "0.000000000000000000000000000000001",
];

/// The platforms with their bodies: the sample events, and the fixtures of the platform's crate.
static BODIES: LazyLock<Vec<(Platform, String)>> = LazyLock::new(|| {
    let of = |platform: &Platform| {
        let word = platform.as_str();
        let bodies = [
            format!("events/{word}"),
            format!("shared/source-{word}/tests/fixtures"),
        ]
        .map(|folder| files(&folder));
        assert!(
            bodies.iter().all(|bodies| bodies.len() >= 5),
            "{word} has its samples and its fixtures"
        );
        let bodies = bodies.into_iter().flatten();
        bodies.map(|body| (*platform, body)).collect::<Vec<_>>()
    };
    Platform::ALL.iter().flat_map(of).collect()
});

fn files(folder: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    // The same order on every machine, so that a failing seed fails again.
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

fn source_of(platform: Platform) -> Arc<dyn Source> {
    sources::source(platform)
}

/// Puts one body through everything.
fn run(platform: Platform, topic: &str, body: &[u8]) {
    let source = source_of(platform);
    let peek = source.peek(body);
    let headers = HeaderMap::new();
    source.topic(Webhook {
        headers: &headers,
        query: topic,
        body,
    });
    match source.normalize(topic, body) {
        Ok(Normalized::Order(order)) => {
            assert_eq!(peek, peek_of(&order));
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            assert!(
                order.customer.key.bytes().all(is_plain),
                "{}",
                order.customer.key
            );
            let _ = order.difference();
        }
        Ok(Normalized::Reference { order, .. }) => assert_eq!(peek.order_id, Some(order)),
        _ => {}
    }
}

fn peek_of(order: &order::Order) -> Peek {
    let customer = [
        Some(order.customer.email.clone()),
        order.customer.id.clone(),
        Some(order.id.clone()),
    ];
    Peek {
        order_id: Some(order.id.clone()),
        modified: order.modified,
        customer: customer.into_iter().flatten().find(|name| !name.is_empty()),
        topic: None,
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        select(NUMBERS).prop_map(|number| serde_json::from_str(number).unwrap()),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9eE.+-]{0,40}".prop_map(Value::from),
        "-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?"
            .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["x", 1, null])),
        select(&ODD_LINES[..]).prop_map(|lines| serde_json::from_str(lines).unwrap()),
    ]
}

/// Lines as each platform might send them on a bad day.
const ODD_LINES: [&str; 4] = [
    r#"{"1": {"total": "1.00", "quantity": 0}, "4": {"total": -3, "quantity": "0.3333333333333333333333333333"}}"#,
    r#"[{"price": "9999999999999", "quantity": "9999999999999"}, {"price": -3, "quantity": "0.3333333333333333333333333333"}]"#,
    r#"{"shop_money": {"amount": "1.00"}}"#,
    r#"{"1": {"item_id": 1, "parent_item_id": 4, "row_total": "1.00", "qty_ordered": 0}, "4": {"item_id": "4", "parent_item": {"item_id": 1}, "price": -3, "qty_ordered": "0.33"}}"#,
];

/// Returns all paths to values in a JSON document.
fn paths(value: &Value) -> Vec<String> {
    let below = |key: String, child: &Value| -> Vec<String> {
        let deeper = paths(child).into_iter().map(|path| format!("/{key}{path}"));
        std::iter::once(format!("/{key}")).chain(deeper).collect()
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, child)| below(key.replace('~', "~0").replace('/', "~1"), child))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, child)| below(index.to_string(), child))
            .collect(),
        _ => Vec::new(),
    }
}

fn platform() -> impl Strategy<Value = Platform> {
    select(Platform::ALL)
}

/// Generates one of the bodies, and a topic of its platform, of another resource of the shop, or
/// none.
fn body_and_topic() -> impl Strategy<Value = (Platform, &'static str, String)> {
    (select(&BODIES[..]), any::<Index>()).prop_map(|((platform, body), index)| {
        let source = source_of(platform);
        let mut topics = vec![
            "",
            "coupon.created",
            "order.deleted",
            "orders/delete",
            "sales_order_delete_after",
        ];
        topics.extend(
            source
                .order_topics()
                .iter()
                .chain(source.privacy_topics())
                .copied(),
        );
        (platform, *index.get(&topics), body)
    })
}

/// Creates the headers that the shop would send.
fn signed(source: &dyn Source, body: &[u8], secret: &str) -> HeaderMap {
    let topic = source.order_topics().first().unwrap();
    let secrets = WebhookSecrets::new(vec![secret.to_owned()]).unwrap();
    let headers = source.sign(topic, body, &secrets).into_iter();
    headers
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                value.parse::<HeaderValue>().unwrap(),
            )
        })
        .collect()
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_no_harm(platform in platform(), body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let topic = source_of(platform).order_topics().first().copied().unwrap();
        run(platform, topic, &body);
    }

    #[test]
    fn bodies_with_broken_bytes_do_no_harm(
        (platform, topic, body) in body_and_topic(), changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4), cut in any::<Index>(),
    ) {
        let mut body = body.into_bytes();
        for (place, byte) in changes {
            *place.get_mut(&mut body) = byte;
        }
        run(platform, topic, &body);
        body.truncate(cut.index(body.len()));
        run(platform, topic, &body);
    }

    #[test]
    fn bodies_with_odd_values_do_no_harm(
        (platform, topic, body) in body_and_topic(), changes in proptest::collection::vec((any::<Index>(), odd_value()), 1..6),
    ) {
        let mut payload: Value = serde_json::from_str(&body).unwrap();
        for (place, value) in changes {
            let paths = paths(&payload);
            prop_assume!(!paths.is_empty());
            let path: &String = place.get(&paths);
            *payload.pointer_mut(path).unwrap() = value;
        }
        run(platform, topic, payload.to_string().as_bytes());
    }

    #[test]
    fn only_what_was_signed_is_believed(
        platform in platform(), secret in "[ -~]{1,60}", junk in proptest::collection::vec(any::<u8>(), 0..80),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let source = source_of(platform);
        let secrets = WebhookSecrets::new(vec![secret.clone()]).unwrap();
        let mut headers = signed(source.as_ref(), &body, &secret);
        let verify = |headers: &HeaderMap| source.verify(Webhook { headers, query: "", body: &body }, &secrets).is_ok();
        prop_assert!(verify(&headers));
        // The header that changes with another secret is the signature.
        let others = signed(source.as_ref(), &body, &format!("{secret}x"));
        let is_signature = |name: &&HeaderName| headers.get(*name) != others.get(*name);
        let name = headers.keys().find(is_signature).cloned().unwrap();
        if let Ok(value) = HeaderValue::from_bytes(&junk) {
            headers.insert(name, value);
            prop_assert!(!verify(&headers));
        }
    }
}
