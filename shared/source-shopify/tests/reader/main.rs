//! The reader against a small double of the Admin API on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may fail"
)]

mod setup;
mod tokens;
mod walks;
mod world;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse,
};
use ports::memory::MemorySecrets;
use source::reader::Shop as Connection;
use source::{Normalized, OrderReader, ReadError, Source};
use source_shopify::{Shopify, ShopifyReader};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use world::World;

const ORDER: &str = include_str!("../../../../events/shopify/06-partially-refunded.json");
const ID: &str = "6021574329111";

/// The answers of the double, and the requests to it.
#[derive(Clone)]
struct Shop {
    answer: Arc<(u16, HeaderMap, String)>,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

/// Starts a shop that gives this answer to everything; returns its address.
async fn shop(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> (String, Shop) {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let shop = Shop {
        answer: Arc::new((status, headers.collect(), body.to_owned())),
        asked: Arc::default(),
    };
    let answer = |State(shop): State<Shop>, uri: Uri, headers: HeaderMap| async move {
        shop.asked.lock().unwrap().push((uri.to_string(), headers));
        let (status, headers, body) = shop.answer.as_ref().clone();
        (
            StatusCode::from_u16(status).unwrap(),
            headers,
            Bytes::from(body),
        )
            .into_response()
    };
    let router = Router::new().fallback(answer).with_state(shop.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), shop)
}

fn reader(domain: &str, token: &str) -> ShopifyReader {
    let secrets = MemorySecrets::new().with(
        "shop",
        &[("store_domain", domain), ("admin_api_access_token", token)],
    );
    ShopifyReader::over(Connection::new(Arc::new(secrets), "shop").unwrap())
}

#[tokio::test]
async fn the_newest_state_comes_as_a_webhook_would_carry_it() {
    let (domain, shop) = shop(200, &[], &format!("{{\"order\":{ORDER}}}")).await;
    let (topic, body) = reader(&domain, "shpat_made_up").read(ID).await.unwrap();
    assert_eq!(
        (topic.as_str(), body.as_slice()),
        ("orders/updated", ORDER.trim().as_bytes())
    );
    let Ok(Normalized::Order(order)) = Shopify.normalize(&topic, &body) else {
        panic!("an order")
    };
    assert_eq!(order.id, ID);

    let asked = shop.asked.lock().unwrap();
    let [(path, headers)] = asked.as_slice() else {
        panic!("one call, not {}", asked.len())
    };
    assert_eq!(path, "/admin/api/2026-04/orders/6021574329111.json");
    assert_eq!(
        headers.get("x-shopify-access-token").unwrap(),
        "shpat_made_up"
    );
}

/// Without `read_all_orders` an order that is older than 60 days is answered like one that is gone.
#[tokio::test]
async fn an_order_is_gone_only_where_the_app_sees_orders_of_any_age() {
    for sees_all in [true, false] {
        let shop = World::double().await;
        if let World::Double(_, state) = &shop {
            state.lock().unwrap().sees_all = sees_all;
        }
        match shop.reader().read(ID).await {
            Err(ReadError::Gone(id)) => assert!(sees_all && id == ID, "{id}"),
            Err(ReadError::Refused(text)) => {
                assert!(!sees_all && text.contains("read_all_orders"), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn every_answer_is_refused_or_unavailable() {
    let unavailable = |text: &str| ReadError::unavailable(text);
    let no_answer = |text: &str| ReadError::NoAnswer(text.to_owned());
    for (status, headers, body, expected) in [
        (
            429,
            &[("retry-after", "2.0")][..],
            "",
            ReadError::Unavailable {
                problem: "429, too many calls; it asks for 2 s of patience".to_owned(),
                retry_after: Some(Duration::from_secs(2)),
            },
        ),
        (
            429,
            &[("retry-after", "<b>")],
            "",
            unavailable("429, too many calls"),
        ),
        (500, &[], "", unavailable("it answered 500")),
        (503, &[], "", unavailable("it answered 503")),
        (402, &[], "", unavailable("it answered 402")),
        (
            200,
            &[],
            "<html>",
            no_answer("200 with a page of HTML in place of an order"),
        ),
        (
            200,
            &[],
            r#"{"order":null}"#,
            no_answer(
                "200 with something else, or only a part of it, in place of the order that was asked for",
            ),
        ),
        (
            200,
            &[],
            r#"{"order":{"id":8}}"#,
            no_answer(
                "200 with something else, or only a part of it, in place of the order that was asked for",
            ),
        ),
    ] {
        let (domain, _) = shop(status, headers, body).await;
        assert_eq!(
            reader(&domain, "shpat_made_up").read(ID).await,
            Err(expected),
            "{status} {body}"
        );
    }
    for (status, advice) in [
        (
            401,
            "admin_api_access_token in secret shop is not, or no longer, valid",
        ),
        (403, "needs the scope read_orders"),
        (301, "must be the store's own .myshopify.com domain"),
    ] {
        let (domain, shop) = shop(status, &[("location", "http://127.0.0.1:9/")], "").await;
        let Err(ReadError::Refused(text)) = reader(&domain, "shpat_made_up").read(ID).await else {
            panic!("{status}")
        };
        assert!(text.contains(advice) && !text.contains("shpat"), "{text}");
        assert_eq!(shop.asked.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_shop_that_is_away_is_unavailable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let result = reader(&format!("http://{address}"), "shpat_made_up")
        .read(ID)
        .await;
    assert_eq!(result, Err(ReadError::unavailable("no connection")));
}

#[tokio::test]
async fn the_token_goes_to_shopify_and_nowhere_else() {
    for domain in [
        "example.com",
        "example.myshopify.com.example.com",
        "example.com/.myshopify.com",
        "example.com#.myshopify.com",
        "user@example.myshopify.com",
        "http://example.myshopify.com",
        "http://127.0.0.1:1@example.com",
        "http://127.0.0.1",
    ] {
        let result = reader(domain, "shpat_made_up").read(ID).await;
        assert!(
            matches!(&result, Err(ReadError::Refused(text)) if text.contains("is no domain like")),
            "{domain}: {result:?}"
        );
    }
}

#[tokio::test]
async fn a_store_is_asked_only_where_its_secret_has_both_credentials() {
    for (keys, possible) in [
        (
            &[
                ("store_domain", "x.myshopify.com"),
                ("admin_api_access_token", "shpat_made_up"),
            ][..],
            true,
        ),
        (
            &[
                ("store_domain", "x.myshopify.com"),
                ("client_id", "made_up"),
                ("client_secret", "shpss_made_up"),
            ],
            true,
        ),
        (&[("store_domain", "x.myshopify.com")], false),
        (
            &[
                ("store_domain", "x.myshopify.com"),
                ("client_id", "made_up"),
            ],
            false,
        ),
        (&[("admin_api_access_token", "shpat_made_up")], false),
    ] {
        let secrets = Arc::new(MemorySecrets::new().with("shop", keys));
        assert_eq!(
            ShopifyReader::where_possible(secrets, "shop")
                .await
                .unwrap()
                .is_some(),
            possible,
            "{keys:?}"
        );
    }
    let none = ShopifyReader::where_possible(Arc::new(MemorySecrets::new()), "shop")
        .await
        .unwrap();
    assert!(none.is_none());
}

#[tokio::test]
async fn what_is_missing_or_unusable_is_named() {
    let nothing = Connection::new(Arc::new(MemorySecrets::new()), "shop").unwrap();
    let nothing = ShopifyReader::over(nothing);
    assert_eq!(
        nothing.read(ID).await,
        Err(ReadError::Refused("there is no secret shop".to_owned()))
    );
    for (domain, token, text) in [
        ("", "shpat_made_up", "secret shop has no store_domain"),
        (
            "example.myshopify.com",
            "",
            "secret shop has no admin_api_access_token",
        ),
        (
            "example.myshopify.com",
            "a\nb",
            "admin_api_access_token in secret shop has letters that no token has",
        ),
    ] {
        assert_eq!(
            reader(domain, token).read(ID).await,
            Err(ReadError::Refused(text.to_owned()))
        );
    }
}

#[tokio::test]
async fn only_digits_become_part_of_an_address() {
    let (domain, shop) = shop(200, &[], "{}").await;
    for order in [
        "",
        "0",
        "../products",
        "7?x=1",
        "7/../8",
        "123456789012345678901",
    ] {
        assert_eq!(
            reader(&domain, "shpat_made_up").read(order).await,
            Err(ReadError::Gone(order.to_owned()))
        );
    }
    assert!(shop.asked.lock().unwrap().is_empty());
}
