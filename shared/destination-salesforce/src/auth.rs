use crate::{
    config::{self, Grant},
    error,
};
use async_trait::async_trait;
use destination::{Answer, Class, Failure, Http, Login, NewToken};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ports::{Clock, Secret, Secrets};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// An assertion is good for so many seconds; Salesforce's own examples use 180 to 300.
const ASSERTION_SECONDS: i64 = 180;

/// Logs in to Salesforce (OAuth 2.0 flows of "Authorize Apps with OAuth", Salesforce Help). Never revokes: other workers share the token.
pub(crate) struct SalesforceLogin {
    pub(crate) auth: Grant,
    pub(crate) login_url: String,
    pub(crate) http: Http,
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) secret_name: String,
    pub(crate) clock: Arc<dyn Clock>,
    /// The newest refresh token, where the org rotates them.
    pub(crate) rotated: Mutex<Option<String>>,
}

/// What the token endpoint answers. Salesforce tells no lifetime, and the JWT flow not even the time of issue.
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
    async fn login(&self) -> Result<NewToken, Failure> {
        let secret = self.secret().await?;
        let form = self.form(&secret)?;
        let request = self
            .http
            .request(Method::POST, &format!("{}/services/oauth2/token", self.login_url))
            .form(&form);
        let answer = self.http.send("token", request).await?;
        if answer.status != 200 {
            return Err(error::login_failure(
                answer.status,
                answer.json().as_ref(),
                answer.retry_after(self.clock.now()),
            ));
        }
        self.accept(&answer)
    }
}

impl SalesforceLogin {
    async fn secret(&self) -> Result<Secret, Failure> {
        let found = self.secrets.secret(&self.secret_name).await;
        let found = found
            .map_err(|error| Failure::transient(Class::Unavailable, "token", format!("the store of secrets is unavailable: {error}")))?;
        found.ok_or_else(|| {
            let fix = self.secrets.how_to_add(&self.secret_name);
            refused(format!("there is no secret named {}; {fix}", self.secret_name))
        })
    }

    fn form(&self, secret: &Secret) -> Result<Vec<(&'static str, String)>, Failure> {
        let text = |key: &str| secret.get(key).map(str::to_owned).ok_or_else(|| self.missing(key));
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
                let newest = self.rotated.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let token = newest.map_or_else(|| text("refresh_token"), Ok)?;
                form.extend([("grant_type", "refresh_token".to_owned()), ("refresh_token", token)]);
            }
            Grant::JwtBearer => {
                let assertion = self.assertion(&text("client_id")?, &text("username")?, &text("private_key")?)?;
                return Ok(vec![
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
                    ("assertion", assertion),
                ]);
            }
            Grant::ClientCredentials => form.push(("grant_type", "client_credentials".to_owned())),
        }
        form.push(("client_id", text("client_id")?));
        // An app may be set up to ask for no secret when a token is refreshed.
        if let Some(client_secret) = secret.get("client_secret") {
            form.push(("client_secret", client_secret.to_owned()));
        } else if self.auth != Grant::RefreshToken {
            return Err(self.missing("client_secret"));
        }
        Ok(form)
    }

    fn assertion(&self, client_id: &str, username: &str, private_key: &str) -> Result<String, Failure> {
        let unreadable = |error: jsonwebtoken::errors::Error| {
            refused(format!(
                "private_key of the secret {} is no RSA key in PEM ({error}); paste the whole file, with BEGIN and END lines",
                self.secret_name
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

    fn accept(&self, answer: &Answer) -> Result<NewToken, Failure> {
        let parsed: TokenAnswer = serde_json::from_slice(&answer.body).map_err(|_| {
            // The body may hold a token: it is not quoted.
            Failure::transient(
                Class::Unavailable,
                "token",
                "Salesforce answered the login with something that is no token; it is tried again",
            )
        })?;
        if let Some(refresh_token) = parsed.refresh_token.filter(|_| self.auth == Grant::RefreshToken) {
            *self.rotated.lock().unwrap_or_else(PoisonError::into_inner) = Some(refresh_token);
            tracing::warn!(
                secret = self.secret_name,
                "the org rotates refresh tokens: the new one is known to this process only and the stored one no longer works; \
                 switch rotation off in the app's OAuth policies, or use jwt_bearer or client_credentials"
            );
        }
        let base_url = config::base_url(&parsed.instance_url)
            .map_err(|problem| refused(format!("Salesforce told a wrong instance_url: {problem}")))?;
        Ok(NewToken {
            value: parsed.access_token,
            base_url,
            expires: None,
        })
    }

    fn missing(&self, key: &str) -> Failure {
        refused(format!(
            "the secret {} has no {key}, which auth = \"{}\" needs; add it",
            self.secret_name, self.auth
        ))
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

/// Orders wait until somebody has mended the credentials.
fn refused(message: String) -> Failure {
    Failure::transient(Class::Authentication, "token", message)
}
