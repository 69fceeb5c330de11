//! Unusable answers, and refusals.

use crate::world::{KEY, SECRET, World, both, ids, walked, window};
use serde_json::json;
use source::reader::{OrderReader, ReadError, ShopReader};
use std::time::Duration;

fn march() -> source::reader::Window {
    window("2026-03-01T00:00:00", "2026-03-28T00:00:00")
}

both! {
    a_page_of_html_is_no_answer_and_the_next_try_goes_on(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        for fault in ["html_200", "php_notice"] {
            shop.fault(fault, 1).await;
            let page = walked(shop, march()).await;
            assert!(matches!(&page, Err(ReadError::NoAnswer(text)) if text.contains("HTML")), "{page:?}");
            shop.well().await;
        }
        assert_eq!(ids(&walked(shop, march()).await.unwrap()), [1, 2, 3]);
    }

    a_firewall_is_a_refusal_that_says_what_to_do(shop, json!({})) {
        shop.fault("html_403", 1).await;
        let page = walked(shop, march()).await;
        assert!(matches!(&page, Err(ReadError::Refused(text)) if text.contains("firewall")), "{page:?}");
    }

    a_shop_that_wants_to_be_left_alone_is(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        reader.changed(march(), None).await.unwrap();
        shop.fault("too_many", 1).await;
        let first = reader.changed(march(), None).await;
        let Err(ReadError::Unavailable { retry_after, .. }) = first else { panic!("{first:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(3)));
        let calls = shop.calls().await;
        let second = reader.changed(march(), None).await;
        assert!(matches!(second, Err(ReadError::Unavailable { retry_after: Some(_), .. })), "{second:?}");
        assert_eq!(shop.calls().await, calls, "it is not asked");
    }

    a_cached_page_is_no_answer(shop, json!({})) {
        shop.create(1..=150, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        let first = reader.changed(march(), None).await.unwrap();
        shop.fault("cached_page", 1).await;
        let second = reader.changed(march(), first.next.as_ref()).await;
        assert!(matches!(&second, Err(ReadError::NoAnswer(text)) if text.contains("cache")), "{second:?}");
        shop.well().await;
        let second = reader.changed(march(), first.next.as_ref()).await.unwrap();
        assert_eq!(second.orders.len(), 51);
    }
}

/// Starts a shop of the simulator, for behaviour that the double does not have.
async fn simulated(config: serde_json::Value) -> Option<World> {
    let shop = World::simulator(&config)?;
    shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
    Some(shop)
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn keys_that_are_not_valid_are_refused_with_what_to_do_and_never_shown() {
    let Some(shop) = simulated(json!({})).await else {
        return;
    };
    for (key, secret, advice) in [
        (KEY, "cs_not_it", "another signature"),
        ("ck_unknown", SECRET, "not, or no longer, valid"),
    ] {
        let read = shop.reader_with(shop.url(), key, secret).read("1").await;
        let Err(ReadError::Refused(text)) = read else {
            panic!("{read:?}")
        };
        assert!(
            text.contains(advice) && !text.contains(key) && !text.contains(secret),
            "{text}"
        );
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn the_user_of_the_key_must_see_orders() {
    let Some(shop) = simulated(json!({})).await else {
        return;
    };
    let (key, secret) = (KEY.replace("0001", "0003"), SECRET.replace("0001", "0003"));
    let read = shop.reader_with(shop.url(), &key, &secret).read("1").await;
    assert!(matches!(&read, Err(ReadError::Refused(_))), "{read:?}");
}

/// Basic credentials where WordPress sees https. On this machine a signature is tried first; over
/// https it is not.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_shop_that_knows_itself_to_be_secure_takes_basic_credentials() {
    let Some(shop) = simulated(json!({"is_ssl": true})).await else {
        return;
    };
    assert_eq!(ids(&walked(&shop, march()).await.unwrap()), [1, 2, 3]);
    assert_eq!(
        shop.violations().await,
        ["bad_signature"],
        "it is found out once"
    );
}

/// WooCommerce says in the site's language why it refuses a signature.
#[tokio::test]
async fn a_signature_that_is_refused_in_another_language_is_not_the_only_way() {
    let shop = World::double(&json!({"refuses_signatures": true})).await;
    shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
    let reader = shop.reader();
    reader.read("1").await.unwrap();
    let before = shop.calls().await;
    reader.read("2").await.unwrap();
    assert_eq!(shop.calls().await - before, 1, "it is found out once");
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_host_that_drops_the_header_is_asked_with_a_signature_in_the_query() {
    let Some(shop) = simulated(json!({"is_ssl": true, "strip_authorization": true})).await else {
        return;
    };
    assert_eq!(ids(&walked(&shop, march()).await.unwrap()), [1, 2, 3]);
    assert_eq!(
        shop.violations().await,
        ["bad_signature"],
        "it is found out once"
    );
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_site_that_is_configured_with_another_address_is_asked_with_its_signature() {
    let config = json!({"home_url": "http://www.shop.example/de"});
    let Some(shop) = simulated(config).await else {
        return;
    };
    let reader = shop.reader_with(&format!("{}/de", shop.url()), KEY, SECRET);
    let page = reader.changed(march(), None).await.unwrap();
    assert_eq!(ids(&page.orders), [1, 2, 3]);
    shop.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_site_that_moves_is_asked_for_its_address_anew() {
    let Some(shop) = simulated(json!({})).await else {
        return;
    };
    let World::Simulator(simulator) = &shop else {
        return;
    };
    let reader = shop.reader();
    reader.read("1").await.unwrap();
    let moved = json!({"home_url": "http://www.shop.example"});
    simulator.post("config", moved).await;
    let refused = reader.read("2").await;
    assert!(matches!(refused, Err(ReadError::Refused(_))), "{refused:?}");
    reader.read("3").await.unwrap();
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_nonce_that_was_used_already_is_replaced() {
    let Some(shop) = simulated(json!({})).await else {
        return;
    };
    shop.fault("nonce_used", 1).await;
    assert_eq!(ids(&walked(&shop, march()).await.unwrap()), [1, 2, 3]);
    shop.assert_no_violations().await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn without_totals_a_walk_goes_on_while_pages_are_full() {
    let Some(shop) = simulated(json!({"strip_headers": true})).await else {
        return;
    };
    shop.create(4..=250, "2026-03-02T10:00:00", 60).await;
    assert_eq!(ids(&walked(&shop, march()).await.unwrap()).len(), 250);
    shop.assert_no_violations().await;
}

/// Half a list, which ends where a proxy gave up: only the double can send it.
#[tokio::test]
async fn half_a_list_is_no_answer() {
    let shop = World::double(&json!({})).await;
    shop.fault("cut", 1).await;
    let walked = walked(&shop, march()).await;
    assert!(
        matches!(&walked, Err(ReadError::NoAnswer(text)) if text.contains("only a part")),
        "{walked:?}"
    );
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn shops_that_cannot_be_read_say_what_to_mend() {
    for (config, advice) in [
        (json!({"permalinks": "plain"}), "Permalinks"),
        (json!({"active": false}), "WooCommerce active"),
        (json!({"redirect": "elsewhere"}), "exact address"),
    ] {
        let Some(shop) = World::simulator(&config) else {
            return;
        };
        let walked = walked(&shop, march()).await;
        assert!(
            matches!(&walked, Err(ReadError::Refused(text)) if text.contains(advice)),
            "{config}: {walked:?}"
        );
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_old_shop_that_ignores_the_window_is_told_of() {
    let Some(shop) = simulated(json!({"modified_filters": false})).await else {
        return;
    };
    let later = window("2026-03-02T00:00:00", "2026-03-28T00:00:00");
    let walked = walked(&shop, later).await;
    assert!(
        matches!(&walked, Err(ReadError::NoAnswer(text)) if text.contains("older than 5.8")),
        "{walked:?}"
    );
}
