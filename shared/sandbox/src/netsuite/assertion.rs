//! The login with OAuth 2.0 client credentials and a certificate. NetSuite Help,
//! section_162755359851, section_162790605110 and subsect_162755332391.

use super::credentials::Credentials;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, crypto};
use serde_json::Value;
use std::io;

/// The smallest public key in bytes of DER: an RSA key of 3072 bits has 398; one of 2048 bits,
/// which NetSuite does not accept, has 270.
const SMALLEST_RSA_KEY: usize = 390;
const LONGEST_LIFE: i64 = 3_600;
/// The largest difference between clocks, in seconds.
const SKEW: i64 = 300;
const SCOPES: [&str; 3] = ["rest_webservices", "restlets", "suite_analytics"];

/// The `error` in the token endpoint's answer, and the reason for the login audit trail.
pub(super) type Refusal = (&'static str, &'static str);

/// Reads the key that belongs to the certificate.
///
/// # Errors
/// When the text is no PEM of a public key, or the key is not one that NetSuite accepts.
pub(super) fn key(pem: &str) -> io::Result<DecodingKey> {
    if let Ok(key) = DecodingKey::from_ec_pem(pem.as_bytes()) {
        return Ok(key);
    }
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(io::Error::other)?;
    match key.kind() {
        DecodingKeyKind::SecretOrDer(der) if der.len() < SMALLEST_RSA_KEY => {
            Err(io::Error::other("an RSA key needs 3072 or 4096 bits"))
        }
        _ => Ok(key),
    }
}

/// Checks an assertion; returns whether it asks for RESTlets, too. `audiences` are the addresses of the token endpoint, any of which is valid.
///
/// # Errors
/// Fails with the token endpoint's error, and the reason.
pub(super) fn check(
    assertion: &str,
    credentials: &Credentials,
    key: &DecodingKey,
    audiences: &[String],
    now: i64,
) -> Result<bool, Refusal> {
    let malformed = ("invalid_request", "not a JWT");
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return Err(malformed);
    };
    let header = json_part(header).ok_or(malformed)?;
    let claims = json_part(claims).ok_or(malformed)?;
    let algorithm = algorithm(&header).ok_or((
        "invalid_request",
        "alg is none of PS256, PS384, PS512, ES256, ES384",
    ))?;
    check_claims(&header, &claims, credentials, audiences, now)?;
    let message = assertion
        .rsplit_once('.')
        .map_or("", |(message, _)| message);
    if crypto::verify(signature, message.as_bytes(), key, algorithm).unwrap_or(false) {
        Ok(scopes(claims.get("scope")).contains(&"restlets"))
    } else {
        Err(("invalid_client", "the signature is not the certificate's"))
    }
}

/// Returns the algorithm. RS256 is refused. ES512 would be allowed, but the sandbox cannot verify
/// it.
fn algorithm(header: &Value) -> Option<Algorithm> {
    if header.get("typ").and_then(Value::as_str) != Some("JWT") {
        return None;
    }
    match header.get("alg").and_then(Value::as_str)? {
        "PS256" => Some(Algorithm::PS256),
        "PS384" => Some(Algorithm::PS384),
        "PS512" => Some(Algorithm::PS512),
        "ES256" => Some(Algorithm::ES256),
        "ES384" => Some(Algorithm::ES384),
        _ => None,
    }
}

fn check_claims(
    header: &Value,
    claims: &Value,
    credentials: &Credentials,
    audiences: &[String],
    now: i64,
) -> Result<(), Refusal> {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if claim("iss") != credentials.consumer_key {
        return Err(("invalid_client", "iss is not the client id"));
    }
    if header.get("kid").and_then(Value::as_str) != Some(&credentials.certificate_id) {
        return Err(("invalid_client", "kid is not the certificate id"));
    }
    if !audiences.iter().any(|audience| audience == claim("aud")) {
        return Err((
            "invalid_grant",
            "aud is not the address of the token endpoint",
        ));
    }
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (Some(issued), Some(expires)) = (time("iat"), time("exp")) else {
        return Err(("invalid_grant", "iat and exp must be whole numbers"));
    };
    let life = expires.saturating_sub(issued);
    if issued > now.saturating_add(SKEW) || expires <= now || life <= 0 || life >= LONGEST_LIFE {
        return Err((
            "invalid_grant",
            "iat or exp: expired, from the future, or 60 minutes and longer",
        ));
    }
    let scopes = scopes(claims.get("scope"));
    if !scopes.contains(&"rest_webservices") || !scopes.iter().all(|scope| SCOPES.contains(scope)) {
        return Err((
            "invalid_scope",
            "scope must have rest_webservices and nothing unknown",
        ));
    }
    Ok(())
}

/// Reads the scopes: an array, as in the sample of section_162790605110, or a text with commas, as
/// in its prose.
fn scopes(scope: Option<&Value>) -> Vec<&str> {
    match scope {
        Some(Value::String(text)) => text
            .split([',', ' '])
            .filter(|scope| !scope.is_empty())
            .collect(),
        Some(Value::Array(scopes)) => scopes
            .iter()
            .map(|scope| scope.as_str().unwrap_or_default())
            .collect(),
        _ => Vec::new(),
    }
}

fn json_part(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
