//! Requests to the store, and the list of a walk.

use super::answer::{self, Meaning};
use super::{ShopifyReader, access};
use crate::config::API_VERSION;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use source::STORE_DOMAIN;
use source::reader::{Answer, Listed, Lister, NoPage, Question, ReadError, Stamp, query};
use std::time::Duration;

pub(super) const LARGEST_PAGE: u16 = 250;
const TOKEN: &str = "X-Shopify-Access-Token";
/// The header with the level of the bucket of calls, as `32/40`.
const BUCKET: &str = "x-shopify-shop-api-call-limit";
/// The time in which one call leaks out of the bucket: two calls in a second.
const LEAK: Duration = Duration::from_millis(500);
/// The fields of an order in short.
const IN_SHORT: &str = "id,name,order_number,created_at,updated_at,cancelled_at,financial_status,fulfillment_status,current_total_price,total_price,currency";

impl ShopifyReader {
    /// Calls the API in its version.
    pub(super) async fn ask(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        meaning: Meaning<'_>,
    ) -> Result<Answer, NoPage> {
        let path = format!("api/{API_VERSION}/{path}");
        self.ask_at(&path, parameters, meaning).await
    }

    /// Asks the API at a path of any version.
    pub(super) async fn ask_at(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        meaning: Meaning<'_>,
    ) -> Result<Answer, NoPage> {
        self.call(path, parameters, None, meaning).await
    }

    /// Posts a query or a mutation of GraphQL to the API in its version, and returns the answer,
    /// whose body may hold errors.
    pub(super) async fn post_graphql(&self, body: &Value) -> Result<Answer, ReadError> {
        let path = format!("api/{API_VERSION}/graphql.json");
        let answer = self.call(&path, &[], Some(body), Meaning::GraphQl).await;
        answer.map_err(error)
    }

    /// Calls the API, with a body by POST and without one by GET. A granted token that is refused
    /// is replaced once.
    async fn call(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        body: Option<&Value>,
        meaning: Meaning<'_>,
    ) -> Result<Answer, NoPage> {
        let secret = self.shop.secret().await?;
        let domain = self.shop.text(&secret, STORE_DOMAIN)?;
        let mut url = access::url(domain, path).ok_or_else(|| access::no_domain(&self.shop))?;
        if !parameters.is_empty() {
            url.set_query(Some(&query(parameters)));
        }
        let mut is_second = false;
        loop {
            let token = self.access.token(&self.shop, &secret).await?;
            let request = match body {
                Some(body) => self
                    .shop
                    .post(url.clone())
                    .header("Content-Type", "application/json")
                    .body(body.to_string()),
                None => self.shop.get(url.clone()),
            };
            let request = request.header(TOKEN, token.value.clone());
            let answer = self.shop.send_as(request, meaning.is_urgent()).await?;
            if is_filling(&answer) {
                self.shop.rest(LEAK).await;
            }
            if answer.status != 401 || !token.is_granted || is_second {
                return answer::judged(answer, meaning, &self.shop, &token);
            }
            self.access.forget(&token).await;
            is_second = true;
        }
    }
}

/// Returns whether the bucket is so full that the next calls should wait.
fn is_filling(answer: &Answer) -> bool {
    let level = answer.header(BUCKET).and_then(|text| {
        let (used, size) = text.split_once('/')?;
        Some((used.parse::<u32>().ok()?, size.parse::<u32>().ok()?))
    });
    level.is_some_and(|(used, size)| u64::from(used) * 4 >= u64::from(size) * 3)
}

/// Returns the error for which there is no page.
pub(super) fn error(no_page: NoPage) -> ReadError {
    match no_page {
        NoPage::TooLarge(error) | NoPage::Unsortable(error) | NoPage::Failed(error) => error,
    }
}

#[async_trait]
impl Lister for ShopifyReader {
    fn largest_page(&self) -> u16 {
        LARGEST_PAGE
    }

    /// Bounds are inclusive, to the second. `order` is not documented, but `since_id` is: where
    /// `order` is ignored, the walk goes by `since_id`.
    async fn list(&self, question: Question) -> Result<Listed, NoPage> {
        let (from_key, until_key, order) = match question.stamp {
            Stamp::Modified => ("updated_at_min", "updated_at_max", "updated_at asc"),
            Stamp::Placed => ("created_at_min", "created_at_max", "created_at asc"),
        };
        let last = question.until.checked_sub(SignedDuration::from_secs(1));
        let (from, last) = (
            written(question.from),
            written(last.unwrap_or(question.until)),
        );
        let (size, after) = (question.size.to_string(), question.after.to_string());
        let mut parameters = vec![
            ("status", "any"),
            ("limit", size.as_str()),
            (from_key, &from),
            (until_key, &last),
        ];
        parameters.push(match question.by_id {
            true => ("since_id", &after),
            false => ("order", order),
        });
        if question.stamp == Stamp::Placed {
            parameters.push(("fields", IN_SHORT));
        }
        let answer = self.ask("orders.json", &parameters, Meaning::Page).await?;
        Ok(answer::page(&answer)?)
    }
}

/// Writes an instant with its zone; without one, Shopify would assume the shop's.
fn written(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
