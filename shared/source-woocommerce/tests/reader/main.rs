//! The reader over a double in this process and over the strict simulator.

#![expect(clippy::unwrap_used, reason = "tests may fail")]
#![expect(clippy::indexing_slicing, clippy::panic, reason = "tests may fail")]

mod refusals;
mod setup;
mod walks;
mod world;

use serde_json::json;
use source::reader::{OrderReader, ReadError, ShopReader, WebhookState, Webhooks};
use source::{Normalized, Source};
use source_woocommerce::{WooCommerce, WooCommerceReader};
use std::sync::Arc;
use world::{World, both};

both! {
    an_order_comes_as_a_webhook_would_carry_it(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        let (topic, body) = reader.read("2").await.unwrap();
        assert_eq!(topic, "order.updated");
        let Ok(Normalized::Order(order)) = WooCommerce.normalize(&topic, &body) else {
            panic!("an order")
        };
        assert_eq!((order.id.as_str(), order.number.as_str()), ("2", "2"));
        for gone in ["4711", "0", "", "../webhooks", "2?x=1"] {
            assert_eq!(reader.read(gone).await, Err(ReadError::Gone(gone.to_owned())));
        }
    }

    an_order_is_found_by_its_number(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        for number in ["2", "#2", " 2 "] {
            let found = reader.numbered(number).await.unwrap();
            assert_eq!(world::ids(&found), [2], "{number}");
        }
        assert_eq!(reader.numbered("4711").await, Ok(Vec::new()));
    }

    many_orders_come_in_few_calls_and_what_is_gone_is_told(shop, json!({})) {
        shop.create(1..=150, "2026-03-01T10:00:00", 1).await;
        shop.remove("trash", 7).await;
        shop.remove("delete", 8).await;
        let reader = shop.reader();
        reader.read("1").await.unwrap();
        let before = shop.calls().await;
        let asked: Vec<String> = (1..=150).map(|id: u64| id.to_string()).chain(["x".to_owned()]).collect();
        let found = reader.many(&asked).await.unwrap();
        assert_eq!(found.missing, ["8", "x"]);
        assert_eq!(world::ids(&found.orders).len(), 149);
        let trashed = found.orders.iter().find(|order| order.summary.order == "7").unwrap();
        let told = WooCommerce.normalize(&trashed.topic, &trashed.payload);
        assert!(matches!(told, Ok(Normalized::Gone { .. })), "{told:?}");
        assert_eq!(shop.calls().await - before, 4);
    }

    a_webhook_that_the_shop_switched_off_is_told(shop, json!({})) {
        let ours = "https://hooks.example/webhooks/acme";
        shop.webhook("order.created", ours, "active").await;
        shop.webhook("order.updated", ours, "disabled").await;
        shop.webhook("order.deleted", "https://other.example/", "active").await;
        let Ok(Webhooks::Told(told)) = shop.reader().webhooks(ours).await else {
            panic!("they are told")
        };
        let states: Vec<_> = told.iter().map(|entry| (entry.topic.as_str(), entry.state)).collect();
        assert_eq!(
            states,
            [
                ("order.created", WebhookState::Alive),
                ("order.updated", WebhookState::SwitchedOff),
                ("order.deleted", WebhookState::PointsElsewhere),
                ("order.restored", WebhookState::Missing),
            ]
        );
    }
}

#[tokio::test]
async fn a_store_is_asked_only_where_its_secret_has_all_credentials() {
    let all = [
        ("url", "https://shop.example"),
        ("consumer_key", "ck_x"),
        ("consumer_secret", "cs_x"),
    ];
    for keys in 0..=3 {
        let secrets = ports::memory::MemorySecrets::new().with("shop", &all[..keys]);
        let reader = WooCommerceReader::where_possible(Arc::new(secrets), "shop").await;
        assert_eq!(reader.unwrap().is_some(), keys == 3, "{keys}");
    }
}
