//! A client that only logs in, sends and receives.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ports::{Clock, SystemClock};
use reqwest::{Method, header};
use sandbox::netsuite::{Credentials, NetSuite, Options};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

pub(crate) const ACCOUNT: &str = "1234567_SB1";
pub(crate) const TOKEN: &str = "/services/rest/auth/oauth2/v1/token";
pub(crate) const QUERY: &str = "/services/rest/query/v1/suiteql";

/// A Bearer token and the address to which it is sent.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) token: String,
}

/// A received answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) length: usize,
    pub(crate) headers: header::HeaderMap,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the id at the end of `Location`.
    pub(crate) fn id(&self) -> String {
        let location = self
            .header("location")
            .unwrap_or_else(|| panic!("a location in {self:?}"));
        location.rsplit('/').next().unwrap().to_owned()
    }

    /// Returns status and code of an error.
    pub(crate) fn error(&self) -> (u16, &str) {
        let code = self.detail()["o:errorCode"].as_str();
        (
            self.status,
            code.unwrap_or_else(|| panic!("an error, not {self:?}")),
        )
    }

    pub(crate) fn text(&self) -> &str {
        self.detail()["detail"].as_str().unwrap()
    }

    pub(crate) fn path(&self) -> &str {
        self.detail()["o:errorPath"].as_str().unwrap_or_default()
    }

    fn detail(&self) -> &Value {
        &self.body["o:errorDetails"][0]
    }
}

/// Starts a sandbox with default options, and a client that has logged in.
pub(crate) async fn start() -> (NetSuite, Client) {
    start_with(Options::default()).await
}

pub(crate) async fn start_with(options: Options) -> (NetSuite, Client) {
    let sandbox = NetSuite::start(options).await.unwrap();
    let client = Client::log_in(sandbox.url(), &sandbox.credentials()).await;
    (sandbox, client)
}

/// Returns the claims of a valid assertion.
pub(crate) fn claims(url: &str, credentials: &Credentials) -> Value {
    let now = SystemClock.now().as_second();
    json!({
        "iss": credentials.consumer_key, "scope": ["rest_webservices"], "aud": format!("{url}{TOKEN}"), "iat": now, "exp": now + 3_000,
    })
}

/// Signs claims with the credentials' own key.
pub(crate) fn assertion(claims: &Value, credentials: &Credentials) -> String {
    let header = Header {
        kid: Some(credentials.certificate_id.clone()),
        ..Header::new(Algorithm::ES256)
    };
    let key =
        EncodingKey::from_ec_pem(credentials.private_key.as_ref().unwrap().as_bytes()).unwrap();
    encode(&header, claims, &key).unwrap()
}

/// Returns the form that requests a token.
pub(crate) fn form(assertion: &str) -> [(&'static str, String); 3] {
    [
        ("grant_type", "client_credentials".into()),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".into(),
        ),
        ("client_assertion", assertion.into()),
    ]
}

impl Client {
    pub(crate) async fn log_in(url: &str, credentials: &Credentials) -> Self {
        let mut client = Self {
            http: reqwest::Client::new(),
            url: url.into(),
            token: String::new(),
        };
        let answer = client
            .ask_for_token(&form(&assertion(&claims(url, credentials), credentials)))
            .await;
        client.token = answer.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("a token in {answer:?}"))
            .into();
        client
    }

    pub(crate) async fn ask_for_token(&self, form: &[(&'static str, String)]) -> Answer {
        receive(self.http.post(format!("{}{TOKEN}", self.url)).form(form))
            .await
            .unwrap()
    }

    /// Sends to a path under the record service, or to a whole path.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Answer> {
        receive(
            self.request(method, path, body)
                .header("X-NetSuite-PropertyNameValidation", "Error"),
        )
        .await
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::RequestBuilder {
        let path = if path.starts_with("/services") {
            path.to_owned()
        } else {
            format!("/services/rest/record/v1{path}")
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if let Some(body) = body {
            request.json(body)
        } else {
            request
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&body)).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = self.request("POST", path, Some(&body));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        receive(request.header("X-NetSuite-PropertyNameValidation", "Error"))
            .await
            .unwrap()
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    pub(crate) async fn query(&self, q: &str, params: Value) -> Answer {
        let body = json!({"q": q, "params": params});
        receive(
            self.request("POST", QUERY, Some(&body))
                .header("Prefer", "transient"),
        )
        .await
        .unwrap()
    }

    /// Creates a private customer.
    pub(crate) async fn customer(&self, external_id: &str, last_name: &str) -> String {
        let answer = self
            .post("/customer", customer(external_id, last_name))
            .await;
        assert_eq!(answer.status, 204, "{answer:?}");
        answer.id()
    }
}

pub(crate) fn customer(external_id: &str, last_name: &str) -> Value {
    json!({"externalId": external_id, "isPerson": true, "firstName": "Jane", "lastName": last_name, "email": "jane.doe@example.com"})
}

/// Returns an order of two products at prices of its own.
pub(crate) fn order(external_id: &str, customer: &str) -> Value {
    json!({
        "externalId": external_id, "entity": {"externalId": customer}, "tranDate": "2023-10-26", "memo": "WooCommerce Order #1234",
        "item": {"items": [
            {"item": {"id": "1501"}, "quantity": 1, "price": {"id": "-1"}, "rate": 45.00, "amount": 45.00},
            {"item": {"externalId": "woo-polo"}, "quantity": 2, "price": {"id": "-1"}, "rate": 19.99, "amount": 39.98},
        ]},
    })
}

pub(crate) async fn receive(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await?;
    Ok(Answer {
        status,
        headers,
        length: text.len(),
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    })
}

/// Returns the authorization header of a signed request. Changes to its parameters are signed too.
pub(crate) fn signed(
    method: &str,
    url: &str,
    credentials: &Credentials,
    changes: &[(&str, &str)],
) -> String {
    static NONCES: AtomicU64 = AtomicU64::new(0);
    let nonce = format!("nonce-{:014}", NONCES.fetch_add(1, Ordering::Relaxed));
    let timestamp = SystemClock.now().as_second().to_string();
    let mut parameters = BTreeMap::from([
        ("oauth_consumer_key", credentials.consumer_key.as_str()),
        ("oauth_nonce", &nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", &timestamp),
        ("oauth_token", &credentials.token_id),
        ("oauth_version", "1.0"),
    ]);
    let realm = changes
        .iter()
        .find(|(name, _)| *name == "realm")
        .map_or(ACCOUNT, |(_, realm)| realm);
    parameters.extend(changes.iter().filter(|(name, _)| *name != "realm").copied());
    let signature = signature(method, url, credentials, &parameters);
    let fields = parameters
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)));
    let fields: Vec<String> = fields.collect();
    format!(
        "OAuth realm=\"{realm}\", {}, oauth_signature=\"{}\"",
        fields.join(", "),
        escape(&signature)
    )
}

fn signature(
    method: &str,
    url: &str,
    credentials: &Credentials,
    parameters: &BTreeMap<&str, &str>,
) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let query = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (escape(&name), escape(&value)));
    let mut pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (escape(name), escape(value)))
        .chain(query)
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let text = format!("{method}&{}&{}", escape(address), escape(&pairs.join("&")));
    let key = format!(
        "{}&{}",
        credentials.consumer_secret, credentials.token_secret
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn escape(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, KEPT).to_string()
}
