use super::*;
use proptest::prelude::*;
use serde_json::json;

fn body(status: u16, code: &str, detail: &str, path: Option<&str>) -> Value {
    let mut entry = json!({"detail": detail, "o:errorCode": code});
    if let Some(path) = path {
        entry["o:errorPath"] = json!(path);
    }
    json!({"type": "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html", "title": "Bad Request", "status": status, "o:errorDetails": [entry]})
}

fn judge(status: u16, code: &str, detail: &str) -> Refusal {
    refusal("write", status, Some(&body(status, code, detail, None)), None)
}

#[test]
fn every_answer_that_has_been_seen_has_its_place() {
    let user = "USER_ERROR";
    let cases: &[(u16, &str, &str, Class, bool, Meaning)] = &[
        (
            401,
            "INVALID_LOGIN",
            "Invalid login attempt. For more details, see the Login Audit Trail",
            Class::Authentication,
            true,
            Meaning::BadLogin,
        ),
        (
            403,
            "INVALID_LOGIN_ATTEMPT",
            "Invalid login attempt.",
            Class::Authentication,
            true,
            Meaning::BadLogin,
        ),
        (401, "SOMETHING_NEW", "No.", Class::Authentication, true, Meaning::BadLogin),
        (
            403,
            "INSUFFICIENT_PERMISSION",
            "Permission Violation: You need a higher permission",
            Class::Authentication,
            true,
            Meaning::Forbidden,
        ),
        (
            404,
            "NONEXISTENT_ID",
            "Record does not exist.",
            Class::Validation,
            false,
            Meaning::Gone,
        ),
        (
            404,
            "NONEXISTENT_ID",
            "The record instance does not exist. Provide a valid record instance ID.",
            Class::Validation,
            false,
            Meaning::Gone,
        ),
        (
            404,
            "NOT_FOUND",
            "Record type 'salesOrders' does not exist.",
            Class::Mapping,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            "Error while accessing a resource. This entity already exists.",
            Class::Conflict,
            false,
            Meaning::Taken,
        ),
        (
            400,
            user,
            "Error while accessing a resource. This record already exists.",
            Class::Conflict,
            false,
            Meaning::Taken,
        ),
        (
            400,
            user,
            "Error while accessing a resource. THIS RECORD ALREADY EXISTS",
            Class::Conflict,
            false,
            Meaning::Taken,
        ),
        (400, "DUP_RCRD", "", Class::Conflict, false, Meaning::Taken),
        (403, "SOMETHING_NEW", "No.", Class::Authentication, true, Meaning::Forbidden),
        (500, "DUP_RCRD", "", Class::Unavailable, true, Meaning::Plain),
        (503, user, "The request took too long.", Class::Unavailable, true, Meaning::Plain),
        (503, user, "The service is read only.", Class::Unavailable, true, Meaning::Plain),
        (500, user, "Record does not exist.", Class::Unavailable, true, Meaning::Plain),
        (500, user, "This record already exists.", Class::Unavailable, true, Meaning::Plain),
        (500, user, "Record has been changed.", Class::Conflict, true, Meaning::Plain),
        (503, "SSS_REQUEST_LIMIT_EXCEEDED", "", Class::RateLimit, true, Meaning::Plain),
        (
            400,
            user,
            "You must enter at least one line item for this transaction.",
            Class::Mapping,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            "A customer record with this ID already exists. You must enter a unique customer ID for each record you create.",
            Class::Validation,
            false,
            Meaning::NameTaken,
        ),
        (
            400,
            user,
            "Please enter value(s) for: Primary Subsidiary.",
            Class::Mapping,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            "You must enter a value for Company Name.",
            Class::Mapping,
            false,
            Meaning::Plain,
        ),
        (
            400,
            "INVALID_CONTENT",
            "You have entered an Invalid Field Value 9999 for the following field: entity",
            Class::Validation,
            false,
            Meaning::BadReference,
        ),
        (
            400,
            user,
            // NetSweet/netsuite, spec of an item that is gone.
            "Error while accessing a resource. Invalid item reference key 101.",
            Class::Validation,
            false,
            Meaning::BadReference,
        ),
        (
            400,
            user,
            // NetSuite help, section_4698168642.
            "Invalid currency reference key 4 for entity 648.",
            Class::Validation,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            // fylein/netsuite-sdk-py.
            "Invalid entity reference key 647 for subsidiary 2.",
            Class::Validation,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            // A script's own words are none of NetSuite's.
            "The reference key of the shop is invalid: item.",
            Class::Validation,
            false,
            Meaning::Unread,
        ),
        (
            400,
            user,
            "This record has been locked by a user defined workflow.",
            Class::Validation,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            "Error while accessing a resource. Record has been changed.",
            Class::Conflict,
            true,
            Meaning::Plain,
        ),
        (
            400,
            user,
            "field phone contained more than the maximum number (32) of characters",
            Class::Validation,
            false,
            Meaning::Plain,
        ),
        (
            400,
            "INVALID_CONTENT",
            "Error while accessing a resource. Invalid property name: nosuch.",
            Class::Mapping,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            "This transaction has been billed and cannot be edited.",
            Class::Validation,
            false,
            Meaning::Plain,
        ),
        (
            400,
            user,
            "Something that nobody has met yet",
            Class::Validation,
            false,
            Meaning::Unread,
        ),
        (
            400,
            "INVALID_REQUEST",
            "Invalid syntax of the request URL",
            Class::Unknown,
            false,
            Meaning::Plain,
        ),
        (
            400,
            "INVALID_PARAMETER",
            "Invalid search query. Search error occurred: Unknown identifier 'X'.",
            Class::Mapping,
            false,
            Meaning::Plain,
        ),
        (
            429,
            "CONCURRENCY_LIMIT_EXCEEDED",
            "Concurrent request limit exceeded. Request blocked.",
            Class::RateLimit,
            true,
            Meaning::Plain,
        ),
        (
            400,
            "INVALID_HEADER",
            "Invalid language. REST web services currently only support the default company language",
            Class::Authentication,
            true,
            Meaning::Plain,
        ),
        (429, "NEW_LIMIT", "Slower, please.", Class::RateLimit, true, Meaning::Plain),
        (400, "SSS_REQUEST_LIMIT_EXCEEDED", "", Class::RateLimit, true, Meaning::Plain),
        (
            500,
            "UNEXPECTED_ERROR",
            "An unexpected error occurred. Error ID: abc123",
            Class::Unavailable,
            true,
            Meaning::Plain,
        ),
        (503, "WHATEVER", "Maintenance", Class::Unavailable, true, Meaning::Plain),
    ];
    for (status, code, detail, class, retry, meaning) in cases {
        let refusal = judge(*status, code, detail);
        let found = (refusal.failure.class, refusal.failure.retry, refusal.meaning);
        assert_eq!(found, (*class, *retry, *meaning), "{status} {code} {detail}: {}", refusal.failure);
        assert!(refusal.failure.response.is_some());
    }
}

