//! The webhooks of a store: subscriptions of the app, and its scopes. Shopify signs what an app
//! subscribed to with the app's client secret, which cannot be chosen.

use super::{ShopifyReader, access};
use ::setup::{Item, Made, Remedy, Setup, State};
use async_trait::async_trait;
use ports::Secrets;
use source::reader::{Hook, Hooks, ReadError, Seen, Wanted, of_store};
use std::sync::Arc;

const WEBHOOK_SECRET: &str = "webhook_secret";
const READ_ORDERS: &str = "read_orders";
const READ_ALL_ORDERS: &str = "read_all_orders";
/// The text of the store's refusal of a subscription that is there already.
const TAKEN: &str = "already been taken";

/// Creates the set-up of the webhooks of the store whose secret has this name.
///
/// # Errors
/// [`ReadError::Unavailable`] when the secret cannot be read, or the HTTP client cannot start.
pub async fn setup(
    secrets: Arc<dyn Secrets>,
    secret: &str,
    wanted: Wanted,
) -> Result<Arc<dyn Setup>, ReadError> {
    let keys = format!(
        "{} and no {}",
        access::BY_GRANT.join(", "),
        access::BY_TOKEN.join(", ")
    );
    let reader = ShopifyReader::where_possible(secrets, secret).await?;
    Ok(of_store(reader, wanted, (secret, &keys), steps))
}

/// Returns how the webhooks are made by hand. The store signs these with its own key.
#[must_use]
pub fn steps(wanted: &Wanted) -> Vec<String> {
    let mut steps =
        vec!["In the store's admin, open Settings > Notifications > Webhooks".to_owned()];
    steps.extend(wanted.topics.iter().map(|topic| {
        format!(
            "Create webhook: Event {}, Format JSON, URL {}, the newest stable API version; then Save",
            shown(topic),
            wanted.address
        )
    }));
    steps.push(
        "Enter the key of the line \"Your webhooks will be signed with\" as webhook_secret in the store's secret".to_owned(),
    );
    steps
}

/// Returns a topic as the admin shows it.
fn shown(topic: &str) -> String {
    match topic {
        "orders/create" => "Order creation".to_owned(),
        "orders/updated" => "Order update".to_owned(),
        "orders/paid" => "Order payment".to_owned(),
        "orders/cancelled" => "Order cancellation".to_owned(),
        "orders/fulfilled" => "Order fulfillment".to_owned(),
        "orders/edited" => "Order edit".to_owned(),
        "orders/delete" => "Order deletion".to_owned(),
        "refunds/create" => "Refund create".to_owned(),
        other => format!("of the topic {other}"),
    }
}

impl ShopifyReader {
    /// Judges whether webhooks that the app makes will verify here.
    async fn signature(&self) -> Result<Option<Item>, ReadError> {
        let secret = self.shop.secret().await?;
        let name = self.shop.secret_name();
        let listed = secret.all(WEBHOOK_SECRET);
        let subject = format!("{WEBHOOK_SECRET} in secret {name}");
        let Some(client_secret) = secret.get(access::CLIENT_SECRET) else {
            return Ok(None);
        };
        if listed.iter().any(|text| text == client_secret) {
            return Ok(None);
        }
        Ok(Some(Item {
            subject,
            state: State::Wrong,
            found: "it is not the app's client secret, with which Shopify signs the webhooks that an app makes".to_owned(),
            remedy: Remedy::ByHand(vec![format!(
                "Enter the text of client_secret as webhook_secret in secret {name} too; list both, as in webhook_secret = [\"new\", \"old\"], while webhooks that were made in the admin are still there"
            )]),
        }))
    }
}

#[async_trait]
impl Hooks for ShopifyReader {
    async fn look(&self) -> Result<Seen, ReadError> {
        let listed = self.subscriptions().await?;
        let mut needs = scopes(&listed.scopes);
        needs.extend(self.signature().await?);
        Ok(Seen {
            hooks: listed.hooks,
            needs,
        })
    }

    async fn create(&self, topic: &str, address: &str) -> Result<Made, ReadError> {
        match self.subscribe(topic, address).await? {
            None => Ok(Made::Done),
            Some(reason) if reason.contains(TAKEN) => Ok(Made::WasThere),
            Some(reason) => Err(not_taken(&reason)),
        }
    }

    async fn mend(&self, hook: &Hook) -> Result<(), ReadError> {
        match self.make_whole(&hook.id).await? {
            None => Ok(()),
            Some(reason) => Err(not_taken(&reason)),
        }
    }

    async fn renew(&self, _: &Hook) -> Result<(), ReadError> {
        Err(ReadError::Refused(format!(
            "Shopify signs with the app's client secret, which cannot be chosen; enter that one as webhook_secret in secret {}",
            self.shop.secret_name()
        )))
    }

    fn steps(&self, wanted: &Wanted) -> Vec<String> {
        steps(wanted)
    }
}

/// Returns the items of the scopes that the app lacks.
fn scopes(known: &[String]) -> Vec<Item> {
    let lacks = |scope: &str| !known.iter().any(|known| known == scope);
    let mut items = Vec::new();
    if lacks(READ_ORDERS) {
        items.push(Item {
            subject: format!("scope {READ_ORDERS}"),
            state: State::Missing,
            found: "the app lacks it, so that it is told of no orders".to_owned(),
            remedy: Remedy::ByHand(scope_steps()),
        });
    }
    if lacks(READ_ALL_ORDERS) {
        items.push(Item {
            subject: format!("scope {READ_ALL_ORDERS}"),
            state: State::Advice,
            found: "the app lacks it: orders that were placed more than 60 days ago cannot be asked for".to_owned(),
            remedy: Remedy::Nothing,
        });
    }
    items
}

fn scope_steps() -> Vec<String> {
    vec![
        "In the Dev Dashboard, open the app > Versions > Create a version, add read_orders (and read_all_orders) under Access > Scopes, and Release it".to_owned(),
        "Request access to Protected customer data for the app, if it is asked for".to_owned(),
        "In the store's admin, open Settings > Apps and sales channels > the app, and approve the new scope".to_owned(),
    ]
}

fn not_taken(reason: &str) -> ReadError {
    ReadError::Refused(format!(
        "Shopify does not take it: {}; an address begins with https:// and can be reached from the internet",
        reason.trim_end_matches('.')
    ))
}
