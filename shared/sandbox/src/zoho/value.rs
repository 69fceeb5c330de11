//! One value of one field: its JSON type, its form and its length. Rules: CRM API v8, "Insert
//! records", the table of data types and their values.

use super::{
    error::Failure,
    field::{Field, FieldType},
    format,
    show::USER_ID,
    store::Store,
};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Number, Value, json};

/// Returns the value as it is stored. It is neither null nor a blank text, and no subform.
pub(super) fn check(
    store: &Store,
    field: &Field,
    value: &Value,
    path: &str,
) -> Result<Value, Failure> {
    let wrong = |expected: &str| Failure::wrong_type(expected, &field.name, path);
    match field.field_type {
        FieldType::Text | FieldType::Textarea | FieldType::AutoNumber => {
            text(field, value, path, "text").map(Value::from)
        }
        FieldType::Email => formed(field, value, path, "email", format::is_email),
        FieldType::Phone => formed(field, value, path, "phone", format::is_phone),
        FieldType::Website => formed(field, value, path, "website", format::is_website),
        FieldType::Picklist => picklist(field, value, path),
        FieldType::Date => formed(field, value, path, "date", format::is_date),
        FieldType::DateTime => formed(field, value, path, "datetime", format::is_date_time),
        FieldType::Boolean => value
            .as_bool()
            .map(Value::Bool)
            .ok_or_else(|| wrong("boolean")),
        FieldType::Integer => integer(field, value, path),
        FieldType::Double => number(field, value, path).map(json_number),
        FieldType::Currency => number(field, value, path).map(cents).map(json_number),
        FieldType::Lookup => lookup(store, field, value, path),
        FieldType::OwnerLookup => owner(field, value, path),
        FieldType::Tags => tags(field, value, path),
        FieldType::Taxes => taxes(field, value, path),
        FieldType::Subform => Err(wrong("jsonarray")),
    }
}

/// Returns the exact number of a JSON value.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    let text = value.as_number()?.to_string();
    Decimal::from_str_exact(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

/// Returns the exact number in JSON.
pub(super) fn json_number(number: Decimal) -> Value {
    let text = number.normalize().to_string();
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// Rounds to two decimals, as a currency field keeps them.
pub(super) fn cents(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// Reads an id: decimal digits in a text, or a whole number, as the vendor's own SDKs send it.
pub(super) fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_id = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then_some(text)
}

fn text<'a>(
    field: &Field,
    value: &'a Value,
    path: &str,
    expected: &str,
) -> Result<&'a str, Failure> {
    let text = value
        .as_str()
        .ok_or_else(|| Failure::wrong_type(expected, &field.name, path))?;
    if field.length > 0 && text.chars().count() > field.length {
        return Err(Failure::too_long(field.length, &field.name, path));
    }
    Ok(text)
}

fn formed(
    field: &Field,
    value: &Value,
    path: &str,
    expected: &str,
    fits: fn(&str) -> bool,
) -> Result<Value, Failure> {
    let text = text(field, value, path, expected)?;
    if fits(text) {
        Ok(Value::from(text))
    } else {
        Err(Failure::wrong_type(expected, &field.name, path))
    }
}

fn picklist(field: &Field, value: &Value, path: &str) -> Result<Value, Failure> {
    let text = text(field, value, path, "text")?;
    if field.values.is_empty() || text == "-None-" || field.values.iter().any(|known| known == text)
    {
        return Ok(Value::from(text));
    }
    let details =
        json!({"api_name": field.name, "json_path": path, "supported_values": field.values});
    Err(Failure::invalid(details))
}

fn integer(field: &Field, value: &Value, path: &str) -> Result<Value, Failure> {
    let number = value.as_number().map(ToString::to_string);
    let is_whole = |text: &String| {
        text.trim_start_matches('-')
            .bytes()
            .all(|byte| byte.is_ascii_digit())
    };
    let text = number
        .filter(is_whole)
        .ok_or_else(|| Failure::wrong_type("integer", &field.name, path))?;
    if text.trim_start_matches('-').len() > field.length {
        return Err(Failure::too_long(field.length, &field.name, path));
    }
    Ok(value.clone())
}

fn number(field: &Field, value: &Value, path: &str) -> Result<Decimal, Failure> {
    if !value.is_number() {
        return Err(Failure::wrong_type("double", &field.name, path));
    }
    let too_long = || Failure::too_long(field.length, &field.name, path);
    let number = decimal(value).ok_or_else(too_long)?;
    let whole_digits = number.abs().trunc().normalize().to_string().len();
    if whole_digits > field.length {
        Err(too_long())
    } else {
        Ok(number)
    }
}

/// Reads a look-up. Only `{"id"}` of an existing record of the right module counts; a `name` beside
/// it is ignored. Version 2 accepted a name alone and created an account from it; version 8
/// documents ids, and a client must not rely on anything else.
fn lookup(store: &Store, field: &Field, value: &Value, path: &str) -> Result<Value, Failure> {
    let wrong = || Failure::wrong_type("jsonobject", &field.name, path);
    let given = value
        .as_object()
        .and_then(|object| object.get("id"))
        .ok_or_else(wrong)?;
    let path = format!("{path}.id");
    let id = id(given).ok_or_else(|| Failure::wrong_type("bigint", &field.name, &path))?;
    let module = field.to.as_deref().unwrap_or_default();
    if store.get(module, &id).is_none() {
        return Err(Failure::unknown_id(&field.name, &path));
    }
    Ok(json!({"id": id}))
}

/// Reads an owner. There is only one user.
fn owner(field: &Field, value: &Value, path: &str) -> Result<Value, Failure> {
    let wrong = || Failure::wrong_type("jsonobject", &field.name, path);
    let given = value
        .as_object()
        .and_then(|object| object.get("id"))
        .ok_or_else(wrong)?;
    if id(given).as_deref() == Some(USER_ID) {
        Ok(json!({"id": USER_ID}))
    } else {
        Err(Failure::unknown_id(&field.name, &format!("{path}.id")))
    }
}

fn tags(field: &Field, value: &Value, path: &str) -> Result<Value, Failure> {
    const LONGEST_TAG: usize = 25;
    let mut tags = Vec::new();
    for (index, tag) in array(field, value, path)?.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let name = tag.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Failure::wrong_type("jsonobject", &field.name, &path))?;
        if name.chars().count() > LONGEST_TAG {
            return Err(Failure::too_long(
                LONGEST_TAG,
                "name",
                &format!("{path}.name"),
            ));
        }
        tags.push(json!({"name": name}));
    }
    Ok(Value::Array(tags))
}

/// Reads the taxes of a line, by the names that the organisation has set up.
fn taxes(field: &Field, value: &Value, path: &str) -> Result<Value, Failure> {
    let known = |tax: &Map<String, Value>| {
        let name = tax.get("name").and_then(Value::as_str);
        name.is_some_and(|name| matches!(name, "Sales Tax" | "Vat"))
            && tax.get("percentage").is_some_and(Value::is_number)
    };
    for (index, tax) in array(field, value, path)?.iter().enumerate() {
        if !tax.as_object().is_some_and(known) {
            let details = json!({"api_name": field.name, "json_path": format!("{path}[{index}]")});
            return Err(Failure::invalid(details));
        }
    }
    Ok(value.clone())
}

fn array<'a>(field: &Field, value: &'a Value, path: &str) -> Result<&'a Vec<Value>, Failure> {
    value
        .as_array()
        .ok_or_else(|| Failure::wrong_type("jsonarray", &field.name, path))
}
