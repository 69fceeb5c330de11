//! User-defined unique fields, enforced on every write. Rules: CRM API v8, "Upsert records" and
//! `DUPLICATE_DATA`.

use super::{
    error::Failure,
    prepare::Sent,
    schema::Module,
    show,
    store::{Record, Store},
    write::Manners,
};
use serde_json::{Value, json};

/// Refuses values that another record has: a single error as it is, several inside of
/// `MULTIPLE_OR_MULTI_ERRORS`.
pub(super) fn check(
    store: &Store,
    manners: Manners,
    module: &Module,
    sent: &Sent,
    own: Option<&str>,
    path: &str,
) -> Result<(), Failure> {
    let mut failures: Vec<Failure> = module
        .unique_fields()
        .filter_map(|field| {
            let others = others(
                store,
                &module.api_name,
                &field.name,
                sent.get(&field.name)?,
                own,
            );
            duplicate(store, &field.name, &others, path)
        })
        .collect();
    if manners.leads_and_contacts_share_emails {
        failures.extend(shared_email(store, module, sent, path));
    }
    match failures.pop() {
        None => Ok(()),
        Some(only) if failures.is_empty() => Err(only),
        Some(last) => {
            failures.push(last);
            let errors: Vec<Value> = failures.iter().map(Failure::body).collect();
            let details = json!({"errors": errors});
            Err(Failure::new(
                "MULTIPLE_OR_MULTI_ERRORS",
                "Multiple errors in the request",
                details,
            ))
        }
    }
}

/// Applies the "Duplicate Check Preference": a lead's address blocks a contact, and a contact's
/// address blocks a lead.
fn shared_email(store: &Store, module: &Module, sent: &Sent, path: &str) -> Option<Failure> {
    let other = match module.api_name.as_str() {
        "Contacts" => "Leads",
        "Leads" => "Contacts",
        _ => return None,
    };
    duplicate(
        store,
        "Email",
        &others(store, other, "Email", sent.get("Email")?, None),
        path,
    )
}

fn others<'a>(
    store: &'a Store,
    module: &str,
    field: &str,
    value: &Value,
    own: Option<&str>,
) -> Vec<&'a Record> {
    let mut found = store.find(module, field, value);
    found.retain(|record| Some(record.id.as_str()) != own);
    found
}

/// Creates a `DUPLICATE_DATA` with the existing record, if there is one.
fn duplicate(store: &Store, field: &str, others: &[&Record], path: &str) -> Option<Failure> {
    let other = others.first()?;
    let module_id = store
        .schema
        .module(&other.module)
        .map(|module| module.id.clone());
    let mut owner = show::user();
    if let Some(owner) = owner.as_object_mut() {
        owner.insert("zuid".into(), json!("4150868"));
    }
    let details = json!({
        "api_name": field,
        "json_path": format!("{path}.{field}"),
        "id": other.id,
        "more_records": others.len() > 1,
        "duplicate_record": {"id": other.id, "Owner": owner, "module": {"api_name": other.module, "id": module_id}},
    });
    Some(Failure::new("DUPLICATE_DATA", "duplicate data", details))
}
