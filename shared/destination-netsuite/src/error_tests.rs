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
    refusal(
        "write",
        status,
        Some(&body(status, code, detail, None)),
        None,
    )
}

/// The source of an answer.
const HELP: &str = "Error Handling in REST Web Services, NetSuite help, section_156570709583";
/// The source of words that are on no page, but that several public integrations look for in REST
/// answers.
const MET: &str = "met by integrators under USER_ERROR";

/// An answer with its source, and the failure that is expected of it.
struct Seen {
    source: &'static str,
    status: u16,
    code: &'static str,
    detail: &'static str,
    class: Class,
    retry: bool,
    cause: Cause,
}

const fn seen(
    source: &'static str,
    status: u16,
    code: &'static str,
    detail: &'static str,
    class: Class,
    retry: bool,
    cause: Cause,
) -> Seen {
    Seen {
        source,
        status,
        code,
        detail,
        class,
        retry,
        cause,
    }
}

#[rustfmt::skip]
const SEEN: &[Seen] = &[
    seen(HELP, 401, "INVALID_LOGIN",
        "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at Setup > Users/Roles > User Management > View Login Audit Trail.",
        Class::Authentication, true, Cause::BadLogin),
    seen("usulix/laravel-netsuite#4 (RESTlets)", 403, "INVALID_LOGIN_ATTEMPT", "Invalid login attempt.", Class::Authentication, true, Cause::BadLogin),
    seen("NetSweet/netsuite#405; Oracle's list of error codes has six texts under this code, of which this is one", 403, "INSUFFICIENT_PERMISSION",
        "Permission Violation: The subsidiary restrictions on your role prevent you from seeing this record.", Class::Authentication, true, Cause::Forbidden),
    seen("NetSweet/netsuite#124", 400, "USER_ERROR",
        "You do not have permissions to set a value for element class due to one of the following reasons: 1) The field is read-only; 2) An associated feature is disabled; 3) The field \
         is available either when a record is created or updated, but not in both cases.",
        Class::Mapping, false, Cause::Plain),
    seen(HELP, 404, "NONEXISTENT_ID", "Record does not exist.", Class::Validation, false, Cause::Gone),
    seen(MET, 400, "USER_ERROR", "Error while accessing a resource. This entity already exists.", Class::Conflict, false, Cause::Taken),
    seen(MET, 400, "USER_ERROR", "Error while accessing a resource. This record already exists.", Class::Conflict, false, Cause::Taken),
    seen(MET, 400, "USER_ERROR", "A customer record with this ID already exists. You must enter a unique customer ID for each record you create.",
        Class::Validation, false, Cause::NameTaken),
    seen(MET, 400, "USER_ERROR", "Please enter value(s) for: Primary Subsidiary.", Class::Mapping, false, Cause::Plain),
    seen(MET, 400, "USER_ERROR", "You must enter a value for Company Name.", Class::Mapping, false, Cause::Plain),
    seen("netsuitephp/netsuite-php#60 (SOAP)", 400, "VALID_LINE_ITEM_REQD", "You must have at least one valid line item for this transaction.",
        Class::Mapping, false, Cause::Plain),
    seen("netsuitephp/netsuite-php#81 (SOAP), in Italian", 400, "USER_ERROR", "Inserire il/i valore/i:Controllata principale", Class::Validation, false, Cause::Unread),
    seen(HELP, 400, "INVALID_CONTENT", "Error while accessing resource: You have entered an Invalid Field Value 9999 for the following field: item",
        Class::Validation, false, Cause::BadReference),
    seen("NetSweet/netsuite, spec of an item that is gone; HotWax", 400, "USER_ERROR", "Error while accessing a resource. Invalid item reference key 101.",
        Class::Validation, false, Cause::BadReference),
    seen("Multiple Currencies and Customers, NetSuite help, section_4698168642", 400, "USER_ERROR", "Invalid currency reference key 4 for entity 648.",
        Class::Validation, false, Cause::Currency),
    seen("fylein/netsuite-sdk-py", 400, "USER_ERROR", "Invalid entity reference key 647 for subsidiary 2.", Class::Validation, false, Cause::Plain),
    seen("airbytehq/airbyte#79190; section_1544786455", 400, "USER_ERROR", "This record has been locked by a user defined workflow.", Class::Validation, false, Cause::Plain),
    seen("NetSweet/netsuite#290, where it is tried again", 400, "USER_ERROR", "Error while accessing a resource. Record has been changed.", Class::Conflict, true, Cause::Plain),
    seen("getlago/lago-api#3245", 400, "USER_ERROR", "The field addr1 contained more than the maximum number ( 150 ) of characters allowed.",
        Class::Validation, false, Cause::Plain),
    seen("NetSuite help, bridgehead_1525252812; netsuitephp/netsuite-php#133", 429, "CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded. Request blocked.",
        Class::RateLimit, true, Cause::Plain),
    seen("NetSuite help, bridgehead_1525252812 (RESTlets)", 400, "SSS_REQUEST_LIMIT_EXCEEDED", "", Class::RateLimit, true, Cause::Plain),
    seen("anthropics/claude-code#48784", 400, "INVALID_HEADER",
        "Invalid language. REST web services currently only support the default company language, and do not support the language specified in your user preferences. Provide the \
         Content-Language header with your default company language value 'pt'.",
        Class::Authentication, true, Cause::Plain),
    seen(HELP, 500, "UNEXPECTED_ERROR", "An unexpected error occurred. Error ID: abc123", Class::Unavailable, true, Cause::Plain),
    seen("SuiteScript errors, NetSuite help", 400, "SSS_TIME_LIMIT_EXCEEDED", "Script Execution Time Exceeded.", Class::Unavailable, true, Cause::Plain),
    seen("SuiteScript errors, NetSuite help", 400, "SSS_USAGE_LIMIT_EXCEEDED", "Script Execution Usage Limit Exceeded", Class::Validation, false, Cause::Plain),
];

