use crate::error;
use async_trait::async_trait;
use destination::{
    Answer, Call, Class, Credentials, Failure, Http, Login, NewToken, service_address,
};
use jiff::Timestamp;
use ports::{Clock, RefreshLimit, Secret, was_ahead};
use reqwest::Method;
use serde_json::Value;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Our share of the ten access tokens that Zoho hands out per refresh token in ten minutes ("Token
/// limits", Zoho Accounts); two are left to others, such as `orderbridge check --live`.
const LIMIT: RefreshLimit = RefreshLimit {
    most: 8,
    within: Duration::from_mins(10),
};
/// Longest life of a token, in seconds. Old answers count in milliseconds.
const LONGEST_LIFE: u64 = 3600;
/// Longest block that is believed: Zoho blocks for minutes.
const LONGEST_BLOCK: Duration = Duration::from_secs(3600);

/// Logs in to Zoho's accounts server with the refresh token, which neither changes nor ends.
pub(crate) struct ZohoLogin {
    pub(crate) accounts_url: String,
    pub(crate) http: Http,
    pub(crate) credentials: Credentials,
    pub(crate) clock: Arc<dyn Clock>,
    /// The time until which the accounts server asked to be left alone.
    pub(crate) blocked_until: Mutex<Option<Timestamp>>,
}

#[async_trait]
impl Login for ZohoLogin {
    async fn login(&self, call: &Call) -> Result<NewToken, Failure> {
        let secret = self.credentials.read().await?;
        let form = self.form(&secret)?;
        self.keep_away()?;
        let url = format!("{}/oauth/v2/token", self.accounts_url);
        // A form, because a query string ends up in logs.
        let request = self.http.request(Method::POST, &url).form(&form);
        let answer = self.http.send(call, "token", request).await?;
        self.accept(&answer)
    }

    fn limit(&self) -> Option<RefreshLimit> {
        Some(LIMIT)
    }
}

impl ZohoLogin {
    fn form(&self, secret: &Secret) -> Result<Vec<(&'static str, String)>, Failure> {
        let mut form = vec![("grant_type", "refresh_token".to_owned())];
        for key in ["client_id", "client_secret", "refresh_token"] {
            form.push((key, self.credentials.part(secret, key, None)?));
        }
        Ok(form)
    }

    /// Fails while the accounts server wants to be left alone: whoever asks all the same is blocked
    /// for longer.
    fn keep_away(&self) -> Result<(), Failure> {
        let now = self.clock.now();
        let blocked = *self
            .blocked_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // A time further away was set by a clock that was ahead.
        let latest = now.saturating_add(LONGEST_BLOCK).unwrap_or(Timestamp::MAX);
        let Some(until) = blocked.filter(|until| *until > now && !was_ahead(*until, latest)) else {
            return Ok(());
        };
        let text = "Zoho hands out no access tokens for a while, because too many were asked for; something renews them too often, such as a second program with the same refresh token";
        let pause = until.duration_since(now).unsigned_abs();
        Err(Failure::transient(Class::RateLimit, "token", text).after(Some(pause)))
    }

    /// Returns the token in an answer. The accounts server answers errors with status 200, so only
    /// the token itself shows success.
    fn accept(&self, answer: &Answer) -> Result<NewToken, Failure> {
        let body = answer.json();
        let text = |key: &str| {
            body.as_ref()
                .and_then(|body| body.get(key))
                .and_then(Value::as_str)
        };
        let Some(value) = text("access_token").filter(|_| answer.status < 300) else {
            let failure = error::login_failure(
                answer.status,
                body.as_ref(),
                answer.retry_after(self.clock.now()),
            );
            self.note_block(&failure);
            return Err(failure);
        };
        let Some(api_domain) = text("api_domain") else {
            return Err(Failure::refused_login(
                "Zoho's answer to the login names no api_domain; check that accounts_url is the accounts server of your data centre",
            ));
        };
        let base_url =
            service_address(api_domain, "https://www.zohoapis.com").map_err(|problem| {
                Failure::refused_login(format!(
                    "Zoho's answer to the login names a wrong api_domain: {problem}"
                ))
            })?;
        Ok(NewToken {
            value: value.to_owned(),
            base_url,
            expires: self.clock.now().checked_add(life(body.as_ref())).ok(),
        })
    }

    fn note_block(&self, failure: &Failure) {
        let until = failure
            .retry_after()
            .filter(|_| failure.class == Class::RateLimit)
            .and_then(|wait| self.clock.now().checked_add(wait).ok());
        let mut blocked = self
            .blocked_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *blocked = until.or(*blocked);
    }
}

impl fmt::Debug for ZohoLogin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ZohoLogin")
            .field("accounts_url", &self.accounts_url)
            .finish_non_exhaustive()
    }
}

