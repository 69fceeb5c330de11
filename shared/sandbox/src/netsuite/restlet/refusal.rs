use crate::netsuite::answer::Answer;
use serde_json::json;

/// A RESTlet's refusal, which has a shape of its own.
#[derive(Debug)]
pub(in crate::netsuite) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            message,
        }
    }

    /// Creates the error for a wrong script or deployment, and for a role that is not in the
    /// audience.
    pub(super) fn no_script() -> Self {
        let message = "That Suitelet is invalid, disabled, or no longer exists.";
        Self::new(400, "SSS_INVALID_SCRIPTLET_ID", message)
    }

    pub(super) fn out_of_units() -> Self {
        let message = "Script Execution Usage Limit Exceeded";
        Self::new(400, "SSS_USAGE_LIMIT_EXCEEDED", message)
    }

    pub(super) fn out_of_time() -> Self {
        let message = "Script Execution Time Exceeded.";
        Self::new(400, "SSS_TIME_LIMIT_EXCEEDED", message)
    }

    /// Creates the error of concurrency governance, which is no 429 here. NetSuite Help,
    /// bridgehead_1525252812.
    pub(in crate::netsuite) fn too_many_requests() -> Self {
        Self::new(400, "SSS_REQUEST_LIMIT_EXCEEDED", "Request Limit Exceeded")
    }

    pub(in crate::netsuite) fn login() -> Self {
        Self::new(401, "INVALID_LOGIN_ATTEMPT", "Invalid login attempt.")
    }

    /// Creates the error for a status that a fault sets.
    pub(in crate::netsuite) fn out_of_nowhere(status: u16) -> Self {
        Self::new(status, "UNEXPECTED_ERROR", "An unexpected error occurred.")
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = (refusal.code, refusal.message);
        Self::json(
            refusal.status,
            json!({"error": {"code": code, "message": message}}),
        )
    }
}
