//! The duties of a source, for every platform that this build speaks. See the crate's README.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may fail"
)]

use config::{Config, Platform};
use contract::{Sample, orders, samples};
use http::{HeaderMap, HeaderName, HeaderValue};
use order::{Money, StatusKind};
use source::{Normalized, Source, Verified, VerifyError, Webhook, WebhookSecrets};
use std::{collections::BTreeSet, path::Path, sync::Arc};

const SECRET: &str = "a-made-up-webhook-secret";

/// Every platform with its source.
fn all() -> Vec<(Platform, Arc<dyn Source>)> {
    let source = |platform: &Platform| (*platform, sources::source(*platform));
    Platform::ALL.iter().map(source).collect()
}

fn secrets(list: &[&str]) -> WebhookSecrets {
    WebhookSecrets::new(list.iter().map(|secret| (*secret).to_owned()).collect()).unwrap()
}

fn headers(source: &dyn Source, body: &[u8], secret: &str) -> HeaderMap {
    let topic = source.order_topics()[0];
    let signed = source.sign(topic, body, &secrets(&[secret])).into_iter();
    signed
        .map(|(name, value)| {
            (
                HeaderName::try_from(name).unwrap(),
                HeaderValue::try_from(value).unwrap(),
            )
        })
        .collect()
}

fn verify(
    source: &dyn Source,
    headers: &HeaderMap,
    body: &[u8],
    list: &[&str],
) -> Result<Verified, VerifyError> {
    let webhook = Webhook {
        headers,
        query: "",
        body,
    };
    source.verify(webhook, &secrets(list))
}

/// A sample that is an order, to play with.
fn first(platform: Platform) -> Sample {
    let mut samples = samples(platform);
    assert!(
        samples.len() >= 8,
        "events/{} holds {} samples",
        platform.as_str(),
        samples.len()
    );
    samples.remove(0)
}

#[test]
fn names_and_topics_are_those_of_the_configuration() {
    for (platform, source) in all() {
        assert_eq!(source.platform(), platform.as_str());
        assert!(!source.order_topics().is_empty());
        let topics: Vec<String> = source
            .order_topics()
            .iter()
            .chain(source.privacy_topics())
            .map(|topic| format!("{topic:?}"))
            .collect();
        let text = format!(
            r#"
[stores.acme]
platform = "{}"
secret = "s"
[destinations.sales]
system = "salesforce"
secret = "d"
auth = "password"
[[routes]]
name = "r"
store = "acme"
destination = "sales"
mapping = "m"
topics = [{}]
"#,
            platform.as_str(),
            topics.join(", ")
        );
        let problems = Config::parse(Path::new("orderbridge.toml"), &text).err();
        assert_eq!(problems, None, "{platform:?}");
    }
}

#[test]
fn what_it_signed_itself_verifies_with_every_listed_secret_and_keeps_its_topic() {
    for (platform, source) in all() {
        for sample in samples(platform) {
            let headers = headers(source.as_ref(), &sample.body, SECRET);
            for list in [
                &[SECRET][..],
                &["the next secret", SECRET],
                &[SECRET, "the last secret"],
            ] {
                assert_eq!(
                    verify(source.as_ref(), &headers, &sample.body, list),
                    Ok(Verified::Delivery),
                    "{platform:?} {}",
                    sample.name
                );
            }
        }
        let body = first(platform).body;
        let headers = headers(source.as_ref(), &body, SECRET);
        let topic = source.topic(Webhook {
            headers: &headers,
            query: "",
            body: &body,
        });
        let topic = topic.as_deref().unwrap_or(source.usual_topic());
        assert!(
            source.order_topics().contains(&topic),
            "{platform:?} reads {topic:?}"
        );
        assert!(source.order_topics().contains(&source.usual_topic()));
    }
}

#[test]
fn it_believes_nothing_else() {
    for (platform, source) in all() {
        let body = first(platform).body;
        let good = headers(source.as_ref(), &body, SECRET);
        let refused = |headers: &HeaderMap, body: &[u8], list: &[&str]| {
            verify(source.as_ref(), headers, body, list).unwrap_err()
        };

        assert!(
            matches!(
                refused(&good, &body, &["another secret"]),
                VerifyError::Mismatch { .. }
            ),
            "{platform:?}"
        );
        assert!(
            matches!(
                refused(&HeaderMap::new(), &body, &[SECRET]),
                VerifyError::Missing { .. }
            ),
            "{platform:?}"
        );
        for place in [0, body.len() / 2, body.len() - 1] {
            let mut changed = body.clone();
            changed[place] ^= 1;
            assert!(
                matches!(
                    refused(&good, &changed, &[SECRET]),
                    VerifyError::Mismatch { .. }
                ),
                "{platform:?} byte {place}"
            );
        }
        assert!(
            matches!(
                refused(&good, &body[..body.len() - 1], &[SECRET]),
                VerifyError::Mismatch { .. }
            ),
            "{platform:?}"
        );

        // A header that came twice is none that can be trusted, whichever of the two a proxy would
        // pick.
        let mut doubled = good.clone();
        for (name, value) in &good {
            doubled.append(name.clone(), value.clone());
        }
        assert!(
            verify(source.as_ref(), &doubled, &body, &[SECRET]).is_err(),
            "{platform:?}"
        );
    }
}

