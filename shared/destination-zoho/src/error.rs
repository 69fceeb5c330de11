//! The one place that turns Zoho's answers into failures. The codes are those of "Status Codes" and
//! of the operations' own error lists (Zoho CRM API v8), as seen in recorded traffic. An error
//! stands in the answer itself (`{"code", "details", ...}`) or, for each record, in its `data`; a
//! code may mean different things there.

use crate::error_table;
use destination::{Answer, Class, Failure, Meaning, json::list, json::pretty};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// Pause after the credits of a day are used up: they come back bit by bit over 24 hours.
const CREDITS_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Pause after too many calls at once: they end within seconds.
const CONCURRENCY_PAUSE: Duration = Duration::from_secs(10);
/// Pause after too many logins: the accounts server wants to be left alone for the rest of its
/// window.
const LOGIN_PAUSE: Duration = Duration::from_secs(10 * 60);

/// Zoho's words about one refused record or call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: String,
    pub(crate) message: String,
    /// The field concerned, as a path within the record, such as
    /// `Ordered_Items[1].Product_Name.id`; empty where none is named.
    pub(crate) path: String,
    /// The rest of Zoho's details, as words: `at most 80 characters`.
    pub(crate) more: Vec<String>,
    /// The cause that `details.dependency_error` names.
    pub(crate) cause: String,
    /// The record that already has the value, and its module where Zoho tells it.
    pub(crate) duplicate: Option<(String, Option<String>)>,
}

/// Returns the failure of a refused call as a whole.
pub(crate) fn of_answer(operation: &'static str, answer: &Answer, now: Timestamp) -> Failure {
    let body = answer.json();
    let error = body.as_ref().and_then(whole_error);
    let mut failure = match &error {
        Some(error) if answer.status != 429 => {
            explained(operation, error, error_table::of_call(answer.status, error))
        }
        _ => by_status(operation, answer.status),
    };
    if let Some(error) = &error {
        failure.code = word(&error.code);
    }
    if failure.class == Class::Unknown {
        // For a whole call, nobody knows what an unknown refusal is about.
        failure.place = None;
    }
    failure.response = Some(answer.quote());
    let pause = (failure.class == Class::RateLimit).then(|| pause(answer));
    failure.after(answer.retry_after(now).or(pause))
}

/// Returns the failure of a refused record, or of a refused part of a composite request.
pub(crate) fn of_record(operation: &'static str, status: u16, entry: &Value) -> Failure {
    let Some(error) = error_of(entry) else {
        return Failure {
            response: Some(pretty(entry)),
            ..by_status(operation, status)
        };
    };
    Failure {
        code: word(&error.code),
        response: Some(pretty(entry)),
        ..explained(operation, &error, error_table::of_record(&error))
    }
}

/// Returns the failure of a refused part of a composite request, which counts as a call of its own.
pub(crate) fn of_part(operation: &'static str, status: u16, body: &Value) -> Failure {
    let Some(error) = whole_error(body).filter(|_| status != 429) else {
        return by_status(operation, status);
    };
    Failure {
        code: word(&error.code),
        response: Some(pretty(body)),
        ..explained(operation, &error, error_table::of_call(status, &error))
    }
}

