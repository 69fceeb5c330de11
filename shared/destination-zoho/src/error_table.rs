//! Every code that Zoho answers, in one table: its meaning for a whole call and for one record, and
//! what a person can do about it.

use crate::error::ApiError;
use destination::{Class, ErrorRule, Meaning, Retry, Scope, look_up};
use std::time::Duration;

use Class::{
    Authentication, Conflict, Mapping, RateLimit, TooLarge, Unavailable, Unknown, Validation,
};
use Retry::{Never, Soon};

/// Pause until somebody has acted, or a process in Zoho has ended.
const LATER: Retry = Retry::After(Duration::from_mins(15));
const SCOPES: &str = "Make a refresh token with the scopes that the README lists, and store it; the user behind it needs create and edit rights in the modules";
const LOCKED: &str =
    "The record is locked, or waits for approval or review in Zoho; the order waits, too";
const AGAIN: &str = "It is tried again";
const VALUE: &str =
    "Correct the value in the shop, or shorten or map it in the mapping, then replay";
const STATE: &str = "Zoho does not let the record be changed in this way as it is (converted, in a process, or not of this user): compare it with the order by hand, then replay";
const FULL: &str = "The organisation's data storage is full (Setup > Data Administration > Storage): free some or buy more. Orders wait until then";
const FIELDS: &str = "Compare the mapping with the layout of the module; `orderbridge check --live` lists what does not fit";
const NAMES: &str = "Check the names of modules and fields in the mapping; `orderbridge check --live` lists what is missing";
const DEFECT: &str = "Zoho could not read the question that orderbridge asked: that is a defect of orderbridge, neither of the order nor of the mapping. Please report it with the question";

