//! Windows, and the obstacles of a walk through one.

use crate::world::{World, both, ids, recently, walked};
use ports::{Clock, SystemClock};
use serde_json::json;
use source::reader::{ReadError, ShopReader, WebhookState, Webhooks, Window};
use std::time::Duration;

fn wide() -> Window {
    Window::new(recently(-600), recently(86_400))
}

both! {
    every_order_of_the_window_comes_and_no_other(shop, json!({})) {
        let made = shop.create(600, recently(0), 60).await;
        let window = Window::new(recently(360), recently(599 * 60));
        let walked = walked(&shop.reader(), window).await.unwrap();
        assert_eq!(ids(&walked), made[6..599]);
        assert!(walked.len() <= 593 + 4, "{}: only the borders of pages come twice", walked.len());
        let first = &walked[0].summary;
        assert!(first.total.is_some() && first.modified.is_some(), "{first:?}");
        assert_eq!((first.currency.as_str(), first.number.starts_with('#')), ("USD", true));
    }

    a_change_to_all_orders_at_once_is_walked_by_id(shop, json!({})) {
        let mut made = shop.create(600, recently(0), 0).await;
        made.extend(shop.create(50, recently(60), 1).await);
        assert_eq!(ids(&walked(&shop.reader(), wide()).await.unwrap()), made);
    }

    what_the_store_hides_is_told(shop, json!({})) {
        shop.create(3, recently(0), 60).await;
        let page = shop.reader().changed(wide(), None).await.unwrap();
        assert!(page.hidden.is_some_and(|text| text.contains("60 days") && text.contains("read_all_orders")));
    }

    many_orders_come_in_few_calls_and_what_is_gone_is_told(shop, json!({})) {
        let made = shop.create(300, recently(0), 1).await;
        let asked = made.iter().map(ToString::to_string).chain(["4711".to_owned(), "x".to_owned()]);
        let asked: Vec<String> = asked.collect();
        let found = shop.reader().many(&asked).await.unwrap();
        assert_eq!(found.missing, ["4711", "x"]);
        assert_eq!((ids(&found.orders), found.hidden.is_some()), (made, true));
        assert_eq!(shop.calls().await, 3);
    }

    an_order_is_found_by_its_number(shop, json!({})) {
        let made = shop.create(3, recently(0), 60).await;
        let reader = shop.reader();
        let page = reader.changed(wide(), None).await.unwrap();
        for (place, prefix) in [(0, ""), (1, "#")] {
            let number = page.orders[place].summary.number.trim_start_matches('#');
            let found = reader.numbered(&format!("{prefix}{number}")).await.unwrap();
            assert_eq!(ids(&found), [made[place]]);
        }
        assert_eq!(reader.numbered("471147").await, Ok(Vec::new()));
    }

    webhooks_of_the_app_are_told_and_none_at_all_is_not(shop, json!({})) {
        let ours = "https://hooks.example/webhooks/acme";
        let none = shop.reader().webhooks(ours).await;
        assert!(matches!(none, Ok(Webhooks::Untold(_))), "{none:?}");
        shop.webhook("orders/updated", ours).await;
        let Ok(Webhooks::Told(told)) = shop.reader().webhooks(ours).await else {
            panic!("they are told")
        };
        let states: Vec<_> = told.iter().map(|entry| entry.state).collect();
        assert_eq!(states, [WebhookState::Missing, WebhookState::Alive]);
    }

    the_slow_pass_tells_orders_in_short(shop, json!({})) {
        shop.create(300, recently(0), 60).await;
        let reader = shop.reader();
        let first = reader.placed(wide(), None).await.unwrap();
        assert_eq!(first.orders.len(), 250);
        let summary = &first.orders[0];
        assert!(summary.total.is_some() && summary.placed.is_some() && summary.modified.is_some());
        let second = reader.placed(wide(), first.next.as_ref()).await.unwrap();
        assert_eq!(second.orders.len(), 51);
    }

    a_store_that_throttles_is_left_alone(shop, json!({})) {
        let reader = shop.reader();
        shop.fault("throttled", 1).await;
        let first = reader.changed(wide(), None).await;
        let Err(ReadError::Unavailable { retry_after, .. }) = first else { panic!("{first:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(2)));
        let calls = shop.calls().await;
        let second = reader.changed(wide(), None).await;
        assert!(matches!(second, Err(ReadError::Unavailable { retry_after: Some(_), .. })), "{second:?}");
        assert_eq!(shop.calls().await, calls, "it is not asked");
    }
}

#[tokio::test]
async fn a_store_that_ignores_the_order_is_walked_by_id() {
    let shop = World::double().await;
    let made = shop.create(600, recently(0), 60).await;
    if let World::Double(_, state) = &shop {
        state.lock().unwrap().ignores_order = true;
    }
    assert_eq!(ids(&walked(&shop.reader(), wide()).await.unwrap()), made);
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn orders_that_are_changed_meanwhile_hide_no_other() {
    let Some(shop) = World::simulator(&json!({})) else {
        return;
    };
    let World::Simulator(simulator) = &shop else {
        return;
    };
    let mut made = shop.create(600, recently(0), 0).await;
    made.extend(shop.create(600, recently(60), 1).await);
    let moved = [made[3], made[300], made[700]];
    for (after, id) in (1..).zip(moved) {
        let touch = json!({"do": "touch", "order": id, "quiet": true});
        let schedule =
            json!({"do": "schedule", "kind": "orders", "after": after, "steps": [touch]});
        simulator.change(schedule).await;
    }
    let seen = ids(&walked(&shop.reader(), wide()).await.unwrap());
    assert!(
        made.iter()
            .all(|id| moved.contains(id) || seen.contains(id))
    );
    shop.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn orders_that_are_closed_or_cancelled_come_too() {
    let Some(shop) = World::simulator(&json!({})) else {
        return;
    };
    let World::Simulator(simulator) = &shop else {
        return;
    };
    let made = shop.create(2, recently(0), 60).await;
    simulator
        .change(json!({"do": "cancel_order", "order": made[0], "quiet": true}))
        .await;
    simulator
        .change(json!({"do": "archive", "order": made[1], "quiet": true}))
        .await;
    let until = SystemClock.now() + jiff::SignedDuration::from_secs(60);
    let seen = walked(&shop.reader(), Window::new(recently(-600), until))
        .await
        .unwrap();
    assert_eq!(ids(&seen), made);
    shop.assert_no_violations().await;
}
