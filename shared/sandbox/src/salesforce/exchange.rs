//! A request as it came, and what leaves in return.

use super::{answer::Answer, error::ApiError, journal::Kind};
use bytes::Bytes;
use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Bytes,
}

/// A reply before it is written to the connection.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// Instead of the answer's JSON.
    pub(super) page: Option<&'static str>,
    /// `Sforce-Limit-Info`.
    pub(super) usage: String,
}

/// What happens on the connection.
#[derive(Debug)]
pub(super) enum Fate {
    Reply(Reply),
    /// Half of the body, then the end.
    Truncate(Reply),
    /// The end.
    Drop,
}

impl Incoming {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The content type without its parameters.
    pub(super) fn media_type(&self) -> Option<&str> {
        self.header("content-type")
            .map(|value| value.split(';').next().unwrap_or_default().trim())
    }

    /// The body, if there is one.
    ///
    /// # Errors
    /// 415 when it is something else than plain JSON, 400 when it is broken.
    pub(super) fn json(&self) -> Result<Option<Value>, ApiError> {
        if self.body.is_empty() {
            return Ok(None);
        }
        if self.media_type() != Some("application/json") || self.header("content-encoding").is_some() {
            let message = "The content-type or content-encoding of this request is not supported.";
            return Err(ApiError::request("UNSUPPORTED_MEDIA_TYPE", message).with_status(415));
        }
        let broken = |error: serde_json::Error| {
            ApiError::request(
                "JSON_PARSER_ERROR",
                format!("{error} at [line:{}, column:{}]", error.line(), error.column()),
            )
        };
        serde_json::from_slice(&self.body).map(Some).map_err(broken)
    }
}

/// The body that goes with a status that comes out of nowhere.
pub(super) fn refusal(status: u16, kind: Kind) -> Answer {
    if kind == Kind::Token {
        let body = json!({"error": "server_error", "error_description": "the sandbox was told to fail"});
        return Answer::with_status(status, body);
    }
    let (code, message) = match status {
        401 => ("INVALID_SESSION_ID", "Session expired or invalid"),
        403 | 429 => ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        503 => ("SERVER_UNAVAILABLE", "Server Unavailable"),
        _ => ("UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    };
    ApiError::request(code, message).with_status(status).into()
}
