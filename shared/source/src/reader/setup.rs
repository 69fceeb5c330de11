//! The webhooks of a store as a plan that is looked at and then made. What only a platform knows is
//! behind [`Hooks`]; what is needed, what is left alone and what is made again is judged here, once
//! for all platforms. No webhook is ever deleted, and none that posts to somebody else is changed.

use super::webhooks::{best, is_ours, plain};
use super::{Hook, ReadError, WebhookState};
use ::setup::{Item, Made, Remedy, Setup, State};
use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

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

/// The webhooks of one shop, with the words and calls of its platform.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Reads every webhook that the shop shows to these credentials.
    ///
    /// # Errors
    /// See [`ReadError`]; the text of a refusal says what to do.
    async fn list(&self) -> Result<Vec<Hook>, ReadError>;

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

    /// Returns what else the store must have, such as rights; items of state `Missing` or `Wrong`
    /// keep webhooks from being created.
    async fn needs(&self) -> Vec<Item> {
        Vec::new()
    }

    /// Returns the address of a topic's webhook; by default the store's.
    fn address_of(&self, _topic: &str, address: &str) -> String {
        address.to_owned()
    }

    /// Returns how all of it is done by hand, in the words of the shop's screens.
    fn steps(&self, wanted: &Wanted) -> Vec<String>;
}

/// The set-up of a store whose shop can be asked for its webhooks.
pub struct WebhookSetup<H> {
    hooks: H,
    wanted: Wanted,
    /// The topics whose webhooks got the secret once more.
    renewed: Mutex<BTreeSet<String>>,
}

impl<H: Hooks> WebhookSetup<H> {
    /// Creates the set-up of a store.
    pub fn new(hooks: H, wanted: Wanted) -> Self {
        Self {
            hooks,
            wanted,
            renewed: Mutex::default(),
        }
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
        let renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.wanted.renews_secret || renewed.contains(topic) {
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
        let found = self.hooks.list().await?;
        match best(topic, &ours, &found) {
            (WebhookState::Alive, Some(hook)) if hook.flaw.is_none() => {
                if !self.wanted.renews_secret {
                    return Ok(Made::WasThere);
                }
                self.hooks.renew(hook).await?;
                let mut renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
                renewed.insert(topic.to_owned());
                Ok(Made::Done)
            }
            (WebhookState::Alive | WebhookState::SwitchedOff, Some(hook)) => {
                self.hooks.mend(hook).await?;
                Ok(Made::Done)
            }
            _ => self.hooks.create(topic, &ours).await,
        }
    }
}

#[async_trait]
impl<H: Hooks> Setup for WebhookSetup<H> {
    async fn plan(&self) -> Vec<Item> {
        let mut items = self.hooks.needs().await;
        let may_create = !items.iter().any(Item::is_bad);
        let found = match self.hooks.list().await {
            Ok(found) => found,
            // What keeps the shop from being asked may have been told as a need already.
            Err(_) if !may_create => return items,
            Err(error) => {
                items.push(unseen(why(&error), &error, self.hooks.steps(&self.wanted)));
                return items;
            }
        };
        for topic in &self.wanted.topics {
            items.push(self.item(topic, &found, may_create));
            items.extend(self.repeated(topic, &found));
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

/// The set-up of a store whose secret has no keys of the shop's API.
pub struct Unseen {
    /// Says which keys of which secret there would have to be.
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

fn unseen(found: String, error: &ReadError, steps: Vec<String>) -> Item {
    let steps = match error {
        ReadError::Refused(_) => steps,
        _ => vec!["run this again when the shop answers".to_owned()],
    };
    Item {
        subject: ALL.to_owned(),
        state: State::Unknown,
        found: format!("the shop's webhooks could not be read: {found}"),
        remedy: Remedy::ByHand(steps),
    }
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
