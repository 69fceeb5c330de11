//! NetSuite's refusals and their meanings: one line per kind of refusal.

use crate::error::Cause;
use destination::{Class, Meaning, Retry};

/// The marks of an answer, and its meaning. Operation and status must fit where they are given; of
/// the codes and texts, one is enough.
pub(crate) struct Rule {
    operation: Option<&'static str>,
    status: Option<u16>,
    codes: &'static [&'static str],
    /// Parts of the text, in lower case; one of them is enough. A `*` between spaces stands for one
    /// word. In a rule that makes orders wait, the text must begin with the part: the account's own
    /// scripts write what they like, and what they say concerns one record.
    texts: &'static [&'static str],
    pub(crate) meaning: Meaning,
    pub(crate) cause: Cause,
}

/// Returns the rule for an answer to this operation, with this status, code and text.
pub(crate) fn rule_for(
    operation: &str,
    status: u16,
    code: &str,
    text: &str,
) -> Option<&'static Rule> {
    let text = text.to_ascii_lowercase();
    RULES.iter().find(|rule| {
        let has_code = rule
            .codes
            .iter()
            .any(|known| known.eq_ignore_ascii_case(code));
        // No script of the account runs for a query.
        let is_anchored = rule.meaning.retry != Retry::Never && rule.operation != Some("read");
        let has_text = rule.texts.iter().any(|part| {
            if is_anchored {
                without_preamble(&text).starts_with(part)
            } else {
                says(&text, part)
            }
        });
        let is_place = rule.operation.is_none_or(|wanted| wanted == operation)
            && rule.status.is_none_or(|wanted| wanted == status);
        is_place && (has_code || has_text)
    })
}

/// Returns the text behind "Error while accessing a resource." (REST) and the like.
fn without_preamble(text: &str) -> &str {
    PREAMBLES
        .iter()
        .find_map(|preamble| text.strip_prefix(preamble))
        .map_or(text, str::trim_start)
}

/// Returns whether the text holds the part, in which a `*` stands for one word.
fn says(text: &str, part: &str) -> bool {
    let Some((before, behind)) = part.split_once(" * ") else {
        return text.contains(part);
    };
    text.match_indices(before).any(|(place, _)| {
        let rest = text
            .get(place + before.len()..)
            .and_then(|rest| rest.strip_prefix(' '));
        let rest = rest.and_then(|rest| rest.split_once(' '));
        rest.is_some_and(|(_, rest)| rest.starts_with(behind))
    })
}

const fn rule(
    codes: &'static [&'static str],
    texts: &'static [&'static str],
    class: Class,
    retry: bool,
    hint: &'static str,
) -> Rule {
    Rule {
        operation: None,
        status: None,
        codes,
        texts,
        meaning: Meaning::new(class, if retry { Retry::Soon } else { Retry::Never }, hint),
        cause: Cause::Plain,
    }
}

pub(crate) const ROLE: &str = "Orders wait until the integration's role has what it needs: Customers and Sales Order (full), Items (view), REST Web Services, and SuiteAnalytics \
                    Workbook for queries";

/// The beginnings that NetSuite puts before the text, in lower case (Error Handling in REST Web
/// Services, NetSuite help, section_156570709583).
const PREAMBLES: &[&str] = &[
    "error while accessing a resource.",
    "error while accessing resource:",
];

/// Matches any text.
const ANY: &[&str] = &[""];

