//! Asks a store for an order in its newest state, for webhooks that name an order without carrying
//! it. Source: shopify.dev, REST Admin API 2026-04, "Retrieve a specific order"; access needs the
//! scope `read_orders`.

use crate::config::{API_VERSION, UPDATED};
use async_trait::async_trait;
use ports::{Secret, Secrets};
use reqwest::{Client, Response, StatusCode, Url, header, redirect};
use serde::Deserialize;
use serde_json::value::RawValue;
use source::payload::digits;
use source::{OrderReader, ReadError, STORE_DOMAIN};
use std::{sync::Arc, time::Duration};

/// Shopify answers within seconds or not at all.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Far more than the largest order that Shopify makes (500 lines with their histories).
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
const TOKEN: &str = "X-Shopify-Access-Token";
/// Key of the store's secret.
const ACCESS_TOKEN: &str = "admin_api_access_token";
/// Where Shopify serves every store's API, whatever domain its customers see. The token goes
/// nowhere else.
const HOST_ENDING: &str = ".myshopify.com";

/// The orders of one store, read with `store_domain` and `admin_api_access_token` of its secret.
/// The secret is asked for on each read, so that a changed token counts at once.
pub struct ShopifyReader {
    client: Client,
    secrets: Arc<dyn Secrets>,
    secret: String,
}

impl ShopifyReader {
    /// A reader of the store whose secret has this name; `None` where the secret holds no
    /// credentials for asking.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the secret cannot be read, or the HTTP client cannot
    /// start.
    pub async fn where_possible(
        secrets: Arc<dyn Secrets>,
        secret: &str,
    ) -> Result<Option<Self>, ReadError> {
        let found = secrets.secret(secret).await;
        let found =
            found.map_err(|error| ReadError::Unavailable(format!("secret {secret}: {error}")))?;
        if found.is_some_and(|found| {
            [STORE_DOMAIN, ACCESS_TOKEN]
                .iter()
                .all(|key| found.get(key).is_some())
        }) {
            Self::new(secrets, secret).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A reader of the store whose secret has this name.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`] when the HTTP client cannot start.
    pub fn new(secrets: Arc<dyn Secrets>, secret: &str) -> Result<Self, ReadError> {
        let client = Client::builder()
            .user_agent(concat!("orderbridge/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| {
                ReadError::Unavailable(format!("the HTTP client cannot start: {error}"))
            })?;
        Ok(Self {
            client,
            secrets,
            secret: secret.to_owned(),
        })
    }

    async fn secret(&self) -> Result<Secret, ReadError> {
        let found = self.secrets.secret(&self.secret).await;
        let found = found
            .map_err(|error| ReadError::Unavailable(format!("secret {}: {error}", self.secret)))?;
        found.ok_or_else(|| ReadError::Refused(format!("there is no secret {}", self.secret)))
    }

    fn text<'a>(&self, secret: &'a Secret, key: &str) -> Result<&'a str, ReadError> {
        let missing = || ReadError::Refused(format!("secret {} has no {key}", self.secret));
        secret.get(key).ok_or_else(missing)
    }

    /// Why the shop did not answer with an order.
    fn failure(&self, order: &str, status: StatusCode, answer: &Response) -> ReadError {
        let (number, secret) = (status.as_u16(), &self.secret);
        match number {
            404 => ReadError::Gone(order.to_owned()),
            401 => ReadError::Refused(format!(
                "401; admin_api_access_token in secret {secret} is not, or no longer, valid for this store"
            )),
            403 => ReadError::Refused(format!(
                "403; the app of admin_api_access_token in secret {secret} needs the scope read_orders, and read_all_orders for orders older than 60 days"
            )),
            300..=399 => ReadError::Refused(format!(
                "{number}, a redirect; store_domain in secret {secret} must be the store's own .myshopify.com domain"
            )),
            429 => ReadError::Unavailable(format!("429, too many calls{}", patience(answer))),
            _ => ReadError::Unavailable(format!("it answered {number}{}", patience(answer))),
        }
    }
}

#[async_trait]
impl OrderReader for ShopifyReader {
    async fn read(&self, order: &str) -> Result<(String, Vec<u8>), ReadError> {
        // The id becomes part of an address, so it must be nothing but digits.
        let id = digits(order).ok_or_else(|| ReadError::Gone(order.to_owned()))?;
        let secret = self.secret().await?;
        let url = order_url(self.text(&secret, STORE_DOMAIN)?, &id).ok_or_else(|| {
            ReadError::Refused(format!(
                "store_domain in secret {} is no domain like example{HOST_ENDING}",
                self.secret
            ))
        })?;
        let token = self.text(&secret, ACCESS_TOKEN)?;
        let mut token = header::HeaderValue::from_str(token).map_err(|_| {
            ReadError::Refused(format!(
                "admin_api_access_token in secret {} has letters that no token has",
                self.secret
            ))
        })?;
        token.set_sensitive(true);
        let answer = self
            .client
            .get(url)
            .header(TOKEN, token)
            .send()
            .await
            .map_err(|error| unreachable_shop(&error))?;
        let status = answer.status();
        if status != StatusCode::OK {
            return Err(self.failure(&id, status, &answer));
        }
        Ok((UPDATED.to_owned(), inner(&id, &whole(answer).await?)?))
    }
}

/// The address of an order; `None` where the domain is none of Shopify's. `http://127.0.0.1:PORT`
/// is for tests.
fn order_url(domain: &str, id: &str) -> Option<Url> {
    let domain = domain.trim().trim_end_matches('/');
    let is_local = domain
        .strip_prefix("http://127.0.0.1:")
        .is_some_and(|port| port.parse::<u16>().is_ok());
    let host = domain.strip_prefix("https://").unwrap_or(domain);
    let is_host = host.ends_with(HOST_ENDING)
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    let base = match () {
        () if is_local => domain.to_owned(),
        () if is_host => format!("https://{host}"),
        () => return None,
    };
    Url::parse(&format!("{base}/admin/api/{API_VERSION}/orders/{id}.json")).ok()
}

/// The whole body, as long as it is of a sensible size.
async fn whole(mut answer: Response) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| unreachable_shop(&error))?
    {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(ReadError::Unavailable(format!(
                "its answer is longer than {LARGEST_ANSWER} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The order without the envelope, byte for byte.
fn inner(id: &str, body: &[u8]) -> Result<Vec<u8>, ReadError> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        order: &'a RawValue,
    }
    let answer: Answer<'_> = serde_json::from_slice(body)
        .map_err(|_| ReadError::Unavailable("it answered 200 without an order".to_owned()))?;
    let order = answer.order.get().as_bytes();
    if crate::peek::peek(order).order_id.as_deref() == Some(id) {
        Ok(order.to_vec())
    } else {
        Err(ReadError::Unavailable(format!(
            "it answered 200 with something else than order {id}"
        )))
    }
}

/// How long the shop wants to be left alone.
fn patience(answer: &Response) -> String {
    let seconds = answer
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    // Shopify writes it with a decimal, `2.0`; anything else is not passed on.
    let seconds = seconds.filter(|text| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    seconds
        .map(|seconds| format!("; it asks for {seconds} s of patience"))
        .unwrap_or_default()
}

/// What went wrong on the way, without the address.
fn unreachable_shop(error: &reqwest::Error) -> ReadError {
    let what = match () {
        () if error.is_timeout() => "it did not answer in time",
        () if error.is_connect() => "no connection",
        () => "the connection broke off",
    };
    ReadError::Unavailable(what.to_owned())
}
