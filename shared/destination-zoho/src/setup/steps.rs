//! What only a person can do, in the words of Zoho's screens.

use super::change::NewField;
use ::setup::Remedy;

/// The scopes with which fields are read.
pub(crate) const READ: &str = "ZohoCRM.settings.fields.READ";
/// The scope with which fields are created.
pub(crate) const CREATE: &str = "ZohoCRM.settings.fields.CREATE";
/// The scope with which fields are changed.
pub(crate) const UPDATE: &str = "ZohoCRM.settings.fields.UPDATE";
/// The scope with which the mandatory fields of layouts are read.
pub(crate) const LAYOUTS: &str = "ZohoCRM.settings.layouts.READ";

/// Returns the steps for making a field.
pub(crate) fn create(module: &str, field: &NewField) -> Vec<String> {
    let (kind, mut properties) = (field.screen_name(), Vec::new());
    if let Some(length) = field.length {
        properties.push(format!("set the number of characters allowed to {length}"));
    }
    if field.unique {
        properties.push("tick \"Do not allow duplicate values\"".to_owned());
    }
    let mut steps = vec![format!(
        "{}, open the layout and drag a new field of the kind \"{kind}\" into it, with the label \"{}\"",
        page(module),
        field.label()
    )];
    if !properties.is_empty() {
        steps.push(format!(
            "in the field's \"Edit Properties\", {}",
            properties.join(" and ")
        ));
    }
    steps.push("choose \"Save and Close\"".to_owned());
    steps.push(format!(
        "look at Setup > Developer Hub > APIs & SDKs > API Names > {}: the field must be {}, or the mapping must name the one that stands there",
        spoken(module),
        field.name
    ));
    steps
}

/// Returns the steps for making a field's values unique.
pub(crate) fn unique(module: &str, name: &str) -> Vec<String> {
    vec![format!(
        "{}, open \"Edit Properties\" of {name}, tick \"Do not allow duplicate values\" and save",
        page(module)
    )]
}

/// Returns the steps for letting the user see and write a field.
pub(crate) fn permission(module: &str, name: &str) -> Vec<String> {
    vec![format!(
        "{}, choose \"Set Permission\" of {name}, and \"Read and Write\" for the profile of the user behind the refresh token",
        page(module)
    )]
}

/// Returns the steps for a choice that is missing in a picklist.
pub(crate) fn choice(module: &str, name: &str, text: &str, choices: &[&str]) -> Vec<String> {
    vec![format!(
        "add it in Zoho ({}, \"Edit Properties\" of {name}{}), or map \"{text}\" to one of {}",
        page(module),
        match name {
            "Stage" => ", or Setup > Customization > Pipelines",
            _ => "",
        },
        choices.join(", ")
    )]
}

/// Returns the steps for a refresh token with another scope.
pub(crate) fn scope(scope: &str) -> Vec<String> {
    vec![
        format!(
            "open Zoho's API console (api-console.zoho and the ending of your data centre) > Self Client > Generate Code, and enter the scopes of the present refresh token and {scope}"
        ),
        "exchange the code for a refresh token and store it in the secret; or store it as an administrator's secret of its own, so that the one that delivers orders stays as small as it is".to_owned(),
    ]
}

/// Returns the remedy where a call was refused with this code; `None` where the refusal itself says
/// what to do.
pub(crate) fn after_refusal(code: Option<&str>, wanted: &str) -> Option<Remedy> {
    match code {
        Some("OAUTH_SCOPE_MISMATCH") => Some(Remedy::ByHand(scope(wanted))),
        Some("NO_PERMISSION" | "AUTHORIZATION_FAILED") => Some(Remedy::ByHand(rights())),
        _ => None,
    }
}

/// Returns the steps for a user whose profile may not ask for fields or make them.
pub(crate) fn rights() -> Vec<String> {
    vec![
        "in Zoho, open Setup > Users and Control > Security Control > Profiles and the profile of the user behind the refresh token".to_owned(),
        "allow \"Zoho CRM API Access\", and for making fields \"Customize Zoho CRM\" (Modules and Fields)".to_owned(),
    ]
}

/// Returns the variable of the built-in mappings that names the key of a module.
pub(crate) fn variable(module: &str) -> &'static str {
    match module {
        "Accounts" => "account_field",
        "Contacts" => "customer_field",
        _ => "order_field",
    }
}

fn page(module: &str) -> String {
    format!(
        "in Zoho, open Setup > Customization > Modules and Fields > {}",
        spoken(module)
    )
}

fn spoken(module: &str) -> String {
    module.replace('_', " ")
}
