use aws_lambda_events::{apigw::ApiGatewayV2httpResponse, encodings::Body};
use http::{
    HeaderValue,
    header::{ALLOW, CONTENT_TYPE, RETRY_AFTER},
};
use ingest::Answer;
use serde_json::{Value, json};

/// Returns the answer in the form of API Gateway.
pub(crate) fn answered(answer: &Answer) -> ApiGatewayV2httpResponse {
    let mut response = response(answer.status(), &answer.body());
    if let Some(seconds) = answer.retry_after() {
        response
            .headers
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Returns the answer to `GET /healthz`.
pub(crate) fn healthy() -> ApiGatewayV2httpResponse {
    response(200, &json!({ "status": "ok" }))
}

/// Returns the answer while nothing could be started: the shop should come back.
#[must_use]
pub fn not_started() -> ApiGatewayV2httpResponse {
    let reason =
        "the receiver cannot start, which its log tells of; nothing was stored, send it again";
    let mut response = response(503, &json!({ "status": "refused", "reason": reason }));
    response
        .headers
        .insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// Returns the answer for an address at which there is nothing.
pub(crate) fn not_found() -> ApiGatewayV2httpResponse {
    let reason =
        "nothing is here; a shop posts its webhooks to /webhooks/ and the name of the store";
    response(404, &json!({ "status": "refused", "reason": reason }))
}

/// Returns the answer for another method than POST.
pub(crate) fn method_not_allowed() -> ApiGatewayV2httpResponse {
    let reason = "a webhook is sent with POST";
    let mut response = response(405, &json!({ "status": "refused", "reason": reason }));
    response
        .headers
        .insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

fn response(status: u16, body: &Value) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = status.into();
    response.body = Some(Body::Text(body.to_string()));
    response
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
