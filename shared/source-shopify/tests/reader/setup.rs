use crate::world::{CLIENT, TOKEN, World, both};
use ports::memory::MemorySecrets;
use serde_json::json;
use setup::{Item, Made, Remedy, Setup, State};
use source::reader::Wanted;
use std::sync::Arc;

const OURS: &str = "https://hooks.example.com/webhooks/acme";

fn wanted(renews_secret: bool) -> Wanted {
    Wanted {
        address: OURS.to_owned(),
        topics: vec!["orders/create".to_owned(), "orders/updated".to_owned()],
        renews_secret,
    }
}

async fn setup(shop: &World, keys: &[(&str, &str)], renews_secret: bool) -> Arc<dyn Setup> {
    let mut all = vec![("store_domain", shop.url())];
    all.extend(keys);
    let secrets = Arc::new(MemorySecrets::new().with("shop", &all));
    let setup = source_shopify::setup(secrets, "shop", wanted(renews_secret));
    setup.await.unwrap()
}

/// Returns the states of the items about webhooks.
fn states(plan: &[Item]) -> Vec<State> {
    let hooks = plan
        .iter()
        .filter(|item| item.subject.starts_with("webhook "));
    hooks.map(|item| item.state).collect()
}

const BY_TOKEN: [(&str, &str); 1] = [("admin_api_access_token", TOKEN)];

both! {
    subscriptions_are_made_once_and_those_that_were_removed_made_again(shop, json!({})) {
        shop.webhook("orders/updated", "https://other.example.com/").await;
        let setup = setup(shop, &BY_TOKEN, false).await;
        assert_eq!(states(&setup.plan().await), [State::Missing; 2]);
        let report = setup::make(setup.as_ref(), |_, made| assert_eq!(*made, Made::Done)).await;
        assert_eq!(states(&report.after), [State::Good; 2]);
        assert!(report.after.iter().all(|item| !item.is_bad()), "{report:?}");
        assert_eq!(shop.count_webhooks().await, 3);
        let again = setup::make(setup.as_ref(), |_, _| panic!("all is there")).await;
        assert!(again.made.is_empty());
    }

    a_subscription_that_posts_only_some_orders_is_made_whole(shop, json!({})) {
        shop.webhook("orders/create", OURS).await;
        shop.webhook("orders/updated", OURS).await;
        shop.filter_last().await;
        let setup = setup(shop, &BY_TOKEN, false).await;
        let plan = setup.plan().await;
        assert_eq!(states(&plan), [State::Good, State::Wrong]);
        assert!(plan.iter().any(|item| item.found.contains("filter")), "{plan:?}");
        let report = setup::make(setup.as_ref(), |_, made| assert_eq!(*made, Made::Done)).await;
        assert_eq!(states(&report.after), [State::Good; 2]);
        assert_eq!(shop.count_webhooks().await, 2);
    }

    the_secret_must_be_the_apps_own(shop, json!({})) {
        let (id, secret) = CLIENT;
        let of = |webhook_secret| [("admin_api_access_token", TOKEN), ("client_id", id), ("client_secret", secret), ("webhook_secret", webhook_secret)];
        let plan = setup(shop, &of("another secret of another kind"), false).await.plan().await;
        let wrong = plan.iter().find(|item| item.state == State::Wrong).unwrap();
        assert!(wrong.found.contains("client secret"), "{wrong:?}");
        assert!(!format!("{plan:?}").contains(secret));
        let plan = setup(shop, &of(secret), false).await.plan().await;
        assert!(plan.iter().all(|item| item.state != State::Wrong), "{plan:?}");
        shop.webhook("orders/create", OURS).await;
        shop.webhook("orders/updated", OURS).await;
        let renewing = setup(shop, &of(secret), true).await;
        let report = setup::make(renewing.as_ref(), |_, _| ()).await;
        let (_, Made::Refused { why, .. }) = &report.made[0] else { panic!("{report:?}") };
        assert!(why.contains("cannot be chosen"), "{why}");
    }
}

/// The body for both worlds, whose poorer app is made in different ways.
async fn names_the_scope(shop: &World) {
    let setup = setup(shop, &BY_TOKEN, false).await;
    let report = setup::make(setup.as_ref(), |_, _| panic!("nothing can be made")).await;
    let scope = &report.after[0];
    assert_eq!(
        (scope.subject.as_str(), scope.state),
        ("scope read_orders", State::Missing)
    );
    assert!(matches!(&scope.remedy, Remedy::ByHand(steps) if steps[0].contains("Scopes")));
    assert_eq!(states(&report.after), [State::Missing; 2]);
}

#[tokio::test]
async fn an_app_without_the_scope_is_told_which_one_in_this_process() {
    let shop = World::double().await;
    let World::Double(_, state) = &shop else {
        panic!("it is a double")
    };
    state.lock().unwrap().lacks_scope = true;
    names_the_scope(&shop).await;
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_app_without_the_scope_is_told_which_one_over_the_simulator() {
    let config = json!({"credentials": {"scopes": "read_customers"}});
    let Some(shop) = World::simulator(&config) else {
        return;
    };
    names_the_scope(&shop).await;
    shop.assert_no_violations().await;
}
