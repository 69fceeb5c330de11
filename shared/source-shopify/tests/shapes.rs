//! Bodies that carry no order: refunds, edits, deletions, requests about personal data, under any
//! topic.

#![expect(clippy::panic, reason = "tests may fail")]

use source::{Normalized, Peek, PrivacyKind, PrivacyRequest, Source};
use source_shopify::Shopify;

const REFUND: &[u8] = include_bytes!("../../../events/shopify/07-refund.json");
const EDIT: &[u8] = include_bytes!("fixtures/order-edited.json");
const DELETED: &[u8] = include_bytes!("fixtures/order-deleted.json");
const REDACT: &[u8] = include_bytes!("../../../events/shopify/09-customer-redact.json");
const DATA_REQUEST: &[u8] = include_bytes!("fixtures/customers-data-request.json");
const SHOP_REDACT: &[u8] = include_bytes!("fixtures/shop-redact.json");
const TOPICS: &[&str] = &[
    "orders/updated",
    "orders/edited",
    "refunds/create",
    "orders/delete",
    "customers/redact",
    "",
];

fn privacy(topic: &str, body: &[u8]) -> PrivacyRequest {
    match Shopify.normalize(topic, body) {
        Ok(Normalized::Privacy(request)) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn refunds_and_edits_refer_to_their_order_under_any_topic() {
    for (body, id, event) in [
        (REFUND, "6021574329111", "a refund"),
        (EDIT, "6021574335500", "an edit"),
    ] {
        for topic in TOPICS {
            let Ok(Normalized::Reference { order, otherwise }) = Shopify.normalize(topic, body)
            else {
                panic!("{event} under {topic}")
            };
            assert_eq!(order, id);
            assert!(
                otherwise.starts_with(&format!("Shopify told of {event} of order {id}")),
                "{otherwise}"
            );
        }
        let peek = Peek {
            order_id: Some(id.to_owned()),
            ..Peek::default()
        };
        assert_eq!(Shopify.peek(body), peek);
    }
}

#[test]
fn a_deleted_order_leaves_its_records_under_any_topic() {
    for topic in TOPICS {
        let Ok(Normalized::Gone { order, how }) = Shopify.normalize(topic, DELETED) else {
            panic!("{topic}")
        };
        assert_eq!(
            (order.as_str(), how),
            ("820982911946154508", "deleted in the shop")
        );
    }
    assert_eq!(
        Shopify.peek(DELETED).order_id.unwrap(),
        "820982911946154508"
    );
}

#[test]
fn a_customers_requests_are_known_by_their_bodies() {
    for topic in TOPICS {
        let redact = privacy(topic, REDACT);
        assert_eq!(
            (redact.kind, redact.customer_id.as_deref()),
            (PrivacyKind::RedactCustomer, Some("7384920158723"))
        );
        assert_eq!(
            redact.orders,
            ["6021574328721", "6021574330158", "6021574334400"]
        );
        let access = privacy(topic, DATA_REQUEST);
        assert_eq!(
            (access.kind, access.email.as_deref()),
            (PrivacyKind::Access, Some("jo@example.com"))
        );
        assert_eq!(access.orders, ["299938", "280263"]);
    }
    assert_eq!(
        Shopify.peek(REDACT),
        Peek {
            customer: Some("grace.kim@example.com".to_owned()),
            topic: Some("customers/redact"),
            ..Peek::default()
        }
    );
}

#[test]
fn a_customer_without_orders_or_e_mail_is_forgotten_too() {
    let body = br#"{"shop_id":954889,"customer":{"id":191167,"email":null}}"#;
    let request = privacy("customers/redact", body);
    assert_eq!(
        (
            request.kind,
            request.customer_id.as_deref(),
            request.email.as_deref()
        ),
        (PrivacyKind::RedactCustomer, Some("191167"), None)
    );
    assert_eq!(Shopify.peek(body).customer.as_deref(), Some("191167"));
    assert_eq!(
        privacy("customers/data_request", body).kind,
        PrivacyKind::Access
    );
}

#[test]
fn a_whole_shop_is_forgotten_only_where_topic_and_body_agree() {
    assert_eq!(
        privacy("shop/redact", SHOP_REDACT).kind,
        PrivacyKind::RedactStore
    );
    for topic in TOPICS {
        assert!(Shopify.normalize(topic, SHOP_REDACT).is_err(), "{topic}");
    }
    let one_customer = br#"{"shop_id":954889,"customer":{"id":191167}}"#;
    assert!(Shopify.normalize("shop/redact", one_customer).is_err());
    assert_eq!(Shopify.peek(SHOP_REDACT), Peek::default());
}

#[test]
fn requests_do_not_show_whom_they_are_about() {
    assert!(!format!("{:?}", privacy("customers/redact", REDACT)).contains("example.com"));
}

#[test]
fn peek_finds_nothing_in_what_is_no_order() {
    for body in [
        "",
        "[7]",
        "7",
        "{\"id\":7",
        "{\"id\":7}x",
        "{\"id\":null}",
        "{\"id\":\"x\"}",
        "{\"order\":[]}",
        "{\"order_edit\":[]}",
    ] {
        assert_eq!(Shopify.peek(body.as_bytes()), Peek::default(), "{body}");
    }
}
