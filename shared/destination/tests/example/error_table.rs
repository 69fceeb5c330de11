use destination::{Class, ErrorRule, Retry, Scope};
use std::time::Duration;

const WAITS: &str =
    "Give the key the scopes that the mapping's objects need. Orders wait until then";

/// Every category of error and its meaning.
pub(crate) const TABLE: &[ErrorRule] = &[
    ErrorRule::new(
        &["MISSING_SCOPES", "INVALID_AUTHENTICATION"],
        Class::Authentication,
        Retry::Soon,
        WAITS,
    ),
    ErrorRule::new(
        &["RATE_LIMITS"],
        Class::RateLimit,
        Retry::After(Duration::from_secs(10)),
        "",
    ),
    ErrorRule::new(&["CONFLICT"], Class::Conflict, Retry::Soon, ""),
    ErrorRule::new(
        &["VALIDATION_ERROR"],
        Class::Validation,
        Retry::Never,
        "Correct the value in the shop, or map it otherwise, then replay",
    )
    .of(Scope::Record),
    ErrorRule::new(
        &["VALIDATION_ERROR", "OBJECT_NOT_FOUND"],
        Class::Mapping,
        Retry::Never,
        "Check the names of objects and properties in the mapping",
    ),
];
