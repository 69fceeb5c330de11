//! The one place that turns NetSuite's answers into failures. The shape of a body and the codes are
//! those of "REST Web Services Error Handling" (NetSuite help). Most refusals carry the code
//! `USER_ERROR` and differ by their text only, so the table (`error_table`) reads both; SOAP's
//! names of the same errors stand beside them.

use crate::error_table::{Rule, rule_for};
use destination::{Class, Failure, Meaning, Retry, json::pretty};
use serde_json::Value;
use std::time::Duration;

/// Pause after too many calls at once: the account's other integrations share the limit, and
/// NetSuite does not say when to come back.
const CONCURRENCY_PAUSE: Duration = Duration::from_secs(2);
/// Longest path of a field that is kept, such as `item.items[12].taxDetailsReference`.
const LONGEST_PLACE: usize = 120;

/// A refused call: the failure, and its meaning for the code that writes records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) failure: Failure,
    pub(crate) cause: Cause,
}

/// The meaning of a refusal beyond its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing else.
    Plain,
    /// The login was refused, which NetSuite counts: after five of them the user is locked.
    BadLogin,
    /// A record of the same group carries this external id: ours, as a rule.
    Taken,
    /// Another customer has this name, and names must differ where NetSuite does not number
    /// customers itself.
    NameTaken,
    /// There is no such record.
    Gone,
    /// A field refers to a missing record: a cached item may be gone.
    BadReference,
    /// The customer does not have the order's currency.
    Currency,
    /// There is no such RESTlet, or it is not for this role.
    NoScript,
    /// The role may not do this: with this record, or with any of its kind.
    Forbidden,
    /// NetSuite's general word for data that it does not take, with a text that is not understood
    /// here: in an account of another language it may be any of the above.
    Unread,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            cause: Cause::Plain,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        refusal.failure
    }
}

/// One entry of `o:errorDetails`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Detail {
    code: String,
    text: String,
    path: Option<String>,
}

/// Returns the refusal in an answer. `body` is `None` where it is no JSON: empty, a maintenance
/// page, or cut off (then even with a good status).
pub(crate) fn refusal(
    operation: &'static str,
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
) -> Refusal {
    let details = body.map(details).unwrap_or_default();
    // A server that failed may say anything: "too long" is how long it took, "read only" is its
    // database. Then only a meaning that allows another try is believed.
    let rule = details
        .first()
        .and_then(|first| rule_for(operation, status, &first.code, &first.text))
        .filter(|rule| status < 500 || rule.meaning.retry != Retry::Never);
    let mut refusal = match rule {
        None if details.is_empty() || status >= 500 => by_status(operation, status),
        rule => by_rule(operation, status, &details, rule),
    };
    refusal.failure.response = body.map(pretty);
    let pause = (refusal.failure.class == Class::RateLimit).then_some(CONCURRENCY_PAUSE);
    refusal.failure = refusal.failure.after(retry_after.or(pause));
    refusal
}

/// Returns the failure of a refused request for a token: the endpoint answers `{"error"}` ("The
/// Access and Refresh Token Error Responses", NetSuite help).
pub(crate) fn login_failure(
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
) -> Failure {
    let code = body
        .and_then(|body| body.get("error"))
        .and_then(Value::as_str)
        .and_then(word);
    let Some(code) = code.filter(|_| status < 500 && status != 429) else {
        let class = if status == 429 {
            Class::RateLimit
        } else {
            Class::Unavailable
        };
        let text = format!(
            "NetSuite's login answered with status {status} and no reason; it is tried again"
        );
        return Failure::transient(class, "token", text).after(retry_after);
    };
    let hint = match code.as_str() {
        "invalid_client" => {
            "Check client_id, certificate_id and private_key in the secret, and that the certificate has not expired (at most two years)"
        }
        "invalid_grant" => "Check account_id and base_url, and that this machine's clock is right",
        "invalid_scope" => "Allow REST Web Services in the integration record and in the role",
        "unsupported_grant_type" => {
            "Tick Client Credentials (Machine to Machine) Grant in the integration record"
        }
        _ => {
            "Check the integration record, and the mapping of its certificate to a user and a role (OAuth 2.0 Client Credentials Setup)"
        }
    };
    Failure {
        code: Some(code.clone()),
        ..Failure::transient(
            Class::Authentication,
            "token",
            format!("NetSuite refused the login: {code}. {hint}"),
        )
    }
}

/// Returns whether the failure is a refusal of a query that no table knows. A refusal of a record
/// names the record.
pub(crate) fn is_unlisted_call(failure: &Failure) -> bool {
    failure.class == Class::Unknown && failure.place.is_none()
}

