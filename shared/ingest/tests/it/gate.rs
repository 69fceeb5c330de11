//! The gate over a memory queue: which request gets which answer, and which messages it makes.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use http::HeaderMap;
use ingest::{Answer, Gate, RouteGate, Silence, StoreGate};
use jiff::Timestamp;
use ports::{
    Clock, Disposition, Enqueue, Message, PortError, Queue, Received, TooLarge,
    memory::{ManualClock, MemoryQueue},
};
use serde_json::json;
use source::{Source, Webhook, WebhookSecrets};
use source_magento::Magento;
use source_shopify::Shopify;
use source_woocommerce::WooCommerce;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

const LIMIT: usize = 20_000;

fn secrets() -> WebhookSecrets {
    WebhookSecrets::new(vec![
        "new-obviously-fake".to_owned(),
        "old-obviously-fake".to_owned(),
    ])
    .unwrap()
}

fn gate(queue: Arc<dyn Enqueue>) -> Gate {
    gate_of(Arc::new(WooCommerce), queue)
}

fn gate_of(source: Arc<dyn Source>, queue: Arc<dyn Enqueue>) -> Gate {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(
        Timestamp::from_second(1_700_000_000).unwrap(),
    ));
    let route = |name: &str, destination: &str, topics: Option<&[&str]>| RouteGate {
        name: name.to_owned(),
        destination: destination.to_owned(),
        topics: topics.map(|topics| topics.iter().map(|topic| (*topic).to_owned()).collect()),
    };
    let routes = vec![
        route("acme-sales", "sales", None),
        route("acme-erp", "erp", Some(&["order.updated"])),
    ];
    let store = StoreGate {
        source,
        secrets: secrets().into(),
        routes,
    };
    Gate::new(
        BTreeMap::from([("acme".to_owned(), store)]),
        LIMIT,
        queue,
        clock,
    )
}

fn memory() -> Arc<MemoryQueue> {
    Arc::new(MemoryQueue::new(Arc::new(ManualClock::new(
        Timestamp::from_second(1_700_000_000).unwrap(),
    ))))
}

fn signed(topic: &str, body: &[u8], secrets: &WebhookSecrets) -> HeaderMap {
    WooCommerce
        .sign(topic, body, secrets)
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
}

async fn post(gate: &Gate, topic: &str, body: &[u8]) -> Answer {
    let headers = signed(topic, body, &secrets());
    gate.accept(
        "acme",
        Webhook {
            headers: &headers,
            query: "",
            body,
        },
    )
    .await
}

/// Returns all orders for a destination, then all requests about personal data, in order; each is
/// settled, so that the next of its group follows.
async fn messages(queue: &MemoryQueue, destination: &str) -> Vec<Message> {
    let (mut all, time) = (Vec::new(), Duration::from_secs(1));
    loop {
        let mut received: Vec<Received> = queue.receive(destination, 1, time).await.unwrap();
        received.extend(queue.receive_requests(destination, 1, time).await.unwrap());
        if received.is_empty() {
            return all;
        }
        let done = |received: &Received| received.clone().settled(Disposition::Done);
        queue
            .settle(received.iter().map(done).collect())
            .await
            .unwrap();
        all.extend(received.into_iter().map(|received| received.message));
    }
}

const ORDER: &[u8] =
    br#"{"id":7,"customer_id":5,"date_modified_gmt":"2023-10-26T10:00:00","billing":{"email":" Jane@Example.com "},"line_items":[]}"#;
const UNDATED: &[u8] =
    br#"{"id":7,"customer_id":5,"billing":{"email":"jane@example.com"},"line_items":[]}"#;

