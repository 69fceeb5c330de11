//! NetSuite's errors: an RFC 7807 object with `o:errorDetails`. NetSuite Help,
//! section_156570709583.

use serde_json::{Map, Value, json};
use std::fmt;

const MOST_SHOWN: usize = 200;

/// The reason why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) detail: String,
    place: Option<(&'static str, String)>,
}

impl Problem {
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            place: None,
        }
    }

    /// Creates a 400 `USER_ERROR`: most refusals of the business logic can be told apart only by
    /// their text.
    pub(super) fn user(detail: impl fmt::Display) -> Self {
        Self::new(
            400,
            "USER_ERROR",
            format!("Error while accessing a resource. {detail}"),
        )
    }

    /// Creates a 400 `INVALID_CONTENT` for a value that does not fit its property.
    pub(super) fn invalid_value(value: &Value, property: &str, path: &str) -> Self {
        let shown = value
            .as_str()
            .map_or_else(|| value.to_string(), String::from);
        let shown: String = shown.chars().take(MOST_SHOWN).collect();
        let detail = format!(
            "Error while accessing resource: You have entered an Invalid Field Value {shown} for the following field: {property}"
        );
        Self::new(400, "INVALID_CONTENT", detail).at(path)
    }

    /// Creates a 400 `USER_ERROR` for an id that leads nowhere. The text names the field, as in the
    /// recorded "Invalid item reference key 101." (NetSweet/netsuite).
    pub(super) fn invalid_key(field: &str, key: &str, path: &str) -> Self {
        Self::user(format!(
            "Invalid {} reference key {key}.",
            field.to_lowercase()
        ))
        .at(path)
    }

    pub(super) fn invalid_body(detail: impl fmt::Display) -> Self {
        Self::new(
            400,
            "INVALID_CONTENT",
            format!("Invalid content in the request body: {detail}"),
        )
    }

    pub(super) fn missing(labels: &str) -> Self {
        Self::user(format!("Please enter value(s) for: {labels}."))
    }

    pub(super) fn no_record() -> Self {
        let detail = "The record instance does not exist. Provide a valid record instance ID.";
        Self::new(404, "NONEXISTENT_ID", detail)
    }

    pub(super) fn no_resource() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist.")
    }

    pub(super) fn method_not_allowed(method: &str) -> Self {
        Self::new(
            405,
            "METHOD_NOT_ALLOWED",
            format!("The method {method} is not allowed here."),
        )
    }

    /// Creates the error for a record of a subsidiary that the role may not see. The text is
    /// Oracle's, as in NetSweet/netsuite#405.
    pub(super) fn out_of_sight() -> Self {
        let detail = "Permission Violation: The subsidiary restrictions on your role prevent you from seeing this record.";
        Self::new(403, "INSUFFICIENT_PERMISSION", detail)
    }

    /// Creates the error for a kind of record for which the role has no permission.
    pub(super) fn no_permission(kind: &str) -> Self {
        let detail = format!(
            "Permission Violation: You need the permission for '{kind}' to access this page. Please contact your account administrator."
        );
        Self::new(403, "INSUFFICIENT_PERMISSION", detail)
    }

    /// Creates the error of what only administrators may ask. NetSuite Help, article_0625010817.
    pub(super) fn administrators_only() -> Self {
        let detail = "Permission Violation: You need a higher level of permission to access this page. Please contact your account administrator.";
        Self::new(403, "INSUFFICIENT_PERMISSION", detail)
    }

    /// Creates the error for two edits at once (`RCRD_HAS_BEEN_CHANGED` of SOAP and SuiteScript).
    pub(super) fn record_changed() -> Self {
        Self::user("Record has been changed.")
    }

    /// Creates the error of concurrency governance. NetSuite Help, bridgehead_1500275603; no
    /// `Retry-After` is documented.
    pub(super) fn too_many_requests() -> Self {
        let detail = "Concurrent request limit exceeded. Request blocked.";
        Self::new(429, "CONCURRENCY_LIMIT_EXCEEDED", detail)
    }

    /// Creates the error for a second asynchronous request with the same key.
    pub(super) fn idempotency_conflict() -> Self {
        let detail = "A request with this idempotency key was accepted before.";
        Self::new(400, "IDEMPOTENCY_ERROR", detail)
    }

    /// Creates the one answer to every invalid login; the reason is only in the Login Audit Trail.
    pub(super) fn invalid_login() -> Self {
        let detail = "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at Setup > Users/Roles > User Management > View Login Audit Trail.";
        Self::new(401, "INVALID_LOGIN", detail)
    }

    /// Adds the path of the property in the body.
    pub(super) fn at(self, path: &str) -> Self {
        self.placed("o:errorPath", path)
    }

    pub(super) fn in_url(self, path: &str) -> Self {
        self.placed("o:errorUrl", path)
    }

    pub(super) fn in_header(self, name: &str) -> Self {
        self.placed("o:errorHeader", name)
    }

    pub(super) fn in_parameter(self, name: &str) -> Self {
        self.placed("o:errorQueryParam", name)
    }

    fn placed(mut self, key: &'static str, place: &str) -> Self {
        self.place = (!place.is_empty()).then(|| (key, place.to_owned()));
        self
    }

    pub(super) fn body(&self) -> Value {
        let mut detail = Map::from_iter([
            ("detail".to_owned(), json!(self.detail)),
            ("o:errorCode".to_owned(), json!(self.code)),
        ]);
        if let Some((key, place)) = &self.place {
            detail.insert((*key).to_owned(), json!(place));
        }
        let (title, section) = match self.code {
            "IDEMPOTENCY_ERROR" => ("Conflict", "10.4.10"),
            _ => title(self.status),
        };
        let mut body = json!({
            "type": format!("https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec{section}"), "title": title, "status": self.status,
            "o:errorDetails": [detail],
        });
        // Only this error has a code above its details, and a different one than they have.
        if let (429, Some(body)) = (self.status, body.as_object_mut()) {
            body.insert("o:errorCode".into(), json!("USER_ERROR"));
        }
        body
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.detail)
    }
}

/// Returns the title and its section. A 429 has the title of a 400.
const fn title(status: u16) -> (&'static str, &'static str) {
    match status {
        401 => ("Unauthorized", "10.4.2"),
        403 => ("Forbidden", "10.4.4"),
        404 => ("Not Found", "10.4.5"),
        405 => ("Method Not Allowed", "10.4.6"),
        415 => ("Unsupported Media Type", "10.4.16"),
        502 => ("Bad Gateway", "10.5.3"),
        503 => ("Service Unavailable", "10.5.4"),
        500..=599 => ("Internal Server Error", "10.5.1"),
        _ => ("Bad Request", "10.4.1"),
    }
}
