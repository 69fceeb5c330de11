//! What only a person can do, in the words of NetSuite's screens.

use ::setup::Remedy;

/// The permission that a kind of record needs: its tab and its name on the page of a role.
fn permission(object: &str) -> (&'static str, String) {
    let known = match object.to_ascii_lowercase().as_str() {
        "customer" => ("Lists", "Customers"),
        "contact" => ("Lists", "Contacts"),
        "item" => ("Lists", "Items"),
        "currency" => ("Lists", "Currency"),
        "subsidiary" => ("Lists", "Subsidiaries"),
        "location" => ("Lists", "Locations"),
        "salesorder" | "transaction" | "transactionline" => ("Transactions", "Sales Order"),
        "invoice" => ("Transactions", "Invoice"),
        "cashsale" => ("Transactions", "Cash Sale"),
        "estimate" => ("Transactions", "Estimate"),
        _ => return ("Lists, Transactions or Custom Record", object.to_owned()),
    };
    (known.0, known.1.to_owned())
}

/// Returns the steps for a role that may not reach a kind of record.
pub(crate) fn role(object: &str, level: &str) -> Remedy {
    let (tab, name) = permission(object);
    Remedy::ByHand(vec![
        ROLE_PAGE.to_owned(),
        format!("on Permissions > {tab} add \"{name}\" with the level {level}"),
        "on Permissions > Setup see that \"REST Web Services\" and \"Log in using Access Tokens\" or \"Log in using OAuth 2.0 Access Tokens\" are there at Full, and save".to_owned(),
    ])
}

/// Returns the steps for a role whose queries are refused.
pub(crate) fn queries(tables: &str) -> Remedy {
    let needed: Vec<String> = tables
        .split(" and ")
        .map(permission)
        .map(|(tab, name)| format!("{tab} > {name}"))
        .collect();
    let (mut needed, mut all) = (needed, Vec::new());
    needed.dedup();
    all.push(ROLE_PAGE.to_owned());
    all.push(format!(
        "on Permissions > Reports add \"SuiteAnalytics Workbook\" with the level Edit, and see that {} is there",
        needed.join(" and ")
    ));
    Remedy::ByHand(all)
}

/// Returns the steps for a custom field that is not there.
pub(crate) fn custom_field(id: &str, page: &str, kind: &str, applies: &str) -> Vec<String> {
    let short = id
        .split_once('_')
        .map_or_else(|| id.to_owned(), |(_, rest)| format!("_{rest}"));
    vec![
        format!("in NetSuite, open Customization > Lists, Records, & Fields > {page} > New"),
        format!(
            "enter a label, the ID \"{short}\" (NetSuite puts {} before it) and the type {kind}, and tick Store Value",
            prefix(id)
        ),
        format!("on Applies To tick {applies}; on Access let the role of the token edit it; save"),
    ]
}

/// Returns the steps for a custom field that is there and does not show on the record.
pub(crate) fn show(id: &str, page: &str, applies: &str) -> Vec<String> {
    vec![
        format!(
            "in NetSuite, open Customization > Lists, Records, & Fields > {page}, and the field {id}"
        ),
        format!(
            "on Applies To tick {applies}; on Access give the role of the token the level Edit; save"
        ),
    ]
}

fn prefix(id: &str) -> &str {
    id.split_once('_').map_or(id, |(prefix, _)| prefix)
}

const ROLE_PAGE: &str = "in NetSuite, open Setup > Users/Roles > Manage Roles, and choose Edit beside the role of the token (Setup > Users/Roles > Access Tokens, or OAuth 2.0 Client Credentials Setup, tells which it is)";
