//! The step from the JSON of a request to the values of a record, with every check that concerns
//! one field alone.

use super::{
    error::ApiError,
    field::{Field, FieldType},
    schema::Object,
    store::Store,
    value::Cell,
};
use indexmap::IndexMap;
use serde_json::{Map, Value};

/// The fields that a request gives, by their API names. `None` clears a field.
pub(super) type Sent = IndexMap<String, Option<Cell>>;

/// Reads the values of a body for an object.
///
/// # Errors
/// The first fault, in the order in which Salesforce finds them: names and JSON types, then access,
/// then values, then missing fields.
pub(super) fn prepare(
    store: &Store,
    object: &Object,
    body: &Map<String, Value>,
    creating: bool,
) -> Result<Sent, ApiError> {
    let given = resolve(store, object, body)?;
    check_access(&given, creating)?;
    for (field, cell) in &given {
        if let Some(cell) = cell {
            check_value(store, field, cell)?;
        }
    }
    let mut sent: Sent = given
        .into_iter()
        .map(|(field, cell)| (field.name.clone(), cell))
        .collect();
    if creating {
        add_defaults(object, &mut sent);
    }
    check_required(object, &sent, creating)?;
    Ok(sent)
}

fn resolve<'a>(
    store: &Store,
    object: &'a Object,
    body: &Map<String, Value>,
) -> Result<Vec<(&'a Field, Option<Cell>)>, ApiError> {
    let mut given = Vec::new();
    for (name, value) in body.iter().filter(|(name, _)| *name != "attributes") {
        if name.eq_ignore_ascii_case("Id") {
            return Err(ApiError::request(
                "INVALID_FIELD",
                "The Id field should not be specified in the sobject data.",
            ));
        }
        let named = match (object.field(name), value) {
            (Some(field), _) => (field, Cell::from_json(field, value)?),
            (None, Value::Object(key)) => by_external_id(store, object, name, key)?,
            (None, _) => return Err(no_such_column(object, name)),
        };
        given.push(named);
    }
    Ok(given)
}

fn no_such_column(object: &Object, name: &str) -> ApiError {
    ApiError::request(
        "INVALID_FIELD",
        format!("No such column '{name}' on sobject of type {}", object.name),
    )
}

/// Reads `"Account": {"WooCommerce_Customer_ID__c": "7"}` in place of `AccountId`.
fn by_external_id<'a>(
    store: &Store,
    object: &'a Object,
    relationship: &str,
    key: &Map<String, Value>,
) -> Result<(&'a Field, Option<Cell>), ApiError> {
    let reference = object
        .parent(relationship)
        .ok_or_else(|| no_such_column(object, relationship))?;
    let target = reference
        .to
        .as_deref()
        .and_then(|name| store.schema.object(name))
        .ok_or_else(|| no_such_column(object, relationship))?;
    let mut pairs = key.iter().filter(|(name, _)| *name != "attributes");
    let (Some((name, value)), None) = (pairs.next(), pairs.next()) else {
        return Err(ApiError::request(
            "INVALID_FIELD",
            format!("{relationship}: exactly one external id field is needed"),
        ));
    };
    let field = target
        .field(name)
        .filter(|field| field.is_upsert_key())
        .ok_or_else(|| no_such_column(target, name))?;
    let cell = Cell::from_json(field, value)?;
    let ids = cell
        .map(|cell| store.find(&target.name, &field.name, &cell))
        .unwrap_or_default();
    match ids.as_slice() {
        [id] => Ok((reference, Some(Cell::Text(id.clone())))),
        _ => {
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), String::from);
            let message = format!(
                "Foreign key external ID: {shown} not found for field {} in entity {}",
                field.name, target.name
            );
            Err(ApiError::row("INVALID_FIELD", message, []))
        }
    }
}

fn check_access(given: &[(&Field, Option<Cell>)], creating: bool) -> Result<(), ApiError> {
    let refused: Vec<String> = given
        .iter()
        .filter(|(field, _)| !field.is_writable(creating))
        .map(|(field, _)| field.name.clone())
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
        refused.join(", ")
    );
    Err(ApiError {
        fields: Some(refused),
        ..ApiError::request("INVALID_FIELD_FOR_INSERT_UPDATE", message)
    })
}

fn check_value(store: &Store, field: &Field, cell: &Cell) -> Result<(), ApiError> {
    let Some(text) = cell.text() else {
        return Ok(());
    };
    match field.field_type {
        FieldType::Reference => check_reference(store, field, text)?,
        FieldType::Email if !is_email(text) => {
            return Err(ApiError::row(
                "INVALID_EMAIL_ADDRESS",
                format!("{}: invalid email address: {text}", field.label),
                [&field.name],
            ));
        }
        _ => {}
    }
    if let Some(values) = &field.restricted_to
        && !values.iter().any(|value| value == text)
    {
        let message = format!(
            "{}: bad value for restricted picklist field: {text}",
            field.label
        );
        return Err(ApiError::row(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            message,
            [&field.name],
        ));
    }
    if field.length > 0 && text.encode_utf16().count() > field.length {
        let message = format!(
            "{}: data value too large: {text} (max length={})",
            field.label, field.length
        );
        return Err(ApiError::row("STRING_TOO_LONG", message, [&field.name]));
    }
    Ok(())
}

fn check_reference(store: &Store, field: &Field, id: &str) -> Result<(), ApiError> {
    let Some(target) = field
        .to
        .as_deref()
        .and_then(|name| store.schema.object(name))
    else {
        return Ok(());
    };
    if !id.starts_with(&target.prefix) {
        return Err(ApiError::row(
            "MALFORMED_ID",
            format!("{}: id value of incorrect type: {id}", field.label),
            [&field.name],
        ));
    }
    if store.get(&target.name, id).is_some() {
        return Ok(());
    }
    if store.was_deleted(id) {
        return Err(ApiError::row("ENTITY_IS_DELETED", "entity is deleted", []));
    }
    Err(ApiError::row(
        "INVALID_CROSS_REFERENCE_KEY",
        "invalid cross reference id",
        [],
    ))
}

/// Returns whether the text is an e-mail address, about as strictly as Salesforce checks it.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |part: &str, extra: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || extra.as_bytes().contains(&byte))
    };
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && plain(local, "!#$%&'*+/=?^_`{|}~.-")
        && labels.len() > 1
        && labels
            .iter()
            .all(|label| !label.is_empty() && plain(label, "-"))
}

fn add_defaults(object: &Object, sent: &mut Sent) {
    for field in object.fields() {
        let default = match (&field.default, field.field_type) {
            (Some(text), _) => Cell::Text(text.clone()),
            (None, FieldType::Boolean) => Cell::Flag(false),
            (None, _) => continue,
        };
        let cell = sent.entry(field.name.clone()).or_default();
        *cell = cell.take().or(Some(default));
    }
}

fn check_required(object: &Object, sent: &Sent, creating: bool) -> Result<(), ApiError> {
    let missing = |field: &&Field| sent.get(&field.name).map_or(creating, Option::is_none);
    let names: Vec<String> = object
        .fields()
        .filter(|field| field.required)
        .filter(missing)
        .map(|field| field.name.clone())
        .collect();
    if names.is_empty() {
        Ok(())
    } else {
        Err(ApiError::required(&names))
    }
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn addresses() {
        for good in [
            "jane.doe@example.com",
            "a+b@shop.example.co.uk",
            "o'neil@example.org",
        ] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "jane",
            "jane@",
            "@example.com",
            "jane@example",
            "jane doe@example.com",
            "jane@exa mple.com",
            "jane@example..com",
            ".j@example.com",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
