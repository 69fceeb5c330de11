//! Every code of the table, and bodies without one.

use super::*;
use serde_json::json;

#[track_caller]
fn judged(status: u16, code: &str, message: &str) -> (Class, bool) {
    let failure = failure(
        "write",
        status,
        Some(&json!([{"message": message, "errorCode": code, "fields": []}])),
        None,
    );
    assert_eq!(failure.code.as_deref(), Some(code));
    (failure.class, failure.retry)
}

#[test]
fn the_code_decides_and_not_the_status() {
    for status in [400, 500] {
        assert_eq!(
            judged(status, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"),
            (Class::Conflict, true)
        );
    }
    let table = [
        (401, "INVALID_SESSION_ID", "Session expired or invalid", Class::Authentication, true),
        (
            401,
            "INVALID_SESSION_ID",
            "This session is not valid for use with the REST API",
            Class::Authentication,
            true,
        ),
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded.",
            Class::RateLimit,
            true,
        ),
        (503, "SERVER_UNAVAILABLE", "Server Unavailable", Class::Unavailable, true),
        (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred", Class::Unavailable, true),
        (
            400,
            "QUERY_TIMEOUT",
            "Your query request was running for too long.",
            Class::Unavailable,
            true,
        ),
        (400, "DUPLICATE_VALUE", "duplicate value found", Class::Conflict, true),
        (
            400,
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "System.DmlException: UNABLE_TO_LOCK_ROW, unable to",
            Class::Conflict,
            true,
        ),
        (
            400,
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "Too many SOQL queries: 101",
            Class::Unavailable,
            true,
        ),
        (400, "CANNOT_EXECUTE_FLOW_TRIGGER", "the flow says no", Class::Validation, false),
        (400, "STRING_TOO_LONG", "Last Name: data value too large", Class::Validation, false),
        (
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [Name]",
            Class::Validation,
            false,
        ),
        (400, "DUPLICATES_DETECTED", "Use one of these records?", Class::Validation, false),
        (
            400,
            "INVALID_FIELD",
            "No such column 'X__c' on sobject of type Account",
            Class::Mapping,
            false,
        ),
        (404, "NOT_FOUND", "The requested resource does not exist", Class::Mapping, false),
        (
            400,
            "LIMIT_EXCEEDED",
            "The request can’t contain more than 25 operations.",
            Class::TooLarge,
            false,
        ),
        (400, "SOMETHING_NEW", "of next year's release", Class::Unknown, false),
        (502, "SOMETHING_NEW", "of next year's release", Class::Unavailable, true),
    ];
    for (status, code, message, class, retry) in table {
        assert_eq!(judged(status, code, message), (class, retry), "{code}: {message}");
    }
}

#[test]
fn bodies_without_a_code_are_judged_by_status() {
    let table = [
        (200, Class::Unavailable, true),
        (300, Class::Validation, false),
        (302, Class::Authentication, true),
        (401, Class::Authentication, true),
        (410, Class::Authentication, true),
        (414, Class::TooLarge, false),
        (418, Class::Unknown, false),
        (420, Class::Unavailable, true),
        (429, Class::RateLimit, true),
        (503, Class::Unavailable, true),
    ];
    for (status, class, retry) in table {
        for body in [None, Some(json!("page")), Some(json!([])), Some(json!({"unexpected": true}))] {
            let failure = failure("write", status, body.as_ref(), None);
            assert_eq!((failure.class, failure.retry), (class, retry), "{status} {body:?}");
        }
    }
}

#[test]
fn a_bare_object_is_an_error_too_and_retry_after_wins() {
    let body = json!({"message": "Server Unavailable", "errorCode": "SERVER_UNAVAILABLE"});
    assert_eq!(
        failure("write", 503, Some(&body), Some(Duration::from_secs(7))).retry_after,
        Some(Duration::from_secs(7))
    );
    let limit = json!([{"message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
    assert_eq!(failure("write", 403, Some(&limit), None).retry_after, Some(CONCURRENCY_PAUSE));
}

#[test]
fn the_cause_is_told_and_not_what_it_halted() {
    let body = json!([{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}, {"errorCode": "STRING_TOO_LONG", "message": "too long", "fields": ["LastName"]}]);
    let failure = failure("write", 400, Some(&body), None);
    assert_eq!(
        (failure.code.as_deref(), failure.place.as_deref()),
        (Some("STRING_TOO_LONG"), Some("LastName"))
    );
    assert!(!is_halted(&body) && is_halted(&json!([{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}])));
    assert!(!is_halted(&json!([])));
}

#[test]
fn logins_wait_for_a_person_or_for_the_service() {
    let refused = login_failure(
        400,
        Some(&json!({"error": "invalid_grant", "error_description": "authentication failure"})),
        None,
    );
    assert_eq!((refused.class, refused.retry), (Class::Authentication, true));
    assert_eq!(login_failure(503, None, None).class, Class::Unavailable);
    assert_eq!(login_failure(400, Some(&json!([])), None).class, Class::Unavailable);
    let rate = login_failure(
        400,
        Some(&json!({"error": "login_rate_exceeded", "error_description": "login rate exceeded"})),
        None,
    );
    assert_eq!((rate.class, rate.retry_after), (Class::RateLimit, Some(DAILY_QUOTA_PAUSE)));
}

#[test]
fn a_value_that_another_record_holds_says_whose_it_is() {
    let refused = |message: &str| {
        failure(
            "write",
            400,
            Some(&json!([{"message": message, "errorCode": "DUPLICATE_VALUE", "fields": []}])),
            None,
        )
    };
    // taskmedia/go-salesforce#133
    let named = refused("duplicate value found: NozzleAccountId__c duplicates value on record with id: 001Vr00000m4eGCIAY");
    assert_eq!(holder(&named), Some(Holder::Field("NozzleAccountId__c".to_owned())));
    // ForceDotComSBT/forrest#176
    let hidden = refused("duplicate value found: <unknown> duplicates value on record with id: <unknown>");
    assert_eq!(holder(&hidden), Some(Holder::Unseen));
    assert_eq!(
        holder(&refused("This price definition already exists in this price book")),
        Some(Holder::Unnamed)
    );
    assert_eq!(holder(&failure("write", 503, None, None)), None);
    let named = held_for_good(
        Failure {
            place: Some("account".to_owned()),
            ..named
        },
        &Holder::Field("NozzleAccountId__c".to_owned()),
    );
    assert_eq!(
        (named.class, named.retry, named.place.as_deref()),
        (Class::Validation, false, Some("account.NozzleAccountId__c"))
    );
}
