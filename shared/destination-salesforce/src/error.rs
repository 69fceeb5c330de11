//! The one place that turns Salesforce's answers into failures: by the table of codes
//! (`error_table`), and by the status where there is no code.

use crate::error_table::{DAILY_QUOTA_PAUSE, HALTED, meaning};
use destination::{Class, Failure, Retry, Scope, json::pretty};
use serde_json::Value;
use std::time::Duration;

const MOVED: &str = "if the org's My Domain was renamed, set login_url to its new address, or to https://login.salesforce.com; else check api_version. Orders wait until then";

/// One entry of an error body: `[{"message", "errorCode", "fields"}]`, sometimes without the array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) fields: Vec<String>,
}

/// Returns the failure of a refused sub-request or graph node. `body` is `None` where it is no
/// JSON: empty, a maintenance page, or cut off (then even with status 200).
pub(crate) fn failure(
    operation: &'static str,
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
) -> Failure {
    judged(operation, status, body, retry_after, Scope::Record)
}

/// Returns the failure of a refused call as a whole.
pub(crate) fn call_failure(
    operation: &'static str,
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
) -> Failure {
    let failure = judged(operation, status, body, retry_after, Scope::Call);
    match (status, &failure.code) {
        (301..=399 | 404, None) => Failure {
            message: format!("Salesforce is not where the login says (status {status}); {MOVED}"),
            class: Class::Authentication,
            retry: Retry::Soon,
            ..failure
        }
        .after(retry_after),
        _ => failure,
    }
}

fn judged(
    operation: &'static str,
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
    scope: Scope,
) -> Failure {
    let errors = body.map(errors).unwrap_or_default();
    let mut failure = match errors
        .iter()
        .find(|error| error.code != HALTED)
        .or(errors.first())
    {
        Some(error) => explained(operation, scope, status, error),
        None => by_status(operation, status),
    };
    failure.response = body.map(pretty);
    failure.after(retry_after)
}

/// Returns the failure of a refused login (`{"error", "error_description"}` of the token endpoint).
pub(crate) fn login_failure(
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
) -> Failure {
    let text = |key: &str| {
        body.and_then(|body| body.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (code, description) = (text("error"), text("error_description"));
    if matches!(status, 301..=399 | 404) && code.is_empty() {
        let text =
            format!("Salesforce's login is not where login_url says (status {status}); {MOVED}");
        return Failure::transient(Class::Authentication, "token", text);
    }
    if status >= 500 || matches!(status, 408 | 420) || code.is_empty() || code == "unknown_error" {
        let text = format!(
            "Salesforce's login answered with status {status} and no reason; it is tried again"
        );
        return Failure::transient(Class::Unavailable, "token", text).after(retry_after);
    }
    if status == 429
        || code.to_ascii_lowercase().contains("rate")
        || description.contains("rate exceeded")
    {
        let pause = retry_after.or(Some(DAILY_QUOTA_PAUSE));
        let text = "Salesforce allows 3,600 logins an hour and user, and they are used up; something else logs in with this user";
        let failure = Failure {
            code: Some(code.to_owned()),
            ..Failure::transient(Class::RateLimit, "token", text)
        };
        return failure.after(pause);
    }
    let text = format!(
        "Salesforce refused the login: {code}: {description}. {}",
        login_hint(code, description)
    );
    Failure {
        code: Some(code.to_owned()),
        ..Failure::transient(Class::Authentication, "token", text)
    }
}

/// Returns the entries of an error body.
pub(crate) fn errors(body: &Value) -> Vec<ApiError> {
    let entries = match body {
        Value::Array(entries) => entries.as_slice(),
        Value::Object(_) => std::slice::from_ref(body),
        _ => return Vec::new(),
    };
    entries.iter().filter_map(error_of).collect()
}

/// Returns whether a node failed only because another one of its graph did.
pub(crate) fn is_halted(body: &Value) -> bool {
    let errors = errors(body);
    // A node that refers to a failed one is halted too, with another sentence; neither names the
    // cause.
    !errors.is_empty() && errors.iter().all(|error| error.code == HALTED)
}

/// Returns whether a new token may help.
pub(crate) fn is_expired_session(status: u16, body: Option<&Value>) -> bool {
    status == 401
        && !body
            .map(errors)
            .unwrap_or_default()
            .iter()
            .any(is_unfit_session)
}

/// Returns whether the failure is a refusal of a whole call that no table knows. A refusal of a
/// record names the record.
pub(crate) fn is_unlisted_call(failure: &Failure) -> bool {
    failure.class == Class::Unknown && failure.place.is_none()
}

/// The holder of a value that a refused record has too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A record with this field.
    Field(String),
    /// A record that the user may not see (`<unknown> duplicates value on record with id:
    /// <unknown>`; ForceDotComSBT/forrest#176).
    Unseen,
    /// Salesforce does not say: a price book entry that is there already.
    Unnamed,
}

/// Returns the holder of the value of a record that was refused with `DUPLICATE_VALUE`; `None` for
/// any other refusal.
pub(crate) fn holder(failure: &Failure) -> Option<Holder> {
    if failure.code.as_deref() != Some("DUPLICATE_VALUE") {
        return None;
    }
    let named = failure.message.split_once("duplicate value found: ");
    let field = named
        .and_then(|(_, rest)| rest.split_once(" duplicates value"))
        .map(|(field, _)| field);
    Some(match field {
        Some("<unknown>") => Holder::Unseen,
        Some(field) => Holder::Field(field.to_owned()),
        None => Holder::Unnamed,
    })
}

/// Returns whether the refused record is a lead that was converted.
pub(crate) fn is_converted_lead(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("CANNOT_UPDATE_CONVERTED_LEAD")
}

/// Returns whether a duplicate rule of the org refused a record.
pub(crate) fn is_duplicate(failure: &Failure) -> bool {
    failure.code.as_deref() == Some("DUPLICATES_DETECTED")
}

/// Makes the refusal of a value that another record holds permanent: neither looking again nor
/// waiting mends it.
pub(crate) fn held_for_good(failure: Failure, holder: &Holder) -> Failure {
    let place = failure.place.clone().unwrap_or_default();
    let (place, hint) = match holder {
        Holder::Field(field) => (
            format!("{place}.{field}"),
            "Another record holds the value of this field, which is unique in the org, and the order is not looked for by it: correct one of the two records, or leave the field out of the \
             mapping, then replay",
        ),
        Holder::Unseen | Holder::Unnamed => (
            place,
            "The record that holds the value is there, but hidden from the integration user: share it with the user (sharing rules, or View All on the object), then replay",
        ),
    };
    Failure {
        class: Class::Validation,
        retry: Retry::Never,
        message: format!("{}. {hint}", failure.message),
        place: Some(place),
        ..failure
    }
}

fn error_of(entry: &Value) -> Option<ApiError> {
    let code = entry
        .get("errorCode")
        .or_else(|| entry.get("statusCode"))?
        .as_str()?
        .to_owned();
    let message = entry
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let fields = entry
        .get("fields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    Some(ApiError {
        code,
        message,
        fields,
    })
}