#[test]
fn answers_without_a_body_are_judged_by_their_status() {
    let cases = [
        (204, Class::Unavailable, true),
        (302, Class::Authentication, true),
        (400, Class::Unknown, false),
        (401, Class::Authentication, true),
        (403, Class::Authentication, true),
        (404, Class::Authentication, true),
        (413, Class::TooLarge, false),
        (429, Class::RateLimit, true),
        (502, Class::Unavailable, true),
    ];
    for (status, class, retry) in cases {
        let failure = refusal("write", status, None, None).failure;
        assert_eq!((failure.class, failure.retry), (class, retry), "{status}");
    }
}

/// What stops every order waits until somebody has mended it; what is wrong with one order does not.
#[test]
fn a_query_that_the_account_does_not_offer_is_no_fault_of_an_order() {
    let not_found = body(404, "NOT_FOUND", "The requested resource does not exist.", None);
    let judge = |operation, body: &Value, status| {
        let failure = refusal(operation, status, Some(body), None).failure;
        (failure.class, failure.retry)
    };
    assert_eq!(judge("read", &not_found, 404), (Class::Authentication, true));
    assert_eq!(judge("write", &not_found, 404), (Class::Mapping, false));
    let hidden = |table: &str| {
        let text = format!("Invalid search query. Search error occurred: Record '{table}' was not found.");
        body(400, "INVALID_PARAMETER", &text, None)
    };
    assert_eq!(judge("read", &hidden("customer"), 400), (Class::Authentication, true));
    assert_eq!(judge("read", &hidden("item"), 400), (Class::Authentication, true));
    assert_eq!(
        judge("read", &hidden("itmes"), 400),
        (Class::Mapping, false),
        "a mistake of the mapping"
    );
}