#[tokio::test]
async fn makes_one_message_for_each_route_that_wants_the_topic() {
    let queue = memory();
    let gate = gate(queue.clone());
    let answer = post(&gate, "order.updated", ORDER).await;
    assert_eq!(
        (answer.status(), answer.body()),
        (200, json!({ "status": "accepted", "messages": 2 }))
    );
    let answer = post(&gate, "order.created", UNDATED).await;
    assert_eq!(
        answer.body(),
        json!({ "status": "accepted", "messages": 1 })
    );
    let (sales, erp) = (
        messages(&queue, "sales").await,
        messages(&queue, "erp").await,
    );
    assert_eq!(sales.len() + erp.len(), 3);
    let [updated] = &erp[..] else {
        panic!("{erp:?}")
    };
    assert_eq!(
        (
            updated.route.as_str(),
            updated.order.as_deref(),
            updated.topic.as_str()
        ),
        ("acme-erp", Some("7"), "order.updated")
    );
    assert_eq!(updated.body, ORDER);
    assert_ne!(
        updated.group, sales[0].group,
        "each route has groups of its own"
    );
}

/// WooCommerce never repeats a delivery: the same body again is the order's state again.
#[tokio::test]
async fn from_a_to_b_and_back_to_a_within_one_second_ends_at_a() {
    let queue = memory();
    let gate = gate(queue.clone());
    let other = String::from_utf8(ORDER.to_vec())
        .unwrap()
        .replace("\"customer_id\"", "\"status\":\"on-hold\",\"customer_id\"");
    for body in [ORDER, other.as_bytes(), ORDER, UNDATED, UNDATED] {
        post(&gate, "order.created", body).await;
    }
    let bodies: Vec<bytes::Bytes> = messages(&queue, "sales")
        .await
        .into_iter()
        .map(|message| message.body)
        .collect();
    assert_eq!(bodies, [ORDER, other.as_bytes(), ORDER, UNDATED, UNDATED]);
}

/// Shopify repeats a delivery that it thinks lost, and names it.
#[tokio::test]
async fn a_repeated_delivery_is_swallowed_and_the_same_body_in_another_is_not() {
    let queue = memory();
    let gate = gate_of(Arc::new(Shopify), queue.clone());
    let order =
        br#"{"id":7,"updated_at":"2026-03-10T11:05:40-05:00","currency":"EUR","total_price":"1.00","customer":{"id":5},"line_items":[]}"#;
    for delivery in ["one", "one", "two", "one"] {
        let mut headers = shopify_headers("orders/updated", order);
        headers.insert("x-shopify-webhook-id", delivery.parse().unwrap());
        let webhook = Webhook {
            headers: &headers,
            query: "",
            body: order,
        };
        assert_eq!(
            gate.accept("acme", webhook).await.status(),
            200,
            "a repeat is answered like the first"
        );
    }
    assert_eq!(messages(&queue, "sales").await.len(), 2);
}

#[tokio::test]
async fn groups_by_customer_and_hides_who_that_is() {
    let queue = memory();
    let gate = gate(queue.clone());
    post(&gate, "order.created", ORDER).await;
    post(&gate, "order.created", UNDATED).await;
    post(
        &gate,
        "order.created",
        br#"{"id":8,"billing":{"email":"other@example.com"},"line_items":[]}"#,
    )
    .await;
    let groups: Vec<String> = messages(&queue, "sales")
        .await
        .into_iter()
        .map(|message| message.group)
        .collect();
    assert_eq!(groups.len(), 3);
    assert_eq!(groups.iter().collect::<BTreeSet<_>>().len(), 2);
    assert!(groups.iter().all(|group| !group.contains("example")));
}

#[tokio::test]
async fn an_old_secret_still_verifies() {
    let gate = gate(memory());
    let old = WebhookSecrets::new(vec!["old-obviously-fake".to_owned()]).unwrap();
    let headers = signed("order.created", ORDER, &old);
    assert_eq!(
        gate.accept(
            "acme",
            Webhook {
                headers: &headers,
                query: "",
                body: ORDER
            }
        )
        .await
        .status(),
        200
    );
}