#[test]
fn every_answer_that_has_been_seen_has_its_place() {
    for seen in SEEN {
        let refusal = judge(seen.status, seen.code, seen.detail);
        let found = (
            refusal.failure.class,
            refusal.failure.is_transient(),
            refusal.cause,
        );
        let wanted = (seen.class, seen.retry, seen.cause);
        assert_eq!(
            found, wanted,
            "{} {} {} ({}): {}",
            seen.status, seen.code, seen.detail, seen.source, refusal.failure
        );
        assert!(refusal.failure.response.is_some());
    }
}

/// The names that SOAP and SuiteScript have for what REST puts into words (SOAP Web Services Status
/// Codes, NetSuite help), and codes and states that nobody has met yet.
#[test]
fn a_code_or_a_status_counts_without_any_words() {
    for (status, code, class, retry, cause) in [
        (400, "DUP_ENTITY", Class::Conflict, false, Cause::Taken),
        (400, "DUP_RCRD", Class::Conflict, false, Cause::Taken),
        (
            400,
            "UNIQUE_CUST_ID_REQD",
            Class::Validation,
            false,
            Cause::NameTaken,
        ),
        (
            400,
            "RCRD_HAS_BEEN_CHANGED",
            Class::Conflict,
            true,
            Cause::Plain,
        ),
        (
            400,
            "RCRD_DSNT_EXIST",
            Class::Validation,
            false,
            Cause::Gone,
        ),
        (
            400,
            "INVALID_KEY_OR_REF",
            Class::Validation,
            false,
            Cause::BadReference,
        ),
        (404, "NOT_FOUND", Class::Mapping, false, Cause::Plain),
        (400, "INVALID_REQUEST", Class::Unknown, false, Cause::Plain),
        (400, "USER_ERROR", Class::Validation, false, Cause::Unread),
        (
            401,
            "UNHEARD_OF",
            Class::Authentication,
            true,
            Cause::BadLogin,
        ),
        (
            403,
            "UNHEARD_OF",
            Class::Authentication,
            true,
            Cause::Forbidden,
        ),
        (429, "UNHEARD_OF", Class::RateLimit, true, Cause::Plain),
        (503, "UNHEARD_OF", Class::Unavailable, true, Cause::Plain),
        (500, "DUP_RCRD", Class::Unavailable, true, Cause::Plain),
        (
            503,
            "SSS_REQUEST_LIMIT_EXCEEDED",
            Class::RateLimit,
            true,
            Cause::Plain,
        ),
    ] {
        let refusal = judge(status, code, "");
        let found = (
            refusal.failure.class,
            refusal.failure.is_transient(),
            refusal.cause,
        );
        assert_eq!(
            found,
            (class, retry, cause),
            "{status} {code}: {}",
            refusal.failure
        );
    }
}

/// A server that failed has not judged the data, whatever words it has for its failure. Only a
/// meaning that allows another try is believed.
#[test]
fn a_failed_server_is_no_judge_of_the_data() {
    for seen in SEEN
        .iter()
        .filter(|seen| seen.status == 400 || seen.status == 404)
    {
        let refusal = judge(500, seen.code, seen.detail);
        assert!(
            refusal.failure.is_transient(),
            "{}: {}",
            seen.detail,
            refusal.failure
        );
        assert!(
            !matches!(refusal.cause, Cause::Taken | Cause::Gone),
            "{}",
            seen.detail
        );
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
        assert_eq!(
            (failure.class, failure.is_transient()),
            (class, retry),
            "{status}"
        );
    }
}

