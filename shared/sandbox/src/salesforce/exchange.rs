//! The steps from a request as it came to JSON, and from an answer to a response.

use super::{answer::Answer, error::ApiError, kind::Kind};
use crate::exchange::{Incoming, reply};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, header};
use serde_json::{Value, json};

const PAGE: &str = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>";

/// Returns the body of a request, if there is one.
///
/// # Errors
/// 415 when the body is anything but plain JSON, 400 when it is broken.
pub(super) fn json(request: &Incoming) -> Result<Option<Value>, ApiError> {
    if request.body.is_empty() {
        return Ok(None);
    }
    if request.media_type() != Some("application/json")
        || request.header("content-encoding").is_some()
    {
        let message = "The content-type or content-encoding of this request is not supported.";
        return Err(ApiError::request("UNSUPPORTED_MEDIA_TYPE", message).with_status(415));
    }
    let broken = |error: serde_json::Error| {
        ApiError::request(
            "JSON_PARSER_ERROR",
            format!(
                "{error} at [line:{}, column:{}]",
                error.line(),
                error.column()
            ),
        )
    };
    serde_json::from_slice(&request.body)
        .map(Some)
        .map_err(broken)
}

/// Turns an answer into a response with `Sforce-Limit-Info`.
pub(super) fn json_reply(answer: Answer, usage: &str) -> Response<Bytes> {
    let body = answer
        .body
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    dressed(
        reply(answer.status, "application/json;charset=UTF-8", body),
        usage,
        answer.location.as_deref(),
    )
}

/// Creates a response with status 503 and a page in HTML.
pub(super) fn maintenance(usage: &str) -> Response<Bytes> {
    dressed(reply(503, "text/html; charset=UTF-8", PAGE), usage, None)
}

fn dressed(mut response: Response<Bytes>, usage: &str, location: Option<&str>) -> Response<Bytes> {
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache,must-revalidate,max-age=0,no-store,private"),
    );
    let limit_info = HeaderName::from_static("sforce-limit-info");
    for (name, value) in [(limit_info, Some(usage)), (header::LOCATION, location)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

/// Returns the answer for a status that a fault sets.
pub(super) fn refusal(status: u16, kind: Kind) -> Answer {
    if kind == Kind::Token {
        let body =
            json!({"error": "server_error", "error_description": "the sandbox was told to fail"});
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