#[tokio::test]
async fn every_refusal_has_its_status() {
    let gate = gate(memory());
    let none = HeaderMap::new();
    let at = |store: &'static str, headers: &'static HeaderMap, body: &'static [u8]| {
        (store, headers, body)
    };
    let wrong = Box::leak(Box::new(signed(
        "order.created",
        b"another body",
        &secrets(),
    )));
    let latin = Box::leak(Box::new(signed(
        "order.created",
        b"{\"id\":3,\"x\":\"\xe9\"}",
        &secrets(),
    )));
    let none: &'static HeaderMap = Box::leak(Box::new(none));
    let big: &'static [u8] = Box::leak(vec![b' '; LIMIT + 1].into_boxed_slice());
    let broken = Box::leak(Box::new(signed("order.created", b"{", &secrets())));
    for ((store, headers, body), status) in [
        (at("nobody", none, ORDER), 404),
        (at("acme", none, big), 413),
        (at("acme", none, ORDER), 401),
        (at("acme", wrong, ORDER), 401),
        (at("acme", broken, b"{"), 400),
        (at("acme", latin, b"{\"id\":3,\"x\":\"\xe9\"}"), 400),
        (at("acme", none, b"webhook_id=12"), 200),
    ] {
        let answer = gate
            .accept(
                store,
                Webhook {
                    headers,
                    query: "",
                    body,
                },
            )
            .await;
        assert_eq!(answer.status(), status, "{answer:?}");
    }
}

/// A queue whose disk is gone, or that takes nothing of this size.
struct Away(Option<TooLarge>);

#[async_trait::async_trait]
impl Enqueue for Away {
    async fn enqueue(&self, _: Vec<Message>) -> Result<(), PortError> {
        Err(match self.0 {
            Some(large) => PortError::new("queue: enqueue", large),
            None => PortError::new("queue: enqueue", "the disk is gone"),
        })
    }
}

#[tokio::test]
async fn without_the_queue_the_shop_is_told_to_come_back() {
    let answer = post(&gate(Arc::new(Away(None))), "order.created", ORDER).await;
    assert_eq!((answer.status(), answer.retry_after()), (503, Some(5)));
}

/// A shop would repeat its webhook after a 503 for ever.
#[tokio::test]
async fn what_no_queue_can_hold_is_refused_as_too_large() {
    let large = TooLarge { bytes: 9, limit: 8 };
    let answer = post(&gate(Arc::new(Away(Some(large)))), "order.created", ORDER).await;
    assert_eq!(
        (answer.status(), answer.retry_after(), answer.word()),
        (413, None, "too_large")
    );
}

#[tokio::test]
async fn an_unwanted_topic_is_ignored() {
    let answer = post(&gate(memory()), "coupon.created", br#"{"id":1}"#).await;
    assert_eq!(
        (answer.status(), answer.body()),
        (200, json!({ "status": "ignored" }))
    );
}

/// A proxy may remove the header, and Mage-OS has none: no route is passed over for a topic that
/// nobody named.
#[tokio::test]
async fn where_no_topic_is_told_every_route_takes_it_and_the_body_decides() {
    let queue = memory();
    let gate = gate(queue.clone());
    let mut headers = signed("order.created", ORDER, &secrets());
    headers.remove("x-wc-webhook-topic");
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: ORDER,
    };
    let answer = gate.accept("acme", webhook).await;
    assert_eq!(
        answer.body(),
        json!({ "status": "accepted", "messages": 2 })
    );
    let [message] = &messages(&queue, "erp").await[..] else {
        panic!("one message")
    };
    assert_eq!(message.topic, "order.updated");

    let bare = br#"{"entity_id":7,"increment_id":"000000007","grand_total":9.99,"created_at":"2023-10-26 10:00:00","customer_email":"a@example.com"}"#;
    let headers: HeaderMap = Magento
        .sign("", bare, &secrets())
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: bare,
    };
    let gate = gate_of(Arc::new(Magento), queue.clone());
    let answer = gate.accept("acme", webhook).await;
    assert_eq!(
        answer.body(),
        json!({ "status": "accepted", "messages": 2 }),
        "erp asks for another topic"
    );
    let webhook = Webhook {
        query: "topic=catalog_product_save_after",
        ..webhook
    };
    assert_eq!(
        gate.accept("acme", webhook).await.body(),
        json!({ "status": "ignored" }),
        "what is told counts"
    );
}