#[test]
fn a_refusal_tells_no_secret_and_no_signature() {
    for (platform, source) in all() {
        let body = first(platform).body;
        let wrong = headers(source.as_ref(), &body, "another secret");
        let right = headers(source.as_ref(), &body, SECRET);
        let text = verify(source.as_ref(), &wrong, &body, &[SECRET])
            .unwrap_err()
            .to_string();
        assert!(!text.contains(SECRET), "{platform:?}: {text}");
        for value in wrong
            .values()
            .chain(right.values())
            .filter(|value| value.len() > 30)
        {
            assert!(
                !text.contains(value.to_str().unwrap()),
                "{platform:?}: {text}"
            );
        }
    }
    let debug = format!("{:?}", secrets(&[SECRET]));
    assert!(!debug.contains(SECRET), "{debug}");
}

#[test]
fn a_peek_and_the_whole_order_agree() {
    for (platform, source) in all() {
        let orders = orders(platform, &source);
        assert!(
            orders.len() >= 6,
            "{platform:?} has {} sample orders",
            orders.len()
        );
        for (sample, order) in orders {
            let peek = source.peek(&sample.body);
            assert_eq!(
                peek.order_id.as_deref(),
                Some(order.id.as_str()),
                "{platform:?} {}",
                sample.name
            );
            assert_eq!(
                peek.modified, order.modified,
                "{platform:?} {}",
                sample.name
            );
            let customer = [
                order.customer.email.as_str(),
                order.customer.id.as_deref().unwrap_or_default(),
                &order.id,
            ];
            let customer = customer.into_iter().find(|name| !name.is_empty());
            assert_eq!(
                peek.customer.as_deref(),
                customer,
                "{platform:?} {}",
                sample.name
            );
        }
    }
}

#[test]
fn the_same_body_is_the_same_order_and_tells_what_destinations_rely_on() {
    for (platform, source) in all() {
        for (sample, order) in orders(platform, &source) {
            let again = source.normalize(source.order_topics()[0], &sample.body);
            assert_eq!(
                again,
                Ok(Normalized::Order(Box::new(order.clone()))),
                "{platform:?} {}",
                sample.name
            );

            let name = format!("{platform:?} {}", sample.name);
            assert!(!order.id.is_empty() && !order.number.is_empty(), "{name}");
            assert_eq!(order.currency.len(), 3, "{name}");
            assert!(order.created.is_some(), "{name}");
            assert_ne!(
                order.status.kind,
                StatusKind::Other,
                "{name}: {}",
                order.status.name
            );
            assert!(!order.customer.key.is_empty(), "{name}");
            let ids: BTreeSet<&str> = order.lines.iter().map(|line| line.id.as_str()).collect();
            assert_eq!(ids.len(), order.lines.len(), "{name}: the ids of its lines");
            assert_eq!(
                order.difference(),
                Some(Money::ZERO),
                "{name}: parts and total"
            );
        }
    }
}

#[test]
fn among_the_samples_are_the_cases_that_go_wrong_elsewhere() {
    for (platform, source) in all() {
        let orders: Vec<_> = orders(platform, &source)
            .into_iter()
            .map(|(_, order)| order)
            .collect();
        assert!(
            orders.iter().any(|order| order.customer.is_guest),
            "{platform:?}: a guest"
        );
        assert!(
            orders.iter().any(|order| !order.customer.is_guest),
            "{platform:?}: a customer with an account"
        );
        assert!(
            orders.iter().any(|order| order.refund_total > Money::ZERO),
            "{platform:?}: a refund"
        );
        assert!(
            orders.iter().any(|one| orders
                .iter()
                .any(|other| one.id == other.id && one.modified < other.modified)),
            "{platform:?}: an order in two states"
        );
    }
}

#[test]
fn broken_bodies_are_refused_with_a_reason_that_holds_nothing_personal() {
    for (platform, source) in all() {
        let topic = source.order_topics()[0];
        for (sample, order) in orders(platform, &source) {
            for end in (0..sample.body.trim_ascii_end().len()).step_by(97) {
                let error = source
                    .normalize(topic, &sample.body[..end])
                    .unwrap_err()
                    .to_string();
                assert!(!error.is_empty());
                for personal in [
                    &order.customer.email,
                    &order.customer.last_name,
                    &order.billing.street,
                ] {
                    assert!(
                        personal.is_empty() || !error.contains(personal.as_str()),
                        "{platform:?} {}: {error}",
                        sample.name
                    );
                }
            }
        }
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "17",
            "\"order\"",
            "{\"id\":{}}",
            "\u{0}",
        ] {
            assert!(
                !matches!(
                    source.normalize(topic, body.as_bytes()),
                    Ok(Normalized::Order(_))
                ),
                "{platform:?} {body:?}"
            );
            assert_eq!(
                source.peek(body.as_bytes()).order_id,
                None,
                "{platform:?} {body:?}"
            );
        }
    }
}
