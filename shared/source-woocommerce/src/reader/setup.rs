//! The webhooks of a store: made, switched on again, given another secret. WooCommerce shows neither
//! a webhook's secret nor how often it failed; what was switched off keeps its count of failures, so
//! that one more failure switches it off again until a delivery succeeds.

use super::answer::Meaning;
use super::{WooCommerceReader, access, ask, webhooks};
use ::setup::{Made, Setup};
use async_trait::async_trait;
use ports::Secrets;
use reqwest::Method;
use serde_json::json;
use source::reader::{Hook, Hooks, ReadError, Seen, Wanted, of_store};
use std::sync::Arc;

/// The key of the store's secret with which webhooks are signed.
const WEBHOOK_SECRET: &str = "webhook_secret";

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
    let reader = WooCommerceReader::where_possible(secrets, secret).await?;
    Ok(of_store(reader, wanted, (secret, &keys), steps))
}

/// Returns how the webhooks are made by hand.
#[must_use]
pub fn steps(wanted: &Wanted) -> Vec<String> {
    let mut steps = vec![
        "In WordPress, open WooCommerce > Settings > Advanced > Webhooks as a user who may read orders".to_owned(),
    ];
    steps.extend(wanted.topics.iter().map(|topic| {
        format!(
            "Add webhook: Status Active, Topic {}, Delivery URL {}, Secret the store's webhook_secret, API version WP REST API Integration v3; then Save webhook",
            shown(topic),
            wanted.address
        )
    }));
    steps
}

/// Returns a topic as the shop's page shows it.
fn shown(topic: &str) -> String {
    match topic {
        "order.created" => "Order created".to_owned(),
        "order.updated" => "Order updated".to_owned(),
        "order.deleted" => "Order deleted".to_owned(),
        "order.restored" => "Order restored".to_owned(),
        other => format!("Action, with the action event {other}"),
    }
}

impl WooCommerceReader {
    /// Reads all webhooks of the shop, page by page.
    pub(super) async fn all_webhooks(&self) -> Result<Vec<Hook>, ReadError> {
        let size = ask::LARGEST_PAGE.to_string();
        let mut all = Vec::new();
        for page in 1_u32.. {
            let page = page.to_string();
            let parameters = [
                ("per_page", size.as_str()),
                ("page", &page),
                ("orderby", "id"),
                ("order", "asc"),
            ];
            let answer = self.ask("/webhooks", &parameters, Meaning::List).await;
            let hooks = webhooks::read(&answer.map_err(ask::error)?)?;
            let is_last = hooks.len() < usize::from(ask::LARGEST_PAGE);
            all.extend(hooks);
            if is_last {
                break;
            }
        }
        Ok(all)
    }
}

#[async_trait]
impl Hooks for WooCommerceReader {
    async fn look(&self) -> Result<Seen, ReadError> {
        let hooks = self.all_webhooks().await?;
        let needs = Vec::new();
        Ok(Seen { hooks, needs })
    }

    /// A new webhook is active whatever status is asked for.
    async fn create(&self, topic: &str, address: &str) -> Result<Made, ReadError> {
        let secret = self.shop.secret().await?;
        let body = json!({
            "name": format!("orderbridge {topic}"),
            "topic": topic,
            "delivery_url": address,
            "secret": self.shop.text(&secret, WEBHOOK_SECRET)?,
        });
        self.change(Method::POST, "/webhooks", &body).await?;
        Ok(Made::Done)
    }

    async fn mend(&self, hook: &Hook) -> Result<(), ReadError> {
        let path = format!("/webhooks/{}", hook.id);
        let body = json!({"status": "active"});
        self.change(Method::PUT, &path, &body).await.map(drop)
    }

    async fn renew(&self, hook: &Hook) -> Result<(), ReadError> {
        let secret = self.shop.secret().await?;
        let path = format!("/webhooks/{}", hook.id);
        let body = json!({"secret": self.shop.text(&secret, WEBHOOK_SECRET)?});
        self.change(Method::PUT, &path, &body).await.map(drop)
    }

    fn steps(&self, wanted: &Wanted) -> Vec<String> {
        steps(wanted)
    }
}