#[tokio::test]
async fn a_request_about_personal_data_is_known_by_its_body_where_no_topic_is_told() {
    let queue = memory();
    let gate = shopify(queue.clone(), &[("a-sales", "sales"), ("b-sales", "sales")]);
    let mut headers = shopify_headers("customers/redact", REDACT);
    headers.remove("x-shopify-topic");
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: REDACT,
    };
    assert_eq!(
        gate.accept("acme", webhook).await.body(),
        json!({ "status": "accepted", "messages": 1 })
    );
    assert_eq!(messages(&queue, "sales").await[0].topic, "customers/redact");
}

/// Creates the gate of a Shopify store with these routes, given by name and destination, which all
/// want paid orders only.
fn shopify(queue: Arc<dyn Enqueue>, routes: &[(&str, &str)]) -> Gate {
    let route = |(name, destination): &(&str, &str)| RouteGate {
        name: (*name).to_owned(),
        destination: (*destination).to_owned(),
        topics: Some(vec!["orders/paid".to_owned()]),
    };
    let store = StoreGate {
        source: Arc::new(Shopify),
        secrets: secrets().into(),
        routes: routes.iter().map(route).collect(),
    };
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(
        Timestamp::from_second(1_700_000_000).unwrap(),
    ));
    Gate::new(
        BTreeMap::from([("acme".to_owned(), store)]),
        LIMIT,
        queue,
        clock,
    )
}

fn shopify_headers(topic: &str, body: &[u8]) -> HeaderMap {
    let signed = Shopify.sign(topic, body, &secrets()).into_iter();
    signed
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
}

async fn ask(gate: &Gate, topic: &str, body: &[u8]) -> Answer {
    let headers = shopify_headers(topic, body);
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body,
    };
    gate.accept("acme", webhook).await
}

const REDACT: &[u8] = br#"{"shop_id":954889,"shop_domain":"acme.myshopify.com","customer":{"id":191167,"email":"Jane@Example.com","phone":null},"orders_to_redact":[299938]}"#;

#[tokio::test]
async fn requests_about_personal_data_reach_every_destination_whatever_the_routes_ask_for() {
    let queue = memory();
    let gate = shopify(
        queue.clone(),
        &[("a-sales", "sales"), ("b-sales", "sales"), ("a-erp", "erp")],
    );
    for topic in ["customers/redact", "customers/data_request", "shop/redact"] {
        let answer = ask(&gate, topic, REDACT).await;
        assert_eq!(
            answer.body(),
            json!({ "status": "accepted", "messages": 2 }),
            "{topic}"
        );
    }
    let sales = messages(&queue, "sales").await;
    let topics: Vec<&str> = sales.iter().map(|message| message.topic.as_str()).collect();
    assert_eq!(
        topics,
        ["customers/redact", "customers/data_request", "shop/redact"]
    );
    assert!(sales.iter().all(|message| message.route == "a-sales"));
    let groups: BTreeSet<&String> = sales.iter().map(|message| &message.group).collect();
    assert_eq!(groups.len(), 1, "they are fulfilled in their order");
    assert_ne!(
        sales[0].group,
        ports::group_id("sales", "acme", "jane@example.com"),
        "they wait behind no order of the customer"
    );
    assert_eq!(messages(&queue, "erp").await.len(), 3);
}

