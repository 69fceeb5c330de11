//! Every code that Salesforce answers to the calls of this adapter, in one table: its meaning,
//! whether trying again may help, and what a person can do about it. The codes are those of "Status
//! Codes and Error Responses" (REST API Developer Guide) and of `StatusCode` and `ExceptionCode`
//! (SOAP API Developer Guide).

use crate::error::ApiError;
use destination::{Class, ErrorRule, Meaning, Retry, Scope, look_up};
use std::time::Duration;

use Class::{
    Authentication, Conflict, Mapping, RateLimit, TooLarge, Unavailable, Unknown, Validation,
};
use Retry::{After, Never, Soon};

/// Pause after the daily quota is used up: it comes back bit by bit over 24 hours.
pub(crate) const DAILY_QUOTA_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Pause after too many long calls at once: they end within seconds.
pub(crate) const CONCURRENCY_PAUSE: Duration = Duration::from_secs(10);
/// Pause while a record is locked: somebody has to act before that passes.
pub(crate) const LOCKED_PAUSE: Duration = Duration::from_secs(15 * 60);
/// The code of the other nodes of a graph that failed: it only says that another node is to blame.
pub(crate) const HALTED: &str = "PROCESSING_HALTED";

const RIGHTS: &str =
    "The integration user needs create and edit rights on the object and on its parents";
const WAITS: &str = "Orders wait until somebody has mended that";
const SEEN: &str = "Does the field or object exist, and may the integration user see it (field-level security)? `orderbridge check --live` lists what is missing";
const AUTOMATION: &str = "A trigger, flow or validation of the org refuses the record: read its words, correct the order or the automation, then replay";
const QUERY: &str = "Check the names and conditions in the mapping; `orderbridge check --live` lists what is missing";
const VALUE: &str = "Correct the value in the shop, or map it otherwise, then replay";
const POLICY: &str = "A transaction security policy of the org blocks the call: leave the integration user out of it, then replay";

/// Creates the rule for codes that concern the account as a whole: orders wait until somebody acts.
const fn account(codes: &'static [&'static str], hint: &'static str) -> ErrorRule {
    ErrorRule::new(codes, Authentication, Soon, hint)
}

/// Creates the rule for codes with which the org refuses a record, or refuses it from this user.
const fn refused(codes: &'static [&'static str], hint: &'static str) -> ErrorRule {
    ErrorRule::new(codes, Validation, Never, hint)
}

/// Creates the rule for codes about something that the mapping asks for and the org does not have.
const fn unfit(codes: &'static [&'static str], hint: &'static str) -> ErrorRule {
    ErrorRule::new(codes, Mapping, Never, hint)
}

