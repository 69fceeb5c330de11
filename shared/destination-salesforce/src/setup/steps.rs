//! The same things by hand, in the words of Salesforce's Setup.

use super::{Change, PERMISSION_SET, catalogue, metadata};
use crate::needs::{Kind, Need};
use serde_json::Value;

/// Returns the name of an object in the Object Manager.
pub(super) fn screen_name(object: &str) -> &str {
    match object {
        "OpportunityLineItem" => "Opportunity Product",
        "OpportunityContactRole" => "Opportunity Contact Role",
        "OrderItem" => "Order Product",
        "PricebookEntry" => "Price Book Entry",
        "Pricebook2" => "Price Book",
        "Product2" => "Product",
        other => other,
    }
}

/// Returns the place of an object's fields.
pub(super) fn fields_of(object: &str) -> String {
    format!(
        "Setup > Object Manager > {} > Fields & Relationships",
        screen_name(object)
    )
}

/// Returns the steps that carry out a change.
pub(super) fn of(change: &Change) -> Vec<String> {
    match change {
        Change::CreateSet => vec![format!(
            "Setup > Permission Sets > New: Label and API Name {PERMISSION_SET}, License --None--; Save"
        )],
        Change::GrantObject { object, creates } => grant_object(object, *creates),
        Change::CreateField {
            object,
            name,
            metadata,
        } => create_field(object, name, metadata),
        Change::RedefineField {
            object,
            name,
            metadata,
        } => change_field(object, name, &metadata::words(&Value::Object(metadata.clone()))),
        Change::GrantField { object, name } => grant_field(object, name),
        Change::Assign => vec![
            "where the integration user has the licence Salesforce Integration: Setup > Users > the user > Permission Set License Assignments > Edit Assignments: tick Salesforce API Integration; Save".to_owned(),
            format!("Setup > Permission Sets > {PERMISSION_SET} > Manage Assignments > Add Assignment: choose the integration user; Next; Assign"),
        ],
        Change::ActivateBook(_) => vec![
            "App Launcher > Price Books > the price book > Edit: tick Active; Save".to_owned(),
        ],
        Change::CreateProduct(lookup) => vec![
            format!(
                "App Launcher > Products > New: Product Name and Product Code {}, Active; Save",
                catalogue::code(lookup)
            ),
            "the product > Related > Price Books > Add Standard Price; then Add to Price Book, where the mapping names another one".to_owned(),
        ],
    }
}

/// Returns the feature of the org that brings a standard field, and the ways out where it is
/// switched off; `None` for a field that every org has.
pub(super) fn feature(object: &str, name: &str) -> Option<(&'static str, Vec<String>)> {
    let off = |variable: &str| format!("or set {variable} = false in [routes.vars]");
    let (feature, by_hand, or) = match name {
        "CurrencyIsoCode" => (
            "several currencies",
            "Setup > Company Information > Edit: tick Activate Multiple Currencies; Save",
            off("multi_currency"),
        ),
        "RecordTypeId" => (
            "record types",
            "Setup > Object Manager > the object > Record Types > New",
            "or leave RecordTypeId out of [routes.set.RECORD]".to_owned(),
        ),
        _ if name.ends_with("StateCode") || name.ends_with("CountryCode") => (
            "picklists of states and countries",
            "Setup > State and Country/Territory Picklists: convert, then enable them",
            off("address_codes"),
        ),
        _ if name.starts_with("Person") || (object == "Account" && is_of_person(name)) => (
            "person accounts",
            "Setup > Account Settings > Person Accounts: Turn On",
            off("person_accounts"),
        ),
        _ => return None,
    };
    Some((feature, vec![by_hand.to_owned(), or]))
}

/// Returns whether an account has the field only where it can be a person.
fn is_of_person(name: &str) -> bool {
    matches!(
        name,
        "IsPersonAccount" | "FirstName" | "LastName" | "Salutation"
    )
}

/// Returns the steps that create a look-up field, which no API call of ours does.
pub(super) fn create_by_kind(object: &str, name: &str, need: &Need) -> Vec<String> {
    let kind = match &need.kind {
        Kind::Reference(to) => format!("Lookup Relationship to {}", screen_name(to)),
        _ => "the type that your mapping writes".to_owned(),
    };
    vec![
        format!("{} > New: {kind}; Next", fields_of(object)),
        named(name),
    ]
}

pub(super) fn change_field(object: &str, name: &str, to: &str) -> Vec<String> {
    vec![format!(
        "{} > {} > Edit: make it {to}; Save",
        fields_of(object),
        metadata::label(name)
    )]
}

/// Returns the steps for a field of which nobody knows whether it is there.
pub(super) fn create_or_grant(object: &str, name: &str, need: &Need) -> Vec<String> {
    let mut steps = vec![format!(
        "look under {} whether {name} is there; if not:",
        fields_of(object)
    )];
    steps.extend(match metadata::of(name, need) {
        Some(metadata) => create_field(object, name, &metadata),
        None => create_by_kind(object, name, need),
    });
    steps.push("if it is:".to_owned());
    steps.extend(grant_field(object, name));
    steps
}

/// Returns the steps that give a right to the user who sets up.
pub(super) fn right(right: &str) -> Vec<String> {
    vec![format!(
        "run the set-up with an administrator's secret, or give its user the right for the time being: Setup > Permission Sets > a set of the user > System Permissions > Edit: tick {right}; Save"
    )]
}

/// Returns the steps that put another field in the place of one that cannot be changed.
pub(super) fn replace_field(object: &str, name: &str) -> Vec<String> {
    vec![
        format!(
            "either {} > New: another field of the right type, and name it in the mapping in the place of {name}",
            fields_of(object)
        ),
        format!(
            "or, where nobody uses {name}: {} > {} > Edit > Change Field Type",
            fields_of(object),
            metadata::label(name)
        ),
    ]
}

fn create_field(object: &str, name: &str, metadata: &Value) -> Vec<String> {
    let kind = metadata
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let is_key = metadata.get("unique").and_then(Value::as_bool) == Some(true);
    let mut steps = vec![format!(
        "{} > New: Data Type {kind}; Next",
        fields_of(object)
    )];
    steps.push(named(name));
    if is_key {
        steps.push("Length 255; tick Unique, \"Treat \"ABC\" and \"abc\" as different values (case sensitive)\" and External ID; Next".to_owned());
    }
    steps.push(
        "make it Visible for the integration user's profile, without Read-Only; Next; Save"
            .to_owned(),
    );
    steps
}

fn named(name: &str) -> String {
    format!(
        "Field Label {}, Field Name {}",
        metadata::label(name),
        name.strip_suffix("__c").unwrap_or(name)
    )
}

fn grant_object(object: &str, creates: bool) -> Vec<String> {
    let rights = match creates {
        true => "Read, Create and Edit",
        false => "Read",
    };
    vec![format!(
        "Setup > Permission Sets > {PERMISSION_SET} > Object Settings > {} > Edit: tick {rights}; Save",
        screen_name(object)
    )]
}

fn grant_field(object: &str, name: &str) -> Vec<String> {
    vec![format!(
        "Setup > Permission Sets > {PERMISSION_SET} > Object Settings > {} > Edit: tick Read Access and Edit Access of {}; Save",
        screen_name(object),
        metadata::label(name)
    )]
}
