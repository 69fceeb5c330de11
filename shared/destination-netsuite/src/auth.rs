use crate::{
    config::{Account, Settings},
    error,
    lockout::Lockout,
    signature::Tokens,
};
use async_trait::async_trait;
use destination::{Answer, Call, Class, Credentials, Failure, Http, Login, NewToken};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ports::{Clock, Secret};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

const TOKEN_PATH: &str = "/services/rest/auth/oauth2/v1/token";
/// Lifetime of an assertion in seconds; NetSuite takes less than 3,600.
const ASSERTION_SECONDS: i64 = 300;
/// Lifetime of an access token in seconds where the answer does not say.
const TOKEN_SECONDS: i64 = 3600;

/// Returns the tokens that sign calls, and the address that calls go to, as the secret has them.
pub(crate) fn tokens(
    credentials: &Credentials,
    secret: &Secret,
    settings: &Settings,
) -> Result<(Tokens, String), Failure> {
    let account = account(credentials, secret)?;
    let base_url = settings
        .base_url
        .clone()
        .unwrap_or_else(|| account.base_url());
    let text = |key| credentials.part(secret, key, Some(settings.auth.as_str()));
    let tokens = Tokens {
        realm: account.realm,
        consumer_key: text("consumer_key")?,
        consumer_secret: text("consumer_secret")?,
        token_id: text("token_id")?,
        token_secret: text("token_secret")?,
    };
    Ok((tokens, base_url))
}

/// The login by a signed assertion, which yields access tokens ("The OAuth 2.0 Client Credentials
/// Flow", NetSuite help). There is no refresh token: after an hour a new access token is asked for.
pub(crate) struct AssertionLogin {
    pub(crate) settings: Settings,
    pub(crate) credentials: Credentials,
    pub(crate) http: Http,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lockout: Arc<Lockout>,
    /// Whether tokens are for REST alone: nobody wants RESTlets, or the integration record does not
    /// allow them.
    pub(crate) lacks_restlets: Arc<AtomicBool>,
}

/// The answer of the token endpoint. `expires_in` comes as a number or as a text.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: Option<Value>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    /// A list, as in the vendor's sample.
    scope: &'a [&'static str],
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[async_trait]
impl Login for AssertionLogin {
    async fn login(&self, call: &Call) -> Result<NewToken, Failure> {
        let secret = self.credentials.read().await?;
        // Calls whose tokens ended together come here one after the other; the first refusal is
        // enough.
        self.lockout.check(&secret, self.clock.now())?;
        let account = account(&self.credentials, &secret)?;
        let base_url = self
            .settings
            .base_url
            .clone()
            .unwrap_or_else(|| account.base_url());
        let url = format!("{base_url}{TOKEN_PATH}");
        let mut answer = self.ask(call, &secret, &url).await?;
        if is_invalid_scope(&answer) && !self.lacks_restlets.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                destination = self.settings.name,
                "the integration record or the role does not allow RESTlets, so the companion cannot be used; orders go one record per call"
            );
            answer = self.ask(call, &secret, &url).await?;
        }
        if answer.status != 200 {
            return Err(self.refusal(&answer, secret));
        }
        self.accept(&answer, base_url)
    }
}

impl AssertionLogin {
    async fn ask(&self, call: &Call, secret: &Secret, url: &str) -> Result<Answer, Failure> {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
            ),
            ("client_assertion", self.assertion(secret, url)?),
        ];
        let request = self.http.request(Method::POST, url).form(&form);
        self.http.send(call, "token", request).await
    }

    fn assertion(&self, secret: &Secret, audience: &str) -> Result<String, Failure> {
        let text = |key| {
            self.credentials
                .part(secret, key, Some(self.settings.auth.as_str()))
        };
        let (client_id, certificate_id, private_key) = (
            text("client_id")?,
            text("certificate_id")?,
            text("private_key")?,
        );
        let now = self.clock.now().as_second();
        let claims = Claims {
            iss: &client_id,
            scope: match self.lacks_restlets.load(Ordering::Relaxed) {
                true => &["rest_webservices"],
                false => &["rest_webservices", "restlets"],
            },
            aud: audience,
            iat: now,
            exp: now + ASSERTION_SECONDS,
        };
        signed(&claims, &certificate_id, private_key.as_bytes()).ok_or_else(|| {
            Failure::refused_login(format!(
                "private_key of the secret {} is neither an RSA key nor an EC key on P-256 or P-384 in PEM (PKCS#8); paste the whole file, with BEGIN and END lines",
                self.credentials.name()
            ))
        })
    }

    fn refusal(&self, answer: &Answer, secret: Secret) -> Failure {
        let now = self.clock.now();
        let failure = error::login_failure(
            answer.status,
            answer.json().as_ref(),
            answer.retry_after(now),
        );
        if failure.class != Class::Authentication {
            return failure;
        }
        let pause = self.lockout.refused(Some(secret), now).unsigned_abs();
        let longest = failure.retry_after().max(Some(pause));
        failure.after(longest)
    }

    fn accept(&self, answer: &Answer, base_url: String) -> Result<NewToken, Failure> {
        let parsed: TokenAnswer = serde_json::from_slice(&answer.body).map_err(|_| {
            // The body may hold a token: it is not quoted.
            Failure::transient(
                Class::Unavailable,
                "token",
                "NetSuite answered the login with something that is no token; it is tried again",
            )
        })?;
        let seconds = match &parsed.expires_in {
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        let life =
            SignedDuration::from_secs(seconds.unwrap_or(TOKEN_SECONDS).clamp(0, TOKEN_SECONDS));
        Ok(NewToken {
            value: parsed.access_token,
            base_url,
            expires: self.clock.now().checked_add(life).ok(),
        })
    }
}

fn is_invalid_scope(answer: &Answer) -> bool {
    let error = answer.json().unwrap_or_default();
    error.get("error").and_then(Value::as_str) == Some("invalid_scope")
}

/// Returns the assertion, signed in the way that suits the key: NetSuite takes PS256 and ES256 and
/// their longer kin, but no RS256.
fn signed(claims: &Claims<'_>, certificate_id: &str, private_key: &[u8]) -> Option<String> {
    let sign = |algorithm, key: &EncodingKey| {
        let header = Header {
            kid: Some(certificate_id.to_owned()),
            ..Header::new(algorithm)
        };
        jsonwebtoken::encode(&header, claims, key).ok()
    };
    if let Ok(key) = EncodingKey::from_rsa_pem(private_key) {
        return sign(Algorithm::PS256, &key);
    }
    let key = EncodingKey::from_ec_pem(private_key).ok()?;
    sign(Algorithm::ES256, &key).or_else(|| sign(Algorithm::ES384, &key))
}

impl fmt::Debug for AssertionLogin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AssertionLogin")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

fn account(credentials: &Credentials, secret: &Secret) -> Result<Account, Failure> {
    let text = secret.get("account_id").unwrap_or_default();
    Account::parse(text).map_err(|problem| {
        Failure::refused_login(format!("in the secret {}, {problem}", credentials.name()))
    })
}
