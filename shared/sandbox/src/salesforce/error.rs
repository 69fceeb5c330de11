use serde_json::{Value, json};
use std::fmt;

pub(super) const ROLLED_BACK: &str =
    "The transaction was rolled back since another operation in the same transaction failed.";

/// An error of a row or of a request, in Salesforce's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Names of the fields; absent from errors that are not about a row's data.
    pub(super) fields: Option<Vec<String>>,
}

impl ApiError {
    /// Creates an error with status 400 and without `fields`.
    pub(super) fn request(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
            fields: None,
        }
    }

    /// Creates an error of a row's data: status 400 with `fields`.
    pub(super) fn row<const COUNT: usize>(
        code: &'static str,
        message: impl Into<String>,
        fields: [&str; COUNT],
    ) -> Self {
        Self {
            fields: Some(fields.map(String::from).into()),
            ..Self::request(code, message)
        }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn not_found() -> Self {
        Self::request("NOT_FOUND", "The requested resource does not exist").with_status(404)
    }

    pub(super) fn method_not_allowed(method: &str, allowed: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        Self::request("METHOD_NOT_ALLOWED", message).with_status(405)
    }

    /// Creates the error for an object of which the user may make no records.
    pub(super) fn not_insertable(object: &str) -> Self {
        let message = format!("entity type cannot be inserted: {object}");
        Self::row("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, [])
    }

    pub(super) fn session_expired() -> Self {
        Self::request("INVALID_SESSION_ID", "Session expired or invalid").with_status(401)
    }

    pub(super) fn request_limit() -> Self {
        Self::request("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.").with_status(403)
    }

    pub(super) fn locked(id: &str) -> Self {
        Self::row(
            "UNABLE_TO_LOCK_ROW",
            format!("unable to obtain exclusive access to this record or 1 records: {id}"),
            [],
        )
    }

    /// Creates the error for a value that a record has which the user may not see, as in
    /// go-salesforce#133.
    pub(super) fn duplicate_out_of_sight() -> Self {
        let message =
            "duplicate value found: <unknown> duplicates value on record with id: <unknown>";
        Self::row("DUPLICATE_VALUE", message, [])
    }

    pub(super) fn waits_for_approval() -> Self {
        let message = "This record is locked. If you need to edit it, contact your admin.";
        Self::row("ENTITY_IS_LOCKED", message, [])
    }

    pub(super) fn storage_full() -> Self {
        Self::row("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", [])
    }

    pub(super) fn required(names: &[String]) -> Self {
        let message = format!("Required fields are missing: [{}]", names.join(", "));
        Self {
            fields: Some(names.to_vec()),
            ..Self::request("REQUIRED_FIELD_MISSING", message)
        }
    }

    pub(super) fn rolled_back() -> Self {
        Self::request("PROCESSING_HALTED", ROLLED_BACK)
    }

    /// Returns the body, which is always an array.
    pub(super) fn body(&self) -> Value {
        let mut entry = json!({"message": self.message, "errorCode": self.code});
        if let (Some(fields), Some(entry)) = (&self.fields, entry.as_object_mut()) {
            entry.insert("fields".into(), json!(fields));
        }
        Value::Array(vec![entry])
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}
