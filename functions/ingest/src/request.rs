use crate::response::{answered, healthy, method_not_allowed, not_found};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use ingest::{Answer, Gate};
use source::Webhook;
use std::borrow::Cow;

/// Answers one request that API Gateway passed on.
pub async fn handle(gate: &Gate, request: &ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
    let method = &request.request_context.http.method;
    let path = request.raw_path.as_deref().unwrap_or_default();
    if is_reading(method) && path.ends_with("/healthz") {
        return healthy();
    }
    let Some(store) = store(request, path) else {
        return counted(not_found());
    };
    if method != Method::POST {
        return counted(method_not_allowed());
    }
    answered(&take(gate, store, request).await)
}

/// Counts an answer with 4xx to a request that is not a webhook: answers that are not counted are
/// taken for the gateway's own.
fn counted(response: ApiGatewayV2httpResponse) -> ApiGatewayV2httpResponse {
    metrics::counter!("orderbridge_answered_4xx_total").increment(1);
    response
}

/// Returns whether the method is GET, or HEAD, which is a GET that wants no body back.
fn is_reading(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// Returns the store, from the parameter of the route; where the route has none, from the path,
/// which begins with the stage unless that is `$default` (API Gateway, "Working with AWS Lambda
/// proxy integrations for HTTP APIs"). `None` where this is not the address of a webhook.
fn store<'a>(request: &'a ApiGatewayV2httpRequest, path: &'a str) -> Option<&'a str> {
    let in_path = || path.rsplit_once("/webhooks/").map(|(_, store)| store);
    let parameter = request.path_parameters.get("store").map(String::as_str);
    parameter.or_else(in_path)
}

async fn take(gate: &Gate, store: &str, request: &ApiGatewayV2httpRequest) -> Answer {
    if let Err(answer) = gate.before_body(store, &request.headers) {
        return answer;
    }
    let Some(body) = body(request) else {
        let answer =
            Answer::NotJson("the gateway says that it is in base64, which it is not".to_owned());
        gate.note_unread(store, &answer);
        return answer;
    };
    let webhook = Webhook {
        headers: &request.headers,
        query: request.raw_query_string.as_deref().unwrap_or_default(),
        body: &body,
    };
    gate.accept(store, webhook).await
}

/// Returns the bytes that the shop sent; an empty body where it sent none. `None` where the event
/// is not in the form of API Gateway.
fn body(request: &ApiGatewayV2httpRequest) -> Option<Cow<'_, [u8]>> {
    let text = request.body.as_deref().unwrap_or_default();
    if request.is_base64_encoded {
        STANDARD.decode(text).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(text.as_bytes()))
    }
}
