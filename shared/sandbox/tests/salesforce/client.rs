//! A client that only sends and receives.

use reqwest::{Method, header};
use sandbox::salesforce::{Options, Salesforce, credentials};
use serde_json::{Value, json};

/// A token and the address to which it is sent.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// Status and body of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: Option<String>,
}

impl Answer {
    /// Returns the only error of an array body.
    pub(crate) fn error(&self) -> (u16, &str) {
        let code = self.body[0]["errorCode"]
            .as_str()
            .unwrap_or_else(|| panic!("an error array, not {self:?}"));
        (self.status, code)
    }

    pub(crate) fn message(&self) -> &str {
        self.body[0]["message"].as_str().unwrap()
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"]
            .as_str()
            .unwrap_or_else(|| panic!("an id in {self:?}"))
            .to_owned()
    }
}

/// Starts a sandbox with default options, and a client that has logged in.
pub(crate) async fn start() -> (Salesforce, Client) {
    start_with(Options::default()).await
}

pub(crate) async fn start_with(options: Options) -> (Salesforce, Client) {
    let sandbox = Salesforce::start(options).await.unwrap();
    let client = Client::log_in(sandbox.url()).await;
    (sandbox, client)
}

/// Returns the form of the username-password flow.
pub(crate) fn password_form() -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "password".into()),
        ("client_id", credentials::CLIENT_ID.into()),
        ("client_secret", credentials::CLIENT_SECRET.into()),
        ("username", credentials::USERNAME.into()),
        (
            "password",
            format!("{}{}", credentials::PASSWORD, credentials::SECURITY_TOKEN),
        ),
    ]
}

impl Client {
    pub(crate) async fn log_in(url: &str) -> Self {
        let mut client = Self {
            http: reqwest::Client::new(),
            url: url.into(),
            token: String::new(),
        };
        let answer = client.form(&password_form()).await;
        client.token = answer.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("a token in {answer:?}"))
            .into();
        client
    }

    pub(crate) fn with_token(self, token: &str) -> Self {
        Self {
            token: token.into(),
            ..self
        }
    }

    /// Posts to the token endpoint.
    pub(crate) async fn form(&self, form: &[(&'static str, String)]) -> Answer {
        let request = self
            .http
            .post(format!("{}/services/oauth2/token", self.url))
            .form(form);
        receive(request).await.unwrap()
    }

    /// Sends to a path under the API version, or to a whole path.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_send(method, path, body).await.unwrap()
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Answer> {
        let path = if path.starts_with("/services") {
            path.to_owned()
        } else {
            format!("/services/data/v65.0{path}")
        };
        let request = self.http.request(
            Method::from_bytes(method.as_bytes()).unwrap(),
            format!("{}{path}", self.url),
        );
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        receive(if let Some(body) = body {
            request.json(body)
        } else {
            request
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Answer {
        let encoded: String = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect();
        self.get(&format!("/query?q={encoded}")).await
    }

    /// Creates an opportunity with its required fields.
    pub(crate) async fn opportunity(&self, more: Value) -> String {
        let mut fields = json!({"Name": "WooCommerce Order #12345", "StageName": "Closed Won", "CloseDate": "2023-10-26"});
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.post("/sobjects/Opportunity", fields).await.id()
    }

    /// Returns the price book entry of a product code.
    pub(crate) async fn entry(&self, code: &str) -> String {
        let answer = self
            .query(&format!(
                "SELECT Id FROM PricebookEntry WHERE Product2.ProductCode = '{code}'"
            ))
            .await;
        answer.body["records"][0]["Id"]
            .as_str()
            .unwrap_or_else(|| panic!("an entry for {code}: {answer:?}"))
            .into()
    }
}

async fn receive(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let location = response
        .headers()
        .get(header::LOCATION)
        .map(|value| value.to_str().unwrap().to_owned());
    let text = response.text().await?;
    Ok(Answer {
        status,
        location,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    })
}