/// A refusal that stops every order waits until somebody has mended it; one of a single order does
/// not.
#[test]
fn a_query_that_the_account_does_not_offer_is_no_fault_of_an_order() {
    let not_found = body(404, "NOT_FOUND", "", None);
    let judge = |operation, body: &Value, status| {
        let failure = refusal(operation, status, Some(body), None).failure;
        (failure.class, failure.is_transient())
    };
    assert_eq!(
        judge("read", &not_found, 404),
        (Class::Authentication, true)
    );
    assert_eq!(judge("write", &not_found, 404), (Class::Mapping, false));
    let hidden = |table: &str| {
        let text =
            format!("Invalid search query. Search error occurred: Record '{table}' was not found.");
        body(400, "INVALID_PARAMETER", &text, None)
    };
    assert_eq!(
        judge("read", &hidden("customer"), 400),
        (Class::Authentication, true)
    );
    assert_eq!(
        judge("read", &hidden("item"), 400),
        (Class::Authentication, true)
    );
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
        (failure.class, failure.retry_after()),
        (Class::RateLimit, Some(Duration::from_secs(2)))
    );
    assert_eq!(
        refusal("write", 429, Some(&body), Some(Duration::from_secs(9)))
            .failure
            .retry_after(),
        Some(Duration::from_secs(9)),
        "what NetSuite asks for counts more than what we think"
    );
    let restlet = json!({"error": {"code": "SSS_REQUEST_LIMIT_EXCEEDED"}});
    assert_eq!(
        refusal("write", 400, Some(&restlet), None).failure.class,
        Class::RateLimit
    );
}

#[test]
fn a_companion_that_is_not_there_is_told_from_one_that_failed() {
    let judge = |status, code: &str| {
        let body = json!({"error": {"code": code, "message": "Words."}});
        let refusal = refusal("restlet", status, Some(&body), None);
        let (class, again) = (refusal.failure.class, refusal.failure.is_transient());
        (class, again, refusal.cause)
    };
    let cases = [
        (
            400,
            "SSS_INVALID_SCRIPTLET_ID",
            (Class::Mapping, false, Cause::NoScript),
        ),
        (
            405,
            "SSS_INVALID_SCRIPT_ENTRY_POINT",
            (Class::Mapping, false, Cause::NoScript),
        ),
        (
            400,
            "SSS_REQUEST_LIMIT_EXCEEDED",
            (Class::RateLimit, true, Cause::Plain),
        ),
        (
            400,
            "SSS_TIME_LIMIT_EXCEEDED",
            (Class::Unavailable, true, Cause::Plain),
        ),
        (
            400,
            "SSS_USAGE_LIMIT_EXCEEDED",
            (Class::TooLarge, false, Cause::Plain),
        ),
        (
            400,
            "INVALID_RETURN_DATA_FORMAT",
            (Class::Mapping, false, Cause::Plain),
        ),
        (
            401,
            "INVALID_LOGIN_ATTEMPT",
            (Class::Authentication, true, Cause::BadLogin),
        ),
        (
            500,
            "UNEXPECTED_ERROR",
            (Class::Unavailable, true, Cause::Plain),
        ),
        (503, "", (Class::Unavailable, true, Cause::Plain)),
    ];
    for (status, code, expected) in cases {
        assert_eq!(judge(status, code), expected, "{status} {code}");
    }
    let page = |status| refusal("restlet", status, None, None).cause;
    assert_eq!((page(404), page(502)), (Cause::NoScript, Cause::Plain));
}

#[test]
fn the_path_of_the_field_is_told_but_nothing_personal() {
    let detail =
        "You have entered an Invalid Field Value ann@example.com for the following field: email";
    let failure = refusal(
        "write",
        400,
        Some(&body(
            400,
            "INVALID_CONTENT",
            detail,
            Some("item.items[0].item"),
        )),
        None,
    )
    .failure;
    assert_eq!(failure.place.as_deref(), Some("item.items[0].item"));
    assert!(failure.message.contains("ann@example.com"), "{failure}");
    assert_eq!(
        failure.summary(),
        "validation in write: INVALID_CONTENT: item.items[0].item"
    );
    let odd = refusal(
        "write",
        400,
        Some(&body(
            400,
            "ann@example.com",
            detail,
            Some("Ann Example <ann@example.com>"),
        )),
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
    assert_eq!(
        failure.place.as_deref(),
        Some("location, item.items[1].item")
    );
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
            (
                failure.class,
                failure.is_transient(),
                failure.code.as_deref()
            ),
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
            proptest::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
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
