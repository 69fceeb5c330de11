//! Unusable answers, and refusals.

use crate::world::{TOKEN, World, both, ids, walked, window};
use serde_json::json;
use source::reader::{OrderReader, ReadError, ShopReader};
use std::time::Duration;

fn march() -> source::reader::Window {
    window("2026-03-01T00:00:00", "2026-03-28T00:00:00")
}

both! {
    a_page_of_html_is_no_answer_and_the_next_try_goes_on(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        shop.fault("html_200", 1).await;
        let page = walked(shop, march()).await;
        assert!(matches!(&page, Err(ReadError::NoAnswer(text)) if text.contains("HTML")), "{page:?}");
        shop.well().await;
        assert_eq!(ids(&walked(shop, march()).await.unwrap()), [1, 2, 3]);
    }

    a_firewall_is_a_refusal_that_says_what_to_do(shop, json!({})) {
        shop.fault("html_403", 1).await;
        let page = walked(shop, march()).await;
        assert!(matches!(&page, Err(ReadError::Refused(text)) if text.contains("firewall")), "{page:?}");
    }

    a_shop_that_wants_to_be_left_alone_is(shop, json!({})) {
        let reader = shop.reader();
        shop.fault("too_many", 1).await;
        let first = reader.changed(march(), None).await;
        let Err(ReadError::Unavailable { retry_after, .. }) = first else { panic!("{first:?}") };
        assert!(retry_after > Some(Duration::ZERO));
        let calls = shop.calls().await;
        let second = reader.changed(march(), None).await;
        assert!(matches!(second, Err(ReadError::Unavailable { retry_after: Some(_), .. })), "{second:?}");
        assert_eq!(shop.calls().await, calls, "it is not asked");
    }
}

/// Starts a shop of the simulator, for behaviour that the double does not have.
async fn simulated(config: serde_json::Value) -> Option<World> {
    let shop = World::simulator(&config)?;
    shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
    Some(shop)
}

/// A proxy hides https from PHP, or PHP believes in https where there is none: in both cases the
/// signature is for another address than ours.
#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_shop_that_thinks_of_another_scheme_is_asked_with_its_signature() {
    let Some(shop) = simulated(json!({"is_ssl": true})).await else {
        return;
    };
    let reader = shop.reader();
    for until in ["2026-03-27T00:00:00", "2026-03-28T00:00:00"] {
        let march = window("2026-03-01T00:00:00", until);
        let page = reader.changed(march, None).await.unwrap();
        assert_eq!(ids(&page.orders), [1, 2, 3]);
    }
    let World::Simulator(simulator) = &shop else {
        return;
    };
    let violations = simulator.violations().await;
    assert_eq!(violations, ["bad_signature"], "it is found out once");
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_access_token_alone_does_where_the_shop_takes_bearers() {
    for (config, works) in [
        (json!({"is_ssl": true, "bearer": true}), true),
        (json!({"is_ssl": true}), false),
    ] {
        let Some(shop) = simulated(config).await else {
            return;
        };
        let read = shop.reader_with(&[("access_token", TOKEN)]).read("1").await;
        if works {
            assert!(read.is_ok(), "{read:?}");
            shop.assert_no_violations().await;
        } else {
            assert!(
                matches!(&read, Err(ReadError::Refused(text)) if text.contains("enable_integration_as_bearer") && !text.contains(TOKEN)),
                "{read:?}"
            );
        }
    }
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
async fn keys_and_rights_are_refused_with_what_to_do_and_never_shown() {
    for old in [false, true] {
        let Some(shop) = simulated(json!({"old_oauth_errors": old})).await else {
            return;
        };
        let wrong = "9".repeat(32);
        let (consumer, token) = ("p".repeat(32), "q".repeat(32));
        let (third, fourth) = ("3".repeat(32), "4".repeat(32));
        for (keys, advice) in [
            (
                ["abcdefghijklmnopqrstuvwxyz012345", &wrong, TOKEN, &wrong],
                "another signature",
            ),
            (
                [&consumer, &third, &token, &fourth],
                "Sales > Operations > Orders",
            ),
        ] {
            let names = [
                "consumer_key",
                "consumer_secret",
                "access_token",
                "access_token_secret",
            ];
            let keys: Vec<_> = names.into_iter().zip(keys).collect();
            let read = shop.reader_with(&keys).read("1").await;
            let Err(ReadError::Refused(text)) = read else {
                panic!("{read:?}")
            };
            assert!(text.contains(advice), "{text}");
            assert!(keys.iter().all(|(_, key)| !text.contains(key)), "{text}");
        }
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn a_shop_at_another_address_says_so() {
    let Some(shop) = simulated(json!({"redirect": "elsewhere"})).await else {
        return;
    };
    let walked = walked(&shop, march()).await;
    assert!(
        matches!(&walked, Err(ReadError::Refused(text)) if text.contains("exact address")),
        "{walked:?}"
    );
    shop.assert_no_violations().await;
}
