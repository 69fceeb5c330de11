//! The subscriptions of the app over GraphQL, which says more of them than REST does (shopify.dev,
//! "WebhookSubscription", version 2026-04). Shopify has no subscription that is switched off: it
//! removes one whose deliveries failed for four hours.

use super::ShopifyReader;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use source::reader::{Answer, Hook, ReadError};

const LIST: &str = "query Webhooks($after: String) {
  currentAppInstallation { accessScopes { handle } }
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri format filter includeFields }
    pageInfo { hasNextPage endCursor }
  }
}";
const CREATE: &str =
    "mutation Create($topic: WebhookSubscriptionTopic!, $given: WebhookSubscriptionInput!) {
  done: webhookSubscriptionCreate(topic: $topic, webhookSubscription: $given) {
    userErrors { field message }
  }
}";
const UPDATE: &str = "mutation Update($id: ID!, $given: WebhookSubscriptionInput!) {
  done: webhookSubscriptionUpdate(id: $id, webhookSubscription: $given) {
    userErrors { field message }
  }
}";

/// What the app may do, and its subscriptions.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) scopes: Vec<String>,
    pub(super) hooks: Vec<Hook>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    message: String,
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Extensions {
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    current_app_installation: Installation,
    webhook_subscriptions: Subscriptions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Installation {
    access_scopes: Vec<Scope>,
}

#[derive(Deserialize)]
struct Scope {
    handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscriptions {
    nodes: Vec<Node>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    topic: String,
    uri: String,
    format: String,
    filter: Option<String>,
    #[serde(default)]
    include_fields: Vec<String>,
}

#[derive(Deserialize)]
struct Mutation {
    done: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    #[serde(default)]
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
struct UserError {
    message: String,
}

impl ShopifyReader {
    /// Reads all subscriptions of the app, page by page.
    pub(super) async fn subscriptions(&self) -> Result<Listed, ReadError> {
        let (mut listed, mut after) = (Listed::default(), None);
        loop {
            let page: Page = self.graphql(LIST, json!({ "after": after })).await?;
            let scopes = page.current_app_installation.access_scopes;
            listed.scopes = scopes.into_iter().map(|scope| scope.handle).collect();
            let Subscriptions { nodes, page_info } = page.webhook_subscriptions;
            listed.hooks.extend(nodes.into_iter().map(hook));
            match page_info.end_cursor {
                Some(cursor) if page_info.has_next_page => after = Some(cursor),
                _ => return Ok(listed),
            }
        }
    }

    /// Creates a subscription; returns the store's reason where it does not.
    pub(super) async fn subscribe(
        &self,
        topic: &str,
        address: &str,
    ) -> Result<Option<String>, ReadError> {
        let variables = json!({
            "topic": topic.replace('/', "_").to_ascii_uppercase(),
            "given": { "uri": address, "format": "JSON" },
        });
        self.mutate(CREATE, variables).await
    }

    /// Takes away everything that keeps a subscription from posting whole orders of its topic.
    pub(super) async fn make_whole(&self, id: &str) -> Result<Option<String>, ReadError> {
        let given = json!({ "format": "JSON", "filter": "", "includeFields": [] });
        let variables = json!({ "id": id, "given": given });
        self.mutate(UPDATE, variables).await
    }

    async fn mutate(&self, text: &str, variables: Value) -> Result<Option<String>, ReadError> {
        let done: Mutation = self.graphql(text, variables).await?;
        let mut errors = done.done.user_errors.into_iter();
        Ok(errors.next().map(|error| error.message))
    }

    async fn graphql<T: DeserializeOwned>(
        &self,
        text: &str,
        variables: Value,
    ) -> Result<T, ReadError> {
        let body = json!({ "query": text, "variables": variables });
        let answer = self.post_graphql(&body).await?;
        data(&answer)
    }
}

/// Reads the data of an answer, or the failure that its errors mean.
fn data<T: DeserializeOwned>(answer: &Answer) -> Result<T, ReadError> {
    let strange = || answer.strange("an answer of GraphQL");
    let envelope: Envelope<T> = serde_json::from_slice(&answer.body).map_err(|_| strange())?;
    match (envelope.errors.into_iter().next(), envelope.data) {
        (None, Some(data)) => Ok(data),
        (None, None) => Err(strange()),
        (Some(problem), _) => Err(match problem.extensions.code.as_str() {
            "THROTTLED" => ReadError::unavailable("too many calls at once"),
            "INTERNAL_SERVER_ERROR" => ReadError::unavailable("an error of its own"),
            _ => ReadError::Refused(format!(
                "Shopify does not take it: {}",
                problem.message.trim_end_matches('.')
            )),
        }),
    }
}

fn hook(node: Node) -> Hook {
    let flaw = match &node {
        Node { format, .. } if format != "JSON" => Some(format!("it posts {format}, not JSON")),
        Node {
            filter: Some(filter),
            ..
        } if !filter.is_empty() => {
            Some("it has a filter, so that some orders do not come".to_owned())
        }
        Node { include_fields, .. } if !include_fields.is_empty() => {
            Some("it posts some fields of an order only".to_owned())
        }
        _ => None,
    };
    Hook {
        id: node.id,
        topic: node.topic.to_ascii_lowercase().replacen('_', "/", 1),
        address: node.uri,
        is_on: true,
        flaw,
    }
}
