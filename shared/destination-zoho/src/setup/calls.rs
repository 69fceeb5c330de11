//! The calls about modules and fields ("Fields metadata", "Layouts metadata", "Create custom field").

use crate::{client::Client, error};
use destination::{Failure, json::list};
use reqwest::Method;
use serde_json::{Value, json};

impl Client<'_> {
    /// Returns Zoho's description of the fields of a module.
    pub(crate) async fn fields(&self, module: &str) -> Result<Vec<Value>, Failure> {
        self.settings("fields", module).await
    }

    /// Returns Zoho's description of the layouts of a module.
    pub(crate) async fn layouts(&self, module: &str) -> Result<Vec<Value>, Failure> {
        self.settings("layouts", module).await
    }

    async fn settings(&self, what: &str, module: &str) -> Result<Vec<Value>, Failure> {
        let path = format!("/settings/{what}?module={module}");
        let answer = self.set_up("read", Method::GET, &path, None).await?;
        match answer.json() {
            Some(body) if answer.status == 200 && body.get(what).is_some() => {
                Ok(list(&body, what).to_vec())
            }
            _ => Err(error::of_answer(
                "read",
                &answer,
                self.connection.clock.now(),
            )),
        }
    }

    /// Makes a field of a module, or changes the one of this id. Returns its id.
    pub(crate) async fn change_field(
        &self,
        method: Method,
        id: Option<&str>,
        module: &str,
        field: &Value,
    ) -> Result<String, Failure> {
        let id = id.map(|id| format!("/{id}")).unwrap_or_default();
        let path = format!("/settings/fields{id}?module={module}");
        let body = json!({ "fields": [field] });
        let answer = self.set_up("write", method, &path, Some(&body)).await?;
        let told = answer.json().unwrap_or_default();
        match list(&told, "fields").first() {
            Some(entry) if entry.get("code").and_then(Value::as_str) == Some("SUCCESS") => entry
                .pointer("/details/id")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| error::unreadable("write")),
            Some(entry) if entry.get("code").is_some() => {
                Err(error::of_record("write", answer.status, entry))
            }
            _ => Err(error::of_answer(
                "write",
                &answer,
                self.connection.clock.now(),
            )),
        }
    }
}
