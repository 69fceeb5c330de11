//! Every code of the table, and bodies without one. Each sentence of Salesforce has its source
//! beside it, in these words: "recorded", answers of a real org in forcedotcom/sf-fx-runtime-java
//! and heroku/sf-functions-python; "restforce", older recorded answers among restforce's fixtures;
//! "guide", the REST API Developer Guide; "StatusCode", the list of that name in the SOAP API
//! Developer Guide, which gives the code and its meaning but no sentence. Where no sentence is
//! known, none is made up: the code alone is judged.

use super::*;
use crate::error_table::{CONCURRENCY_PAUSE, LOCKED_PAUSE, TABLE};
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
    (failure.class, failure.is_transient())
}

/// The text of a code whose sentence is not known.
const UNSEEN: &str = "";

#[test]
fn the_code_decides_and_not_the_status() {
    // As 400: jsforce/jsforce#1018; as 500: the production handler of bebraven's platform.
    for status in [400, 500] {
        assert_eq!(
            judged(
                status,
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record or 1 records: 0011e000002EQ1B"
            ),
            (Class::Conflict, true)
        );
    }
    let table = [
        // restforce, rudderlabs/rudder-transformer
        (
            401,
            "INVALID_SESSION_ID",
            "Session expired or invalid",
            Class::Authentication,
            true,
        ),
        // jsforce/jsforce#1301
        (
            401,
            "INVALID_SESSION_ID",
            "This session is not valid for use with the REST API",
            Class::Authentication,
            true,
        ),
        // OrgCheck#181
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded.",
            Class::RateLimit,
            true,
        ),
        // rudderlabs/rudder-transformer
        (
            503,
            "SERVER_UNAVAILABLE",
            "Server Unavailable",
            Class::Unavailable,
            true,
        ),
        // StatusCode
        (500, "UNKNOWN_EXCEPTION", UNSEEN, Class::Unavailable, true),
        // "API Request Limits and Allocations"
        (400, "QUERY_TIMEOUT", UNSEEN, Class::Unavailable, true),
        // taskmedia/go-salesforce#133
        (
            400,
            "DUPLICATE_VALUE",
            "duplicate value found: NozzleAccountId__c duplicates value on record with id: 001Vr00000m4eGCIAY",
            Class::Conflict,
            true,
        ),
        // rudderlabs/rudder-transformer looks for this code within the sentence.
        (
            400,
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "UNABLE_TO_LOCK_ROW",
            Class::Conflict,
            true,
        ),
        // StatusCode
        (
            400,
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            UNSEEN,
            Class::Validation,
            false,
        ),
        // in this form in several public issues
        (
            400,
            "STRING_TOO_LONG",
            "Last Name: data value too large: Smith (max length=80)",
            Class::Validation,
            false,
        ),
        // recorded
        (
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [Website__c]",
            Class::Validation,
            false,
        ),
        // rudderlabs/rudder-server
        (
            400,
            "DUPLICATES_DETECTED",
            "Use one of these records?",
            Class::Validation,
            false,
        ),
        // recorded
        (
            400,
            "INVALID_FIELD",
            "No such column 'FavoritePet__c' on sobject of type Account",
            Class::Mapping,
            false,
        ),
        // recorded
        (
            404,
            "NOT_FOUND",
            "The requested resource does not exist",
            Class::Mapping,
            false,
        ),
        // guardian/support-service-lambdas#766
        (
            400,
            "LIMIT_EXCEEDED",
            "The request can’t contain more than 25 operations.",
            Class::TooLarge,
            false,
        ),
        // Codes of a release to come.
        (400, "SOMETHING_NEW", UNSEEN, Class::Unknown, false),
        (502, "SOMETHING_NEW", UNSEEN, Class::Unavailable, true),
    ];
    for (status, code, message, class, retry) in table {
        assert_eq!(
            judged(status, code, message),
            (class, retry),
            "{code}: {message}"
        );
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
        for body in [
            None,
            Some(json!("page")),
            Some(json!([])),
            Some(json!({"unexpected": true})),
        ] {
            let failure = failure("write", status, body.as_ref(), None);
            assert_eq!(
                (failure.class, failure.is_transient()),
                (class, retry),
                "{status} {body:?}"
            );
        }
    }
}

