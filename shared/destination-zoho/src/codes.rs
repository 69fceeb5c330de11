//! Every code that Zoho answers, in one table: what it means for a whole call and for one record,
//! and what a person can do about it.

use crate::error::ApiError;
use destination::Class;

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    pub(crate) retry: bool,
    /// Seconds to wait at least.
    pub(crate) pause: Option<u64>,
    pub(crate) hint: &'static str,
}

/// One line of the table.
pub(crate) struct Rule {
    pub(crate) code: &'static str,
    /// As the answer to a whole call.
    pub(crate) call: (Class, Retry),
    /// As the result of one record.
    pub(crate) record: (Class, Retry),
    pub(crate) hint: &'static str,
}

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    Never,
    Soon,
    /// After a quarter of an hour: somebody has to act, or a process in Zoho to end.
    Later,
}

use Class::{
    Authentication, Conflict, Mapping, RateLimit, TooLarge, Unavailable, Unknown, Validation,
};
use Retry::{Later, Never, Soon};

const LATER: u64 = 15 * 60;
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

const fn rule(
    code: &'static str,
    call: (Class, Retry),
    record: (Class, Retry),
    hint: &'static str,
) -> Rule {
    Rule {
        code,
        call,
        record,
        hint,
    }
}

/// The same in both places.
const fn both(code: &'static str, class: Class, retry: Retry, hint: &'static str) -> Rule {
    rule(code, (class, retry), (class, retry), hint)
}

/// The table.
pub(crate) const TABLE: &[Rule] = &[
    // Access. As the answer to a call nothing works until somebody acts; of one record only that
    // record is out of reach.
    both(
        "INVALID_TOKEN",
        Authentication,
        Soon,
        "Check that accounts_url belongs to the data centre of the organisation",
    ),
    both(
        "INVALID_OAUTHTOKEN",
        Authentication,
        Soon,
        "Check that accounts_url belongs to the data centre of the organisation",
    ),
    both(
        "AUTHENTICATION_FAILURE",
        Authentication,
        Soon,
        "Check that accounts_url belongs to the data centre of the organisation",
    ),
    both("OAUTH_SCOPE_MISMATCH", Authentication, Soon, SCOPES),
    rule(
        "NO_PERMISSION",
        (Authentication, Soon),
        (Validation, Never),
        SCOPES,
    ),
    rule(
        "AUTHORIZATION_FAILED",
        (Authentication, Soon),
        (Validation, Never),
        SCOPES,
    ),
    rule(
        "INVALID_URL_PATTERN",
        (Authentication, Soon),
        (Mapping, Never),
        "Check api_version, such as v8",
    ),
    // The account as a whole: what would be new is refused, whatever it is. Orders wait until
    // somebody acts.
    both("MAX_RECORDS_LIMIT_REACHED", Authentication, Soon, FULL),
    both("STORAGE_SPACE_EXCEEDED", Authentication, Soon, FULL),
    both(
        "LICENSE_LIMIT_EXCEEDED",
        Authentication,
        Soon,
        "The edition of the organisation is used up: upgrade it, or free what counts against it. Orders wait until then",
    ),
    // Limits.
    both("TOO_MANY_REQUESTS", RateLimit, Soon, ""),
    both("RATE_LIMIT_EXCEEDED", RateLimit, Soon, ""),
    both(
        "LIMIT_EXCEEDED",
        TooLarge,
        Never,
        "Fewer lines or shorter values are needed",
    ),
    both(
        "LIMIT_REACHED",
        TooLarge,
        Never,
        "A question of the mapping matches too many records",
    ),
    both(
        "REQUEST_ENTITY_TOO_LARGE",
        TooLarge,
        Never,
        "The order is larger than Zoho takes in one request",
    ),
    // Data.
    both("INVALID_DATA", Validation, Never, VALUE),
    both(
        "MANDATORY_NOT_FOUND",
        Validation,
        Never,
        "The layout of the module requires the field: give it a value in the mapping, or make it optional in Zoho, then replay",
    ),
    both("REQUIRED_PARAM_MISSING", Mapping, Never, NAMES),
    both("EXPECTED_PARAM_MISSING", Mapping, Never, NAMES),
    both("DEPENDENT_FIELD_MISSING", Validation, Never, FIELDS),
    both(
        "DEPENDENT_MISMATCH",
        Validation,
        Never,
        "The value does not fit the one of the field that it depends on, such as a stage of another pipeline; map both",
    ),
    both(
        "MAPPING_MISMATCH",
        Validation,
        Never,
        "Zoho maps the fields to each other (a pipeline to its stages, a map dependency), and the values are no pair of it; map both, then replay",
    ),
    both(
        "RECORD_IN_BLUEPRINT",
        Validation,
        Never,
        "A Blueprint leads the field, and only its transitions change it: give the field on = \"create\" in [routes.set], or move the record on in Zoho, then replay",
    ),
    both("DATA_MISMATCH", Validation, Never, FIELDS),
    both("PATTERN_NOT_MATCHED", Validation, Never, VALUE),
    both(
        "EXPECTED_FIELD_MISSING",
        Mapping,
        Never,
        "Zoho wants another field beside those that are sent, such as Exchange_Rate beside Currency: map it in [routes.set], then replay",
    ),
    both("NOT_ALLOWED", Validation, Never, STATE),
    both("CANNOT_PERFORM_ACTION", Validation, Never, STATE),
    both(
        "CONVERTED_RECORD",
        Validation,
        Never,
        "The record was converted, and converted records cannot be changed: enter the change at what it became, then drop this order",
    ),
    both(
        "FEATURE_NOT_SUPPORTED",
        Mapping,
        Never,
        "The edition of the organisation lacks the feature: upgrade it, or map without it, then replay",
    ),
    both(
        "DUPLICATE_DATA",
        Validation,
        Never,
        "A field that allows no duplicates already has this value in another record: merge or correct the records in Zoho, then replay",
    ),
    both("MULTIPLE_OR_MULTI_ERRORS", Validation, Never, FIELDS),
    both("INVALID_MODULE", Mapping, Never, NAMES),
    both(
        "INVALID_REQUEST_METHOD",
        Mapping,
        Never,
        "Records of this module cannot be written through the API",
    ),
    both("NOT_SUPPORTED", Mapping, Never, NAMES),
    both("SYNTAX_ERROR", Unknown, Never, DEFECT),
    both("INVALID_QUERY", Mapping, Never, NAMES),
    both("AMBIGUITY_DURING_PROCESSING", Mapping, Never, NAMES),
    both("INVALID_REFERENCE", Mapping, Never, NAMES),
    both("LOOPING_FOUND", Mapping, Never, NAMES),
    // States of a record that pass.
    both("RECORD_LOCKED", Conflict, Later, LOCKED),
    both("NOT_APPROVED", Conflict, Later, LOCKED),
    both("NOT_REVIEWED", Conflict, Later, LOCKED),
    both(
        "CANNOT_PROCESS",
        Conflict,
        Later,
        "Zoho cannot take the record at the moment; the order waits",
    ),
    both("ALREADY_MODIFIED", Conflict, Soon, AGAIN),
    both("DEPENDENT_SERVICE_ERROR", Unavailable, Soon, AGAIN),
    // Zoho itself.
    both("INTERNAL_ERROR", Unavailable, Soon, AGAIN),
    both("INTERNAL_SERVER_ERROR", Unavailable, Soon, AGAIN),
    both("SERVICE_UNAVAILABLE", Unavailable, Soon, AGAIN),
    both("MAINTENANCE", Unavailable, Later, "Zoho is in maintenance"),
    both("REQUEST_TIMEOUT", Unavailable, Soon, AGAIN),
    both("PROCESSING_STOPPED", Unavailable, Soon, AGAIN),
    both("ROLLBACK_PERFORMED", Unavailable, Soon, AGAIN),
];

