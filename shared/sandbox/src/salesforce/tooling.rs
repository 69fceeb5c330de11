//! The Tooling API, as far as custom fields go: listing them, hidden ones included, creating and
//! changing them. Rules: Tooling API, "CustomField"; Metadata API Developer Guide, "CustomField".

use super::{
    administration::Right, answer::Answer, error::ApiError, options::CustomField, request::Call,
    schema::Schema, soql, store::Store, value::Cell, world::World,
};
use serde_json::{Map, Value, json};

/// The object that lists the custom fields.
pub(super) const FIELDS: &str = "CustomField";

/// The types of custom fields, and our words for them.
const TYPES: &[(&str, &str)] = &[
    ("Text", "text"),
    ("LongTextArea", "long_text"),
    ("Number", "double"),
    ("Checkbox", "boolean"),
    ("Date", "date"),
    ("DateTime", "date_time"),
    ("Email", "email"),
    ("Phone", "phone"),
    ("Url", "url"),
];

/// Lists the custom fields of a new org.
pub(super) fn list(store: &mut Store, whole: &Schema) {
    for object in whole.objects() {
        let custom = object.fields().filter(|field| field.name.ends_with("__c"));
        custom.for_each(|field| _ = add(store, whole, &object.name, &field.name));
    }
}

/// Answers `GET /tooling/query`.
pub(super) fn query(world: &World, call: &Call) -> Result<Answer, ApiError> {
    if world.backstage.lacks(Right::ViewSetup) {
        return Err(not_supported());
    }
    let text = call.parameter("q").unwrap_or_default();
    let rows = soql::rows(&world.backstage.tooling, &world.store, text, &call.base())?;
    Ok(Answer::ok(json!({
        "size": rows.len(), "totalSize": rows.len(), "done": true, "entityTypeName": FIELDS, "records": rows,
    })))
}

/// Answers `POST /tooling/sobjects/CustomField`. The new field is hidden from everybody.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    let (object, name, metadata) = definition(world, call)?;
    let there = world.backstage.whole.object(&object);
    let full_name = format!("{object}.{name}");
    let is_deleted = world.backstage.given.deleted_fields.contains(&full_name);
    if is_deleted || there.is_some_and(|object| object.field(&name).is_some()) {
        let label = name.trim_end_matches("__c").replace('_', " ");
        let message = format!("There is already a field named {label} on {object}.");
        return Err(ApiError::row(
            "DUPLICATE_DEVELOPER_NAME",
            message,
            ["DeveloperName"],
        ));
    }
    let custom = custom_field(&object, &name, &metadata)?;
    check_limits(world, &object, custom.external_id)?;
    world.backstage.whole.add(&custom).map_err(integrity)?;
    world.backstage.given.hidden_fields.push(full_name);
    let id = add(&mut world.store, &world.backstage.whole, &object, &name);
    world.is_stale = true;
    let body = json!({"id": id, "success": true, "errors": [], "warnings": [], "infos": []});
    Ok(Answer::with_status(201, body))
}

/// Answers `PATCH /tooling/sobjects/CustomField/id`, which takes the whole definition.
pub(super) fn change(world: &mut World, call: &Call, id: &str) -> Result<Answer, ApiError> {
    let (object, name, metadata) = definition(world, call)?;
    let record = world
        .store
        .get(FIELDS, id)
        .ok_or_else(ApiError::not_found)?;
    if record.text("TableEnumOrId") != Some(&object) {
        return Err(integrity("FullName is another field's"));
    }
    let custom = custom_field(&object, &name, &metadata)?;
    let field = world.backstage.whole.object(&object);
    let field = field.and_then(|object| object.field(&name));
    let was_external = field.is_some_and(|field| field.external_id);
    if custom.unique && holds_twice(&world.store, &object, &name) {
        return Err(integrity(format!(
            "{name}: duplicate values are there already"
        )));
    }
    if custom.external_id && !was_external {
        check_limits(world, &object, true)?;
    }
    world.backstage.whole.add(&custom).map_err(integrity)?;
    world.is_stale = true;
    Ok(Answer::no_content())
}

