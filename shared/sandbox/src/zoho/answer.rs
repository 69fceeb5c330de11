use super::error::ApiError;
use serde_json::Value;

/// The answer of a resource, before it becomes HTTP.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
}

impl Answer {
    pub(super) const fn ok(body: Value) -> Self {
        Self::with_status(200, body)
    }

    pub(super) const fn with_status(status: u16, body: Value) -> Self {
        Self {
            status,
            body: Some(body),
        }
    }

    /// Creates the answer for nothing found: status 204 and no body at all.
    pub(super) const fn nothing() -> Self {
        Self {
            status: 204,
            body: None,
        }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self::with_status(error.status, error.body())
    }
}