fn by_rule(
    operation: &'static str,
    status: u16,
    details: &[Detail],
    rule: Option<&Rule>,
) -> Refusal {
    let texts: Vec<&str> = details.iter().map(|detail| detail.text.as_str()).collect();
    let first = details.first().cloned().unwrap_or_default();
    let words = format!("NetSuite refused: {}: {}", first.code, texts.join("; "));
    let (meaning, cause) = match rule {
        Some(rule) => (rule.meaning, rule.cause),
        // NetSuite's word for "the data are not good", with a text that nobody has met yet: a
        // person has to read it.
        None if status == 400
            && matches!(first.code.as_str(), "USER_ERROR" | "INVALID_CONTENT") =>
        {
            let meaning = Meaning::new(Class::Validation, Retry::Never, "");
            (meaning, Cause::Unread)
        }
        None => {
            let meaning = Meaning::new(Class::Unknown, Retry::Never, "");
            (meaning, Cause::Plain)
        }
    };
    let places: Vec<String> = details
        .iter()
        .filter_map(|detail| detail.path.clone())
        .collect();
    let failure = Failure {
        code: word(&first.code),
        place: (!places.is_empty()).then(|| places.join(", ")),
        ..meaning.failure(operation, words.trim_end_matches([':', ' ']))
    };
    Refusal { failure, cause }
}

fn by_status(operation: &'static str, status: u16) -> Refusal {
    let cause = match status {
        401 => Cause::BadLogin,
        403 | 404 if operation == "restlet" => Cause::NoScript,
        _ => Cause::Plain,
    };
    let failure = failure_by_status(operation, status);
    Refusal { failure, cause }
}

fn failure_by_status(operation: &'static str, status: u16) -> Failure {
    let transient = |class, text: &str| Failure::transient(class, operation, text);
    let permanent = |class, text: &str| Failure::permanent(class, operation, text);
    match status {
        200..=299 => transient(
            Class::Unavailable,
            "NetSuite's answer was cut off or is no JSON; it may have done the work, so the order is sent again",
        ),
        300..=399 => transient(
            Class::Authentication,
            "NetSuite sent the call elsewhere; check account_id and base_url",
        ),
        401 => transient(
            Class::Authentication,
            "NetSuite refused the login without a reason",
        ),
        403 | 404 => transient(
            Class::Authentication,
            "NetSuite, or a proxy before it, lets no call through and says no reason; check account_id and base_url, that REST Web Services are switched on (Setup > Company > \
             Enable Features > SuiteCloud), and the permission REST Web Services of the role",
        ),
        413 | 414 | 431 => permanent(Class::TooLarge, "the request is larger than NetSuite takes"),
        429 => transient(
            Class::RateLimit,
            "NetSuite or a proxy before it asks for fewer calls",
        ),
        408 | 500..=599 => transient(
            Class::Unavailable,
            "NetSuite is unavailable or failed inside; it may have done the work, so the order is sent again",
        ),
        _ => permanent(
            Class::Unknown,
            &format!("NetSuite answered with status {status} and no reason"),
        ),
    }
}

fn details(body: &Value) -> Vec<Detail> {
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let entries = body
        .get("o:errorDetails")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let top = text(body, "o:errorCode");
    let detail = |entry: &Value| Detail {
        code: text(entry, "o:errorCode")
            .or_else(|| top.clone())
            .unwrap_or_default(),
        text: text(entry, "detail").unwrap_or_default(),
        path: text(entry, "o:errorPath").and_then(|path| place(&path)),
    };
    if !entries.is_empty() {
        return entries.iter().map(detail).collect();
    }
    // A RESTlet, or a proxy that speaks like one: {"error": {"code", "message"}}.
    let error = body.get("error").filter(|error| error.is_object());
    let code = error.and_then(|error| text(error, "code")).or(top);
    code.map(|code| Detail {
        code,
        text: error
            .and_then(|error| text(error, "message"))
            .or_else(|| text(body, "title"))
            .unwrap_or_default(),
        path: None,
    })
    .into_iter()
    .collect()
}

/// Returns a code if it looks like one: nothing else may go into logs.
fn word(code: &str) -> Option<String> {
    let is_word = !code.is_empty()
        && code.len() <= 60
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word.then(|| code.to_owned())
}

/// Returns the path of a field if it looks like one, so that it may go into logs.
fn place(path: &str) -> Option<String> {
    let is_part = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '[' | ']')
    };
    (!path.is_empty() && path.len() <= LONGEST_PLACE && path.chars().all(is_part))
        .then(|| path.to_owned())
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