fn definition(
    world: &World,
    call: &Call,
) -> Result<(String, String, Map<String, Value>), ApiError> {
    if world.backstage.lacks(Right::CustomizeApplication) {
        let message = "insufficient access rights on entity: CustomField";
        return Err(ApiError::request("INSUFFICIENT_ACCESS", message).with_status(403));
    }
    let body = call.fields()?;
    let name = body
        .get("FullName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let metadata = body.get("Metadata").and_then(Value::as_object);
    let (object, field) = name.split_once('.').unwrap_or_default();
    let is_known = world.backstage.whole.object(object).is_some();
    match metadata {
        Some(metadata) if is_known && field.ends_with("__c") => {
            Ok((object.to_owned(), field.to_owned(), metadata.clone()))
        }
        _ => Err(integrity(
            "FullName must be Object.Field__c, and Metadata complete",
        )),
    }
}

fn custom_field(
    object: &str,
    name: &str,
    metadata: &Map<String, Value>,
) -> Result<CustomField, ApiError> {
    let text = |key: &str| {
        metadata
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let is = |key: &str| metadata.get(key).and_then(Value::as_bool) == Some(true);
    let number = |key: &str| {
        metadata
            .get(key)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let kind = TYPES.iter().find(|(name, _)| *name == text("type"));
    let length = match text("type") {
        "Number" => number("precision"),
        _ => number("length"),
    };
    let is_complete = !text("label").is_empty()
        && (text("type") != "Text" || (1..=255).contains(&length))
        && (text("type") != "Checkbox" || !text("defaultValue").is_empty());
    let Some((_, type_name)) = kind.filter(|_| is_complete) else {
        return Err(integrity(
            "a field needs a label, a type, a text its length, a check box its default",
        ));
    };
    Ok(CustomField {
        object: object.to_owned(),
        name: name.to_owned(),
        type_name,
        length: usize::try_from(length).unwrap_or_default(),
        scale: u32::try_from(number("scale")).unwrap_or_default(),
        external_id: is("externalId"),
        unique: is("unique"),
        required: is("required"),
    })
}

fn check_limits(world: &World, object: &str, is_external_id: bool) -> Result<(), ApiError> {
    let object = world.backstage.whole.object(object);
    let fields = || object.into_iter().flat_map(|object| object.fields());
    let custom = fields().filter(|field| field.name.ends_with("__c")).count();
    let external = fields().filter(|field| field.external_id).count();
    let given = &world.backstage.given;
    // The platform's own words are not known.
    let (is_full, what) = match is_external_id && external >= given.most_external_ids {
        true => (true, "external ID fields"),
        false => (custom >= given.most_custom_fields, "custom fields"),
    };
    match is_full {
        true => Err(ApiError::request(
            "LIMIT_EXCEEDED",
            format!("You have reached the maximum number of {what} for this object"),
        )),
        false => Ok(()),
    }
}

fn holds_twice(store: &Store, object: &str, name: &str) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut texts = store.of(object).filter_map(|record| record.text(name));
    texts.any(|text| !seen.insert(text.to_lowercase()))
}

/// Adds a field to the list and returns its id. What stands before the name comes from a package.
fn add(store: &mut Store, whole: &Schema, object: &str, name: &str) -> String {
    let stem = name.trim_end_matches("__c");
    let (package, developer_name) = match stem.split_once("__") {
        Some((package, rest)) => (Some(package), rest),
        None => (None, stem),
    };
    let Some(list) = whole.object(FIELDS) else {
        return String::new();
    };
    let text = |text: &str| Some(Cell::Text(text.to_owned()));
    let cells = [
        ("DeveloperName", text(developer_name)),
        ("TableEnumOrId", text(object)),
        ("NamespacePrefix", package.and_then(text)),
    ];
    store.place(list, &cells)
}

fn not_supported() -> ApiError {
    ApiError::request(
        "INVALID_TYPE",
        format!("sObject type '{FIELDS}' is not supported."),
    )
}

fn integrity(message: impl ToString) -> ApiError {
    ApiError::row("FIELD_INTEGRITY_EXCEPTION", message.to_string(), [])
}
