use crate::world::{KEY, SECRET, World, both};
use ports::memory::MemorySecrets;
use serde_json::json;
use setup::{Made, Remedy, Setup, State};
use source::reader::Wanted;
use std::sync::Arc;

const OURS: &str = "https://hooks.example/webhooks/acme";
const WEBHOOK_SECRET: &str = "madeUpForThisTestMadeUpForThisTest";
/// The simulator's key that may only read.
const POOR: (&str, &str) = (
    "ck_51m0000000000000000000000000000000000002",
    "cs_51m0000000000000000000000000000000000002",
);

fn wanted(renews_secret: bool) -> Wanted {
    let topics = ["order.created", "order.updated", "order.restored"];
    Wanted {
        address: OURS.to_owned(),
        topics: topics.map(str::to_owned).to_vec(),
        renews_secret,
    }
}

async fn setup(shop: &World, (key, secret): (&str, &str), wanted: Wanted) -> Arc<dyn Setup> {
    let keys = [
        ("url", shop.url()),
        ("consumer_key", key),
        ("consumer_secret", secret),
        ("webhook_secret", WEBHOOK_SECRET),
    ];
    let secrets = Arc::new(MemorySecrets::new().with("shop", &keys));
    source_woocommerce::setup(secrets, "shop", wanted)
        .await
        .unwrap()
}

async fn states(setup: &dyn Setup) -> Vec<State> {
    setup.plan().await.iter().map(|item| item.state).collect()
}

both! {
    webhooks_are_made_once_switched_on_again_and_those_of_others_left_alone(shop, json!({})) {
        shop.webhook("order.updated", OURS, "disabled").await;
        shop.webhook("order.restored", "https://other.example/", "active").await;
        let setup = setup(shop, (KEY, SECRET), wanted(false)).await;
        let (missing, wrong) = (State::Missing, State::Wrong);
        assert_eq!(states(setup.as_ref()).await, [missing, wrong, missing]);
        let report = setup::make(setup.as_ref(), |_, made| assert_eq!(*made, Made::Done)).await;
        assert!(report.after.iter().all(|item| item.state == State::Good), "{report:?}");
        let hooks = shop.webhooks().await;
        assert_eq!(hooks.len(), 4, "{hooks:?}");
        assert_eq!(hooks[1][1], "https://other.example/");
        for made in &hooks[2..] {
            assert_eq!(made[1..], [OURS, "active", WEBHOOK_SECRET]);
        }
        assert_eq!(hooks[0][2], "active");
        let again = setup::make(setup.as_ref(), |_, _| panic!("all is there")).await;
        assert!(again.made.is_empty());
    }

    another_secret_is_written_only_when_that_is_asked_for(shop, json!({})) {
        for topic in wanted(true).topics {
            shop.webhook(&topic, OURS, "active").await;
        }
        let plain = setup(shop, (KEY, SECRET), wanted(false)).await;
        assert_eq!(states(plain.as_ref()).await, [State::Good; 3]);
        let renewing = setup(shop, (KEY, SECRET), wanted(true)).await;
        let report = setup::make(renewing.as_ref(), |_, made| assert_eq!(*made, Made::Done)).await;
        assert_eq!(report.made.len(), 3);
        assert!(shop.webhooks().await.iter().all(|hook| hook[3] == WEBHOOK_SECRET));
        assert_eq!(states(renewing.as_ref()).await, [State::Good; 3]);
    }

    a_key_that_may_only_read_is_named(shop, json!({})) {
        let setup = setup(shop, POOR, wanted(false)).await;
        let report = setup::make(setup.as_ref(), |_, _| ()).await;
        for (_, made) in &report.made {
            let Made::Refused { why, .. } = made else { panic!("{made:?}") };
            assert!(why.contains("may only read") && why.contains("Read/Write"), "{why}");
        }
        assert_eq!(report.made.len(), 3);
        assert!(report.after.iter().all(|item| item.state == State::Missing));
    }
}

#[tokio::test]
async fn without_keys_the_steps_are_told() {
    let secrets = MemorySecrets::new().with("shop", &[("webhook_secret", WEBHOOK_SECRET)]);
    let setup = source_woocommerce::setup(Arc::new(secrets), "shop", wanted(false));
    let plan = setup.await.unwrap().plan().await;
    let [item] = plan.as_slice() else {
        panic!("one item: {plan:?}")
    };
    assert_eq!(item.state, State::Unknown);
    let Remedy::ByHand(steps) = &item.remedy else {
        panic!("steps: {item:?}")
    };
    assert_eq!(steps.len(), 4);
    assert!(steps.iter().all(|step| !step.contains(WEBHOOK_SECRET)));
    assert!(steps[1].contains("Order created") && steps[1].contains(OURS));
}
