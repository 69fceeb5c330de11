use indexmap::IndexMap;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Number, Value, json};

/// The values of a record, a line or an address, by the names of their properties. An absent value
/// is null.
pub(super) type Cells = IndexMap<String, Cell>;

/// A property's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(Decimal),
    Flag(bool),
    /// Internal id of the target of a reference, or id of a choice.
    Id(String),
    Address(Cells),
    Lines(Vec<Cells>),
    /// Sent to clear a property; never stored.
    Null,
}

impl Cell {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Id(text) => Some(text),
            _ => None,
        }
    }

    pub(super) const fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn lines(&self) -> &[Cells] {
        match self {
            Self::Lines(lines) => lines,
            _ => &[],
        }
    }

    /// Returns the value as a request would write it.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json_number(*number),
            Self::Flag(flag) => json!(flag),
            Self::Id(id) => json!({"id": id}),
            Self::Address(cells) => Value::Object(to_map(cells)),
            Self::Lines(lines) => json!({"items": lines.iter().map(to_map).collect::<Vec<_>>()}),
            Self::Null => Value::Null,
        }
    }
}

pub(super) fn to_map(cells: &Cells) -> Map<String, Value> {
    cells
        .iter()
        .map(|(name, cell)| (name.clone(), cell.to_json()))
        .collect()
}

/// Returns the number in a property, if it has one.
pub(super) fn number(cells: &Cells, name: &str) -> Option<Decimal> {
    cells.get(name).and_then(Cell::number)
}

/// Returns the text or id in a property, if it has one.
pub(super) fn text<'a>(cells: &'a Cells, name: &str) -> Option<&'a str> {
    cells.get(name).and_then(Cell::text)
}

pub(super) fn is_set(cells: &Cells, name: &str) -> bool {
    cells.get(name) == Some(&Cell::Flag(true))
}

/// Rounds an amount to whole cents.
pub(super) fn money(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

pub(super) fn json_number(number: Decimal) -> Value {
    number
        .to_string()
        .parse::<Number>()
        .map_or(Value::Null, Value::Number)
}
