//! Zoho's refusals: one entry of `data` for a record, or a whole answer. Rules: CRM API v8, "Status
//! codes" and the error tables of each resource.

use serde_json::{Value, json};
use std::fmt;

/// A refusal in Zoho's words, of a record or of a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    message: String,
    details: Value,
}

/// A refusal that is the whole answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ApiError {
    pub(super) status: u16,
    failure: Failure,
    /// Whether it is inside of `data`, as for requests that write records.
    wrapped: bool,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>, details: Value) -> Self {
        Self {
            code,
            message: message.into(),
            details,
        }
    }

    /// Creates an `INVALID_DATA` that tells only the place.
    pub(super) fn invalid(details: Value) -> Self {
        Self::new("INVALID_DATA", "invalid data", details)
    }

    /// Creates the failure for a value of another type than the field's.
    pub(super) fn wrong_type(expected: &str, field: &str, path: &str) -> Self {
        Self::invalid(json!({"expected_data_type": expected, "api_name": field, "json_path": path}))
    }

    /// Creates the failure for a value that is too long. Zoho never truncates.
    pub(super) fn too_long(most: usize, field: &str, path: &str) -> Self {
        Self::invalid(json!({"maximum_length": most, "api_name": field, "json_path": path}))
    }

    /// Creates the failure for a field that the module does not have.
    pub(super) fn unknown_field(field: &str, path: &str) -> Self {
        let details = json!({"api_name": field, "json_path": path});
        Self::new(
            "INVALID_DATA",
            "the field api name given seems to be invalid",
            details,
        )
    }

    /// Creates the failure for an id that no record of the wanted module has. `path` is that of the
    /// id.
    pub(super) fn unknown_id(field: &str, path: &str) -> Self {
        Self::bad_id(json!({"api_name": field, "json_path": path}))
    }

    /// Creates the failure for an unknown id in the URL.
    pub(super) fn unknown_id_in_url() -> Self {
        Self::bad_id(json!({"resource_path_index": 1}))
    }

    fn bad_id(details: Value) -> Self {
        Self::new("INVALID_DATA", "the id given seems to be invalid", details)
    }

    /// Creates the failure for a module that does not exist.
    pub(super) fn unknown_module(details: Value) -> Self {
        Self::new(
            "INVALID_MODULE",
            "the module name given seems to be invalid",
            details,
        )
    }

    /// Creates the failure for a module in the URL that does not exist.
    pub(super) fn unknown_module_in_url() -> Self {
        Self::unknown_module(json!({"resource_path_index": 0}))
    }

    /// Creates the failure for a required field without a value.
    pub(super) fn missing(field: &str, path: &str) -> Self {
        let details = json!({"api_name": field, "json_path": path});
        Self::new("MANDATORY_NOT_FOUND", "required field not found", details)
    }

    /// Creates the failure for a record that is locked.
    pub(super) fn locked(path: &str) -> Self {
        let details = json!({"api_name": "id", "json_path": format!("{path}.id"), "action": "record_locking"});
        Self::new(
            "RECORD_LOCKED",
            "the record is locked and cannot be changed now",
            details,
        )
    }

    /// Creates the failure for a lead that was converted.
    pub(super) fn converted(path: &str) -> Self {
        let details = json!({"api_name": "id", "json_path": format!("{path}.id")});
        Self::new("CONVERTED_RECORD", "record is already converted", details)
    }

    /// Creates the failure for a record that the user may not see. zoho/crm-oas v8, `record.json`.
    pub(super) fn no_permission(module: &str) -> Self {
        let details = json!({"permissions": [format!("Crm_Implied_Edit_{module}")]});
        Self::new("NO_PERMISSION", "permission denied", details)
    }

    /// Creates the failure for a field that a Blueprint moves. zoho/crm-oas v8, `record.json`.
    pub(super) fn in_blueprint(field: &str, path: &str) -> Self {
        let details = json!({"api_name": field, "json_path": format!("{path}.{field}")});
        Self::new(
            "RECORD_IN_BLUEPRINT",
            format!("{field} cannot be updated as it is in the blueprint"),
            details,
        )
    }

    /// Adds a detail.
    pub(super) fn with_detail(mut self, name: &str, value: Value) -> Self {
        if let Some(details) = self.details.as_object_mut() {
            details.insert(name.to_owned(), value);
        }
        self
    }

    /// Returns the entry of `data`.
    pub(super) fn body(&self) -> Value {
        json!({"code": self.code, "details": self.details, "message": self.message, "status": "error"})
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} {}",
            self.code, self.message, self.details
        )
    }
}

