use crate::{
    config::{Account, Settings},
    error,
    lockout::Lockout,
    signature::Tokens,
};
use async_trait::async_trait;
use destination::{Answer, Call, Class, Failure, Http, Login, NewToken};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ports::{Clock, Secret, Secrets};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, sync::Arc};

const TOKEN_PATH: &str = "/services/rest/auth/oauth2/v1/token";
/// An assertion is good for so many seconds; NetSuite takes less than 3,600.
const ASSERTION_SECONDS: i64 = 300;
/// An access token is good for so long where the answer does not say.
const TOKEN_SECONDS: i64 = 3600;

/// The secret of one destination, read whenever it is needed.
#[derive(Clone)]
pub(crate) struct Vault {
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) name: String,
}

impl Vault {
    /// The secret as it is now.
    pub(crate) async fn secret(&self) -> Result<Secret, Failure> {
        let found = self.secrets.secret(&self.name).await;
        let found = found.map_err(|error| {
            Failure::transient(
                Class::Unavailable,
                "token",
                format!("the store of secrets is unavailable: {error}"),
            )
        })?;
        found.ok_or_else(|| {
            let fix = self.secrets.how_to_add(&self.name);
            refused(format!("there is no secret named {}; {fix}", self.name))
        })
    }

    /// What signs calls, and where they go.
    pub(crate) fn tokens(
        &self,
        secret: &Secret,
        settings: &Settings,
    ) -> Result<(Tokens, String), Failure> {
        let account = self.account(secret)?;
        let base_url = settings
            .base_url
            .clone()
            .unwrap_or_else(|| account.base_url());
        let text = |key| self.text(secret, key, settings);
        let tokens = Tokens {
            realm: account.realm,
            consumer_key: text("consumer_key")?,
            consumer_secret: text("consumer_secret")?,
            token_id: text("token_id")?,
            token_secret: text("token_secret")?,
        };
        Ok((tokens, base_url))
    }

    fn account(&self, secret: &Secret) -> Result<Account, Failure> {
        let text = secret.get("account_id").unwrap_or_default();
        Account::parse(text)
            .map_err(|problem| refused(format!("in the secret {}, {problem}", self.name)))
    }

    fn text(&self, secret: &Secret, key: &str, settings: &Settings) -> Result<String, Failure> {
        let missing = || {
            refused(format!(
                "the secret {} has no {key}, which auth = \"{}\" needs; add it",
                self.name, settings.auth
            ))
        };
        secret.get(key).map(str::to_owned).ok_or_else(missing)
    }
}

/// Asks for access tokens by a signed assertion ("The OAuth 2.0 Client Credentials Flow", NetSuite
/// help). There is no refresh token: after an hour it is asked again.
pub(crate) struct AssertionLogin {
    pub(crate) settings: Settings,
    pub(crate) vault: Vault,
    pub(crate) http: Http,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) lockout: Arc<Lockout>,
}

/// What the token endpoint answers. `expires_in` comes as a number or as a text.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: Option<Value>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    /// As in the vendor's sample: a list.
    scope: [&'static str; 1],
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[async_trait]
impl Login for AssertionLogin {
    async fn login(&self, call: &Call) -> Result<NewToken, Failure> {
        let secret = self.vault.secret().await?;
        // Calls whose token ended together come here one after the other; the first refusal is
        // enough.
        self.lockout.check(&secret, self.clock.now())?;
        let account = self.vault.account(&secret)?;
        let base_url = self
            .settings
            .base_url
            .clone()
            .unwrap_or_else(|| account.base_url());
        let url = format!("{base_url}{TOKEN_PATH}");
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
            ),
            ("client_assertion", self.assertion(&secret, &url)?),
        ];
        let answer = self
            .http
            .send(
                call,
                "token",
                self.http.request(Method::POST, &url).form(&form),
            )
            .await?;
        if answer.status != 200 {
            return Err(self.refusal(&answer, secret));
        }
        self.accept(&answer, base_url)
    }
}

impl AssertionLogin {
    fn assertion(&self, secret: &Secret, audience: &str) -> Result<String, Failure> {
        let text = |key| self.vault.text(secret, key, &self.settings);
        let (client_id, certificate_id, private_key) = (
            text("client_id")?,
            text("certificate_id")?,
            text("private_key")?,
        );
        let now = self.clock.now().as_second();
        let claims = Claims {
            iss: &client_id,
            scope: ["rest_webservices"],
            aud: audience,
            iat: now,
            exp: now + ASSERTION_SECONDS,
        };
        signed(&claims, &certificate_id, private_key.as_bytes()).ok_or_else(|| {
            refused(format!(
                "private_key of the secret {} is neither an RSA key nor an EC key on P-256 or P-384 in PEM (PKCS#8); paste the whole file, with BEGIN and END lines",
                self.vault.name
            ))
        })
    }

    fn refusal(&self, answer: &Answer, secret: Secret) -> Failure {
        let now = self.clock.now();
        let mut failure = error::login_failure(
            answer.status,
            answer.json().as_ref(),
            answer.retry_after(now),
        );
        if failure.class == Class::Authentication {
            let pause = self.lockout.refused(Some(secret), now).unsigned_abs();
            failure.retry_after = failure.retry_after.max(Some(pause));
        }
        failure
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

/// The assertion, signed in the way that suits the key: NetSuite takes PS256 and ES256 and their
/// longer kin, but no RS256.
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

/// Orders wait until somebody has mended the credentials.
fn refused(message: String) -> Failure {
    Failure::transient(Class::Authentication, "token", message)
}
