use super::error::ApiError;
use serde_json::{Value, json};

/// The answer of a resource, before it becomes HTTP or an entry of a composite.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) location: Option<String>,
}

impl Answer {
    pub(super) const fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Some(body),
            location: None,
        }
    }

    pub(super) const fn with_status(status: u16, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
            location: None,
        }
    }

    pub(super) const fn no_content() -> Self {
        Self {
            status: 204,
            body: None,
            location: None,
        }
    }

    /// Turns it into an entry of a composite's answer.
    pub(super) fn into_entry(self, reference_id: &Value) -> Value {
        let headers = self
            .location
            .map_or_else(|| json!({}), |location| json!({"Location": location}));
        json!({"body": self.body, "httpHeaders": headers, "httpStatusCode": self.status, "referenceId": reference_id})
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self::with_status(error.status, error.body())
    }
}
