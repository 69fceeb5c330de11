//! The page of what destinations and shops lack.

use crate::{
    records::Records,
    support::{Browser, text},
};
use async_trait::async_trait;
use axum::http::{StatusCode, header};
use setup::{Item, Made, Remedy, Setup, Side, State};
use std::sync::{Arc, Mutex};

/// A shop that lacks a webhook, and something that only a person can make.
#[derive(Default)]
struct Shop(Mutex<bool>);

#[async_trait]
impl Setup for Shop {
    async fn plan(&self) -> Vec<Item> {
        let hook = match *self.0.lock().unwrap() {
            true => Item::good("webhook order.created", "it is on and posts to us"),
            false => Item::open(
                "webhook order.created",
                State::Missing,
                "the shop posts it nowhere",
                Remedy::Api("create it, to https://hooks.example/".to_owned()),
            ),
        };
        let steps = vec!["Open <Settings> & add the scope".to_owned()];
        let scope = Item::open(
            "scope read_orders",
            State::Missing,
            "the app lacks it",
            Remedy::ByHand(steps),
        );
        vec![hook, scope]
    }

    async fn make(&self, _: &Item) -> Made {
        *self.0.lock().unwrap() = true;
        Made::Done
    }
}

fn sides(shop: &Arc<Shop>) -> Vec<Side> {
    vec![Side {
        name: "store acme".to_owned(),
        setup: shop.clone(),
    }]
}

#[tokio::test]
async fn what_is_missing_is_made_after_a_question_and_the_rest_stays_named() {
    let (records, shop) = (Records::new().await, Arc::new(Shop::default()));
    let browser = Browser::open(records.desk_with_sides(sides(&shop)), false).await;
    let (status, page) = browser.page("/setup").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("1 to make, 1 by hand"), "{page}");
    assert!(page.contains("Open &#60;Settings&#62; &#38; add"), "{page}");
    let (_, page) = browser.page("/setup/apply").await;
    assert!(page.contains("Make 1 thing?"), "{page}");
    assert!(!*shop.0.lock().unwrap(), "asking does nothing");
    let response = browser.send(browser.post("/setup/apply", &[])).await;
    let location = response.headers().get(header::LOCATION).cloned();
    let (status, page) = text(response).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    let (_, page) = browser.page(location.unwrap().to_str().unwrap()).await;
    assert!(page.contains("1 thing made."), "{page}");
    assert!(page.contains("0 to make, 1 by hand"), "{page}");
    let (status, _) = browser.page("/setup/apply").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_console_for_reading_makes_nothing() {
    let (records, shop) = (Records::new().await, Arc::new(Shop::default()));
    let browser = Browser::open(records.desk_with_sides(sides(&shop)), true).await;
    let (_, page) = browser.page("/setup").await;
    assert!(
        page.contains("1 to make") && !page.contains("/setup/apply"),
        "{page}"
    );
    let (status, _) = browser.submit("/setup/apply", &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!*shop.0.lock().unwrap());
}

#[tokio::test]
async fn where_nothing_is_configured_the_page_says_so() {
    let records = Records::new().await;
    let browser = Browser::open(records.desk(), false).await;
    let (_, page) = browser.page("/setup").await;
    assert!(page.contains("orderbridge init"), "{page}");
}
