//! `GET /settings/fields?module=`, `GET /settings/layouts?module=` and `GET /org`. Rules: CRM API v8,
//! "Fields metadata", "Layouts metadata".

use super::{
    answer::Answer,
    error::{ApiError, Failure},
    field::{Field, FieldType},
    request::Call,
    schema::{Module, Schema},
    world::World,
};
use serde_json::{Value, json};

/// Answers with the fields of a module, or of the rows of a subform.
pub(super) fn fields(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    world.spend(1)?;
    let schema = &world.store.schema;
    let module = module(schema, call)?;
    let fields: Vec<Value> = module
        .fields()
        .filter(|field| !field.hidden)
        .map(|field| described(schema, module, field))
        .collect();
    Ok(Answer::ok(json!({"fields": fields})))
}

/// Answers with the one layout of a module, which tells what it requires.
pub(super) fn layouts(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    world.spend(1)?;
    let schema = &world.store.schema;
    let module = module(schema, call)?;
    let fields: Vec<Value> = module
        .fields()
        .filter(|field| !field.hidden)
        .map(|field| json!({"api_name": field.name, "id": module.field_id(&field.name), "required": field.required, "custom_field": field.custom}))
        .collect();
    let sections =
        json!([{"api_name": format!("{}_Information", module.api_name), "fields": fields}]);
    Ok(Answer::ok(json!({"layouts": [{
        "id": format!("{}9", module.id),
        "name": "Standard",
        "status": "active",
        "visible": true,
        "sections": sections,
    }]})))
}

/// Returns the module that the parameter names.
pub(super) fn module<'a>(schema: &'a Schema, call: &Call) -> Result<&'a Module, ApiError> {
    let name = call
        .parameter("module")
        .ok_or_else(|| ApiError::missing_parameter("module"))?;
    let unknown = || {
        ApiError::flat(
            400,
            Failure::unknown_module(json!({"param_name": "module"})),
        )
    };
    schema.module(name).ok_or_else(unknown)
}

/// Answers with the organisation's data. Rules: CRM API v8, "Get organization data".
pub(super) fn organisation(world: &mut World) -> Result<Answer, ApiError> {
    world.spend(1)?;
    Ok(Answer::ok(json!({"org": [{
        "company_name": "Sandbox",
        "country_code": "US",
        "iso_code": world.home_currency,
        "mc_status": false,
        "time_zone": "America/New_York",
    }]})))
}

fn described(schema: &Schema, module: &Module, field: &Field) -> Value {
    let writable = !field.read_only;
    let label = field.name.replace('_', " ");
    let lookup = match (
        field.field_type,
        field.to.as_deref().and_then(|to| schema.module(to)),
    ) {
        (FieldType::Lookup, Some(target)) => {
            json!({"api_name": field.name, "display_label": label, "module": {"api_name": target.api_name, "id": target.id}})
        }
        _ => json!({}),
    };
    let values: Vec<Value> = field
        .values
        .iter()
        .enumerate()
        .map(|(index, value)| option(index, value))
        .collect();
    json!({
        "id": module.field_id(&field.name),
        "api_name": field.name,
        "field_label": label,
        "display_label": label,
        "data_type": field.field_type.api_name(),
        "json_type": field.field_type.json_type(),
        "length": field.length,
        "decimal_place": (field.field_type == FieldType::Currency).then_some(2),
        "system_mandatory": field.required,
        "read_only": field.read_only,
        "field_read_only": field.read_only,
        "custom_field": field.custom,
        "visible": true,
        "unique": if field.unique { json!({"casesensitive": "false"}) } else { json!({}) },
        "lookup": lookup,
        "operation_type": {"web_view": true, "web_create": writable, "web_update": writable, "api_create": writable, "api_update": writable},
        "pick_list_values": values,
    })
}

fn option(index: usize, value: &str) -> Value {
    json!({"display_value": value, "actual_value": value, "reference_value": value, "sequence_number": index + 1, "type": "used"})
}
