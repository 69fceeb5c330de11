//! The requests of set-up beside those that orders need.

use crate::{
    client::{Client, Headers},
    row::Row,
};
use destination::{Class, Failure, json::list};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::Value;

/// The operation in failures of set-up.
const OPERATION: &str = "set up";

impl Client<'_> {
    /// Returns the names of the objects that the user may see ("Describe Global", REST API Developer
    /// Guide).
    pub(super) async fn objects(&self) -> Result<Vec<String>, Failure> {
        let answer = self.get("/sobjects").await?;
        let name = |object: &Value| Some(object.get("name")?.as_str()?.to_owned());
        Ok(list(&answer, "sobjects").iter().filter_map(name).collect())
    }

    /// Returns the id of the user who calls (OpenID Connect, "User Info Endpoint").
    pub(super) async fn user_id(&self) -> Result<String, Failure> {
        let connection = self.connection;
        let token = self.token().await?;
        let request = connection
            .http
            .request(
                Method::GET,
                &format!("{}/services/oauth2/userinfo", token.base_url),
            )
            .bearer_auth(&token.value);
        let answer = connection.http.send(self.call, OPERATION, request).await?;
        let told = answer.json().filter(|_| answer.status == 200);
        let id = told.and_then(|told| Some(told.get("user_id")?.as_str()?.to_owned()));
        id.ok_or_else(|| {
            let text = format!(
                "Salesforce does not say who the integration user is (status {}): give the app the OAuth scopes \"Access the identity URL service (id, profile, email, address, phone)\" and \"Manage user data via APIs (api)\"",
                answer.status
            );
            Failure::permanent(Class::Authentication, OPERATION, text)
        })
    }

    /// Runs a query of the Tooling API, which also shows fields that are hidden from the user.
    pub(super) async fn tooling_query(&self, query: &str) -> Result<Vec<Row>, Failure> {
        let path = format!(
            "/tooling/query?q={}",
            utf8_percent_encode(query, NON_ALPHANUMERIC)
        );
        let answer = self.get(&path).await?;
        let rows = list(&answer, "records").iter().cloned();
        Ok(rows.filter_map(Row::new).collect())
    }

    /// Creates a record of set-up, below `/sobjects` or `/tooling/sobjects`, and returns its id.
    pub(super) async fn create(&self, path: &str, body: &Value) -> Result<String, Failure> {
        let answer = self
            .call_with(OPERATION, Method::POST, path, Some(body), &Headers::new())
            .await?;
        let id = answer.get("id").and_then(Value::as_str);
        Ok(id.unwrap_or_default().to_owned())
    }

    /// Changes a record of set-up.
    pub(super) async fn change(&self, path: &str, body: &Value) -> Result<(), Failure> {
        self.call_with(OPERATION, Method::PATCH, path, Some(body), &Headers::new())
            .await
            .map(|_| ())
    }

    async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call_with(OPERATION, Method::GET, path, None, &Headers::new())
            .await
    }
}
