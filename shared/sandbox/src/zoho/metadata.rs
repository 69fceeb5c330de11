//! `GET /settings/fields?module=` and `GET /org`. Rules: CRM API v8, "Fields metadata".

use super::{
    answer::Answer,
    error::{ApiError, Failure},
    field::{Field, FieldType},
    request::Call,
    schema::Schema,
    world::World,
};
use serde_json::{Value, json};

/// Answers with the fields of a module, or of the rows of a subform.
pub(super) fn fields(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    world.spend(1)?;
    let name = call
        .parameter("module")
        .ok_or_else(|| ApiError::missing_parameter("module"))?;
    let schema = &world.store.schema;
    let unknown = || {
        ApiError::flat(
            400,
            Failure::unknown_module(json!({"param_name": "module"})),
        )
    };
    let module = schema.module(name).ok_or_else(unknown)?;
    let fields: Vec<Value> = module
        .fields()
        .map(|field| described(schema, field))
        .collect();
    Ok(Answer::ok(json!({"fields": fields})))
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

fn described(schema: &Schema, field: &Field) -> Value {
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
