//! Tokens for a day, and stores that refuse them.

use crate::world::{CLIENT, World, both, ids, recently, walked};
use ports::{
    Secret,
    memory::{ManualClock, MemorySecrets},
};
use serde_json::json;
use source::reader::{OrderReader, ReadError, Shop, Window};
use source_shopify::ShopifyReader;
use std::{sync::Arc, time::Duration};

fn granted() -> [(&'static str, &'static str); 2] {
    [("client_id", CLIENT.0), ("client_secret", CLIENT.1)]
}

both! {
    an_app_asks_for_a_token_once(shop, json!({})) {
        let made = shop.create(300, recently(0), 60).await;
        let reader = shop.reader_with(&granted());
        for until in [86_400, 90_000] {
            let window = Window::new(recently(-600), recently(until));
            assert_eq!(ids(&walked(&reader, window).await.unwrap()), made);
        }
        let logins = match shop {
            World::Simulator(simulator) => simulator.logins().await,
            World::Double(double, _) => {
                let asked = double.asked();
                asked.iter().filter(|asked| asked.path.ends_with("access_token")).count() as u64
            }
        };
        assert_eq!(logins, 1);
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_token_that_the_store_refuses_is_replaced_once() {
    let Some(shop) = World::simulator(&json!({})) else {
        return;
    };
    let made = shop.create(3, recently(0), 60).await;
    let reader = shop.reader_with(&granted());
    reader.read(&made[0].to_string()).await.unwrap();
    shop.fault("invalid_token", 1).await;
    reader.read(&made[1].to_string()).await.unwrap();
    let World::Simulator(simulator) = &shop else {
        return;
    };
    assert_eq!(simulator.logins().await, 2);
    shop.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn refusals_say_what_to_do_and_show_no_key() {
    let Some(shop) = World::simulator(&json!({})) else {
        return;
    };
    let wrong = "shpss_this_is_not_it";
    let reader = shop.reader_with(&[("client_id", CLIENT.0), ("client_secret", wrong)]);
    let read = reader.read("1").await;
    let Err(ReadError::Refused(text)) = read else {
        panic!("{read:?}")
    };
    assert!(
        text.contains("installed in this store")
            && !text.contains(wrong)
            && !text.contains(CLIENT.0),
        "{text}"
    );
}

/// Returns whether the order that nobody has is told as gone, as where the app sees all orders.
async fn is_gone(reader: &ShopifyReader) -> bool {
    match reader.read("4711").await {
        Err(ReadError::Gone(_)) => true,
        Err(ReadError::Refused(text)) if text.contains("read_all_orders") => false,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_scope_that_was_added_is_noticed_after_a_while_and_with_another_token_at_once() {
    let shop = World::double().await;
    let World::Double(_, state) = &shop else {
        panic!("a double")
    };
    let secrets = Arc::new(MemorySecrets::new());
    let token = |token| {
        let keys = [
            ("store_domain", shop.url()),
            ("admin_api_access_token", token),
        ];
        let keys = keys.map(|(key, text)| (key.to_owned(), vec![text.to_owned()]));
        secrets.put("shop", Secret::new(keys.into()));
    };
    let clock = Arc::new(ManualClock::default());
    let connection = Shop::new(secrets.clone(), "shop").unwrap();
    let reader = ShopifyReader::over(connection.with_clock(clock.clone()));

    token("shpat_first");
    assert!(!is_gone(&reader).await);
    state.lock().unwrap().sees_all = true;
    let calls = shop.calls().await;
    assert!(!is_gone(&reader).await);
    assert_eq!(
        shop.calls().await - calls,
        1,
        "the scopes are not asked for again"
    );
    clock.advance(Duration::from_secs(600));
    assert!(is_gone(&reader).await);

    state.lock().unwrap().sees_all = false;
    assert!(is_gone(&reader).await);
    token("shpat_second");
    assert!(!is_gone(&reader).await);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_frozen_store_and_an_app_without_the_scope_are_told_apart() {
    for (config, is_refused) in [
        (json!({"shop": {"status": "frozen"}}), false),
        (json!({"credentials": {"scopes": "read_products"}}), true),
    ] {
        let Some(shop) = World::simulator(&config) else {
            return;
        };
        let read = shop.reader().read("1").await;
        let told = match read {
            Err(ReadError::Refused(text)) => (true, text.contains("read_orders")),
            Err(ReadError::Unavailable { .. }) => (false, true),
            other => panic!("{other:?}"),
        };
        assert_eq!(told, (is_refused, true), "{config}");
    }
}
