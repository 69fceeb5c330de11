//! The access token: a permanent one, which apps that were made in the admin before 2026 have, or
//! one for 24 hours, which an app of the Dev Dashboard gets for its id and secret (shopify.dev,
//! "Client credentials grant").

use jiff::Timestamp;
use ports::Secret;
use reqwest::{Url, header::HeaderValue};
use serde::Deserialize;
use source::STORE_DOMAIN;
use source::reader::{Answer, ReadError, Shop};
use std::{fmt, time::Duration};
use tokio::sync::Mutex;

pub(super) const BY_TOKEN: [&str; 2] = [STORE_DOMAIN, ACCESS_TOKEN];
pub(super) const BY_GRANT: [&str; 3] = [STORE_DOMAIN, CLIENT_ID, CLIENT_SECRET];
const ACCESS_TOKEN: &str = "admin_api_access_token";
const CLIENT_ID: &str = "client_id";
pub(super) const CLIENT_SECRET: &str = "client_secret";
/// The ending of the host at which Shopify serves every store's API, whatever domain its customers
/// see. The token is sent nowhere else.
const HOST_ENDING: &str = ".myshopify.com";
/// The time before its end at which a token is renewed.
const MARGIN: Duration = Duration::from_secs(3600);

/// The time after which a scope that was missing is looked for again.
const PATIENCE: Duration = Duration::from_secs(600);

/// The token that was granted last, and the orders that a token shows, once that is known.
#[derive(Default)]
pub(super) struct Access {
    granted: Mutex<Option<Granted>>,
    sight: Mutex<Option<Sight>>,
}

/// Whether the app sees orders of any age.
struct Sight {
    /// The token that was asked with: another one may have other scopes.
    token: HeaderValue,
    sees_all: bool,
    asked: Timestamp,
}

struct Granted {
    /// The domain, the id and the secret for which it was granted: with others, another token is
    /// needed.
    asked: [String; 3],
    token: String,
    until: Timestamp,
}

/// A token, and for texts the names of the keys from which it came.
pub(super) struct Token {
    pub(super) value: HeaderValue,
    pub(super) keys: &'static str,
    pub(super) is_granted: bool,
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Token")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    expires_in: Option<u64>,
}

impl Access {
    pub(super) async fn token(&self, shop: &Shop, secret: &Secret) -> Result<Token, ReadError> {
        match secret.get(ACCESS_TOKEN) {
            Some(token) => header(shop, token, ACCESS_TOKEN, false),
            None if secret.get(CLIENT_ID).is_some() => self.granted(shop, secret).await,
            None => {
                shop.text(secret, ACCESS_TOKEN)?;
                Err(ReadError::unavailable("there is no token"))
            }
        }
    }

    /// Returns whether this token shows orders of any age; `None` where that must be asked, also
    /// because the scope was missing and may have been added meanwhile.
    pub(super) async fn sees_all(&self, token: &Token, now: Timestamp) -> Option<bool> {
        let sight = self.sight.lock().await;
        let sight = sight.as_ref().filter(|sight| sight.token == token.value)?;
        let age = Duration::try_from(now.duration_since(sight.asked)).ok();
        let is_good = sight.sees_all || age.is_some_and(|age| age < PATIENCE);
        is_good.then_some(sight.sees_all)
    }

    pub(super) async fn note(&self, token: Token, sees_all: bool, asked: Timestamp) {
        *self.sight.lock().await = Some(Sight {
            token: token.value,
            sees_all,
            asked,
        });
    }

    /// Forgets a token that was refused, unless another one was granted meanwhile.
    pub(super) async fn forget(&self, token: &Token) {
        let mut granted = self.granted.lock().await;
        granted.take_if(|granted| token.value.as_bytes() == granted.token.as_bytes());
    }

    /// Returns the cached token, or requests a new one; other callers wait for it.
    async fn granted(&self, shop: &Shop, secret: &Secret) -> Result<Token, ReadError> {
        let mut granted = self.granted.lock().await;
        let asked = [STORE_DOMAIN, CLIENT_ID, CLIENT_SECRET];
        let [domain, id, key] = asked.map(|key| shop.text(secret, key).map(str::to_owned));
        let asked = [domain?, id?, key?];
        let is_good = |granted: &&Granted| granted.asked == asked && shop.now() < granted.until;
        let known = granted
            .as_ref()
            .filter(is_good)
            .map(|granted| granted.token.clone());
        let token = match known {
            Some(token) => token,
            None => {
                let new = grant(shop, asked).await?;
                let token = new.token.clone();
                *granted = Some(new);
                token
            }
        };
        header(shop, &token, "client_id and client_secret", true)
    }
}

/// Requests a token.
async fn grant(shop: &Shop, asked: [String; 3]) -> Result<Granted, ReadError> {
    let [domain, id, secret] = &asked;
    let url = url(domain, "oauth/access_token").ok_or_else(|| no_domain(shop))?;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    let request = shop
        .post(url)
        .header("Accept", "application/json")
        .form(&form);
    let answer = shop.send(request).await?;
    if answer.status != 200 {
        return Err(refused(&answer, shop));
    }
    let grant: Grant =
        serde_json::from_slice(&answer.body).map_err(|_| answer.strange("an access token"))?;
    let life = Duration::from_secs(grant.expires_in.unwrap_or(86_399));
    let until = shop.now().checked_add(life.saturating_sub(MARGIN));
    Ok(Granted {
        asked,
        token: grant.access_token,
        until: until.unwrap_or(Timestamp::MAX),
    })
}

fn refused(answer: &Answer, shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    match answer.status {
        400 | 401 | 403 => ReadError::Refused(format!(
            "{}; client_id and client_secret in secret {secret} must be those of an app in the Dev Dashboard that is installed in this store, and both of the same organisation",
            answer.status
        )),
        300..=399 => redirected(answer.status, shop),
        _ => answer.unavailable(shop.now()),
    }
}

pub(super) fn redirected(status: u16, shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "{status}, a redirect; store_domain in secret {secret} must be the store's own .myshopify.com domain"
    ))
}

fn header(
    shop: &Shop,
    token: &str,
    keys: &'static str,
    is_granted: bool,
) -> Result<Token, ReadError> {
    let mut value = HeaderValue::from_str(token).map_err(|_| {
        let secret = shop.secret_name();
        ReadError::Refused(format!(
            "{keys} in secret {secret} has letters that no token has"
        ))
    })?;
    value.set_sensitive(true);
    Ok(Token {
        value,
        keys,
        is_granted,
    })
}

pub(super) fn no_domain(shop: &Shop) -> ReadError {
    let secret = shop.secret_name();
    ReadError::Refused(format!(
        "store_domain in secret {secret} is no domain like example{HOST_ENDING}"
    ))
}

/// Builds an address under `/admin`; `None` where the domain is not one of Shopify's.
/// `http://127.0.0.1:PORT` is for tests.
pub(super) fn url(domain: &str, path: &str) -> Option<Url> {
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
    Url::parse(&format!("{base}/admin/{path}")).ok()
}
