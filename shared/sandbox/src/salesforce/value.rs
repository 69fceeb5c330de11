use super::{
    error::ApiError,
    field::{Field, FieldType},
    ids,
};
use jiff::{Timestamp, civil::Date};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Number, Value};

/// A field's value. A field without one is null.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Text(String),
    Number(Decimal),
    Flag(bool),
}

impl Cell {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::Flag(_) => None,
        }
    }

    pub(super) const fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Flag(_) => None,
        }
    }

    /// Returns the form in which values are compared and indexed: texts without regard to case.
    pub(super) fn comparable(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.to_lowercase()),
            other => other.clone(),
        }
    }

    /// Returns the JSON as Salesforce writes it: decimals always show a point (`25.0`), whole
    /// numbers do not.
    pub(super) fn to_json(&self, field_type: FieldType) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Flag(flag) => Value::Bool(*flag),
            Self::Number(number) => json_number(*number, field_type != FieldType::Integer),
        }
    }

    /// Reads a JSON value; `None` for null and for blank text.
    ///
    /// # Errors
    /// `JSON_PARSER_ERROR` for a value of the wrong JSON type, `MALFORMED_ID`,
    /// `NUMBER_OUTSIDE_VALID_RANGE`.
    pub(super) fn from_json(field: &Field, value: &Value) -> Result<Option<Self>, ApiError> {
        match (field.field_type, value) {
            (_, Value::Null) => Ok(None),
            (FieldType::Boolean, Value::Bool(flag)) => Ok(Some(Self::Flag(*flag))),
            (FieldType::Date, Value::String(text)) => date(field, text),
            (FieldType::DateTime, Value::String(text)) => date_time(field, text),
            (FieldType::Reference | FieldType::Id, Value::String(text)) => reference(field, text),
            (numeric, Value::Number(number)) if numeric.is_number() => {
                decimal(field, number).map(Some)
            }
            (other, Value::String(text)) if other.is_quoted() => {
                Ok((!text.trim().is_empty()).then(|| Self::Text(text.clone())))
            }
            _ => Err(wrong_type(field, value)),
        }
    }
}

/// Returns the exact number in JSON.
pub(super) fn json_number(number: Decimal, always_point: bool) -> Value {
    let number = number.normalize();
    let text = if always_point && number.scale() == 0 {
        format!("{number}.0")
    } else {
        number.to_string()
    };
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// Returns Salesforce's form of an instant.
pub(super) fn stamp(instant: Timestamp) -> Cell {
    Cell::Text(instant.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string())
}

fn date(field: &Field, text: &str) -> Result<Option<Cell>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let valid = text.len() == 10 && text.parse::<Date>().is_ok();
    if valid {
        Ok(Some(Cell::Text(text.into())))
    } else {
        Err(wrong_type(field, &Value::String(text.into())))
    }
}

fn date_time(field: &Field, text: &str) -> Result<Option<Cell>, ApiError> {
    let instant = text
        .parse::<Timestamp>()
        .map_err(|_| wrong_type(field, &Value::String(text.into())))?;
    Ok(Some(stamp(instant)))
}

fn reference(field: &Field, text: &str) -> Result<Option<Cell>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let message = || format!("{}: id value of incorrect type: {text}", field.label);
    ids::full(text)
        .map(|id| Some(Cell::Text(id)))
        .ok_or_else(|| ApiError::row("MALFORMED_ID", message(), [&field.name]))
}

fn decimal(field: &Field, number: &Number) -> Result<Cell, ApiError> {
    let text = number.to_string();
    let parsed = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
    let out_of_range = || {
        ApiError::row(
            "NUMBER_OUTSIDE_VALID_RANGE",
            format!(
                "{}: value outside of valid range on numeric field: {text}",
                field.label
            ),
            [&field.name],
        )
    };
    let number = parsed
        .map_err(|_| out_of_range())?
        .round_dp_with_strategy(field.scale, RoundingStrategy::MidpointAwayFromZero);
    let whole_digits = number.abs().trunc().normalize().to_string().len();
    let room = field
        .length
        .saturating_sub(usize::try_from(field.scale).unwrap_or_default());
    if whole_digits > room {
        Err(out_of_range())
    } else {
        Ok(Cell::Number(number))
    }
}

fn wrong_type(field: &Field, value: &Value) -> ApiError {
    let token = match value {
        Value::Null => "VALUE_NULL",
        Value::Bool(true) => "VALUE_TRUE",
        Value::Bool(false) => "VALUE_FALSE",
        Value::Number(number) if number.is_f64() && !number.is_i64() => "VALUE_NUMBER_FLOAT",
        Value::Number(_) => "VALUE_NUMBER_INT",
        Value::String(_) => "VALUE_STRING",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    let shown = value
        .as_str()
        .map_or_else(|| value.to_string(), String::from);
    let message = format!(
        "Cannot deserialize instance of {} from {token} value {shown} or request may be missing a required field at [line:1, column:1]",
        field.field_type.api_name()
    );
    ApiError::request("JSON_PARSER_ERROR", message)
}