/// Returns the failure of a refused login. The accounts server answers `{"error"}`, mostly with
/// status 200.
pub(crate) fn login_failure(
    status: u16,
    body: Option<&Value>,
    retry_after: Option<Duration>,
) -> Failure {
    let code = body
        .and_then(|body| body.get("error"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    if status == 429 || code == "Access Denied" {
        let text = "Zoho hands out no more access tokens for this refresh token at the moment (ten in ten minutes); something renews them too often";
        let failure = Failure {
            code: word(&code.replace(' ', "_")),
            ..Failure::transient(Class::RateLimit, "token", text)
        };
        return failure.after(retry_after.or(Some(LOGIN_PAUSE)));
    }
    if status >= 500 || status == 408 || code.is_empty() || code == "general_error" {
        let text = format!(
            "Zoho's accounts server answered with status {status} and no reason; it is tried again"
        );
        return Failure::transient(Class::Unavailable, "token", text).after(retry_after);
    }
    let text = format!("Zoho refused the login: {code}. {}", login_hint(code));
    Failure {
        code: word(code),
        ..Failure::transient(Class::Authentication, "token", text)
    }
}

/// Returns whether the failure is a refusal of a whole call that no table knows. A refusal of a
/// record names the record, and a question that Zoho cannot read is our own defect.
pub(crate) fn is_unlisted_call(failure: &Failure) -> bool {
    failure.class == Class::Unknown
        && failure.place.is_none()
        && failure.code.as_deref() != Some("SYNTAX_ERROR")
}

/// Returns whether a new token may help.
pub(crate) fn is_expired_token(answer: &Answer) -> bool {
    if answer.status != 401 {
        return false;
    }
    let code = code_of(answer);
    // A missing scope stays missing whatever the token.
    !matches!(
        code.as_deref(),
        Some("OAUTH_SCOPE_MISMATCH" | "NO_PERMISSION" | "AUTHORIZATION_FAILED")
    )
}

/// Returns whether the token lacks a scope that the call needs.
pub(crate) fn lacks_scope(answer: &Answer) -> bool {
    code_of(answer).as_deref() == Some("OAUTH_SCOPE_MISMATCH")
}

fn code_of(answer: &Answer) -> Option<String> {
    let body = answer.json()?;
    whole_error(&body).map(|error| error.code)
}

/// Returns the failure of an answer that lacks what it must hold: cut off, a page of a proxy, or of
/// another shape.
pub(crate) fn unreadable(operation: &'static str) -> Failure {
    by_status(operation, 200)
}

/// Returns the error of one record; `None` where the entry has none.
pub(crate) fn error_of(entry: &Value) -> Option<ApiError> {
    let code = entry.get("code")?.as_str()?.to_owned();
    let details = entry.get("details").unwrap_or(&Value::Null);
    if code == "MULTIPLE_OR_MULTI_ERRORS" {
        return Some(of_several(code, details));
    }
    let text = |key: &str| details.get(key).and_then(Value::as_str);
    Some(ApiError {
        message: entry
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        path: path(text("json_path"))
            .or_else(|| text("api_name").map(str::to_owned))
            .unwrap_or_default(),
        more: more(details),
        cause: text("dependency_error").unwrap_or_default().to_owned(),
        duplicate: duplicate(details),
        code,
    })
}

/// Reduces several errors of one record to the first that is no duplicate, because a duplicate
/// alone could be resolved.
fn of_several(code: String, details: &Value) -> ApiError {
    let inner: Vec<ApiError> = list(details, "errors")
        .iter()
        .filter_map(error_of)
        .collect();
    let worst = inner
        .iter()
        .find(|error| error.code != "DUPLICATE_DATA")
        .or(inner.first())
        .cloned();
    worst.unwrap_or(ApiError {
        code,
        ..ApiError::default()
    })
}

fn whole_error(body: &Value) -> Option<ApiError> {
    // A success is no refusal: the answer only lacks the rest.
    let refusal = |entry: &Value| error_of(entry).filter(|error| error.code != "SUCCESS");
    refusal(body).or_else(|| {
        ["data", "__composite_requests"]
            .iter()
            .find_map(|key| list(body, key).iter().find_map(refusal))
    })
}

fn explained(operation: &'static str, error: &ApiError, meaning: Meaning) -> Failure {
    let mut message = format!("Zoho refused: {}", error.code);
    for part in [&error.message, &error.more.join(", ")] {
        if !part.is_empty() {
            message.push_str(": ");
            message.push_str(part);
        }
    }
    Failure {
        place: word(&error.path),
        ..meaning.failure(operation, message)
    }
}

fn by_status(operation: &'static str, status: u16) -> Failure {
    let transient = |class, text: &str| Failure::transient(class, operation, text);
    match status {
        200..=299 => transient(
            Class::Unavailable,
            "Zoho's answer was cut off or is not what was asked for; it may have done the work, so the order is sent again",
        ),
        301..=399 | 401 | 403 => transient(
            Class::Authentication,
            "Zoho refused the access without a reason; check that accounts_url belongs to the data centre of the organisation",
        ),
        404 => transient(
            Class::Authentication,
            "Zoho knows no such address; check api_version and accounts_url",
        ),
        409 | 412 => transient(
            Class::Conflict,
            "somebody else changed the record meanwhile",
        ),
        413 | 414 | 431 => Failure::permanent(
            Class::TooLarge,
            operation,
            "the request is larger than Zoho takes",
        ),
        429 => transient(
            Class::RateLimit,
            "Zoho's limit of calls at once, or the organisation's API credits of 24 hours, are used up",
        ),
        408 | 500..=599 => transient(Class::Unavailable, "Zoho is unavailable or in maintenance"),
        _ => Failure::permanent(
            Class::Unknown,
            operation,
            format!("Zoho answered with status {status} and no reason"),
        ),
    }
}

/// Returns the pause after a refusal for too many calls. The two limits are told apart only by the
/// remaining credits, which Zoho names once half of them are spent ("API Limits").
fn pause(answer: &Answer) -> Duration {
    let remaining = answer
        .headers
        .get("X-API-CREDITS-REMAINING")
        .and_then(|value| value.to_str().ok());
    match remaining.and_then(|text| text.trim().parse::<i64>().ok()) {
        Some(..=0) => CREDITS_PAUSE,
        _ => CONCURRENCY_PAUSE,
    }
}

/// Returns the path within the record: `$.data[3].Ordered_Items[0].Quantity` becomes
/// `Ordered_Items[0].Quantity`.
fn path(json_path: Option<&str>) -> Option<String> {
    let rest = json_path?.strip_prefix("$.")?;
    let inner = rest
        .strip_prefix("data[")
        .and_then(|rest| rest.split_once(']'))
        .map(|(_, rest)| rest);
    Some(inner.unwrap_or(rest).trim_start_matches('.').to_owned()).filter(|path| !path.is_empty())
}

fn more(details: &Value) -> Vec<String> {
    let text = |key: &str| {
        let value = details.get(key)?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
        )
    };
    let mut more = Vec::new();
    more.extend(text("maximum_length").map(|length| format!("at most {length}")));
    more.extend(text("expected_data_type").map(|kind| format!("expected {kind}")));
    let values: Vec<&str> = list(details, "supported_values")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    more.extend((!values.is_empty()).then(|| format!("it takes {}", values.join(", "))));
    let expected: Vec<&str> = list(details, "expected_fields")
        .iter()
        .filter_map(|field| {
            field
                .get("api_name")
                .and_then(Value::as_str)
                .or_else(|| field.as_str())
        })
        .collect();
    more.extend((!expected.is_empty()).then(|| format!("it wants {}", expected.join(", "))));
    more.extend(text("dependency_error").map(|cause| format!("because of {cause}")));
    more.extend(duplicate(details).map(|(id, module)| {
        format!(
            "record {id} of {} has the same value",
            module.unwrap_or_else(|| "the same module".to_owned())
        )
    }));
    more
}

fn duplicate(details: &Value) -> Option<(String, Option<String>)> {
    let record = details.get("duplicate_record");
    let id = record
        .and_then(|record| record.get("id"))
        .or_else(|| details.get("id"))?
        .as_str()?;
    let module = record
        .and_then(|record| record.pointer("/module/api_name"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    is_id(id).then(|| (id.to_owned(), module))
}

/// Returns whether the text can be an id. Ids are texts of up to 19 digits; some room is left for
/// longer ones.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 25 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns a code or a path if it may stand in a log: nothing that could be a customer's text.
fn word(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$[]".contains(&byte);
    (!text.is_empty() && text.len() <= 120 && text.bytes().all(is_plain)).then(|| text.to_owned())
}

fn login_hint(code: &str) -> &'static str {
    match code {
        "invalid_code" => {
            "refresh_token is wrong, revoked or of another data centre: check accounts_url, or make a new one in the API console and store it in the secret"
        }
        "invalid_client" => {
            "Check client_id, and that accounts_url is the data centre where the client was made"
        }
        "invalid_client_secret" => "Check client_secret in the secret",
        _ => {
            "Check client_id, client_secret and refresh_token in the secret, and that accounts_url is their data centre"
        }
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
