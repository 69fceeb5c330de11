//! The webhooks of a store: subscriptions of Mage-OS or Aligent Async Events (webapi.xml and
//! AsyncEventRepository.php of mageos-async-events). A subscription can be switched on and off, and
//! nothing else of it can be changed; none can be deleted.

use super::answer::Meaning;
use super::{MagentoReader, access, ask, webhooks};
use ::setup::{Made, Setup};
use async_trait::async_trait;
use ports::Secrets;
use reqwest::Method;
use serde_json::json;
use source::reader::{Hook, Hooks, ReadError, Seen, Wanted, of_store};
use std::sync::Arc;

/// The key of the store's secret with which webhooks are signed.
const WEBHOOK_SECRET: &str = "webhook_secret";
/// The name of the module's notifier that posts.
const NOTIFIER: &str = "http";
const ON: bool = true;

/// Creates the set-up of the webhooks of the store whose secret has this name.
///
/// # Errors
/// [`ReadError::Unavailable`] when the secret cannot be read, or the HTTP client cannot start.
pub async fn setup(
    secrets: Arc<dyn Secrets>,
    secret: &str,
    wanted: Wanted,
) -> Result<Arc<dyn Setup>, ReadError> {
    let keys = access::KEYS.join(", ");
    let reader = MagentoReader::where_possible(secrets, secret).await?;
    Ok(of_store(reader, wanted, (secret, &keys), steps))
}

/// Returns how the webhooks are made by hand.
#[must_use]
pub fn steps(wanted: &Wanted) -> Vec<String> {
    let mut steps = vec![
        "Install Mage-OS or Aligent Async Events with its common events, and keep its consumers event.trigger.consumer and event.retry.consumer running (bin/magento queue:consumers:start)".to_owned(),
        "In the admin, open System > Async Events > Subscribers".to_owned(),
    ];
    steps.extend(wanted.topics.iter().map(|topic| {
        format!(
            "Add a subscriber: Event Name {topic}, Recipient URL {}, Verification Token the store's webhook_secret, Metadata {NOTIFIER}, Status enabled",
            address_of(topic, &wanted.address)
        )
    }));
    steps.push(
        "With another module: post sales orders to the same address, and sign the body with HMAC-SHA256 in X-Magento-Signature with the store's webhook_secret".to_owned(),
    );
    steps
}

/// Returns the address of a topic's webhook. The modules do not say which event they post, so the
/// address does.
fn address_of(topic: &str, address: &str) -> String {
    format!("{address}?topic={topic}")
}

impl MagentoReader {
    /// Reads all subscriptions of the shop, page by page. Beyond the end Magento repeats the last
    /// page, so a page that is not full is the last one, and one that is known ends the walk.
    pub(super) async fn subscriptions(&self) -> Result<Vec<Hook>, ReadError> {
        let mut all: Vec<Hook> = Vec::new();
        for page in 1_u32.. {
            let parameters = ask::criteria(&[], &["subscription_id"], ask::LARGEST_PAGE, page);
            let answer = self
                .ask("/async_events", &parameters, Meaning::Webhooks)
                .await;
            let hooks = webhooks::read(&answer.map_err(ask::error)?)?;
            let is_full = hooks.len() >= usize::from(ask::LARGEST_PAGE);
            let is_known = hooks.first().is_some_and(|hook| all.contains(hook));
            if is_known {
                break;
            }
            all.extend(hooks);
            if !is_full {
                break;
            }
        }
        Ok(all)
    }

    async fn switch(&self, hook: &Hook, is_on: bool) -> Result<(), ReadError> {
        let path = format!("/async_event/{}", hook.id);
        let body = json!({"asyncEvent": {"status": is_on, "metadata": NOTIFIER}});
        self.change(Method::PUT, &path, &body).await.map(drop)
    }
}

#[async_trait]
impl Hooks for MagentoReader {
    async fn look(&self) -> Result<Seen, ReadError> {
        let hooks = self.subscriptions().await?;
        let needs = Vec::new();
        Ok(Seen { hooks, needs })
    }

    async fn create(&self, topic: &str, address: &str) -> Result<Made, ReadError> {
        let secret = self.shop.secret().await?;
        let body = json!({"asyncEvent": {
            "event_name": topic,
            "recipient_url": address,
            "verification_token": self.shop.text(&secret, WEBHOOK_SECRET)?,
            "metadata": NOTIFIER,
        }});
        self.change(Method::POST, "/async_event", &body).await?;
        Ok(Made::Done)
    }

    async fn mend(&self, hook: &Hook) -> Result<(), ReadError> {
        self.switch(hook, ON).await
    }

    /// A token cannot be changed, so another subscription takes the place of this one, which is
    /// switched off; it is switched on again where the new one cannot be made.
    async fn renew(&self, hook: &Hook) -> Result<(), ReadError> {
        self.switch(hook, !ON).await?;
        match self.create(&hook.topic, &hook.address).await {
            Ok(_) => Ok(()),
            Err(error) => match self.switch(hook, ON).await {
                Ok(()) => Err(error),
                Err(again) => Err(ReadError::Refused(format!(
                    "subscription {} ({}) is switched off now and posts nothing: no other could be made in its place ({error}), and it could not be switched on again ({again}). Switch it on in the admin, System > Async Events > Subscribers, or run this again without --renew-secret",
                    hook.id, hook.topic
                ))),
            },
        }
    }

    fn address_of(&self, topic: &str, address: &str) -> String {
        address_of(topic, address)
    }

    fn steps(&self, wanted: &Wanted) -> Vec<String> {
        steps(wanted)
    }
}
