use super::*;

const OURS: &str = "https://hooks.example/webhooks/acme";

/// A shop whose webhooks are a list.
#[derive(Default)]
struct Fake {
    hooks: Mutex<Vec<Hook>>,
    renewed: Mutex<Vec<String>>,
    lacks: Option<Item>,
    refuses: bool,
}

#[async_trait]
impl Hooks for Fake {
    async fn look(&self) -> Result<Seen, ReadError> {
        Ok(Seen {
            hooks: self.hooks.lock().unwrap().clone(),
            needs: self.lacks.iter().cloned().collect(),
        })
    }

    async fn create(&self, topic: &str, address: &str) -> Result<Made, ReadError> {
        if self.refuses {
            return Err(ReadError::Refused("the key may not write".to_owned()));
        }
        self.hooks.lock().unwrap().push(hook(topic, address, true));
        Ok(Made::Done)
    }

    async fn mend(&self, hook: &Hook) -> Result<(), ReadError> {
        let mut hooks = self.hooks.lock().unwrap();
        let found = hooks.iter_mut().find(|known| *known == hook).unwrap();
        (found.is_on, found.flaw) = (true, None);
        Ok(())
    }

    async fn renew(&self, hook: &Hook) -> Result<(), ReadError> {
        self.renewed.lock().unwrap().push(hook.topic.clone());
        Ok(())
    }

    fn steps(&self, wanted: &Wanted) -> Vec<String> {
        vec![format!("Webhooks > Add, to {}", wanted.address)]
    }
}

fn hook(topic: &str, address: &str, is_on: bool) -> Hook {
    Hook {
        id: "1".to_owned(),
        topic: topic.to_owned(),
        address: address.to_owned(),
        is_on,
        flaw: None,
    }
}

fn wanted(topics: &[&str]) -> Wanted {
    Wanted {
        address: OURS.to_owned(),
        topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
        renews_secret: false,
    }
}

fn states(plan: &[Item]) -> Vec<State> {
    plan.iter().map(|item| item.state).collect()
}

#[tokio::test]
async fn what_is_missing_off_or_incomplete_is_made_and_what_is_others_is_left_alone() {
    let shop = Fake::default();
    let other = hook("elsewhere", "https://other.example/?token=t0p", true);
    let part = Hook {
        flaw: Some("it has a filter".to_owned()),
        ..hook("part", OURS, true)
    };
    let known = vec![other.clone(), hook("off", OURS, false), part];
    *shop.hooks.lock().unwrap() = known;
    let setup = WebhookSetup::new(shop, wanted(&["missing", "elsewhere", "off", "part"]));
    let plan = setup.plan().await;
    use State::{Good, Missing, Wrong};
    assert_eq!(states(&plan), [Missing, Missing, Wrong, Wrong]);
    assert!(!format!("{plan:?}").contains("t0p"), "{plan:?}");
    let report = ::setup::make(&setup, |_, made| assert_eq!(*made, Made::Done)).await;
    assert_eq!(states(&report.after), [Good; 4]);
    assert!(setup.hooks.hooks.lock().unwrap().contains(&other));
    assert!(
        ::setup::make(&setup, |_, _| panic!("all is there"))
            .await
            .made
            .is_empty()
    );
}

#[tokio::test]
async fn a_webhook_that_appeared_meanwhile_is_a_success() {
    let setup = WebhookSetup::new(Fake::default(), wanted(&["created"]));
    let plan = setup.plan().await;
    let theirs = hook("created", OURS, true);
    setup.hooks.hooks.lock().unwrap().push(theirs);
    tokio::time::sleep(FRESH).await;
    assert_eq!(setup.make(plan.first().unwrap()).await, Made::WasThere);
    assert_eq!(setup.hooks.hooks.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn what_comes_twice_is_told_and_a_secret_is_written_only_when_that_is_asked_for() {
    let shop = Fake::default();
    *shop.hooks.lock().unwrap() = vec![hook("created", OURS, true), hook("created", OURS, true)];
    let asked = Wanted {
        renews_secret: true,
        ..wanted(&["created"])
    };
    let setup = WebhookSetup::new(shop, asked);
    let report = ::setup::make(&setup, |_, made| assert_eq!(*made, Made::Done)).await;
    assert_eq!(states(&report.after), [State::Good, State::Advice]);
    assert!(report.after.iter().all(|item| !item.is_bad()));
    assert_eq!(*setup.hooks.renewed.lock().unwrap(), ["created"]);
}

#[tokio::test]
async fn a_missing_right_is_told_before_anything_is_tried() {
    let shop = Fake {
        lacks: Some(Item {
            state: State::Missing,
            ..Item::good("scope read_orders", "the app lacks it")
        }),
        ..Fake::default()
    };
    let setup = WebhookSetup::new(shop, wanted(&["created"]));
    let report = ::setup::make(&setup, |_, _| panic!("nothing can be made")).await;
    assert_eq!(states(&report.after), [State::Missing, State::Missing]);
}

#[tokio::test]
async fn a_refusal_has_the_shops_reason() {
    let shop = Fake {
        refuses: true,
        ..Fake::default()
    };
    let setup = WebhookSetup::new(shop, wanted(&["created"]));
    let report = ::setup::make(&setup, |_, _| ()).await;
    let Some((_, Made::Refused { why, .. })) = report.made.first() else {
        panic!("it is refused: {report:?}")
    };
    assert_eq!(why, "the key may not write");
    assert_eq!(states(&report.after), [State::Missing]);
}
