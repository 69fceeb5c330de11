//! A client that only sends and receives.

use reqwest::{Method, header};
use sandbox::zoho::{CustomField, Options, Zoho, credentials};
use serde_json::{Map, Value, json};

/// A token and the address to which it is sent.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    authorization: String,
}

/// Status and body of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) credits_remaining: Option<String>,
}

impl Answer {
    /// Returns status and code of a flat error.
    pub(crate) fn error(&self) -> (u16, &str) {
        let code = self.body["code"]
            .as_str()
            .unwrap_or_else(|| panic!("a flat error, not {self:?}"));
        (self.status, code)
    }

    /// Returns the codes of all results.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let results = self.body["data"]
            .as_array()
            .unwrap_or_else(|| panic!("results in {self:?}"));
        results
            .iter()
            .map(|result| result["code"].as_str().unwrap())
            .collect()
    }

    /// Returns the details of the first result.
    pub(crate) fn details(&self) -> &Value {
        &self.body["data"][0]["details"]
    }

    /// Returns the id of the first result, which must be a success.
    pub(crate) fn id(&self) -> String {
        assert_eq!(self.body["data"][0]["code"], "SUCCESS", "{self:?}");
        self.details()["id"].as_str().unwrap().to_owned()
    }
}

/// Starts an organisation with a unique field for the shop's order number, and a client that has
/// logged in.
pub(crate) async fn start() -> (Zoho, Client) {
    start_with(Options::default()).await
}

pub(crate) async fn start_with(options: Options) -> (Zoho, Client) {
    let custom_fields = vec![
        CustomField::unique_text("Deals", "Shop_Order_ID", 50),
        CustomField::unique_text("Deals", "Second_ID", 50),
    ];
    let sandbox = Zoho::start(Options {
        custom_fields,
        ..options
    })
    .await
    .unwrap();
    let client = Client::log_in(sandbox.url()).await;
    (sandbox, client)
}

/// Returns the form of a refresh.
pub(crate) fn refresh_form() -> Vec<(&'static str, &'static str)> {
    vec![
        ("grant_type", "refresh_token"),
        ("client_id", credentials::CLIENT_ID),
        ("client_secret", credentials::CLIENT_SECRET),
        ("refresh_token", credentials::REFRESH_TOKEN),
    ]
}

pub(crate) fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

impl Client {
    pub(crate) async fn log_in(url: &str) -> Self {
        let client = Self {
            http: reqwest::Client::new(),
            url: url.into(),
            authorization: String::new(),
        };
        let answer = client.form(&refresh_form()).await;
        let token = answer.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("a token in {answer:?}"));
        client.with_authorization(&format!("Zoho-oauthtoken {token}"))
    }

    /// Sets another `Authorization`; none when it is empty.
    pub(crate) fn with_authorization(&self, authorization: &str) -> Self {
        Self {
            authorization: authorization.into(),
            ..self.clone()
        }
    }

    /// Posts a form to the token endpoint.
    pub(crate) async fn form(&self, form: &[(&str, &str)]) -> Answer {
        let request = self
            .http
            .post(format!("{}/oauth/v2/token", self.url))
            .form(form);
        receive(request).await.unwrap()
    }

    /// Posts the parameters in the query to the token endpoint.
    pub(crate) async fn form_in_query(&self, form: &[(&str, &str)]) -> Answer {
        let request = self
            .http
            .post(format!("{}/oauth/v2/token", self.url))
            .query(form);
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
        let path = if path.starts_with("/crm") {
            path.to_owned()
        } else {
            format!("/crm/v8{path}")
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !self.authorization.is_empty() {
            request = request.header(header::AUTHORIZATION, &self.authorization);
        }
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

    pub(crate) async fn insert(&self, module: &str, items: Value) -> Answer {
        self.send("POST", &format!("/{module}"), Some(&json!({"data": items})))
            .await
    }

    pub(crate) async fn upsert(&self, module: &str, items: Value, check: &[&str]) -> Answer {
        let body = json!({"data": items, "duplicate_check_fields": check});
        self.send("POST", &format!("/{module}/upsert"), Some(&body))
            .await
    }

    pub(crate) async fn query(&self, query: &str) -> Answer {
        self.send("POST", "/coql", Some(&json!({"select_query": query})))
            .await
    }

    /// Returns the product with a code.
    pub(crate) async fn product(&self, code: &str) -> String {
        let answer = self
            .query(&format!(
                "select id from Products where Product_Code = '{code}'"
            ))
            .await;
        let id = answer.body["data"][0]["id"].as_str();
        id.unwrap_or_else(|| panic!("a product {code}: {answer:?}"))
            .to_owned()
    }
}

async fn receive(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let credits_remaining = response
        .headers()
        .get("x-api-credits-remaining")
        .map(|value| value.to_str().unwrap().to_owned());
    let text = response.text().await?;
    Ok(Answer {
        status,
        credits_remaining,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    })
}