/// What the error of a whole call means.
pub(crate) fn of_call(status: u16, error: &ApiError) -> Verdict {
    let (class, retry, hint) = match rule_of(error) {
        Some(rule) => (rule.call.0, rule.call.1, hint_of(rule, error)),
        None if status >= 500 => (Unavailable, Soon, AGAIN),
        None if matches!(status, 401 | 403) => (Authentication, Soon, SCOPES),
        None => (Unknown, Never, ""),
    };
    verdict(class, retry, hint, error)
}

/// What the error of one record means.
pub(crate) fn of_record(error: &ApiError) -> Verdict {
    let (class, retry, hint) = match rule_of(error) {
        Some(rule) => (rule.record.0, rule.record.1, hint_of(rule, error)),
        None => (Unknown, Never, ""),
    };
    verdict(class, retry, hint, error)
}

fn rule_of(error: &ApiError) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.code == error.code)
}

/// Some codes mean another thing by what they say beside.
fn verdict(class: Class, retry: Retry, hint: &'static str, error: &ApiError) -> Verdict {
    let (class, retry) = match error.code.as_str() {
        "DEPENDENT_SERVICE_ERROR" if error.cause == "NO_PERMISSION" => (Validation, Never),
        "INVALID_DATA" if is_about_the_mapping(error) => (Mapping, Never),
        "LIMIT_EXCEEDED" if error.message.to_ascii_lowercase().contains("concurren") => {
            (RateLimit, Soon)
        }
        _ => (class, retry),
    };
    Verdict {
        class,
        retry: retry != Never,
        pause: (retry == Later).then_some(LATER),
        hint,
    }
}

fn hint_of(rule: &Rule, error: &ApiError) -> &'static str {
    if rule.code != "INVALID_DATA" {
        return rule.hint;
    }
    match error.path.as_str() {
        path if path.starts_with("duplicate_check_fields") => {
            "The key of the mapping must be a field that Zoho checks for duplicates by itself, or one with \"Do not allow duplicate values\""
        }
        _ if is_about_the_mapping(error) => {
            "The field is not in the module, or hidden from the user: create it, or take it out of the mapping"
        }
        _ => rule.hint,
    }
}

fn is_about_the_mapping(error: &ApiError) -> bool {
    error.path.starts_with("duplicate_check_fields") || error.message.contains("field api name")
}