#[test]
fn the_codes_at_the_top_and_of_restlets_count_too() {
    let body = json!({"status": 429, "o:errorCode": "USER_ERROR", "o:errorDetails": [{"detail": "Concurrent request limit exceeded. Request blocked."}]});
    let failure = refusal("write", 429, Some(&body), None).failure;
    assert_eq!(
        (failure.class, failure.retry_after),
        (Class::RateLimit, Some(Duration::from_secs(2)))
    );
    assert_eq!(
        refusal("write", 429, Some(&body), Some(Duration::from_secs(9))).failure.retry_after,
        Some(Duration::from_secs(9)),
        "what NetSuite asks for counts more than what we think"
    );
    let restlet = json!({"error": {"code": "SSS_REQUEST_LIMIT_EXCEEDED", "message": "Request Limit Exceeded"}});
    assert_eq!(refusal("write", 400, Some(&restlet), None).failure.class, Class::RateLimit);
}

#[test]
fn the_path_of_the_field_is_told_but_nothing_personal() {
    let detail = "You have entered an Invalid Field Value ann@example.com for the following field: email";
    let failure = refusal(
        "write",
        400,
        Some(&body(400, "INVALID_CONTENT", detail, Some("item.items[0].item"))),
        None,
    )
    .failure;
    assert_eq!(failure.place.as_deref(), Some("item.items[0].item"));
    assert!(failure.message.contains("ann@example.com"), "{failure}");
    assert_eq!(failure.summary(), "validation in write: INVALID_CONTENT: item.items[0].item");
    let odd = refusal(
        "write",
        400,
        Some(&body(400, "ann@example.com", detail, Some("Ann Example <ann@example.com>"))),
        None,
    )
    .failure;
    assert_eq!(
        odd.summary(),
        "validation in write",
        "what is no code and no path does not get into a log"
    );
}

#[test]
fn several_details_are_all_told() {
    let body = json!({"o:errorDetails": [
        {"detail": "Please enter value(s) for: Location.", "o:errorCode": "USER_ERROR", "o:errorPath": "location"},
        {"detail": "Please enter value(s) for: Item.", "o:errorCode": "USER_ERROR", "o:errorPath": "item.items[1].item"},
    ]});
    let failure = refusal("write", 400, Some(&body), None).failure;
    assert!(
        failure.message.contains("Location.") && failure.message.contains("Item."),
        "{failure}"
    );
    assert_eq!(failure.place.as_deref(), Some("location, item.items[1].item"));
}

#[test]
fn refused_logins_open_the_circuit_and_lost_ones_come_again() {
    for code in [
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unsupported_grant_type",
        "invalid_request",
    ] {
        let failure = login_failure(400, Some(&json!({ "error": code })), None);
        assert_eq!(
            (failure.class, failure.retry, failure.code.as_deref()),
            (Class::Authentication, true, Some(code))
        );
    }
    assert_eq!(login_failure(503, None, None).class, Class::Unavailable);
    assert_eq!(
        login_failure(429, Some(&json!({"error": "slow_down"})), None).class,
        Class::RateLimit
    );
    assert_eq!(
        login_failure(400, Some(&json!({"error": {"odd": true}})), None).class,
        Class::Unavailable
    );
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from)
    ];
    let key = prop_oneof![
        Just("o:errorDetails".to_owned()),
        Just("detail".to_owned()),
        Just("o:errorCode".to_owned()),
        Just("o:errorPath".to_owned()),
        Just("error".to_owned()),
        Just("items".to_owned()),
        ".{0,5}"
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_answer_is_too_odd(status in 100u16..1000, body in json_value(), text in ".{0,200}") {
        let failure = refusal("write", status, Some(&body), None).failure;
        prop_assert!(failure.summary().len() < 1000);
        prop_assert!(!login_failure(status, Some(&body), None).message.is_empty());
        let detail = json!({"o:errorDetails": [{"detail": text, "o:errorCode": text, "o:errorPath": text}]});
        prop_assert!(!refusal("read", status, Some(&detail), None).failure.message.is_empty());
    }
}
