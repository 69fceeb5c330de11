use crate::{config::Grant, error, refresh::RefreshTokens};
use async_trait::async_trait;
use destination::{
    Answer, Call, Class, Credentials, Failure, Http, Login, NewToken, service_address,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ports::{Clock, Secret};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// Lifetime of an assertion in seconds; Salesforce's own examples use 180 to 300.
const ASSERTION_SECONDS: i64 = 180;

/// Logs in to Salesforce (OAuth 2.0 flows of "Authorize Apps with OAuth", Salesforce Help). Never
/// revokes a token: other workers share it.
pub(crate) struct SalesforceLogin {
    pub(crate) auth: Grant,
    pub(crate) login_url: String,
    pub(crate) http: Http,
    pub(crate) credentials: Credentials,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) refresh: RefreshTokens,
}

/// The answer of the token endpoint. Salesforce gives no lifetime, and the JWT flow not even the
/// time of issue.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    instance_url: String,
    refresh_token: Option<String>,
}

/// The claims of the JWT bearer flow.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
}

#[async_trait]
impl Login for SalesforceLogin {
    async fn login(&self, call: &Call) -> Result<NewToken, Failure> {
        let secret = self.credentials.read().await?;
        if self.auth != Grant::RefreshToken {
            return self
                .ask(call, &self.form(&secret, None)?)
                .await
                .and_then(|answer| new_token(&answer));
        }
        let turn = self
            .refresh
            .begin(&self.part(&secret, "refresh_token")?)
            .await?;
        let answered = match self.form(&secret, Some(&turn.token)) {
            Ok(form) => self.ask(call, &form).await,
            Err(failure) => Err(failure),
        };
        let rotated = answered
            .as_ref()
            .ok()
            .and_then(|answer| answer.refresh_token.clone());
        self.refresh.end(turn, rotated).await;
        answered.and_then(|answer| new_token(&answer))
    }
}

impl SalesforceLogin {
    async fn ask(
        &self,
        call: &Call,
        form: &[(&'static str, String)],
    ) -> Result<TokenAnswer, Failure> {
        let request = self
            .http
            .request(
                Method::POST,
                &format!("{}/services/oauth2/token", self.login_url),
            )
            .form(form);
        let answer = self.http.send(call, "token", request).await?;
        if answer.status == 200 {
            return token_answer(&answer);
        }
        Err(error::login_failure(
            answer.status,
            answer.json().as_ref(),
            answer.retry_after(self.clock.now()),
        ))
    }

    fn form(
        &self,
        secret: &Secret,
        refresh_token: Option<&str>,
    ) -> Result<Vec<(&'static str, String)>, Failure> {
        let text = |key: &str| self.part(secret, key);
        let mut form = Vec::new();
        match self.auth {
            Grant::Password => {
                let token = secret.get("security_token").unwrap_or_default();
                form.extend([
                    ("grant_type", "password".to_owned()),
                    ("username", text("username")?),
                    ("password", text("password")? + token),
                ]);
            }
            Grant::RefreshToken => {
                let token = refresh_token
                    .map_or_else(|| text("refresh_token"), |token| Ok(token.to_owned()))?;
                form.extend([
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", token),
                ]);
            }
            Grant::JwtBearer => {
                let assertion = self.assertion(
                    &text("client_id")?,
                    &text("username")?,
                    &text("private_key")?,
                )?;
                return Ok(vec![
                    (
                        "grant_type",
                        "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned(),
                    ),
                    ("assertion", assertion),
                ]);
            }
            Grant::ClientCredentials => form.push(("grant_type", "client_credentials".to_owned())),
        }
        form.push(("client_id", text("client_id")?));
        // An app may be set up to ask for no secret when a token is refreshed.
        if self.auth != Grant::RefreshToken || secret.get("client_secret").is_some() {
            form.push(("client_secret", text("client_secret")?));
        }
        Ok(form)
    }

    fn assertion(
        &self,
        client_id: &str,
        username: &str,
        private_key: &str,
    ) -> Result<String, Failure> {
        let unreadable = |error: jsonwebtoken::errors::Error| {
            Failure::refused_login(format!(
                "private_key of the secret {} is no RSA key in PEM ({error}); paste the whole file, with BEGIN and END lines",
                self.credentials.name()
            ))
        };
        let key = EncodingKey::from_rsa_pem(private_key.as_bytes()).map_err(unreadable)?;
        let claims = Claims {
            iss: client_id,
            sub: username,
            aud: &self.login_url,
            exp: self.clock.now().as_second() + ASSERTION_SECONDS,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).map_err(unreadable)
    }

    fn part(&self, secret: &Secret, key: &str) -> Result<String, Failure> {
        self.credentials.part(secret, key, Some(self.auth.as_str()))
    }
}

impl fmt::Debug for SalesforceLogin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SalesforceLogin")
            .field("auth", &self.auth)
            .field("login_url", &self.login_url)
            .finish_non_exhaustive()
    }
}

fn token_answer(answer: &Answer) -> Result<TokenAnswer, Failure> {
    serde_json::from_slice(&answer.body).map_err(|_| {
        // The body may hold a token: it is not quoted.
        Failure::transient(
            Class::Unavailable,
            "token",
            "Salesforce answered the login with something that is no token; it is tried again",
        )
    })
}

fn new_token(answer: &TokenAnswer) -> Result<NewToken, Failure> {
    let base_url = service_address(&answer.instance_url, "https://login.salesforce.com").map_err(
        |problem| {
            Failure::refused_login(format!("Salesforce told a wrong instance_url: {problem}"))
        },
    )?;
    Ok(NewToken {
        value: answer.access_token.clone(),
        base_url,
        expires: None,
    })
}
