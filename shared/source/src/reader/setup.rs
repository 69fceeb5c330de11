//! The webhooks of a store as a plan that is looked at and then made. What only a platform knows is
//! behind [`Hooks`]; what is needed, what is left alone and what is made again is judged here, once
//! for all platforms. No webhook is ever deleted, and none that posts to somebody else is changed.

use super::webhooks::{best, is_ours, plain};
use super::{Hook, ReadError, WebhookState};
use ::setup::{Item, Made, Remedy, Setup, State};
use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep_until};

/// What a store's webhooks must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The public address to which they post.
    pub address: String,
    /// The topics that are needed, in the platform's own words.
    pub topics: Vec<String>,
    /// Whether webhooks that are as they must be get the store's secret once more: no shop shows
    /// the secret that a webhook has.
    pub renews_secret: bool,
}

/// What a shop shows of a store's webhooks.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every webhook that it shows to these credentials.
    pub hooks: Vec<Hook>,
    /// What else the store must have, such as rights. Items that are bad keep webhooks from being
    /// created.
    pub needs: Vec<Item>,
}

/// The webhooks of one shop, with the words and calls of its platform.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Reads the webhooks, and what else is needed.
    ///
    /// # Errors
    /// See [`ReadError`]; the text of a refusal says what to do.
    async fn look(&self) -> Result<Seen, ReadError>;

    /// Creates a webhook of a topic with the store's secret.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn create(&self, topic: &str, address: &str) -> Result<Made, ReadError>;

    /// Switches a webhook on again, and takes away what makes it incomplete.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn mend(&self, hook: &Hook) -> Result<(), ReadError>;

    /// Makes a webhook sign with the store's secret.
    ///
    /// # Errors
    /// See [`ReadError`]; a refusal where the platform does not let a secret be chosen.
    async fn renew(&self, hook: &Hook) -> Result<(), ReadError>;

    /// Returns the address of a topic's webhook; by default the store's.
    fn address_of(&self, _topic: &str, address: &str) -> String {
        address.to_owned()
    }

    /// Returns how all of it is done by hand, in the words of the shop's screens.
    fn steps(&self, wanted: &Wanted) -> Vec<String>;
}

/// The set-up of a store whose shop can be asked for its webhooks.
struct WebhookSetup<H> {
    hooks: H,
    wanted: Wanted,
    /// The topics whose webhooks got the secret once more.
    renewed: Mutex<BTreeSet<String>>,
    last: Mutex<Option<Look>>,
}

/// What was seen last.
#[derive(Clone)]
struct Look {
    at: Instant,
    seen: Seen,
    /// Whether anything was changed since.
    is_old: bool,
}

/// The time for which what was seen holds, so that a plan and the changes after it ask the shop
/// once, and the pause before what was changed is read back.
const FRESH: Duration = Duration::from_secs(1);

impl<H: Hooks> WebhookSetup<H> {
    /// Creates the set-up of a store.
    fn new(hooks: H, wanted: Wanted) -> Self {
        Self {
            hooks,
            wanted,
            renewed: Mutex::default(),
            last: Mutex::default(),
        }
    }

    /// Returns what the shop shows now. `for_change`: each change is about another topic, so that
    /// the ones before it do not matter.
    async fn look(&self, for_change: bool) -> Result<Seen, ReadError> {
        let last = locked(&self.last).clone();
        if let Some(look) = last.filter(|look| look.at.elapsed() < FRESH) {
            if for_change || !look.is_old {
                return Ok(look.seen);
            }
            sleep_until(look.at + FRESH).await;
        }
        let seen = self.hooks.look().await?;
        *locked(&self.last) = Some(Look {
            at: Instant::now(),
            seen: seen.clone(),
            is_old: false,
        });
        Ok(seen)
    }

    fn item(&self, topic: &str, found: &[Hook], may_create: bool) -> Item {
        let ours = self.hooks.address_of(topic, &self.wanted.address);
        let (state, hook) = best(topic, &ours, found);
        let (state, found, change) = match (state, hook) {
            (WebhookState::Alive, Some(hook)) => match &hook.flaw {
                Some(flaw) => (State::Wrong, flaw.clone(), "make it complete".to_owned()),
                None => return self.alive(topic),
            },
            (WebhookState::SwitchedOff, _) => (
                State::Wrong,
                "it was switched off, by hand or by the shop after failures".to_owned(),
                "switch it on again".to_owned(),
            ),
            (WebhookState::PointsElsewhere, Some(hook)) => (
                State::Missing,
                format!(
                    "it posts to {} only, which is left alone",
                    plain(&hook.address)
                ),
                format!("create one more, to {ours}"),
            ),
            _ => (
                State::Missing,
                "the shop posts it nowhere".to_owned(),
                format!("create it, to {ours}"),
            ),
        };
        let remedy = match may_create {
            true => Remedy::Api(change),
            false => Remedy::ByHand(vec![
                "mend first what is named above, then run this again".to_owned(),
            ]),
        };
        Item {
            subject: subject(topic),
            state,
            found,
            remedy,
        }
    }