/// All codes that are known.
pub(crate) const TABLE: &[ErrorRule] = &[
    // Some codes mean something else when the text beside them says so.
    ErrorRule::new(&["DEPENDENT_SERVICE_ERROR"], Validation, Never, SCOPES)
        .saying(&["no_permission"]),
    ErrorRule::new(
        &["INVALID_DATA"],
        Mapping,
        Never,
        "The key of the mapping must be a field that Zoho checks for duplicates by itself, or one with \"Do not allow duplicate values\"",
    )
    .saying(&["duplicate_check_fields"]),
    ErrorRule::new(
        &["INVALID_DATA"],
        Mapping,
        Never,
        "The field is not in the module, or hidden from the user: create it, or take it out of the mapping",
    )
    .saying(&["field api name"]),
    ErrorRule::new(&["LIMIT_EXCEEDED"], RateLimit, Soon, "").saying(&["concurren"]),
    // Access. In the answer to a whole call it means that nothing works until somebody acts; for
    // one record, only that this record is out of reach.
    ErrorRule::new(
        &["INVALID_TOKEN", "INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE"],
        Authentication,
        Soon,
        "Check that accounts_url belongs to the data centre of the organisation",
    ),
    ErrorRule::new(&["OAUTH_SCOPE_MISMATCH"], Authentication, Soon, SCOPES),
    ErrorRule::new(
        &["NO_PERMISSION", "AUTHORIZATION_FAILED"],
        Authentication,
        Soon,
        SCOPES,
    )
    .of(Scope::Call),
    ErrorRule::new(
        &["NO_PERMISSION", "AUTHORIZATION_FAILED"],
        Validation,
        Never,
        SCOPES,
    )
    .of(Scope::Record),
    ErrorRule::new(
        &["INVALID_URL_PATTERN"],
        Authentication,
        Soon,
        "Check api_version, such as v8",
    )
    .of(Scope::Call),
    ErrorRule::new(
        &["INVALID_URL_PATTERN"],
        Mapping,
        Never,
        "Check api_version, such as v8",
    )
    .of(Scope::Record),
    // The account as a whole: nothing new is accepted, whatever it is. Orders wait until somebody
    // acts.
    ErrorRule::new(
        &["MAX_RECORDS_LIMIT_REACHED", "STORAGE_SPACE_EXCEEDED"],
        Authentication,
        Soon,
        FULL,
    ),
    ErrorRule::new(
        &["LICENSE_LIMIT_EXCEEDED"],
        Authentication,
        Soon,
        "The edition of the organisation is used up: upgrade it, or free what counts against it. Orders wait until then",
    ),
    // Limits.
    ErrorRule::new(&["TOO_MANY_REQUESTS", "RATE_LIMIT_EXCEEDED"], RateLimit, Soon, ""),
    ErrorRule::new(
        &["LIMIT_EXCEEDED"],
        TooLarge,
        Never,
        "Fewer lines or shorter values are needed",
    ),
    ErrorRule::new(
        &["LIMIT_REACHED"],
        TooLarge,
        Never,
        "A question of the mapping matches too many records",
    ),
    ErrorRule::new(
        &["REQUEST_ENTITY_TOO_LARGE"],
        TooLarge,
        Never,
        "The order is larger than Zoho takes in one request",
    ),
    // Data.
    ErrorRule::new(&["INVALID_DATA", "PATTERN_NOT_MATCHED"], Validation, Never, VALUE),
    ErrorRule::new(
        &["MANDATORY_NOT_FOUND"],
        Validation,
        Never,
        "The layout of the module requires the field: give it a value in the mapping, or make it optional in Zoho, then replay",
    ),
    ErrorRule::new(
        &[
            "REQUIRED_PARAM_MISSING",
            "EXPECTED_PARAM_MISSING",
            "INVALID_MODULE",
            "NOT_SUPPORTED",
            "INVALID_QUERY",
            "AMBIGUITY_DURING_PROCESSING",
            "INVALID_REFERENCE",
            "LOOPING_FOUND",
        ],
        Mapping,
        Never,
        NAMES,
    ),
    ErrorRule::new(
        &["DEPENDENT_FIELD_MISSING", "DATA_MISMATCH", "MULTIPLE_OR_MULTI_ERRORS"],
        Validation,
        Never,
        FIELDS,
    ),
    ErrorRule::new(
        &["DEPENDENT_MISMATCH"],
        Validation,
        Never,
        "The value does not fit the one of the field that it depends on, such as a stage of another pipeline; map both",
    ),
    ErrorRule::new(
        &["MAPPING_MISMATCH"],
        Validation,
        Never,
        "Zoho maps the fields to each other (a pipeline to its stages, a map dependency), and the values are no pair of it; map both, then replay",
    ),
    ErrorRule::new(
        &["RECORD_IN_BLUEPRINT"],
        Validation,
        Never,
        "A Blueprint leads the field, and only its transitions change it: give the field on = \"create\" in [routes.set], or move the record on in Zoho, then replay",
    ),
    ErrorRule::new(
        &["EXPECTED_FIELD_MISSING"],
        Mapping,
        Never,
        "Zoho wants another field beside those that are sent, such as Exchange_Rate beside Currency: map it in [routes.set], then replay",
    ),
    ErrorRule::new(&["NOT_ALLOWED", "CANNOT_PERFORM_ACTION"], Validation, Never, STATE),
    ErrorRule::new(
        &["CONVERTED_RECORD"],
        Validation,
        Never,
        "The record was converted, and converted records cannot be changed: enter the change at what it became, then drop this order",
    ),
    ErrorRule::new(
        &["FEATURE_NOT_SUPPORTED"],
        Mapping,
        Never,
        "The edition of the organisation lacks the feature: upgrade it, or map without it, then replay",
    ),
    ErrorRule::new(
        &["DUPLICATE_DATA"],
        Validation,
        Never,
        "A field that allows no duplicates already has this value in another record: merge or correct the records in Zoho, then replay",
    ),
    ErrorRule::new(
        &["INVALID_REQUEST_METHOD"],
        Mapping,
        Never,
        "Records of this module cannot be written through the API",
    ),
    ErrorRule::new(&["SYNTAX_ERROR"], Unknown, Never, DEFECT),
    // States of a record that pass.
    ErrorRule::new(&["RECORD_LOCKED", "NOT_APPROVED", "NOT_REVIEWED"], Conflict, LATER, LOCKED),
    ErrorRule::new(
        &["CANNOT_PROCESS"],
        Conflict,
        LATER,
        "Zoho cannot take the record at the moment; the order waits",
    ),
    ErrorRule::new(&["ALREADY_MODIFIED"], Conflict, Soon, AGAIN),
    ErrorRule::new(&["DEPENDENT_SERVICE_ERROR"], Unavailable, Soon, AGAIN),
    // Zoho itself.
    ErrorRule::new(
        &[
            "INTERNAL_ERROR",
            "INTERNAL_SERVER_ERROR",
            "SERVICE_UNAVAILABLE",
            "REQUEST_TIMEOUT",
            "PROCESSING_STOPPED",
            "ROLLBACK_PERFORMED",
        ],
        Unavailable,
        Soon,
        AGAIN,
    ),
    ErrorRule::new(&["MAINTENANCE"], Unavailable, LATER, "Zoho is in maintenance"),
];

/// Returns the meaning of the error of a whole call.
pub(crate) fn of_call(status: u16, error: &ApiError) -> Meaning {
    listed(Scope::Call, error).unwrap_or(match status {
        500.. => Meaning::new(Unavailable, Soon, AGAIN),
        401 | 403 => Meaning::new(Authentication, Soon, SCOPES),
        _ => Meaning::new(Unknown, Never, ""),
    })
}

/// Returns the meaning of the error of one record.
pub(crate) fn of_record(error: &ApiError) -> Meaning {
    listed(Scope::Record, error).unwrap_or(Meaning::new(Unknown, Never, ""))
}

fn listed(scope: Scope, error: &ApiError) -> Option<Meaning> {
    let words = [&*error.path, &*error.message, &*error.cause].join(" ");
    look_up(TABLE, scope, &error.code, &words)
}
