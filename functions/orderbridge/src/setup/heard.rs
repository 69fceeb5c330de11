//! What a server heard of a store, beside what the shop shows: no shop shows the secret of a
//! webhook, and some show no webhooks at all.

use ::setup::{Item, Made, ProjectFile, Remedy, Setup, State};
use async_trait::async_trait;
use config::Store;
use operator::heard::{self, Heard};
use ports::{Checkpoints, Clock as _, SystemClock};
use std::sync::Arc;

/// A store's set-up, with what was heard of it.
pub(super) struct Listened {
    shop: Arc<dyn Setup>,
    checkpoints: Arc<dyn Checkpoints>,
    secret: String,
    name: String,
}

impl Listened {
    pub(super) fn new(
        shop: Arc<dyn Setup>,
        checkpoints: Arc<dyn Checkpoints>,
        store: &Store,
    ) -> Self {
        Self {
            shop,
            checkpoints,
            secret: store.secret.clone(),
            name: store.name.clone(),
        }
    }

    /// Returns the item of signatures that did not verify, while none did.
    fn signatures(&self, heard: &Heard) -> Option<Item> {
        let counts = heard.of_a_day(SystemClock.now());
        let refused = *counts.refused.get("signature")?;
        let item = Item::open(
            "webhook secret",
            State::Wrong,
            format!(
                "{refused} webhooks of the last 24 hours were refused for a bad signature, and none was taken: the shop signs with another secret than webhook_secret in secret {}",
                self.secret
            ),
            Remedy::ByHand(vec![
                format!(
                    "Run `orderbridge setup --apply --renew-secret --only {}`: it writes webhook_secret into the shop's webhooks",
                    self.name
                ),
                "Or enter the secret that the shop's page shows as webhook_secret".to_owned(),
            ]),
        );
        (counts.accepted == 0).then_some(item)
    }
}

#[async_trait]
impl Setup for Listened {
    async fn plan(&self) -> Vec<Item> {
        let mut items = self.shop.plan().await;
        // Where it cannot be read, the shop's own account stands as it is.
        let heard = heard::of(self.checkpoints.as_ref(), &self.name).await;
        let Some(heard) = heard.ok().flatten() else {
            return items;
        };
        if let Some(last) = heard.last {
            for item in &mut items {
                if item.state == State::Unknown {
                    // Webhooks that cannot be seen but come are there.
                    item.state = State::Advice;
                    item.found = format!("{}; webhooks come, the last one at {last}", item.found);
                    item.remedy = Remedy::Nothing;
                }
            }
        }
        items.extend(self.signatures(&heard));
        items
    }

    async fn make(&self, item: &Item) -> Made {
        self.shop.make(item).await
    }

    fn project(&self, plan: &[Item]) -> Vec<ProjectFile> {
        self.shop.project(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::MemoryCheckpoints;
    use source::reader::Unseen;

    #[tokio::test]
    async fn webhooks_that_come_are_there_and_bad_signatures_are_told() {
        let kept = Arc::new(MemoryCheckpoints::default());
        let listened = Listened {
            shop: Arc::new(Unseen {
                reason: "there are no keys".to_owned(),
                steps: vec!["add them".to_owned()],
            }),
            checkpoints: kept.clone(),
            secret: "orderbridge/stores/acme".to_owned(),
            name: "acme".to_owned(),
        };
        let states = async || {
            let plan = listened.plan().await;
            plan.iter().map(|item| item.state).collect::<Vec<State>>()
        };
        assert_eq!(states().await, [State::Unknown]);
        let mut counted = Heard::default();
        counted.refuse(SystemClock.now(), "signature");
        heard::note(kept.as_ref(), "acme", &counted).await.unwrap();
        assert_eq!(states().await, [State::Unknown, State::Wrong]);
        counted.accept(SystemClock.now());
        heard::note(kept.as_ref(), "acme", &counted).await.unwrap();
        assert_eq!(states().await, [State::Advice]);
    }
}
