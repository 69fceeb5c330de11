//! Windows, and the obstacles of a walk through one.

use crate::world::{World, both, ids, walked, window};
use ports::{Clock, SystemClock};
use serde_json::json;
use source::reader::{ReadError, ShopReader};

fn march() -> source::reader::Window {
    window("2026-03-01T00:00:00", "2026-03-28T00:00:00")
}

both! {
    every_order_of_the_window_comes_and_no_other(shop, json!({})) {
        shop.create(1..=260, "2026-03-01T10:00:00", 60).await;
        let from_seven = window("2026-03-01T10:06:00", "2026-03-01T14:18:00");
        let walked = walked(shop, from_seven).await.unwrap();
        assert_eq!(ids(&walked), (7..=258).collect::<Vec<_>>());
        assert_eq!(walked.len(), 252 + 2, "only the borders of pages come twice");
        assert!(walked[0].summary.modified.is_some() && walked[0].summary.total.is_some());
        assert_eq!(walked[0].summary.currency, "USD");
    }

    a_change_to_all_orders_at_once_is_walked_by_id(shop, json!({"hpos": false, "woocommerce_version": "9.9.5"})) {
        shop.create(1..=250, "2026-03-01T10:00:00", 0).await;
        shop.create(251..=300, "2026-03-01T10:00:01", 1).await;
        assert_eq!(ids(&walked(shop, march()).await.unwrap()), (1..=300).collect::<Vec<_>>());
    }

    orders_that_are_changed_meanwhile_hide_no_other(shop, json!({})) {
        shop.create(1..=250, "2026-03-01T10:00:00", 0).await;
        shop.create(251..=500, "2026-03-01T10:00:01", 1).await;
        for (lists, id) in [(1, 3), (2, 5), (3, 120), (4, 260), (6, 300)] {
            shop.edit_after(lists, id).await;
        }
        let seen = ids(&walked(shop, march()).await.unwrap());
        let unchanged = (1..=500).filter(|id| ![3, 5, 120, 260, 300].contains(id));
        assert!(unchanged.into_iter().all(|id| seen.contains(&id)), "{}", seen.len());
    }

    orders_in_the_trash_come_at_the_end(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        shop.remove("trash", 2).await;
        let now = SystemClock.now();
        let until = now + jiff::SignedDuration::from_secs(60);
        let wide = source::reader::Window::new(march().from(), until);
        let walked = walked(shop, wide).await.unwrap();
        let told: Vec<_> = walked.iter().map(|order| (order.summary.order.as_str(), order.summary.status.as_str())).collect();
        assert_eq!(told, [("1", "processing"), ("3", "processing"), ("2", "trash")]);
    }

    orders_that_the_keys_user_may_not_see_are_not_the_end(shop, json!({"unreadable": (1..=120).chain(200..=210).collect::<Vec<u64>>()})) {
        shop.create(1..=260, "2026-03-01T10:00:00", 60).await;
        let expected: Vec<u64> = (121..200).chain(211..=260).collect();
        assert_eq!(ids(&walked(shop, march()).await.unwrap()), expected);
    }

    a_shop_that_cannot_sort_by_change_is_walked_by_id(shop, json!({"orderby_modified": false})) {
        shop.create(1..=150, "2026-03-01T10:00:00", 60).await;
        let seen = ids(&walked(shop, window("2026-03-01T10:10:00", "2026-03-28T00:00:00")).await.unwrap());
        assert_eq!(seen, (11..=150).collect::<Vec<_>>());
    }

    the_hour_that_the_clock_skips_in_spring_loses_nothing(shop, json!({"timezone_string": "Europe/Berlin"})) {
        shop.create(1..=240, "2026-03-29T01:00:00", 60).await;
        let skipped = window("2026-03-29T02:15:00", "2026-03-29T04:30:00");
        assert_eq!(ids(&walked(shop, skipped).await.unwrap()), (76..=210).collect::<Vec<_>>());
    }

    a_page_that_is_too_large_for_the_shop_is_asked_for_in_parts(shop, json!({})) {
        shop.create(1..=150, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        shop.fault("critical", 1).await;
        let first = reader.changed(march(), None);
        let first = if let World::Double(..) = shop {
            let page = first.await;
            assert!(matches!(page, Err(ReadError::Unavailable { .. })), "{page:?}");
            shop.well().await;
            reader.changed(march(), None).await.unwrap()
        } else {
            let page = first.await.unwrap();
            assert_eq!(page.orders.len(), 50);
            page
        };
        assert!(first.next.is_some());
    }

    the_slow_pass_tells_orders_in_short(shop, json!({"hpos": false})) {
        shop.create(1..=120, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        let first = reader.placed(march(), None).await.unwrap();
        assert_eq!(first.orders.len(), 100);
        let summary = &first.orders[0];
        assert_eq!((summary.order.as_str(), summary.status.as_str()), ("1", "processing"));
        assert!(summary.total.is_some() && summary.placed.is_some() && summary.modified.is_some());
        let second = reader.placed(march(), first.next.as_ref()).await.unwrap();
        assert_eq!(second.orders.len(), 21);
    }
}

/// The number of calls: 100 pages hold the orders, and one more call each is for the index and for
/// the trash.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn ten_thousand_orders_take_few_calls() {
    let Some(shop) = World::simulator(&json!({})) else {
        return;
    };
    shop.create(1..=10_000, "2026-03-01T00:00:00", 60).await;
    let seen = walked(&shop, march()).await.unwrap();
    assert_eq!(ids(&seen).len(), 10_000);
    let calls = shop.calls().await;
    println!("10,000 orders: {calls} calls");
    assert!(calls <= 110, "{calls} calls");
    shop.assert_no_violations().await;
}
