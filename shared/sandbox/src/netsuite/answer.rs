use super::error::Problem;
use crate::exchange::reply;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, header};
use serde_json::Value;

/// The answer of a resource.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    status: u16,
    media_type: &'static str,
    body: Option<Value>,
    headers: Vec<(HeaderName, String)>,
}

impl Answer {
    /// Creates a 204 without a body, not even an empty object.
    pub(super) const fn no_content() -> Self {
        Self {
            status: 204,
            media_type: "application/json",
            body: None,
            headers: Vec::new(),
        }
    }

    /// Creates a 202 without a body.
    pub(super) const fn accepted() -> Self {
        Self {
            status: 202,
            media_type: "application/json",
            body: None,
            headers: Vec::new(),
        }
    }

    /// Returns whether the request succeeded.
    pub(super) const fn is_good(&self) -> bool {
        self.status < 300
    }

    pub(super) const fn singular(body: Value) -> Self {
        Self::with(
            "application/vnd.oracle.resource+json; type=singular",
            200,
            body,
        )
    }

    pub(super) const fn collection(body: Value) -> Self {
        Self::with(
            "application/vnd.oracle.resource+json; type=collection",
            200,
            body,
        )
    }

    pub(super) const fn json(status: u16, body: Value) -> Self {
        Self::with("application/json;charset=utf-8", status, body)
    }

    pub(super) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_response(self) -> Response<Bytes> {
        let body = self.body.map(|body| body.to_string()).unwrap_or_default();
        let is_empty = body.is_empty();
        let mut response = reply(self.status, self.media_type, body);
        let headers = response.headers_mut();
        if is_empty {
            headers.remove(header::CONTENT_TYPE);
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(name, value);
            }
        }
        response
    }

    const fn with(media_type: &'static str, status: u16, body: Value) -> Self {
        Self {
            status,
            media_type,
            body: Some(body),
            headers: Vec::new(),
        }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self::with(
            "application/vnd.oracle.resource+json; type=error",
            problem.status,
            problem.body(),
        )
    }
}
