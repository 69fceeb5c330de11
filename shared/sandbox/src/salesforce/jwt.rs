//! The assertion of the JWT bearer flow.

use super::credentials::Credentials;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;

const AUDIENCES: [&str; 2] = [
    "https://login.salesforce.com",
    "https://test.salesforce.com",
];
/// The largest difference between clocks that Salesforce allows, in seconds.
const SKEW_SECONDS: i64 = 180;

/// Checks an assertion, and its signature when there is a key for it.
///
/// # Errors
/// Fails with `error` and `error_description` for the answer.
pub(super) fn check(
    assertion: &str,
    credentials: &Credentials,
    own_url: &str,
    key: Option<&DecodingKey>,
    now: Option<Timestamp>,
) -> Result<(), (&'static str, &'static str)> {
    let invalid = ("invalid_grant", "invalid assertion");
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return Err(invalid);
    };
    let header = json_part(header).ok_or(invalid)?;
    let claims = json_part(claims).ok_or(invalid)?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") || signature.is_empty() {
        return Err(invalid);
    }
    if let Some(key) = key {
        let message = assertion
            .rsplit_once('.')
            .map_or("", |(message, _)| message);
        if !crypto::verify(signature, message.as_bytes(), key, Algorithm::RS256).unwrap_or(false) {
            return Err(invalid);
        }
    }
    check_claims(&claims, credentials, own_url, now)
}

fn check_claims(
    claims: &Value,
    credentials: &Credentials,
    own_url: &str,
    now: Option<Timestamp>,
) -> Result<(), (&'static str, &'static str)> {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if claim("iss") != credentials.client_id {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    let audience = claim("aud").trim_end_matches('/');
    if audience != own_url && !AUDIENCES.contains(&audience) {
        return Err(("invalid_grant", "Audience validation failed"));
    }
    let expiry = claims
        .get("exp")
        .and_then(Value::as_i64)
        .ok_or(("invalid_grant", "invalid assertion"))?;
    if now.is_some_and(|now| expiry.saturating_add(SKEW_SECONDS) < now.as_second()) {
        return Err(("invalid_grant", "expired authorization code"));
    }
    if claim("sub") != credentials.username {
        return Err(("invalid_grant", "user hasn't approved this consumer"));
    }
    Ok(())
}

fn json_part(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
