//! Tokens for a day, and stores that refuse them.

use crate::world::{CLIENT, World, both, ids, recently, walked};
use serde_json::json;
use source::reader::{OrderReader, ReadError, Window};

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

#[tokio::test]
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
