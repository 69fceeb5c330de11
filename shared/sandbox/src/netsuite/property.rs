//! One value of one property.

use super::{
    account::Books,
    error::Problem,
    options::ItemKind,
    schema::{Property, PropertyKind},
    value::{Cell, is_set},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// The largest number of digits before the decimal point in an amount or a quantity.
const MOST_WHOLE_DIGITS: usize = 15;

/// Reads a value that is not null, as its property requires.
///
/// # Errors
/// `INVALID_CONTENT` with the path for a wrong type, an unknown choice, or a reference to nothing;
/// `USER_ERROR` for a text that is too long.
pub(super) fn cell(
    books: &Books,
    property: &Property,
    value: &Value,
    path: &str,
) -> Result<Cell, Problem> {
    let invalid = || Problem::invalid_value(value, &property.name, path);
    match (property.kind, value) {
        (PropertyKind::Text, Value::String(text)) => self::text(property, text, path),
        (PropertyKind::Email, Value::String(text)) if is_email(text) => {
            self::text(property, text, path)
        }
        (PropertyKind::Date, Value::String(text))
            if text.len() == 10 && text.parse::<Date>().is_ok() =>
        {
            Ok(Cell::Text(text.clone()))
        }
        (PropertyKind::Boolean, Value::Bool(flag)) => Ok(Cell::Flag(*flag)),
        (PropertyKind::Number, Value::Number(number)) => {
            decimal(number).map(Cell::Number).ok_or_else(invalid)
        }
        (PropertyKind::Integer, Value::Number(number)) if number.is_i64() => {
            decimal(number).map(Cell::Number).ok_or_else(invalid)
        }
        (PropertyKind::Choice, _) => chosen(value)
            .filter(|id| property.values.contains(id))
            .map(Cell::Id)
            .ok_or_else(invalid),
        // An older sample (NetSuite Help, chapter_156337267817) has the country as a bare text.
        (PropertyKind::Country, _) => chosen(value)
            .or_else(|| value.as_str().map(String::from))
            .filter(|code| books.catalog.is_country(code))
            .map(Cell::Id)
            .ok_or_else(invalid),
        (PropertyKind::Reference, Value::Object(_)) => {
            reference(books, property, value, path).map(Cell::Id)
        }
        _ => Err(invalid()),
    }
}

/// Checks an external id: it has letters, digits, underscores and hyphens. NetSuite Help,
/// section_156334828635.
pub(super) fn check_external_id(text: &str, path: &str) -> Result<(), Problem> {
    let fits =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if !text.is_empty() && text.chars().all(fits) {
        return Ok(());
    }
    let detail = format!(
        "Invalid external ID '{text}'. External IDs can contain letters, digits, underscores and hyphens only."
    );
    Err(Problem::new(400, "INVALID_CONTENT", detail).at(path))
}

/// Reads a text. A text that is too long is an error, never cut. Standard fields count characters,
/// custom fields bytes (NetSuite Help, section_N3438979 and section_N2842731).
fn text(property: &Property, text: &str, path: &str) -> Result<Cell, Problem> {
    if property.name == "externalId" {
        check_external_id(text, path)?;
    }
    let length = if property.custom {
        text.len()
    } else {
        text.chars().count()
    };
    match property.length {
        Some(most) if length > most => {
            let name = &property.name;
            let detail = format!(
                "The field {name} contained more than the maximum number ( {most} ) of characters allowed."
            );
            Err(Problem::user(detail).at(path))
        }
        _ => Ok(Cell::Text(text.to_owned())),
    }
}

fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    let number = Decimal::from_str_exact(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()?;
    let whole_digits = number.abs().trunc().normalize().to_string().len();
    (whole_digits <= MOST_WHOLE_DIGITS).then_some(number)
}

fn chosen(value: &Value) -> Option<String> {
    value.get("id").and_then(Value::as_str).map(String::from)
}

/// Reads `{"id": "107"}` or `{"externalId": "WOO_CUST_56"}` of something that exists and is active,
/// and returns its internal id. The error names the value that was sent.
fn reference(
    books: &Books,
    property: &Property,
    value: &Value,
    path: &str,
) -> Result<String, Problem> {
    let (sent, found) = match (value.get("id"), value.get("externalId")) {
        (Some(id @ (Value::String(_) | Value::Number(_))), _) => {
            let key = plain(id);
            return by_id(books, &property.to, &key)
                .ok_or_else(|| Problem::invalid_key(&property.name, &key, path));
        }
        (Some(id), _) => (id, None),
        (None, Some(external_id)) => (
            external_id,
            by_external_id(books, &property.to, &plain(external_id)),
        ),
        (None, None) => (value, None),
    };
    found.ok_or_else(|| Problem::invalid_value(sent, &property.name, path))
}

fn by_id(books: &Books, to: &str, id: &str) -> Option<String> {
    match to {
        "customer" => {
            let customer = books.store.get("customer", id.parse().ok()?)?;
            (!is_set(&customer.cells, "isInactive")).then(|| customer.id.to_string())
        }
        "item" | "discountItem" => {
            let item = books.catalog.item(id).filter(|item| !item.inactive)?;
            (to == "item" || item.kind == ItemKind::Discount).then(|| item.id.to_string())
        }
        list => books.catalog.entry(list, id).map(|_| id.to_owned()),
    }
}

fn by_external_id(books: &Books, to: &str, external_id: &str) -> Option<String> {
    let id = match to {
        "customer" => {
            books
                .store
                .by_external_id(books.schema.record(to)?, external_id)?
                .id
        }
        "item" | "discountItem" => books.catalog.item_by_external_id(external_id)?.id,
        _ => return None,
    };
    by_id(books, to, &id.to_string())
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn is_email(text: &str) -> bool {
    let odd = |character: char| character.is_whitespace() || ",;<>\"()".contains(character);
    text.split_once('@').is_some_and(|(local, domain)| {
        let has_dot = domain.split_once('.').is_some_and(|(name, rest)| {
            !name.is_empty() && !rest.ends_with('.') && !rest.is_empty()
        });
        !local.is_empty() && has_dot && !domain.contains('@') && !text.contains(odd)
    })
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
            "jane@example.",
            "a@b@example.com",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
