//! The one place that turns the CRM's answers into failures.

use crate::error_table::TABLE;
use destination::{Answer, Class, Failure, Meaning, Retry, Scope, look_up};
use serde_json::Value;

/// Returns the failure of a refused call as a whole.
pub(crate) fn of_answer(operation: &'static str, answer: &Answer) -> Failure {
    let body = answer.json().unwrap_or_default();
    let otherwise = match answer.status {
        401 | 403 => Meaning::new(Class::Authentication, Retry::Soon, ""),
        429 => Meaning::new(Class::RateLimit, Retry::Soon, ""),
        200..=299 | 500.. => Meaning::new(Class::Unavailable, Retry::Soon, ""),
        _ => Meaning::new(Class::Unknown, Retry::Never, ""),
    };
    Failure {
        response: Some(answer.quote()),
        ..refusal(operation, Scope::Call, &body, otherwise)
    }
}

/// Returns the failure for the refusal of one record.
pub(crate) fn of_record(error: &Value) -> Failure {
    let otherwise = Meaning::new(Class::Unknown, Retry::Never, "");
    Failure {
        response: Some(error.to_string()),
        ..refusal("write", Scope::Record, error, otherwise)
    }
}

fn refusal(operation: &'static str, scope: Scope, error: &Value, otherwise: Meaning) -> Failure {
    let text = |key: &str| error[key].as_str().unwrap_or_default();
    let (category, message) = (text("category"), text("message"));
    let meaning = look_up(TABLE, scope, category, message).unwrap_or(otherwise);
    Failure {
        code: Some(category.to_owned()).filter(|code| !code.is_empty()),
        ..meaning.failure(operation, format!("the CRM refused: {category}: {message}"))
    }
}