/// The rules, of which the first that fits counts. Their order: who we are, how often we ask, what
/// exists already, what has changed, what is wrong with the data, what is wrong with us.
const RULES: &[Rule] = &[
    Rule {
        cause: Cause::BadLogin,
        ..rule(
            &[
                "INVALID_LOGIN",
                "INVALID_LOGIN_ATTEMPT",
                "INVALID_LOGIN_CREDENTIALS",
            ],
            &["invalid login attempt"],
            Class::Authentication,
            true,
            "The reason is only told in NetSuite, in Setup > Users/Roles > User Management > View Login Audit Trail. Check the secret, the role's permission REST Web \
             Services, and this machine's clock",
        )
    },
    // A header that is wrong is wrong for every order. A refusal that names the language has been
    // obeyed before it comes here.
    rule(
        &["INVALID_HEADER"],
        &[],
        Class::Authentication,
        true,
        "No order of this account can pass until that is put right: set `language` in the destination's settings to the language of the company (Setup > Company > General Preferences), \
         as a code such as \"pt\"",
    ),
    rule(
        &[
            "CONCURRENCY_LIMIT_EXCEEDED",
            "SSS_REQUEST_LIMIT_EXCEEDED",
            "WS_REQUEST_BLOCKED",
            "WS_CONCUR_SESSION_DISALLWD",
            "EXCEEDED_CONCURRENCY_LIMIT_BY_INTEGRATION",
        ],
        &[
            "concurrent request limit exceeded",
            "request limit exceeded",
        ],
        Class::RateLimit,
        true,
        "The account's integrations together make more calls at once than its service tier allows",
    ),
    Rule {
        status: Some(429),
        ..rule(
            &[],
            ANY,
            Class::RateLimit,
            true,
            "The account makes too many calls at once",
        )
    },
    Rule {
        status: Some(401),
        cause: Cause::BadLogin,
        ..rule(
            &[],
            ANY,
            Class::Authentication,
            true,
            "Check the secret, and the Login Audit Trail in NetSuite",
        )
    },
    Rule {
        operation: Some("restlet"),
        cause: Cause::NoScript,
        ..rule(
            &["SSS_INVALID_SCRIPTLET_ID", "SSS_INVALID_SCRIPT_ENTRY_POINT"],
            &[],
            Class::Mapping,
            false,
            "The companion RESTlet is not there, not released, or not for this role: deploy it (orderbridge setup --export), or set speed = \"single\"",
        )
    },
    Rule {
        operation: Some("restlet"),
        ..rule(
            &["SSS_USAGE_LIMIT_EXCEEDED", "SSS_STATEMENT_COUNT_EXCEEDED"],
            &[],
            Class::TooLarge,
            false,
            "The companion RESTlet had too much to do for one call; its orders go one record per call",
        )
    },
    Rule {
        operation: Some("restlet"),
        ..rule(
            &[
                "INVALID_REQUEST",
                "INVALID_RETURN_DATA_FORMAT",
                "SSS_INVALID_CONTENT_TYPE",
            ],
            &[],
            Class::Mapping,
            false,
            "The companion RESTlet is another one than this program's: deploy it anew (orderbridge setup --export); its orders go one record per call",
        )
    },
    Rule {
        cause: Cause::NameTaken,
        ..rule(
            &["UNIQUE_CUST_ID_REQD"],
            &["customer record with this id already exists"],
            Class::Validation,
            false,
            "Customers are not numbered by NetSuite here, so names must differ: switch on Setup > Company > Auto-Generated Numbers for customers, or map entityId",
        )
    },
    Rule {
        cause: Cause::Taken,
        ..rule(
            &["DUP_ENTITY", "DUP_RCRD"],
            &["this entity already exists", "this record already exists"],
            Class::Conflict,
            false,
            "Another kind of record may use the external id (a vendor, an invoice), or the role may not see the record that does",
        )
    },
    // The address of a query names no record, so queries as such are refused.
    Rule {
        operation: Some("read"),
        status: Some(404),
        ..rule(
            &[],
            ANY,
            Class::Authentication,
            true,
            "Queries are not offered: check account_id and base_url, that REST Web Services are switched on (Setup > Company > Enable Features > SuiteCloud), and that the role \
             has SuiteAnalytics Workbook. Orders wait until then",
        )
    },
    Rule {
        cause: Cause::Gone,
        ..rule(
            &["NONEXISTENT_ID", "RCRD_DSNT_EXIST"],
            &[
                "record does not exist",
                "record instance does not exist",
                "that record does not exist",
            ],
            Class::Validation,
            false,
            "The record was deleted in NetSuite, or the role may not see it",
        )
    },
    rule(
        &["RCRD_HAS_BEEN_CHANGED"],
        &["record has been changed"],
        Class::Conflict,
        true,
        "Somebody else saved the record at the same moment",
    ),
    // NetSweet/netsuite#124: it is not the record but the field that cannot be written.
    rule(
        &[],
        &["you do not have permissions to set a value for element"],
        Class::Mapping,
        false,
        "The account does not let this field be written: leave it out of the mapping, or switch on its feature and let the role edit it",
    ),
    rule(
        &["SSS_TIME_LIMIT_EXCEEDED"],
        &[],
        Class::Unavailable,
        true,
        "A script of the account took too long, which may pass; if it does not, its author has to make it faster",
    ),
    rule(
        &["SSS_USAGE_LIMIT_EXCEEDED"],
        &[],
        Class::Validation,
        false,
        "A script of the account does more than NetSuite allows when the record is saved: its author has to mend it, then replay",
    ),
    rule(
        &[],
        &["locked by a user defined workflow"],
        Class::Validation,
        false,
        "A workflow of the account locks the record: unlock it, or change it by hand; then replay or drop the order",
    ),
    rule(
        &[],
        &[
            "has been billed",
            "has been fulfilled",
            "already been billed",
            "already been fulfilled",
            "order is closed",
            "has been closed",
            "is already closed",
            "fully billed",
            "cannot be edited",
            "cannot be changed",
            "cannot be removed",
            "cannot delete line",
            "cannot be edited",
            "period is closed",
            "closed period",
            "locked period",
        ],
        Class::Validation,
        false,
        "NetSuite no longer lets the order be changed (it is fulfilled, billed or closed, or its period is): compare it with the shop by hand, then drop this order",
    ),
    Rule {
        cause: Cause::Forbidden,
        ..rule(
            &["INSUFFICIENT_PERMISSION", "INSUFFICIENT_PERMISSIONS"],
            &[
                "permission violation",
                "higher permission",
                "does not have permission",
            ],
            Class::Authentication,
            true,
            ROLE,
        )
    },
    // Every account has these tables: one that is "not found" is hidden from the role.
    Rule {
        operation: Some("read"),
        ..rule(
            &[],
            &[
                "record 'customer' was not found",
                "record 'item' was not found",
                "record 'transaction' was not found",
                "record 'transactionline' was not found",
            ],
            Class::Authentication,
            true,
            ROLE,
        )
    },
    rule(
        &[],
        &[
            "please enter value(s) for",
            "you must enter a value",
            "please enter a value",
        ],
        Class::Mapping,
        false,
        "The account or its form demands the field: map it, or set its variable (subsidiary, location), in [routes.set] or [routes.vars]",
    ),
    rule(
        &[],
        &[
            "you must enter at least one",
            "you must have at least one valid line item",
        ],
        Class::Mapping,
        false,
        "NetSuite makes no order without a line, and the mapping made none of this one: compare its lines with the mapping's item, or enter the order by hand",
    ),
    rule(
        &[],
        &[
            "more than the maximum number",
            "too long",
            "exceeds the maximum",
        ],
        Class::Validation,
        false,
        "Shorten the field in the mapping with max = ...",
    ),
    rule(
        &[],
        &[
            "invalid property name",
            "unknown property",
            "invalid sublist name",
        ],
        Class::Mapping,
        false,
        "The record has no such field: compare the mapping with the REST API Browser (names are camelCase; custom fields begin with custbody, custentity or custcol)",
    ),
    rule(
        &[],
        &["invalid external id"],
        Class::Mapping,
        false,
        "External ids hold letters, digits, _ and - only",
    ),
    // "Invalid currency reference key 4 for entity 648" (Multiple Currencies and Customers,
    // NetSuite help).
    Rule {
        cause: Cause::Currency,
        ..rule(
            &[],
            &["invalid currency reference key"],
            Class::Validation,
            false,
            "The customer does not have this currency: add it to the customer (Financial > Currencies), or let orderbridge add what vars.currencies names (vars.add_currencies = true), then \
             replay",
        )
    },
    // "Invalid entity reference key 647 for subsidiary 2" (fylein/netsuite-sdk-py).
    rule(
        &[],
        &["invalid entity reference key * for subsidiary"],
        Class::Validation,
        false,
        "The customer belongs to another subsidiary than the order: add the subsidiary to the customer in NetSuite, or correct vars.subsidiary, then replay",
    ),
    // The field's name stands in the text: "Invalid item reference key 101." (NetSweet/netsuite).
    Rule {
        cause: Cause::BadReference,
        ..rule(
            &["INVALID_KEY_OR_REF"],
            &[
                "invalid field value",
                "invalid reference key",
                "invalid * reference key",
                "invalid value for",
            ],
            Class::Validation,
            false,
            "The value is not one that the field takes: a record that is missing, inactive or not visible to the role, or a code that NetSuite does not know",
        )
    },
    rule(
        &[],
        &[
            "invalid search query",
            "search error occurred",
            "unknown identifier",
        ],
        Class::Mapping,
        false,
        "A look-up of the mapping names a table or column that the account does not have, or the role may not see it (permission SuiteAnalytics Workbook)",
    ),
    rule(
        &["NOT_FOUND"],
        &[],
        Class::Mapping,
        false,
        "There is no such kind of record: check the object in the mapping, and that REST Web Services are switched on (Setup > Company > Enable Features > SuiteCloud)",
    ),
    rule(
        &["UNEXPECTED_ERROR"],
        &["an unexpected error occurred"],
        Class::Unavailable,
        true,
        "It may have done the work, so the order is sent again, which changes nothing then",
    ),
    Rule {
        status: Some(403),
        cause: Cause::Forbidden,
        ..rule(&[], ANY, Class::Authentication, true, ROLE)
    },
];