fn explained(operation: &'static str, scope: Scope, status: u16, error: &ApiError) -> Failure {
    let words = format!("Salesforce refused: {}: {}", error.code, error.message);
    Failure {
        code: Some(error.code.clone()),
        place: (!error.fields.is_empty()).then(|| error.fields.join(", ")),
        ..meaning(scope, status, error).failure(operation, words)
    }
}

fn by_status(operation: &'static str, status: u16) -> Failure {
    let transient = |class, text: &str| Failure::transient(class, operation, text);
    let permanent = |class, text: &str| Failure::permanent(class, operation, text);
    match status {
        200..=299 => transient(
            Class::Unavailable,
            "Salesforce's answer was cut off or is no JSON; it may have done the work, so the order is sent again",
        ),
        300 => permanent(
            Class::Validation,
            "several records in Salesforce carry the same external id; merge them, and make the field unique",
        ),
        301..=399 => transient(
            Class::Authentication,
            "Salesforce sent the call elsewhere; check login_url",
        ),
        401 => transient(
            Class::Authentication,
            "Salesforce refused the access token without a reason",
        ),
        409 | 412 | 428 => transient(
            Class::Conflict,
            "somebody else changed the record meanwhile",
        ),
        410 => transient(
            Class::Authentication,
            "this api_version is retired; set a newer one",
        ),
        413 | 414 | 431 => permanent(
            Class::TooLarge,
            "the request is larger than Salesforce takes",
        ),
        429 => transient(
            Class::RateLimit,
            "Salesforce or a proxy before it asks for fewer calls",
        ),
        // 420: Salesforce Edge cannot route the call at the moment.
        408 | 420 | 500..=599 => transient(
            Class::Unavailable,
            "Salesforce is unavailable or in maintenance",
        ),
        _ => permanent(
            Class::Unknown,
            &format!("Salesforce answered with status {status} and no reason"),
        ),
    }
}

/// Returns whether no login with these credentials can mend the session.
fn is_unfit_session(error: &ApiError) -> bool {
    error
        .message
        .contains("not valid for use with the REST API")
        || error.message.contains("not attached to Agent")
}

fn login_hint(code: &str, description: &str) -> &'static str {
    match (code, description) {
        ("invalid_client_id" | "invalid_client", _) => {
            "Check client_id and client_secret in the secret"
        }
        ("invalid_app_access", _) => {
            "Approve the app for the integration user (profile or permission set)"
        }
        ("unsupported_grant_type", _) => "The app does not allow this flow; choose another auth",
        (_, "request not supported on this domain") => {
            "client_credentials works on My Domain only: set login_url to https://YOURDOMAIN.my.salesforce.com"
        }
        (_, "no client credentials user enabled") => {
            "Name a run-as user in the app's client credentials flow"
        }
        (_, "expired access/refresh token") => {
            "The refresh token is dead: authorise again and store the new one"
        }
        (_, "Audience validation failed") => {
            "login_url must be the org's own login host (test.salesforce.com for a sandbox)"
        }
        (_, text) if text.contains("approved") => "Pre-authorise the app for the integration user",
        _ => {
            "Check the credentials in the secret, the user's state and the app's IP restrictions; the password flow may be blocked in the org"
        }
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