/// All codes that are known.
pub(crate) const TABLE: &[ErrorRule] = &[
    // Refusals of a whole call: one that is not about its data is about the account.
    account(
        &["NOT_FOUND"],
        "Salesforce has no such address: set an api_version that the org has (Setup > Apex Classes names the newest). Orders wait until then",
    )
    .of(Scope::Call),
    account(
        &["FORBIDDEN", "FUNCTIONALITY_NOT_ENABLED", "INSUFFICIENT_ACCESS"],
        "The whole call is refused: the integration user needs the permission API Enabled, and the edition API access. Orders wait until then",
    )
    .of(Scope::Call),
    // Some codes mean something else when the text beside them says so. Triggers and flows wrap the
    // code of what happened inside them into their own message.
    ErrorRule::new(
        &[],
        Conflict,
        Soon,
        "Somebody else is writing the same record",
    )
    .saying(&["unable_to_lock_row"]),
    ErrorRule::new(
        &["REQUEST_LIMIT_EXCEEDED"],
        RateLimit,
        After(CONCURRENCY_PAUSE),
        "",
    )
    .saying(&["concurrent"]),
    // Limits of one Apex transaction, shared with whatever else the org's automations did for the
    // batch: a smaller batch, or a later try, may pass.
    ErrorRule::new(
        &[
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "APEX_ERROR",
        ],
        Unavailable,
        Soon,
        "The org's automations took more than Salesforce allows at a time",
    )
    .saying(&[
        "too many soql",
        "too many dml",
        "too many query rows",
        "cpu time limit",
    ]),
    refused(&["FIELD_INTEGRITY_EXCEPTION"], SCHEDULES).saying(&["schedule"]),
    unfit(
        &["INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"],
        SCHEDULES,
    )
    .saying(&["schedule"]),
    refused(&["FIELD_INTEGRITY_EXCEPTION"], STATES).saying(&["state", "country", "territory"]),
    refused(
        &["FIELD_INTEGRITY_EXCEPTION"],
        "Price book and currency of the order and its lines do not fit together: compare vars.pricebook_id and the products' prices, then replay",
    )
    .saying(&["price", "currency"]),
    unfit(&["INVALID_FIELD_FOR_INSERT_UPDATE"], PERSON_ACCOUNTS).saying(&["bad field names"]),
    // Access, and the account as a whole: the order is not to blame, so it waits while the circuit
    // is open.
    account(
        &[
            "INVALID_SESSION_ID",
            "INVALID_AUTH_HEADER",
            "API_CURRENTLY_DISABLED",
        ],
        WAITS,
    ),
    account(
        &["API_DISABLED_FOR_ORG"],
        "The integration user needs the permission API Enabled, and the edition API access",
    ),
    account(&["UNSUPPORTED_API_VERSION"], "Set a newer api_version"),
    account(
        &["INVALID_OPERATION_WITH_EXPIRED_PASSWORD"],
        "The integration user's password has expired: set a new one, and let it never expire (Password Never Expires), or sign in with jwt_bearer or client_credentials. Orders wait until then",
    ),
    account(
        &["PASSWORD_LOCKOUT"],
        "The integration user is locked: unlock it in Setup > Users. Orders wait until then",
    ),
    account(
        &["LOGIN_DURING_RESTRICTED_DOMAIN"],
        "Allow this machine's address in the login IP ranges of the integration user's profile. Orders wait until then",
    ),
    account(
        &["LOGIN_DURING_RESTRICTED_TIME"],
        "The profile's login hours keep the integration user out: take them off. Orders wait until then",
    ),
    account(
        &["CLIENT_NOT_ACCESSIBLE_FOR_USER"],
        "Approve the app for the integration user (profile or permission set). Orders wait until then",
    ),
    account(
        &["ORG_LOCKED"],
        "Salesforce has locked the org: ask its support. Orders wait until then",
    ),
    account(
        &["TRIAL_EXPIRED"],
        "The org's trial has ended. Orders wait until it is a paid one",
    ),
    account(
        &["STORAGE_LIMIT_EXCEEDED"],
        "The org's data storage is full: free some or buy more (Setup > Storage Usage). Orders wait until then",
    ),
    // Limits.
    ErrorRule::new(
        &["REQUEST_LIMIT_EXCEEDED"],
        RateLimit,
        After(DAILY_QUOTA_PAUSE),
        "The org's API calls of 24 hours are used up",
    ),
    ErrorRule::new(
        &["LIMIT_EXCEEDED"],
        TooLarge,
        Never,
        "Fewer records or shorter values are needed",
    ),
    ErrorRule::new(
        &["EXCEEDED_ID_LIMIT"],
        TooLarge,
        Never,
        "Fewer records are needed",
    ),
    // Failures that pass.
    ErrorRule::new(
        &["UNABLE_TO_LOCK_ROW"],
        Conflict,
        Soon,
        "Somebody else is writing the same record",
    ),
    ErrorRule::new(
        &[
            "DUPLICATE_VALUE",
            HALTED,
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        ],
        Conflict,
        Soon,
        "",
    ),
    ErrorRule::new(
        &[
            "SERVER_UNAVAILABLE",
            "UNKNOWN_EXCEPTION",
            "QUERY_TIMEOUT",
            "INVALID_QUERY_LOCATOR",
            "REQUEST_RUNNING_TOO_LONG",
            "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
        ],
        Unavailable,
        Soon,
        "",
    ),
    ErrorRule::new(
        &["ENTITY_IS_LOCKED"],
        Conflict,
        After(LOCKED_PAUSE),
        "The record is in an approval: the order waits until it is approved, recalled or unlocked; or let the integration user edit locked records",
    ),
    // The mapping does not fit the org.
    unfit(&["INVALID_FIELD", "NOT_FOUND", "INVALID_TYPE"], SEEN),
    unfit(
        &["INVALID_FIELD_FOR_INSERT_UPDATE"],
        "The integration user may not write this field, or it can be set at creation only: give the field on = \"create\"",
    ),
    unfit(&["MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR"], QUERY),
    unfit(
        &["METHOD_NOT_ALLOWED"],
        "Records of this kind cannot be written through the API",
    ),
    unfit(
        &["OPERATION_NOT_ALLOWED"],
        "Records of this kind cannot be written in this way",
    ),
    unfit(
        &["MALFORMED_ID"],
        "An id in [routes.vars] or [routes.set] is none of this kind of record",
    ),
    // The data, or the user's rights to it.
    refused(
        &[
            "CANNOT_EXECUTE_FLOW_TRIGGER",
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "APEX_ERROR",
            "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        ],
        AUTOMATION,
    ),
    refused(
        &["FIELD_FILTER_VALIDATION_EXCEPTION"],
        "A look-up filter of the org refuses the record that the field refers to: compare it with the filter, then replay",
    ),
    refused(
        &["DUPLICATES_DETECTED"],
        "A duplicate rule of the org blocks the record, or vars.duplicate_rules says to obey one that only warns: set the rule's action to Allow, leave the integration user out of the rule (a condition on the current user), or merge the records, then replay",
    ),
    refused(
        &["DUPLICATE_EXTERNAL_ID"],
        "Merge the records that carry the same external id, and make the field unique",
    ),
    refused(
        &["ENTITY_IS_DELETED"],
        "Somebody deleted the record: restore it from the recycle bin, or empty the bin, then replay",
    ),
    refused(
        &["FIELD_INTEGRITY_EXCEPTION"],
        "Values of the record do not fit together: compare it with what the message names, then replay",
    ),
    refused(
        &[
            "FORBIDDEN",
            "INSUFFICIENT_ACCESS",
            "INSUFFICIENT_ACCESS_OR_READONLY",
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        ],
        RIGHTS,
    ),
    refused(
        &["FUNCTIONALITY_NOT_ENABLED"],
        "Switch the feature on in the org, or map without it, then replay",
    ),
    refused(
        &["TRANSFER_REQUIRES_READ"],
        "The owner that the mapping names may not read such records: give the owner the right, or map another one, then replay",
    ),
    refused(
        &["INACTIVE_OWNER_OR_USER"],
        "The record's owner is an inactive user: give the record an active owner, or let the integration user update records with inactive owners, then replay",
    ),
    refused(
        &["INVALID_CROSS_REFERENCE_KEY"],
        "A record that the order refers to was deleted or merged, or is of another kind; compare the ids in [routes.vars], then replay",
    ),
    refused(
        &["CANNOT_REPARENT_RECORD"],
        "The record may not be moved under another parent in this org: move it by hand, or let the mapping leave its parent alone (on = \"create\"), then replay",
    ),
    refused(
        &["CANNOT_UPDATE_CONVERTED_LEAD"],
        "The lead was converted, and converted leads cannot be changed: enter the change at the opportunity that it became, then drop this order",
    ),
    refused(
        &["DELETE_FAILED"],
        "Other records depend on the one that is to go, such as a line with a schedule: take it away by hand, then replay",
    ),
    refused(
        &["INVALID_STATUS"],
        "The record's status does not allow the change: compare it with what the mapping sets, then replay",
    ),
    refused(
        &[
            "INVALID_EMAIL_ADDRESS",
            "JSON_PARSER_ERROR",
            "NUMBER_OUTSIDE_VALID_RANGE",
        ],
        VALUE,
    ),
    refused(
        &["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"],
        "Add the value to the picklist, or map it to one of its values",
    ),
    refused(&["INVALID_PERSON_ACCOUNT_OPERATION"], PERSON_ACCOUNTS),
    refused(
        &["REQUIRED_FIELD_MISSING"],
        "The org requires the field: map it in [routes.set], or make it optional, then replay",
    ),
    refused(
        &["STANDARD_PRICE_NOT_DEFINED"],
        "The product needs an active price in the standard price book: add it, then replay",
    ),
    refused(
        &["STRING_TOO_LONG"],
        "Shorten the field in the mapping with max = ...",
    ),
    refused(
        &["TXN_SECURITY_NO_ACCESS", "TXN_SECURITY_RUNTIME_EXCEPTION"],
        POLICY,
    ),
];

const PERSON_ACCOUNTS: &str = "The org makes person accounts by default, which have FirstName, LastName and PersonEmail in the place of Name: give accounts the RecordTypeId of a business account in \
                               [routes.set], or make that the default record type of the integration user's profile, then replay";
const STATES: &str = "The org has picklists of states and countries, and the state is none of this country: correct the address in the shop, or map codes (StateCode, CountryCode), then replay";
const SCHEDULES: &str = "The line has a schedule, which makes its quantity and total read-only: remove the schedule from the line, or change it by hand, then replay";

/// Returns the meaning of a refusal.
pub(crate) fn meaning(scope: Scope, status: u16, error: &ApiError) -> Meaning {
    look_up(TABLE, scope, &error.code, &error.message).unwrap_or(match status {
        500.. => Meaning::new(Unavailable, Soon, ""),
        _ => Meaning::new(Unknown, Never, ""),
    })
}
