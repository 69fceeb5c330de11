//! Requests that are not webhooks: for the page that a person opens, for the health of the server,
//! and everything else.

use super::health::Health;
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ingest::Plain;
use std::sync::Arc;

/// Answers `GET /healthz`.
pub(super) async fn health(State(health): State<Arc<Health>>) -> Response {
    match health.ask().await {
        Ok(()) => Json(serde_json::json!({ "status": "ok" })).into_response(),
        Err(reason) => {
            let body = Json(serde_json::json!({ "status": "unavailable", "reason": reason }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

/// Answers everything that has no handler of its own.
pub(super) async fn other(request: Request) -> Response {
    let plain = Plain::of(request.method().as_str(), request.uri().path());
    let status = StatusCode::from_u16(plain.status()).unwrap_or(StatusCode::NOT_FOUND);
    let mut response = (status, Json(plain.body())).into_response();
    if let Some(methods) = plain.allow() {
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static(methods));
    }
    response
}
