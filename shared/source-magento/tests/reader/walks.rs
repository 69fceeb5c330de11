//! Windows, and the obstacles of a walk through one.

use crate::world::{World, both, ids, walked, window};
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
        let first = &walked[0].summary;
        assert!(first.total.is_some() && first.modified.is_some(), "{first:?}");
        assert_eq!((first.currency.as_str(), first.status.is_empty()), ("USD", false));
    }

    a_change_to_all_orders_at_once_is_walked_by_id(shop, json!({})) {
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
        let mut unchanged = (1..=500).filter(|id| ![3, 5, 120, 260, 300].contains(id));
        assert!(unchanged.all(|id| seen.contains(&id)), "{}", seen.len());
    }

    the_last_page_that_is_repeated_for_ever_ends_the_walk(shop, json!({"repeat_last_page": true})) {
        shop.create(1..=100, "2026-03-01T10:00:00", 60).await;
        assert_eq!(walked(shop, march()).await.unwrap().len(), 100);
    }

    a_page_that_is_too_large_for_the_shop_is_asked_for_in_parts(shop, json!({})) {
        shop.create(1..=150, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        shop.fault("gateway", 1).await;
        let first = reader.changed(march(), None).await;
        if let World::Double(..) = shop {
            assert!(matches!(first, Err(ReadError::Unavailable { .. })), "{first:?}");
            shop.well().await;
            assert_eq!(reader.changed(march(), None).await.unwrap().orders.len(), 100);
        } else {
            assert_eq!(first.unwrap().orders.len(), 50);
        }
    }

    the_slow_pass_tells_orders_in_short(shop, json!({})) {
        shop.create(1..=120, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        let first = reader.placed(march(), None).await.unwrap();
        assert_eq!(first.orders.len(), 100);
        let summary = &first.orders[0];
        assert!(summary.total.is_some() && summary.placed.is_some() && summary.modified.is_some());
        let second = reader.placed(march(), first.next.as_ref()).await.unwrap();
        assert_eq!(second.orders.len(), 21);
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_shop_that_limits_pages_is_asked_for_smaller_ones() {
    let config = json!({"page_limit": {"enabled": true, "default": 20, "max": 40}});
    let Some(shop) = World::simulator(&config) else {
        return;
    };
    shop.create(1..=150, "2026-03-01T10:00:00", 60).await;
    assert_eq!(ids(&walked(&shop, march()).await.unwrap()).len(), 150);
    shop.assert_no_violations().await;
}
