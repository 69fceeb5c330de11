//! Salesforce's own rules for its standard objects (Object Reference), as far as writing orders
//! needs them.

/// The fields that can be set only at creation (the reference lists no property "Update" for them).
/// Sending one again is `INVALID_FIELD_FOR_INSERT_UPDATE`.
const CREATE_ONLY: &[(&str, &[&str])] = &[
    ("Opportunity", &["ContactId"]),
    ("OpportunityContactRole", &["OpportunityId"]),
    (
        "OpportunityLineItem",
        &["OpportunityId", "PricebookEntryId", "Product2Id"],
    ),
    ("OrderItem", &["OrderId", "PricebookEntryId", "Product2Id"]),
    (
        "PricebookEntry",
        &["Pricebook2Id", "Product2Id", "CurrencyIsoCode"],
    ),
];

/// Pairs of fields of which a write may hold only one. The first one is dropped, because a given
/// total adds up and a unit price may not.
const EXCLUSIVE: &[(&str, &str, &str)] = &[("OpportunityLineItem", "UnitPrice", "TotalPrice")];

/// The headers that a mapping may set, and their values where it does not: a duplicate rule that
/// only warns does not stop an order, and no assignment rule runs (Headers, REST API Developer
/// Guide).
pub(crate) const HEADERS: &[(&str, &str)] = &[
    ("Sforce-Auto-Assign", "FALSE"),
    ("Sforce-Duplicate-Rule-Header", "allowSave=true"),
];

/// Returns whether the field cannot be changed once the record exists.
pub(crate) fn is_create_only(object: &str, field: &str) -> bool {
    let fields = CREATE_ONLY
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(object))
        .map(|(_, fields)| *fields)
        .unwrap_or_default();
    fields.iter().any(|known| known.eq_ignore_ascii_case(field))
}

/// Returns whether the field gives way to another one of the same record.
pub(crate) fn gives_way(object: &str, field: &str, has: impl Fn(&str) -> bool) -> bool {
    EXCLUSIVE.iter().any(|(known, loser, winner)| {
        known.eq_ignore_ascii_case(object) && loser.eq_ignore_ascii_case(field) && has(winner)
    })
}
