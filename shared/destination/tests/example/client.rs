use crate::error;
use destination::{Access, Call, Failure, Http};
use reqwest::Method;
use serde_json::Value;

/// The account's address.
pub(crate) const HOST: &str = "https://api.tiny.example";

/// The state of one account for as long as the adapter lives.
pub(crate) struct Connection {
    pub(crate) http: Http,
    pub(crate) access: Access,
}

/// The requests to one account within one call.
pub(crate) struct Client<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) call: &'a Call,
}

impl Client<'_> {
    /// Writes records of one object. Returns their results, in any order.
    pub(crate) async fn upsert(&self, object: &str, body: &Value) -> Result<Value, Failure> {
        let Connection { http, access } = self.connection;
        let url = format!("{HOST}{}", path(object));
        let answer = access
            .call(
                self.call,
                |answer| answer.status == 401,
                |token| {
                    let request = http.request(Method::POST, &url);
                    let request = request.bearer_auth(token.value).json(body);
                    http.send(self.call, "write", request)
                },
            )
            .await?;
        // 207 tells for each record whether it was written.
        match answer.json() {
            Some(body) if matches!(answer.status, 200 | 207) => Ok(body),
            _ => Err(error::of_answer("write", &answer)),
        }
    }

    /// Gets a token.
    pub(crate) async fn log_in(&self) -> Result<(), Failure> {
        self.connection.access.renewed(self.call).await.map(drop)
    }
}

/// Returns the path at which records of an object are written.
pub(crate) fn path(object: &str) -> String {
    format!("/crm/v3/objects/{object}/batch/upsert")
}
