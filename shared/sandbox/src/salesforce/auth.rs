//! The token endpoint. Rules: Salesforce Help, "OAuth Authorization Flows".

use super::{answer::Answer, credentials::Credentials, jwt, world::World};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::HashMap;

/// The `error` and `error_description` of an answer.
pub(super) type Refusal = (&'static str, &'static str);

/// Answers `POST /services/oauth2/token`.
pub(super) fn token(world: &mut World, authorization: Option<&str>, body: &[u8]) -> Answer {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    match grant(world, authorization, &form) {
        Ok(answer) => Answer::ok(answer),
        Err(refusal) => refused(refusal),
    }
}

/// Returns the answer to a login that fails: status 400 and an object, not an array.
pub(super) fn refused((error, description): Refusal) -> Answer {
    Answer::with_status(
        400,
        json!({"error": error, "error_description": description}),
    )
}

fn grant(
    world: &mut World,
    authorization: Option<&str>,
    form: &HashMap<String, String>,
) -> Result<Value, Refusal> {
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let good = &world.credentials;
    match given("grant_type") {
        "password" => {
            check_client(good, authorization, form)?;
            let expected = format!("{}{}", good.password, good.security_token);
            if !given("username").eq_ignore_ascii_case(&good.username)
                || given("password") != expected
            {
                return Err(("invalid_grant", "authentication failure"));
            }
            Ok(signed(world, None))
        }
        "refresh_token" => {
            check_client(good, authorization, form)?;
            let former = world
                .former_refresh_tokens
                .iter()
                .flatten()
                .any(|token| token == given("refresh_token"));
            if former {
                // The holder of the newest token of the chain may be a thief.
                world.tokens.expire_all();
                world.credentials.refresh_token.clear();
            }
            if former || given("refresh_token") != good_refresh_token(world) {
                return Err(("invalid_grant", "expired access/refresh token"));
            }
            let rotated = rotate(world);
            let mut answer = signed(world, Some("refresh_token api"));
            if let (Some(token), Some(answer)) = (rotated, answer.as_object_mut()) {
                answer.insert("refresh_token".into(), json!(token));
            }
            Ok(answer)
        }
        "client_credentials" => {
            check_client(good, authorization, form)?;
            Ok(signed(world, Some("api")))
        }
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            let now = world.clock.as_ref().map(|clock| clock.now());
            jwt::check(
                given("assertion"),
                good,
                &world.url,
                world.public_key.as_ref(),
                now,
            )?;
            Ok(unsigned(world, Some("api")))
        }
        _ => Err(("unsupported_grant_type", "grant type not supported")),
    }
}

fn good_refresh_token(world: &World) -> &str {
    let token = &world.credentials.refresh_token;
    // No token is valid once the chain was ended.
    if token.is_empty() { "\0" } else { token }
}

/// Replaces the refresh token that was used, where they are rotated, and returns the new one.
fn rotate(world: &mut World) -> Option<String> {
    let former = world.former_refresh_tokens.as_mut()?;
    let next = format!("sandbox-refresh-token-{}", former.len() + 2);
    former.push(std::mem::replace(
        &mut world.credentials.refresh_token,
        next.clone(),
    ));
    Some(next)
}

/// Checks the client in the Authorization header, which takes precedence, or in the form.
fn check_client(
    good: &Credentials,
    authorization: Option<&str>,
    form: &HashMap<String, String>,
) -> Result<(), Refusal> {
    let from_header = authorization
        .and_then(|header| header.strip_prefix("Basic "))
        .map(|encoded| {
            let decoded = STANDARD
                .decode(encoded)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            decoded
                .and_then(|text| {
                    text.split_once(':')
                        .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
                })
                .unwrap_or_default()
        });
    let from_form = || {
        (
            form.get("client_id").cloned().unwrap_or_default(),
            form.get("client_secret").cloned().unwrap_or_default(),
        )
    };
    let (id, secret) = from_header.unwrap_or_else(from_form);
    if id != good.client_id {
        return Err(("invalid_client_id", "client identifier invalid"));
    }
    if secret == good.client_secret {
        Ok(())
    } else {
        Err(("invalid_client", "invalid client credentials"))
    }
}

/// Creates an answer. No answer has `expires_in`; the answer to a JWT has neither `issued_at` nor
/// `signature`.
fn unsigned(world: &mut World, scope: Option<&str>) -> Value {
    let mut answer = json!({
        "access_token": world.tokens.issue(),
        "instance_url": world.url,
        "id": format!("{}/id/00DSb0000000001AAA/005Sb0000000001AAA", world.url),
        "token_type": "Bearer",
    });
    if let (Some(scope), Some(answer)) = (scope, answer.as_object_mut()) {
        answer.insert("scope".into(), json!(scope));
    }
    answer
}

fn signed(world: &mut World, scope: Option<&str>) -> Value {
    let mut answer = unsigned(world, scope);
    let issued_at = world.store.now().as_millisecond().to_string();
    let signed_text = format!(
        "{}{issued_at}",
        answer.get("id").and_then(Value::as_str).unwrap_or_default()
    );
    if let Some(answer) = answer.as_object_mut() {
        answer.insert(
            "signature".into(),
            json!(signature(&world.credentials.client_secret, &signed_text)),
        );
        answer.insert("issued_at".into(), json!(issued_at));
    }
    answer
}

fn signature(secret: &str, text: &str) -> String {
    // HMAC takes keys of any length, so the error cannot happen.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