fn life(body: Option<&Value>) -> Duration {
    let told = body.and_then(|body| body.get("expires_in"));
    let seconds = told.and_then(|told| told.as_u64().or_else(|| told.as_str()?.parse().ok()));
    Duration::from_secs(seconds.unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::{ManualClock, MemorySecrets};
    use serde_json::json;

    fn login(clock: Arc<ManualClock>) -> ZohoLogin {
        ZohoLogin {
            accounts_url: "https://accounts.zoho.com".to_owned(),
            http: Http::new(Duration::from_secs(5), clock.clone()).unwrap(),
            credentials: Credentials::new(Arc::new(MemorySecrets::new()), "crm".to_owned()),
            clock,
            blocked_until: Mutex::default(),
        }
    }

    fn answer(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            headers: reqwest::header::HeaderMap::new(),
            body: serde_json::to_vec(body).unwrap(),
        }
    }

    #[test]
    fn only_a_token_is_success() {
        let login = login(Arc::default());
        let good = json!({"access_token": "t", "api_domain": "https://www.zohoapis.eu/", "expires_in": 3600});
        let token = login.accept(&answer(200, &good)).unwrap();
        assert_eq!(token.base_url, "https://www.zohoapis.eu");
        let cases = [
            (200, json!({"error": "invalid_code"}), Class::Authentication),
            (200, json!({"access_token": "t"}), Class::Authentication),
            (
                200,
                json!({"access_token": "t", "api_domain": "http://example.com"}),
                Class::Authentication,
            ),
            (200, json!([]), Class::Unavailable),
            (
                500,
                json!({"access_token": "t", "api_domain": "https://www.zohoapis.com"}),
                Class::Unavailable,
            ),
            (
                400,
                json!({"error": "Access Denied", "status": "failure"}),
                Class::RateLimit,
            ),
        ];
        for (status, body, class) in cases {
            let failure = login.accept(&answer(status, &body)).unwrap_err();
            assert_eq!(
                (failure.class, failure.is_transient()),
                (class, true),
                "{body}"
            );
        }
    }

    #[test]
    fn milliseconds_and_texts_do_not_make_a_token_live_longer() {
        for (told, seconds) in [
            (json!(3_600_000), 3600),
            (json!("1800"), 1800),
            (json!(-5), 3600),
            (json!(null), 3600),
        ] {
            assert_eq!(
                life(Some(&json!({ "expires_in": told }))),
                Duration::from_secs(seconds),
                "{told}"
            );
        }
    }

    #[test]
    fn an_accounts_server_that_asked_to_be_left_alone_is() {
        let clock = Arc::new(ManualClock::default());
        let login = login(clock.clone());
        login.keep_away().unwrap();
        login
            .accept(&answer(400, &json!({"error": "Access Denied"})))
            .unwrap_err();
        assert_eq!(login.keep_away().unwrap_err().class, Class::RateLimit);
        clock.advance(Duration::from_secs(600));
        login.keep_away().unwrap();
    }
}
