//! Every code of the table, and bodies without one.

use super::*;
use crate::codes::{CONCURRENCY_PAUSE, LOCKED_PAUSE, TABLE};
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
fn an_org_that_is_elsewhere_makes_orders_wait() {
    for status in [301, 307, 404] {
        for refused in [call_failure("write", status, None, None), login_failure(status, None, None)] {
            assert_eq!((refused.class, refused.retry), (Class::Authentication, true), "{status}");
            assert!(refused.message.contains("My Domain"), "{refused}");
        }
    }
    assert!(!failure("write", 404, None, None).retry, "a part of a call is no address");
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

/// What Salesforce said, where it was seen, and what it means: class, whether it is tried again, and a word of the advice.
#[test]
fn what_was_seen_in_public_says_what_an_administrator_can_do() {
    let validation = (Class::Validation, false);
    let cases = [
        // SOAP API Developer Guide, StatusCode: a record in an approval.
        (
            "ENTITY_IS_LOCKED",
            "This record is locked. If you need to edit it, contact your admin.",
            (Class::Conflict, true),
            "approval",
        ),
        // SOAP API Developer Guide, StatusCode.
        (
            "INACTIVE_OWNER_OR_USER",
            "operation performed with inactive user [0055g00000abcde] as owner of account",
            validation,
            "active owner",
        ),
        ("CANNOT_REPARENT_RECORD", "cannot reparent record", validation, "on = \"create\""),
        (
            "TRANSFER_REQUIRES_READ",
            "The new owner must have read permission",
            validation,
            "may not read",
        ),
        ("INVALID_STATUS", "Invalid status", validation, "status"),
        (
            "DELETE_FAILED",
            "Your attempt to delete it could not be completed because it is associated with other records.",
            validation,
            "by hand",
        ),
        // mautic/mautic#6560, grouparoo/grouparoo#1043, simple-salesforce/simple-salesforce#341
        (
            "CANNOT_UPDATE_CONVERTED_LEAD",
            "cannot reference converted lead",
            validation,
            "converted",
        ),
        // omniphx/forrest#240, restforce/restforce#607, jsforce/jsforce#594
        (
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            "The users password has expired, you must call SetPassword before attempting any other API operations",
            (Class::Authentication, true),
            "password has expired",
        ),
        // SOAP API Developer Guide, StatusCode.
        (
            "STORAGE_LIMIT_EXCEEDED",
            "storage limit exceeded",
            (Class::Authentication, true),
            "storage is full",
        ),
        // fishofprey.com, 2012/05
        (
            "FIELD_INTEGRITY_EXCEPTION",
            "This opportunity product has a schedule: its quantity cannot be changed",
            validation,
            "remove the schedule",
        ),
        // SalesforceFoundation/NPSP#2432
        (
            "FIELD_INTEGRITY_EXCEPTION",
            "The existing country/territory doesn't recognize the state value for field: Billing State/Province",
            validation,
            "none of this country",
        ),
        // sorenkrabbe/Salesforce-Inspector#38, SalesforceCommerceCloud/b2c-crm-sync#267
        (
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Account: bad field names on insert/update call: Name",
            (Class::Mapping, false),
            "person accounts",
        ),
        // jsforce/jsforce#1055, where the rule's action was Allow
        (
            "DUPLICATES_DETECTED",
            "You're creating a duplicate record. We recommend you use an existing record instead.",
            validation,
            "leave the integration user out",
        ),
        // Apex Developer Guide, "Execution Governors and Limits"
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "System.LimitException: Too many DML statements: 151",
            (Class::Unavailable, true),
            "automations",
        ),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "System.LimitException: Too many query rows: 50001",
            (Class::Unavailable, true),
            "automations",
        ),
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "Apex CPU time limit exceeded",
            (Class::Unavailable, true),
            "automations",
        ),
        // jsforce/jsforce#1018
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "This error occurred: UNABLE_TO_LOCK_ROW: unable to obtain exclusive access",
            (Class::Conflict, true),
            "same record",
        ),
    ];
    for (code, message, (class, retry), advice) in cases {
        let body = json!([{"message": message, "errorCode": code, "fields": []}]);
        let failure = failure("write", 400, Some(&body), None);
        assert_eq!((failure.class, failure.retry), (class, retry), "{code}: {message}");
        assert!(failure.message.contains(advice), "{code}: {failure}");
    }
    let locked = json!([{"message": "locked", "errorCode": "ENTITY_IS_LOCKED"}]);
    assert_eq!(failure("write", 400, Some(&locked), None).retry_after, Some(LOCKED_PAUSE));
}