impl ApiError {
    /// Creates a flat answer: `{"code", "details", "message", "status"}`.
    pub(super) const fn flat(status: u16, failure: Failure) -> Self {
        Self {
            status,
            failure,
            wrapped: false,
        }
    }

    /// Creates an answer inside of `data`.
    pub(super) const fn in_data(status: u16, failure: Failure) -> Self {
        Self {
            status,
            failure,
            wrapped: true,
        }
    }

    /// Returns the flat answer for a status that a fault sets.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::invalid_token(),
            403 => Self::flat(
                403,
                Failure::new("NO_PERMISSION", "permission denied", json!({})),
            ),
            404 => Self::unknown_url(),
            413 => Self::plain(
                413,
                "REQUEST_ENTITY_TOO_LARGE",
                "Request body size exceeds the limit",
            ),
            429 => Self::too_many_requests(),
            500 => Self::plain(500, "INTERNAL_ERROR", "Internal Server Error"),
            501..=599 => Self::plain(
                status,
                "SERVICE_UNAVAILABLE",
                "Service temporarily unavailable",
            ),
            _ => Self::plain(status, "INVALID_DATA", "invalid data"),
        }
    }

    pub(super) fn invalid_token() -> Self {
        Self::plain(401, "INVALID_TOKEN", "invalid oauth token")
    }

    pub(super) fn not_authenticated() -> Self {
        Self::plain(401, "AUTHENTICATION_FAILURE", "Authentication failed")
    }

    pub(super) fn scope_mismatch() -> Self {
        Self::plain(401, "OAUTH_SCOPE_MISMATCH", "Unauthorized")
    }

    /// Creates the error for too many credits or too much concurrency: Zoho does not tell them
    /// apart, and sends no `Retry-After`.
    pub(super) fn too_many_requests() -> Self {
        Self::plain(
            429,
            "TOO_MANY_REQUESTS",
            "Too many requests. Please try again later.",
        )
    }

    /// Creates the error of any call that would insert, from Zoho's announcement "New Error Code in
    /// CRM APIs to Handle Data Storage Limits".
    pub(super) fn storage_full() -> Self {
        let details = json!({"size": 21_474_836_480_u64});
        Self::flat(
            400,
            Failure::new(
                "MAX_RECORDS_LIMIT_REACHED",
                "maximum number of records limit reached",
                details,
            ),
        )
    }

    pub(super) fn unknown_url() -> Self {
        let message = "Please check if the URL trying to access is a correct one";
        Self::plain(404, "INVALID_URL_PATTERN", message)
    }

    pub(super) fn wrong_method() -> Self {
        Self::plain(
            400,
            "INVALID_REQUEST_METHOD",
            "The http request method type is not a valid one",
        )
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        let failure = Failure::new(
            "REQUIRED_PARAM_MISSING",
            "required param is missing",
            json!({"param_name": name}),
        );
        Self::flat(400, failure)
    }

    pub(super) fn body(&self) -> Value {
        let entry = self.failure.body();
        if self.wrapped {
            json!({"data": [entry]})
        } else {
            entry
        }
    }

    fn plain(status: u16, code: &'static str, message: &str) -> Self {
        Self::flat(status, Failure::new(code, message, json!({})))
    }
}
