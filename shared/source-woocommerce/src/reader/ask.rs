//! Requests to the shop, and the lists of a walk.

use super::answer::{self, Meaning};
use super::{
    WooCommerceReader, access,
    site::{Site, plain},
};
use access::Proof;
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ports::Secret;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use source::reader::{Answer, Listed, Lister, NoPage, Question, ReadError, Stamp, address, nonce};
use std::sync::Arc;

pub(super) const LARGEST_PAGE: u16 = 100;
/// Every status but the trash, which a list cannot combine with others.
pub(super) const ANY: &str = "any";
pub(super) const TRASH: &str = "trash";
/// The fields of an order in short.
const IN_SHORT: &str = "id,number,status,total,currency,date_created_gmt,date_modified_gmt";

/// A request, apart from its authentication.
struct Call<'a> {
    method: Method,
    path: &'a str,
    parameters: &'a [(&'a str, &'a str)],
    body: Option<&'a Value>,
    is_urgent: bool,
}

impl WooCommerceReader {
    /// Asks the API.
    pub(super) async fn ask(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
        meaning: Meaning<'_>,
    ) -> Result<Answer, NoPage> {
        let call = Call {
            method: Method::GET,
            path,
            parameters,
            body: None,
            is_urgent: meaning.is_urgent(),
        };
        self.call(&call, meaning).await
    }

    /// Changes something by the API. A key that is refused has changed nothing, so that another way
    /// to prove it may be tried.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Answer, ReadError> {
        let call = Call {
            method,
            path,
            parameters: &[],
            body: Some(body),
            is_urgent: true,
        };
        self.call(&call, Meaning::Change).await.map_err(error)
    }

    /// Calls the API in the way that worked last, else in another one.
    async fn call(&self, call: &Call<'_>, meaning: Meaning<'_>) -> Result<Answer, NoPage> {
        let secret = self.shop.secret().await?;
        let base = self.base(&secret)?;
        let mut refusal = None;
        for (way, proof) in self.way.all(&base) {
            let answer = self.ask_by(proof, &secret, &base, call).await?;
            if answer::is_refusal_of_the_way(&answer, proof) {
                refusal.get_or_insert(answer);
                continue;
            }
            if answer.status != 401 {
                self.way.worked(way);
            }
            return answer::judged(answer, meaning, &self.shop);
        }
        self.site.forget().await;
        let Some(answer) = refusal else {
            return Err(ReadError::unavailable("there is no way to ask it").into());
        };
        answer::judged(answer, meaning, &self.shop)
    }

    pub(super) fn base(&self, secret: &Secret) -> Result<String, ReadError> {
        access::base(self.shop.text(secret, access::URL)?)
            .ok_or_else(|| super::site::no_address(&self.shop))
    }

    /// Calls the API in one way. A nonce that was used already is not reported; the call is
    /// repeated with a new one.
    async fn ask_by(
        &self,
        proof: Proof,
        secret: &Secret,
        base: &str,
        call: &Call<'_>,
    ) -> Result<Answer, NoPage> {
        let request = self.request(proof, secret, base, call).await?;
        let answer = self.shop.send_as(request, call.is_urgent).await?;
        if !answer::is_used_nonce(&answer) {
            return Ok(answer);
        }
        let request = self.request(proof, secret, base, call).await?;
        self.shop.send_as(request, call.is_urgent).await
    }

    async fn request(
        &self,
        proof: Proof,
        secret: &Secret,
        base: &str,
        call: &Call<'_>,
    ) -> Result<RequestBuilder, ReadError> {
        let key = self.shop.text(secret, access::CONSUMER_KEY)?;
        let consumer_secret = self.shop.text(secret, access::CONSUMER_SECRET)?;
        let url = address(
            base,
            &format!("/wp-json/wc/v3{}", call.path),
            call.parameters,
        )
        .ok_or_else(|| super::site::no_address(&self.shop))?;
        let request = match proof {
            Proof::Basic => {
                let request = self.shop.request(call.method.clone(), url);
                request.basic_auth(key, Some(consumer_secret))
            }
            Proof::Signed(scheme) => {
                let site = self.site.at(&self.shop, base).await?;
                let now = self.shop.now().as_second();
                let pair = (key, consumer_secret);
                let nonce = nonce()?;
                let url =
                    access::signed(&call.method, &url, &site.home, scheme, pair, (&nonce, now))?;
                self.shop.request(call.method.clone(), url)
            }
        };
        let request = match call.body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body.to_string()),
            None => request,
        };
        // A cache in front of the shop would answer with yesterday's orders.
        Ok(request
            .header("Accept", "application/json")
            .header("Cache-Control", "no-cache"))
    }
}

/// Returns the error for which there is no page.
pub(super) fn error(no_page: NoPage) -> ReadError {
    match no_page {
        NoPage::TooLarge(error) | NoPage::Unsortable(error) | NoPage::Failed(error) => error,
    }
}

/// The lists of a shop: its orders, and then those in its trash.
pub(super) struct Orders<'a> {
    reader: &'a WooCommerceReader,
    site: Arc<Site>,
}

impl<'a> Orders<'a> {
    pub(super) async fn of(reader: &'a WooCommerceReader) -> Result<Self, ReadError> {
        let base = reader.base(&reader.shop.secret().await?)?;
        let site = reader.site.at(&reader.shop, &base).await?;
        Ok(Self { reader, site })
    }
}

#[async_trait]
impl Lister for Orders<'_> {
    fn lists(&self) -> u8 {
        2
    }

    fn largest_page(&self) -> u16 {
        LARGEST_PAGE
    }

    fn blurred_until(&self, from: Timestamp) -> Option<Timestamp> {
        self.site.blurred_until(from)
    }

    /// Bounds are exclusive, to the second, and without a zone: with a zone, WordPress converts
    /// them to the site's time and then takes them for UTC.
    async fn list(&self, question: Question) -> Result<Listed, NoPage> {
        let second = SignedDuration::from_secs(1);
        let before = question.from.checked_sub(second).unwrap_or(question.from);
        let (after, until) = (self.site.bound(before), plain(question.until));
        let (size, page) = (question.size.to_string(), question.page.to_string());
        let (from_key, until_key, by_date) = match question.stamp {
            Stamp::Modified => ("modified_after", "modified_before", "modified"),
            Stamp::Placed => ("after", "before", "date"),
        };
        let mut parameters = vec![
            ("status", if question.list == 0 { ANY } else { TRASH }),
            (from_key, after.as_str()),
            (until_key, &until),
            ("dates_are_gmt", "true"),
            ("orderby", if question.by_id { "id" } else { by_date }),
            ("order", "asc"),
            ("per_page", &size),
            ("page", &page),
        ];
        if question.stamp == Stamp::Placed {
            parameters.push(("_fields", IN_SHORT));
        }
        let answer = self
            .reader
            .ask("/orders", &parameters, Meaning::Page)
            .await?;
        Ok(answer::page(&answer, &question, &after)?)
    }
}
