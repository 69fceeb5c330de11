//! The way of one request: in the account's language, with its credentials, by its clock.

use super::{Client, VALIDATION};
use crate::{
    auth,
    config::{Grant, address},
    language::in_language,
};
use destination::{Answer, Class, Failure};
use jiff::{Timestamp, fmt::rfc2822};
use ports::Token;
use reqwest::{
    Method, RequestBuilder, Url,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::Value;
use std::sync::atomic::Ordering;

/// Smallest difference of the clocks, in seconds, that can be to blame for a refused login:
/// NetSuite takes timestamps that are at most 5 minutes off.
const NOTABLE_SKEW: i64 = 300;
/// One request, without its credentials.
#[derive(Clone, Copy)]
pub(super) struct Parcel<'a> {
    pub(super) operation: &'static str,
    pub(super) method: &'a Method,
    /// Path and query. A colon stays as it is and a space is `%20`, because the signature covers
    /// them as they are sent.
    pub(super) path: &'a str,
    pub(super) body: Option<&'a Value>,
    pub(super) language: Option<&'a str>,
    /// The idempotency key of a batch.
    pub(super) key: &'a str,
}

impl Client<'_> {
    /// Makes a call. If it is refused only for its language, it is made again in the one that the
    /// refusal names.
    pub(super) async fn exchange(&self, parcel: Parcel<'_>) -> Result<Answer, Failure> {
        let language = self.connection.language.present();
        let answer = self.exchange_in(language.as_deref(), parcel).await?;
        if self.connection.language.learn(
            language.as_deref(),
            &answer,
            &self.connection.settings.name,
        ) {
            return self
                .exchange_in(self.connection.language.present().as_deref(), parcel)
                .await;
        }
        Ok(answer)
    }

    async fn exchange_in(
        &self,
        language: Option<&str>,
        parcel: Parcel<'_>,
    ) -> Result<Answer, Failure> {
        let parcel = Parcel { language, ..parcel };
        match self.connection.settings.auth {
            Grant::Token => self.send_signed(parcel).await,
            Grant::ClientCredentials => {
                let answered = self.connection.access.call(
                    self.call,
                    |answer| answer.status == 401,
                    |token| self.send_with_token(parcel, token),
                );
                answered.await
            }
        }
    }

    async fn send_with_token(&self, parcel: Parcel<'_>, token: Token) -> Result<Answer, Failure> {
        // It would be refused, which NetSuite counts.
        if parcel.operation == "restlet" && self.connection.lacks_restlets() {
            let text = "no token can be had that RESTlets take";
            return Err(Failure::permanent(Class::Mapping, parcel.operation, text));
        }
        let request = self.request(parcel, &address(&token.base_url, parcel.path));
        self.connection
            .http
            .send(
                self.call,
                parcel.operation,
                request.bearer_auth(&token.value),
            )
            .await
    }

    /// Signs and sends a call. If it was refused only because this machine's clock is wrong, it is
    /// signed once more, by NetSuite's clock.
    async fn send_signed(&self, parcel: Parcel<'_>) -> Result<Answer, Failure> {
        let skew = self.connection.skew.load(Ordering::Relaxed);
        let answer = self.sign_and_send(parcel, skew).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let Some(seen) = skew_of(&answer, self.connection.clock.now())
            .filter(|seen| (seen - skew).abs() >= NOTABLE_SKEW)
        else {
            return Ok(answer);
        };
        tracing::warn!(
            destination = self.connection.settings.name,
            seconds = seen,
            "this machine's clock differs from NetSuite's; calls are signed by theirs, please set the clock"
        );
        self.connection.skew.store(seen, Ordering::Relaxed);
        let again = self.sign_and_send(parcel, seen).await;
        if !again.as_ref().is_ok_and(|answer| answer.status != 401) {
            // NetSuite has counted the first try too.
            self.count_refused_login().await;
        }
        again
    }

    async fn sign_and_send(&self, parcel: Parcel<'_>, skew: i64) -> Result<Answer, Failure> {
        let secret = self.connection.credentials.read().await?;
        let (tokens, base_url) = auth::tokens(
            &self.connection.credentials,
            &secret,
            &self.connection.settings,
        )?;
        let url = address(&base_url, parcel.path);
        let parsed = Url::parse(&url).map_err(|error| {
            Failure::permanent(
                Class::Mapping,
                parcel.operation,
                format!("the call has no good address: {error}"),
            )
        })?;
        let timestamp = self.connection.clock.now().as_second().saturating_add(skew);
        let authorization = tokens.authorization(parcel.method, &parsed, &nonce()?, timestamp);
        let request = self
            .request(parcel, &url)
            .header(reqwest::header::AUTHORIZATION, authorization);
        self.connection
            .http
            .send(self.call, parcel.operation, request)
            .await
    }

    fn request(&self, parcel: Parcel<'_>, url: &str) -> RequestBuilder {
        let request = in_language(
            self.connection.http.request(parcel.method.clone(), url),
            parcel.language,
        );
        let request = match parcel.operation {
            "write" => request.header(VALIDATION.0, VALIDATION.1),
            "form" => request.header(VALIDATION.0, VALIDATION.1).header(
                ACCEPT,
                "application/vnd.oracle.resource+json; type=create-form",
            ),
            "look" if parcel.path.contains("/metadata-catalog/") => {
                request.header(ACCEPT, "application/schema+json")
            }
            "look" | "job" => request,
            // One that only asks for the script has no body, and a RESTlet wants the header yet.
            "restlet" if parcel.body.is_none() => request.header(CONTENT_TYPE, "application/json"),
            "restlet" => request,
            "batch" => request
                .header(VALIDATION.0, VALIDATION.1)
                .header("X-NetSuite-Idempotency-Key", parcel.key)
                .header("Prefer", "respond-async")
                .header(
                    CONTENT_TYPE,
                    "application/vnd.oracle.resource+json; type=collection",
                ),
            // Queries are refused without it.
            _ => request.header("Prefer", "transient"),
        };
        match parcel.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// Returns twenty random hexadecimal digits.
pub(super) fn nonce() -> Result<String, Failure> {
    let mut bytes = [0; 10];
    getrandom::fill(&mut bytes).map_err(|error| {
        let text = format!("the machine gives no random numbers, which signatures need: {error}");
        Failure::transient(Class::Unavailable, "token", text)
    })?;
    Ok(hex::encode(bytes))
}

pub(super) fn skew_of(answer: &Answer, now: Timestamp) -> Option<i64> {
    let date = answer.headers.get(reqwest::header::DATE)?.to_str().ok()?;
    Some(
        rfc2822::parse(date)
            .ok()?
            .timestamp()
            .duration_since(now)
            .as_secs(),
    )
}