#[tokio::test]
async fn a_store_without_routes_keeps_nothing_that_could_be_asked_about() {
    let answer = ask(&shopify(memory(), &[]), "customers/redact", REDACT).await;
    assert_eq!(
        (answer.status(), answer.body()),
        (200, json!({ "status": "ignored" }))
    );
}

#[tokio::test]
async fn a_request_about_personal_data_with_a_wrong_signature_is_refused() {
    let gate = shopify(memory(), &[("a-sales", "sales")]);
    let other = WebhookSecrets::new(vec!["another-obviously-fake".to_owned()]).unwrap();
    let signed = Shopify.sign("customers/redact", REDACT, &other).into_iter();
    let headers: HeaderMap = signed
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: REDACT,
    };
    assert_eq!(gate.accept("acme", webhook).await.status(), 401);
}

/// The head alone decides this, before any of the body is kept.
#[tokio::test]
async fn a_body_is_read_only_as_far_as_its_head_makes_it_worth_it() {
    let gate = gate(memory());
    let with = |headers: HeaderMap, length: Option<usize>| {
        let length = length.map(|length| (http::header::CONTENT_LENGTH, length.into()));
        headers
            .into_iter()
            .filter_map(|(name, value)| Some((name?, value)))
            .chain(length)
            .collect::<HeaderMap>()
    };
    let signed = || signed("order.created", ORDER, &secrets());
    let refusal = |store: &str, headers: HeaderMap| {
        gate.before_body(store, &headers)
            .err()
            .map(|answer| answer.status())
    };
    assert_eq!(refusal("nobody", with(signed(), Some(5))), Some(404));
    assert_eq!(refusal("acme", with(signed(), Some(LIMIT))), None);
    assert_eq!(refusal("acme", with(signed(), Some(LIMIT + 1))), Some(413));
    assert_eq!(
        refusal("acme", with(HeaderMap::new(), Some(LIMIT + 1))),
        Some(413)
    );
    assert_eq!(
        refusal("acme", with(HeaderMap::new(), Some(5_000))),
        Some(401)
    );
    assert_eq!(
        refusal("acme", with(HeaderMap::new(), Some(13))),
        None,
        "a ping"
    );

    let long = gate.before_body("acme", &signed()).unwrap();
    assert_eq!(
        (long.most(), long.is_signed(), long.exceeded().status()),
        (LIMIT, true, 413)
    );
    let short = gate.before_body("acme", &HeaderMap::new()).unwrap();
    assert_eq!(
        (short.most(), short.is_signed(), short.exceeded().status()),
        (64, false, 401)
    );
}

#[tokio::test]
async fn a_webhook_for_an_unknown_store_counts_as_one_only_where_it_bears_a_signature() {
    let gate = gate(memory());
    for (headers, counts) in [
        (signed("order.created", ORDER, &secrets()), true),
        (HeaderMap::new(), false),
    ] {
        let answer = gate.before_body("acmee", &headers).unwrap_err();
        assert!(matches!(answer, Answer::UnknownStore { is_signed } if is_signed == counts));
    }
}

#[tokio::test]
async fn only_a_verified_webhook_ends_the_silence_of_a_store() {
    let clock = Arc::new(ManualClock::new(
        Timestamp::from_second(1_700_000_000).unwrap(),
    ));
    let hour = Duration::from_secs(3600);
    let silence = Arc::new(Silence::new(
        [("acme".to_owned(), hour, clock.now())],
        clock.clone(),
    ));
    let gate = gate(memory()).heard_by(Arc::clone(&silence));
    clock.advance(hour);
    let stranger = WebhookSecrets::new(vec!["another-obviously-fake".to_owned()]).unwrap();
    let headers = signed("order.created", ORDER, &stranger);
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: ORDER,
    };
    assert_eq!(
        (gate.accept("acme", webhook).await.status(), silence.look()),
        (401, 1)
    );
    assert_eq!(
        (
            post(&gate, "coupon.created", b"{}").await.status(),
            silence.look()
        ),
        (200, 0)
    );
}