#[test]
fn a_bare_object_is_an_error_too_and_retry_after_wins() {
    // rudderlabs/rudder-transformer
    let body = json!({"message": "Server Unavailable", "errorCode": "SERVER_UNAVAILABLE"});
    assert_eq!(
        failure("write", 503, Some(&body), Some(Duration::from_secs(7))).retry_after(),
        Some(Duration::from_secs(7))
    );
    // OrgCheck#432
    let limit = json!([{"message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]);
    assert_eq!(
        failure("write", 403, Some(&limit), None).retry_after(),
        Some(CONCURRENCY_PAUSE)
    );
}

#[test]
fn the_cause_is_told_and_not_what_it_halted() {
    // guide, "Composite"
    let rolled_back =
        "The transaction was rolled back since another operation in the same transaction failed.";
    let body = json!([{"errorCode": "PROCESSING_HALTED", "message": rolled_back}, {"errorCode": "STRING_TOO_LONG", "message": UNSEEN, "fields": ["LastName"]}]);
    let failure = failure("write", 400, Some(&body), None);
    assert_eq!(
        (failure.code.as_deref(), failure.place.as_deref()),
        (Some("STRING_TOO_LONG"), Some("LastName"))
    );
    assert!(
        !is_halted(&body)
            && is_halted(&json!([{"errorCode": "PROCESSING_HALTED", "message": rolled_back}]))
    );
    assert!(!is_halted(&json!([])));
}

#[test]
fn an_org_that_is_elsewhere_makes_orders_wait() {
    for status in [301, 307, 404] {
        for refused in [
            call_failure("write", status, None, None),
            login_failure(status, None, None),
        ] {
            assert_eq!(
                (refused.class, refused.is_transient()),
                (Class::Authentication, true),
                "{status}"
            );
            assert!(refused.message.contains("My Domain"), "{refused}");
        }
    }
    assert!(
        !failure("write", 404, None, None).is_transient(),
        "a part of a call is no address"
    );
}

#[test]
fn logins_wait_for_a_person_or_for_the_service() {
    // restforce; rudderlabs/rudder-transformer
    let refused = login_failure(
        400,
        Some(&json!({"error": "invalid_grant", "error_description": "authentication failure"})),
        None,
    );
    assert_eq!(
        (refused.class, refused.is_transient()),
        (Class::Authentication, true)
    );
    assert_eq!(login_failure(503, None, None).class, Class::Unavailable);
    assert_eq!(
        login_failure(400, Some(&json!([])), None).class,
        Class::Unavailable
    );
    // Salesforce Help 000381578 names the limit and its code, and no form of the answer.
    let rate = login_failure(
        400,
        Some(&json!({"error": "LOGIN_RATE_EXCEEDED", "error_description": UNSEEN})),
        None,
    );
    assert_eq!(
        (rate.class, rate.retry_after()),
        (Class::RateLimit, Some(DAILY_QUOTA_PAUSE))
    );
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
    let named = refused(
        "duplicate value found: NozzleAccountId__c duplicates value on record with id: 001Vr00000m4eGCIAY",
    );
    assert_eq!(
        holder(&named),
        Some(Holder::Field("NozzleAccountId__c".to_owned()))
    );
    // ForceDotComSBT/forrest#176
    let hidden =
        refused("duplicate value found: <unknown> duplicates value on record with id: <unknown>");
    assert_eq!(holder(&hidden), Some(Holder::Unseen));
    // StatusCode: no field need be named.
    assert_eq!(holder(&refused(UNSEEN)), Some(Holder::Unnamed));
    assert_eq!(holder(&failure("write", 503, None, None)), None);
    let named = held_for_good(
        Failure {
            place: Some("account".to_owned()),
            ..named
        },
        &Holder::Field("NozzleAccountId__c".to_owned()),
    );
    assert_eq!(
        (named.class, named.is_transient(), named.place.as_deref()),
        (Class::Validation, false, Some("account.NozzleAccountId__c"))
    );
}

/// Salesforce's words, where they were seen, and their meaning: class, whether it is tried again,
/// and a word of the advice.
#[test]
fn what_was_seen_in_public_says_what_an_administrator_can_do() {
    let validation = (Class::Validation, false);
    let cases = [
        // StatusCode: a record in an approval.
        (
            "ENTITY_IS_LOCKED",
            UNSEEN,
            (Class::Conflict, true),
            "approval",
        ),
        // StatusCode, each of these.
        ("INACTIVE_OWNER_OR_USER", UNSEEN, validation, "active owner"),
        (
            "CANNOT_REPARENT_RECORD",
            UNSEEN,
            validation,
            "on = \"create\"",
        ),
        ("TRANSFER_REQUIRES_READ", UNSEEN, validation, "may not read"),
        ("INVALID_STATUS", UNSEEN, validation, "status"),
        ("DELETE_FAILED", UNSEEN, validation, "by hand"),
        // mautic/mautic#6560, grouparoo/grouparoo#1043, simple-salesforce/simple-salesforce#341
        (
            "CANNOT_UPDATE_CONVERTED_LEAD",
            UNSEEN,
            validation,
            "converted",
        ),
        // omniphx/forrest#240, restforce/restforce#607, jsforce/jsforce#594
        (
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            UNSEEN,
            (Class::Authentication, true),
            "password has expired",
        ),
        // StatusCode.
        (
            "STORAGE_LIMIT_EXCEEDED",
            UNSEEN,
            (Class::Authentication, true),
            "storage is full",
        ),
        // fishofprey.com, 2012/05, mentions schedules without quoting the words: this is the word
        // that the advice goes by.
        (
            "FIELD_INTEGRITY_EXCEPTION",
            "schedule",
            validation,
            "remove the schedule",
        ),
        // SFDO-Community/NPSP#2432
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
            UNSEEN,
            validation,
            "leave the integration user out",
        ),
        // Apex Developer Guide, "Execution Governors and Limits", has the limits, and the words
        // that a transaction gets which reached one.
        (
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "Too many SOQL queries: 101",
            (Class::Unavailable, true),
            "automations",
        ),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Too many DML statements: 151",
            (Class::Unavailable, true),
            "automations",
        ),
        (
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "Too many query rows: 50001",
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
            "UNABLE_TO_LOCK_ROW",
            (Class::Conflict, true),
            "same record",
        ),
    ];
    for (code, message, (class, retry), advice) in cases {
        let body = json!([{"message": message, "errorCode": code, "fields": []}]);
        let failure = failure("write", 400, Some(&body), None);
        assert_eq!(
            (failure.class, failure.is_transient()),
            (class, retry),
            "{code}: {message}"
        );
        assert!(failure.message.contains(advice), "{code}: {failure}");
    }
    let locked = json!([{"message": UNSEEN, "errorCode": "ENTITY_IS_LOCKED"}]);
    assert_eq!(
        failure("write", 400, Some(&locked), None).retry_after(),
        Some(LOCKED_PAUSE)
    );
}

/// Refusals of a whole call for a reason that no order has.
#[test]
fn a_whole_call_that_is_refused_for_the_account_waits() {
    let cases = [
        // guide, "Status Codes and Error Responses": an api_version that the org does not have yet.
        // The sentence is recorded.
        (
            404,
            "NOT_FOUND",
            "The requested resource does not exist",
            "api_version",
        ),
        // restforce's list of codes, for the next two; omniphx/forrest#240; `ExceptionCode` of the
        // SOAP API Developer Guide, for the last.
        (403, "FORBIDDEN", UNSEEN, "API Enabled"),
        (403, "FUNCTIONALITY_NOT_ENABLED", UNSEEN, "API access"),
        (
            403,
            "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            UNSEEN,
            "Password Never Expires",
        ),
        (403, "ORG_LOCKED", UNSEEN, "support"),
    ];
    for (status, code, message, advice) in cases {
        let body = json!([{"message": message, "errorCode": code}]);
        let refused = call_failure("write", status, Some(&body), None);
        assert_eq!(
            (refused.class, refused.is_transient()),
            (Class::Authentication, true),
            "{code}"
        );
        assert!(refused.message.contains(advice), "{code}: {refused}");
    }
    // For one part of a call the same code is about what the part named (restforce).
    let body = json!([{"message": "Provided external ID field does not exist or is not accessible: Namez", "errorCode": "NOT_FOUND"}]);
    assert_eq!(
        failure("write", 404, Some(&body), None).class,
        Class::Mapping
    );
}

/// Every code of the two guides that may answer these calls ("Status Codes and Error Responses";
/// `StatusCode`), as they were collected from recorded answers.
#[test]
fn the_table_is_complete_and_says_what_to_do() {
    let documented = "INVALID_SESSION_ID INVALID_AUTH_HEADER REQUEST_LIMIT_EXCEEDED API_DISABLED_FOR_ORG INSUFFICIENT_ACCESS FORBIDDEN FUNCTIONALITY_NOT_ENABLED \
                      INSUFFICIENT_ACCESS_OR_READONLY INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY NOT_FOUND ENTITY_IS_DELETED METHOD_NOT_ALLOWED UNABLE_TO_LOCK_ROW DUPLICATE_VALUE \
                      DUPLICATES_DETECTED REQUIRED_FIELD_MISSING STRING_TOO_LONG INVALID_EMAIL_ADDRESS INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST FIELD_CUSTOM_VALIDATION_EXCEPTION \
                      FIELD_INTEGRITY_EXCEPTION INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE MALFORMED_ID INVALID_CROSS_REFERENCE_KEY CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY \
                      CANNOT_EXECUTE_FLOW_TRIGGER APEX_ERROR JSON_PARSER_ERROR MALFORMED_QUERY INVALID_TYPE PROCESSING_HALTED ALL_OR_NONE_OPERATION_ROLLED_BACK LIMIT_EXCEEDED \
                      EXCEEDED_ID_LIMIT STORAGE_LIMIT_EXCEEDED TXN_SECURITY_NO_ACCESS TXN_SECURITY_RUNTIME_EXCEPTION SERVER_UNAVAILABLE UNKNOWN_EXCEPTION NUMBER_OUTSIDE_VALID_RANGE \
                      STANDARD_PRICE_NOT_DEFINED DUPLICATE_EXTERNAL_ID UNSUPPORTED_API_VERSION QUERY_TIMEOUT";
    let usual = || {
        TABLE
            .iter()
            .filter(|rule| rule.scope == Scope::Any && rule.words.is_empty())
    };
    let known: Vec<&str> = usual().flat_map(|rule| rule.codes).copied().collect();
    for code in documented.split_whitespace() {
        assert!(known.contains(&code), "{code}");
    }
    for (place, code) in known.iter().enumerate() {
        assert!(!known[place + 1..].contains(code), "{code} twice");
    }
    for rule in usual() {
        let meaning = rule.meaning;
        let needs_hint = meaning.retry != Retry::Soon || meaning.class == Class::Authentication;
        assert!(
            !needs_hint || !meaning.advice.is_empty(),
            "{:?} say not what to do",
            rule.codes
        );
    }
}