    /// Returns the item of a webhook that is as it must be, as far as the shop shows it.
    fn alive(&self, topic: &str) -> Item {
        let item = Item::good(subject(topic), "it is on and posts to us");
        if !self.wanted.renews_secret || locked(&self.renewed).contains(topic) {
            return item;
        }
        Item {
            state: State::Advice,
            found: "it is on and posts to us; which secret it has, no shop shows".to_owned(),
            remedy: Remedy::Api("write the store's webhook_secret into it".to_owned()),
            ..item
        }
    }

    /// Returns the advice for a topic that comes more than once.
    fn repeated(&self, topic: &str, found: &[Hook]) -> Option<Item> {
        let ours = self.hooks.address_of(topic, &self.wanted.address);
        let is_same =
            |hook: &&Hook| hook.topic == topic && hook.is_on && is_ours(&hook.address, &ours);
        let count = found.iter().filter(is_same).count();
        (count > 1).then(|| Item {
            subject: format!("{}, repeated", subject(topic)),
            state: State::Advice,
            found: format!("{count} webhooks post it to us, so that every order comes {count} times and is delivered once; all but one can go"),
            remedy: Remedy::Nothing,
        })
    }

    async fn try_make(&self, topic: &str) -> Result<Made, ReadError> {
        let ours = self.hooks.address_of(topic, &self.wanted.address);
        let found = self.look(true).await?.hooks;
        let made = match best(topic, &ours, &found) {
            (WebhookState::Alive, Some(hook)) if hook.flaw.is_none() => {
                if !self.wanted.renews_secret {
                    return Ok(Made::WasThere);
                }
                self.hooks.renew(hook).await?;
                locked(&self.renewed).insert(topic.to_owned());
                Made::Done
            }
            (WebhookState::Alive | WebhookState::SwitchedOff, Some(hook)) => {
                self.hooks.mend(hook).await?;
                Made::Done
            }
            _ => self.hooks.create(topic, &ours).await?,
        };
        if let Some(look) = locked(&self.last).as_mut() {
            look.is_old = true;
        }
        Ok(made)
    }
}

#[async_trait]
impl<H: Hooks> Setup for WebhookSetup<H> {
    async fn plan(&self) -> Vec<Item> {
        let Seen { hooks, needs } = match self.look(false).await {
            Ok(seen) => seen,
            Err(error) => return vec![unseen(&error, self.hooks.steps(&self.wanted))],
        };
        let may_create = !needs.iter().any(Item::is_bad);
        let mut items = needs;
        for topic in &self.wanted.topics {
            items.push(self.item(topic, &hooks, may_create));
            items.extend(self.repeated(topic, &hooks));
        }
        items
    }

    async fn make(&self, item: &Item) -> Made {
        let mut topics = self.wanted.topics.iter();
        let Some(topic) = topics.find(|topic| subject(topic) == item.subject) else {
            return refused(format!("there is no {} to be made", item.subject));
        };
        match self.try_make(topic).await {
            Ok(made) => made,
            Err(error) => refused(why(&error)),
        }
    }
}

/// Creates the set-up of a store. Where its secret has no keys of the shop's API, there are no
/// `hooks`: then the plan says which keys it would take (`keys`), and how webhooks are made by hand.
pub fn of_store<H: Hooks + 'static>(
    hooks: Option<H>,
    wanted: Wanted,
    (secret, keys): (&str, &str),
    steps: impl Fn(&Wanted) -> Vec<String>,
) -> Arc<dyn Setup> {
    match hooks {
        Some(hooks) => Arc::new(WebhookSetup::new(hooks, wanted)),
        None => Arc::new(Unseen {
            reason: format!(
                "secret {secret} has no {keys}, with which the shop's webhooks can be seen and made"
            ),
            steps: steps(&wanted),
        }),
    }
}

/// The set-up of a store that cannot be asked: its secret has no keys of the shop's API, or nobody said
/// its public address.
pub struct Unseen {
    /// Says what is missing.
    pub reason: String,
    /// How webhooks are made by hand, in the words of the shop's screens.
    pub steps: Vec<String>,
}

#[async_trait]
impl Setup for Unseen {
    async fn plan(&self) -> Vec<Item> {
        vec![Item {
            subject: ALL.to_owned(),
            state: State::Unknown,
            found: self.reason.clone(),
            remedy: Remedy::ByHand(self.steps.clone()),
        }]
    }

    async fn make(&self, _: &Item) -> Made {
        refused(self.reason.clone())
    }
}

/// The subject of an item about all webhooks of a store.
const ALL: &str = "webhooks";

fn subject(topic: &str) -> String {
    format!("webhook {topic}")
}

fn unseen(error: &ReadError, steps: Vec<String>) -> Item {
    let steps = match error {
        ReadError::Refused(_) => steps,
        _ => vec!["run this again when the shop answers".to_owned()],
    };
    Item {
        subject: ALL.to_owned(),
        state: State::Unknown,
        found: format!("the shop's webhooks could not be read: {}", why(error)),
        remedy: Remedy::ByHand(steps),
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(why: String) -> Made {
    let steps = Vec::new();
    Made::Refused { why, steps }
}

/// Returns the text of an error without the words of reading orders.
fn why(error: &ReadError) -> String {
    match error {
        ReadError::Refused(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
