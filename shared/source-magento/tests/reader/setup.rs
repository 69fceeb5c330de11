use crate::world::{TOKEN, World, both};
use ports::memory::MemorySecrets;
use serde_json::json;
use setup::{Made, Remedy, Setup, State};
use source::reader::Wanted;
use std::sync::Arc;
use strict_simulator::double::Double;

const OURS: &str = "https://hooks.example/webhooks/acme";
const WEBHOOK_SECRET: &str = "madeUpForThisTestMadeUpForThisTest";

fn wanted(renews_secret: bool) -> Wanted {
    let topics = [
        "sales.order.created",
        "sales.order.updated",
        "sales.creditmemo.created",
    ];
    Wanted {
        address: OURS.to_owned(),
        topics: topics.map(str::to_owned).to_vec(),
        renews_secret,
    }
}

/// The keys of the simulator's integration.
const MAIN: [(&str, &str); 4] = [
    ("consumer_key", "abcdefghijklmnopqrstuvwxyz012345"),
    ("consumer_secret", "11111111111111111111111111111111"),
    ("access_token", TOKEN),
    ("access_token_secret", "22222222222222222222222222222222"),
];
/// The keys of its integration without any rights.
const POOR: [(&str, &str); 4] = [
    ("consumer_key", "pppppppppppppppppppppppppppppppp"),
    ("consumer_secret", "33333333333333333333333333333333"),
    ("access_token", "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"),
    ("access_token_secret", "44444444444444444444444444444444"),
];

async fn setup(url: &str, keys: &[(&str, &str)], wanted: Wanted) -> Arc<dyn Setup> {
    let mut all = vec![("base_url", url), ("webhook_secret", WEBHOOK_SECRET)];
    all.extend(keys);
    let secrets = Arc::new(MemorySecrets::new().with("shop", &all));
    source_magento::setup(secrets, "shop", wanted)
        .await
        .unwrap()
}

async fn states(setup: &dyn Setup) -> Vec<State> {
    setup.plan().await.iter().map(|item| item.state).collect()
}

both! {
    subscriptions_are_made_once_and_switched_on_again(shop, json!({})) {
        shop.subscription("sales.order.updated", OURS, false).await;
        shop.subscription("sales.creditmemo.created", "https://other.example/", true).await;
        let setup = setup(shop.url(), &MAIN, wanted(false)).await;
        let (missing, wrong) = (State::Missing, State::Wrong);
        assert_eq!(states(setup.as_ref()).await, [missing, wrong, missing]);
        let report = setup::make(setup.as_ref(), |_, made| assert_eq!(*made, Made::Done)).await;
        assert!(report.after.iter().all(|item| item.state == State::Good), "{report:?}");
        let known = shop.subscriptions().await;
        assert_eq!(known.len(), 4, "{known:?}");
        assert_eq!(known[2]["recipient_url"], format!("{OURS}?topic=sales.order.created"));
        assert_eq!(known[2]["verification_token"], WEBHOOK_SECRET);
        let again = setup::make(setup.as_ref(), |_, _| panic!("all is there")).await;
        assert!(again.made.is_empty());
    }

    another_token_is_another_subscription_and_the_old_one_is_off(shop, json!({})) {
        for topic in wanted(true).topics {
            shop.subscription(&topic, OURS, true).await;
        }
        let setup = setup(shop.url(), &MAIN, wanted(true)).await;
        let report = setup::make(setup.as_ref(), |_, made| assert_eq!(*made, Made::Done)).await;
        assert!(report.after.iter().all(|item| item.state == State::Good), "{report:?}");
        let known = shop.subscriptions().await;
        let on: Vec<bool> = known.iter().map(|one| one["status"] == json!(true)).collect();
        assert_eq!(on, [false, false, false, true, true, true]);
        assert!(known[3..].iter().all(|one| one["verification_token"] == WEBHOOK_SECRET));
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_integration_without_the_right_is_told_which_one() {
    let Some(shop) = World::simulator(&json!({})) else {
        return;
    };
    let setup = setup(shop.url(), &POOR, wanted(false)).await;
    let plan = setup.plan().await;
    let [item] = plan.as_slice() else {
        panic!("one item: {plan:?}")
    };
    assert_eq!(item.state, State::Unknown);
    assert!(item.found.contains("Async Events"), "{}", item.found);
}

#[tokio::test]
async fn a_subscription_that_a_failed_renewal_left_off_is_named() {
    let listed = |(id, topic): (usize, &String)| json!({"subscription_id": id + 1, "event_name": topic, "recipient_url": format!("{OURS}?topic={topic}"), "status": true});
    let items: Vec<_> = wanted(true).topics.iter().enumerate().map(listed).collect();
    let list = json!({"items": items, "total_count": 3, "search_criteria": {}}).to_string();
    let shop = Double::start(move |asked| {
        let switches_off = String::from_utf8_lossy(&asked.body).contains("\"status\":false");
        match asked.method.as_str() {
            "GET" => (200, Vec::new(), list.clone()),
            "PUT" if switches_off => (200, Vec::new(), r#"{"subscription_id":1}"#.to_owned()),
            _ => (503, Vec::new(), String::new()),
        }
    })
    .await;
    let setup = setup(&shop.url, &MAIN, wanted(true)).await;
    let plan = setup.plan().await;
    let Made::Refused { why, .. } = setup.make(&plan[0]).await else {
        panic!("it is refused")
    };
    for part in [
        "subscription 1 (sales.order.created) is switched off now",
        "Switch it on in the admin",
    ] {
        assert!(why.contains(part), "{why}");
    }
}

#[tokio::test]
async fn a_shop_without_the_module_is_told_the_steps() {
    let shop = Double::start(|_| {
        let body = r#"{"message":"Request does not match any route."}"#;
        (404, Vec::new(), body.to_owned())
    })
    .await;
    let setup = setup(&shop.url, &MAIN, wanted(false)).await;
    let plan = setup.plan().await;
    let [item] = plan.as_slice() else {
        panic!("one item: {plan:?}")
    };
    assert_eq!(item.state, State::Unknown);
    assert!(item.found.contains("no API for webhooks"), "{}", item.found);
    let Remedy::ByHand(steps) = &item.remedy else {
        panic!("steps: {item:?}")
    };
    assert!(steps.iter().any(|step| step.contains("Verification Token")));
    assert!(!format!("{steps:?}").contains(WEBHOOK_SECRET));
}
