//! What every request passes before a page sees it, and what every answer carries. Nothing in here
//! can be forgotten by a new page.

use crate::{
    access::{Access, Session},
    refusal::Refusal,
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// The largest form. Only an edited order is larger.
const FORM: usize = 64 * 1024;
/// The largest form with an edited order in it, in which many a byte takes three.
const EDITED: usize = 8 * 1024 * 1024;
/// The end of the path of forms that hold an order.
const WITH_AN_ORDER: &str = "/edit";
/// The largest form with a mapping in it.
const TRIED: usize = 1024 * 1024;
/// The path of the form that holds a mapping.
const WITH_A_MAPPING: &str = "/lab";
/// What is the same for everybody, and needs no way in: the refusals look better with it.
pub(crate) const OPEN: [&str; 2] = ["/console.css", "/icon.svg"];
/// The pages that ask before an act, and take its form.
const ACTS: [&str; 6] = [
    "/order/resend",
    "/dead/replay",
    "/dead/drop",
    "/letter/edit",
    "/lab/apply",
    "/privacy/done",
];
/// The parameter of the printed address, and the field of a form.
const TOKEN: &str = "token";
const FIELD: &str = "form";

/// The headers of every answer. The referrer goes to this console only, not to nobody: browsers
/// that may not tell a referrer call the origin of a form `null`, which a foreign page's is as well.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Answers a request, or refuses it.
pub(crate) async fn guard(
    State(access): State<Arc<Access>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match admit(&access, request).await {
        Ok(Admitted::Through(request)) => next.run(*request).await,
        Ok(Admitted::Answered(response)) => response,
        Err(refusal) => {
            tracing::debug!(reason = refusal.name(), "the console refused a request");
            refusal.into_response()
        }
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

enum Admitted {
    Through(Box<Request>),
    Answered(Response),
}

async fn admit(access: &Access, mut request: Request) -> Result<Admitted, Refusal> {
    let host = host(access, &request)?;
    let path = request.uri().path();
    if OPEN.contains(&path) {
        return Ok(Admitted::Through(Box::new(request)));
    }
    if request.method() == Method::GET
        && path == "/"
        && let Some(token) = token(&request)
    {
        return exchange(access, &token).map(Admitted::Answered);
    }
    let cookies = text(request.headers(), &header::COOKIE);
    let session = cookies.and_then(|cookies| access.session(cookies));
    let session = session.ok_or(Refusal::NoWayIn)?;
    let is_asking = ACTS.contains(&request.uri().path());
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        request = act(access, &session, &host, request).await?;
    } else if access.is_read_only && is_asking {
        return Err(Refusal::ReadOnly);
    }
    request.extensions_mut().insert(session);
    Ok(Admitted::Through(Box::new(request)))
}

/// Returns the name by which the console was called, where it is its own: otherwise a page whose
/// name was made to lead here (DNS rebinding) could read every answer.
fn host(access: &Access, request: &Request) -> Result<String, Refusal> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let (Some(host), None) = (named.next(), named.next()) else {
        return Err(Refusal::ForeignHost);
    };
    let host = host.to_str().map_err(|_| Refusal::ForeignHost)?;
    let absolute = request.uri().authority();
    let is_own = |name: &str| access.answers_to(name);
    if is_own(host) && absolute.is_none_or(|authority| is_own(authority.as_str())) {
        Ok(host.to_owned())
    } else {
        Err(Refusal::ForeignHost)
    }
}

fn token(request: &Request) -> Option<String> {
    let query = request.uri().query()?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let token = pairs.find(|(name, _)| name == TOKEN);
    token.map(|(_, value)| value.into_owned())
}

/// Lets a browser in, and leads it to an address that can be shown to somebody.
fn exchange(access: &Access, token: &str) -> Result<Response, Refusal> {
    if !access.is_token(token) {
        return Err(Refusal::WrongToken);
    }
    let cookie = access.new_cookie().map_err(|_| Refusal::NoWayIn)?;
    let cookie = HeaderValue::try_from(cookie).map_err(|_| Refusal::NoWayIn)?;
    let headers = [
        (header::SET_COOKIE, cookie),
        (header::LOCATION, HeaderValue::from_static("/")),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Checks that a post is an act of the operator's, in one of our own forms, and returns it with its
/// body read.
async fn act(
    access: &Access,
    session: &Session,
    host: &str,
    request: Request,
) -> Result<Request, Refusal> {
    let headers = request.headers();
    if text(headers, &header::ORIGIN) != Some(&format!("http://{host}")) {
        return Err(Refusal::ForeignOrigin);
    }
    if access.is_read_only {
        return Err(Refusal::ReadOnly);
    }
    let kind = text(headers, &header::CONTENT_TYPE).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::NoForm);
    }
    let limit = match request.uri().path() {
        path if path.ends_with(WITH_AN_ORDER) => EDITED,
        WITH_A_MAPPING => TRIED,
        _ => FORM,
    };
    let length = text(headers, &header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(Refusal::TooLarge);
    }
    let (head, body) = request.into_parts();
    let body = to_bytes(body, limit).await.map_err(|_| Refusal::TooLarge)?;
    let mut fields = url::form_urlencoded::parse(&body);
    if !fields.any(|(name, value)| name == FIELD && session.is_form(&value)) {
        return Err(Refusal::ForeignForm);
    }
    Ok(Request::from_parts(head, Body::from(body)))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
