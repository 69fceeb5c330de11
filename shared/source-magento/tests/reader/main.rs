//! The reader over a double in this process and over the strict simulator.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may fail"
)]

mod refusals;
mod setup;
mod walks;
mod world;

use serde_json::json;
use source::reader::{OrderReader, ReadError, ShopReader, WebhookState, Webhooks};
use source::{Normalized, Source};
use source_magento::{Magento, MagentoReader};
use std::sync::Arc;
use world::{World, both};

both! {
    an_order_comes_as_a_webhook_would_carry_it(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        let (topic, body) = reader.read("2").await.unwrap();
        let told = Magento.normalize(&topic, &body);
        assert!(matches!(&told, Ok(Normalized::Order(order)) if order.id == "2"), "{told:?}");
        for gone in ["4711", "0", "", "../invoices", "2?x=1"] {
            assert_eq!(reader.read(gone).await, Err(ReadError::Gone(gone.to_owned())));
        }
    }

    an_order_is_found_by_its_number(shop, json!({})) {
        shop.create(1..=3, "2026-03-01T10:00:00", 60).await;
        let reader = shop.reader();
        let known = reader.many(&["2".to_owned()]).await.unwrap();
        let number = known.orders[0].summary.number.clone();
        assert_eq!(world::ids(&reader.numbered(&format!("#{number}")).await.unwrap()), [2]);
        assert_eq!(reader.numbered("4711").await, Ok(Vec::new()));
    }

    many_orders_come_in_few_calls_and_what_is_gone_is_told(shop, json!({})) {
        shop.create(1..=150, "2026-03-01T10:00:00", 1).await;
        shop.delete(8).await;
        let asked: Vec<String> = (1..=150).map(|id: u64| id.to_string()).chain(["x".to_owned()]).collect();
        let found = shop.reader().many(&asked).await.unwrap();
        assert_eq!(found.missing, ["8", "x"]);
        assert_eq!(world::ids(&found.orders).len(), 149);
        assert_eq!(shop.calls().await, 2);
    }

    a_subscription_that_was_switched_off_is_told(shop, json!({})) {
        let ours = "https://hooks.example/webhooks/acme";
        shop.subscription("sales.order.created", ours, true).await;
        shop.subscription("sales.order.updated", ours, false).await;
        let Ok(Webhooks::Told(told)) = shop.reader().webhooks(ours).await else {
            panic!("they are told")
        };
        let states: Vec<_> = told.iter().map(|entry| entry.state).collect();
        assert_eq!(states, [WebhookState::Alive, WebhookState::SwitchedOff, WebhookState::Missing]);
    }
}

#[tokio::test]
async fn a_store_is_asked_only_where_its_secret_has_an_address_and_a_token() {
    for (keys, is_possible) in [
        (&[][..], false),
        (&[("base_url", "https://shop.example")], false),
        (&[("access_token", "x")], false),
        (
            &[("base_url", "https://shop.example"), ("access_token", "x")],
            true,
        ),
    ] {
        let secrets = Arc::new(ports::memory::MemorySecrets::new().with("shop", keys));
        let reader = MagentoReader::where_possible(secrets, "shop").await;
        assert_eq!(reader.unwrap().is_some(), is_possible, "{keys:?}");
    }
}