/// What is refused as a whole, for a reason that no order has.
#[test]
fn a_whole_call_that_is_refused_for_the_account_waits() {
    let cases = [
        // REST API Developer Guide, "Status Codes and Error Responses": an api_version that the org does not have yet.
        (404, "NOT_FOUND", "The requested resource does not exist", "api_version"),
        (403, "FORBIDDEN", "The request has been refused.", "API Enabled"),
        (
            403,
            "FUNCTIONALITY_NOT_ENABLED",
            "API is not enabled for this Organization or Partner",
            "API access",
        ),
        (403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "expired", "Password Never Expires"),
        (403, "ORG_LOCKED", "org locked", "support"),
    ];
    for (status, code, message, advice) in cases {
        let body = json!([{"message": message, "errorCode": code}]);
        let refused = call_failure("write", status, Some(&body), None);
        assert_eq!((refused.class, refused.retry), (Class::Authentication, true), "{code}");
        assert!(refused.message.contains(advice), "{code}: {refused}");
    }
    // Of one part of a call the same code speaks of what the part named.
    let body = json!([{"message": "Provided external ID field does not exist or is not accessible: Namez", "errorCode": "NOT_FOUND"}]);
    assert_eq!(failure("write", 404, Some(&body), None).class, Class::Mapping);
}

/// Every code of the two guides that these calls may be answered with ("Status Codes and Error Responses"; `StatusCode`), as they were collected from recorded answers.
#[test]
fn the_table_is_complete_and_says_what_to_do() {
    let documented = "INVALID_SESSION_ID INVALID_AUTH_HEADER REQUEST_LIMIT_EXCEEDED API_DISABLED_FOR_ORG INSUFFICIENT_ACCESS FORBIDDEN FUNCTIONALITY_NOT_ENABLED \
                      INSUFFICIENT_ACCESS_OR_READONLY INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY NOT_FOUND ENTITY_IS_DELETED METHOD_NOT_ALLOWED UNABLE_TO_LOCK_ROW DUPLICATE_VALUE \
                      DUPLICATES_DETECTED REQUIRED_FIELD_MISSING STRING_TOO_LONG INVALID_EMAIL_ADDRESS INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST FIELD_CUSTOM_VALIDATION_EXCEPTION \
                      FIELD_INTEGRITY_EXCEPTION INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE MALFORMED_ID INVALID_CROSS_REFERENCE_KEY CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY \
                      CANNOT_EXECUTE_FLOW_TRIGGER APEX_ERROR JSON_PARSER_ERROR MALFORMED_QUERY INVALID_TYPE PROCESSING_HALTED ALL_OR_NONE_OPERATION_ROLLED_BACK LIMIT_EXCEEDED \
                      EXCEEDED_ID_LIMIT STORAGE_LIMIT_EXCEEDED TXN_SECURITY_NO_ACCESS TXN_SECURITY_RUNTIME_EXCEPTION SERVER_UNAVAILABLE UNKNOWN_EXCEPTION NUMBER_OUTSIDE_VALID_RANGE \
                      STANDARD_PRICE_NOT_DEFINED DUPLICATE_EXTERNAL_ID UNSUPPORTED_API_VERSION QUERY_TIMEOUT";
    let known: Vec<&str> = TABLE.iter().flat_map(|rule| rule.codes).copied().collect();
    for code in documented.split_whitespace() {
        assert!(known.contains(&code), "{code}");
    }
    for (place, code) in known.iter().enumerate() {
        assert!(!known[place + 1..].contains(code), "{code} twice");
    }
    for rule in TABLE {
        let needs_hint = rule.retry != Retry::Soon || rule.class == Class::Authentication;
        assert!(!needs_hint || !rule.hint.is_empty(), "{:?} say not what to do", rule.codes);
    }
}
