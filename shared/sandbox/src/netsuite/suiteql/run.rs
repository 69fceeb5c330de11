//! Answers a query that was read: three-valued logic, as in any SQL.

use super::{
    read::Select,
    table::{self, Row},
};
use crate::netsuite::account::Books;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, cmp::Ordering};

/// A value of a row or of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Number(Decimal),
}

/// Something with a value.
#[derive(Debug)]
pub(super) enum Operand {
    Column(&'static str),
    Constant(Option<Scalar>),
    Upper(Box<Operand>),
    Lower(Box<Operand>),
}

#[derive(Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    IsNull(Operand),
    In(Operand, Vec<Operand>),
    Compare(Operand, Comparison, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The rows of the answer: every value a text, every name in lower case, nulls left out.
///
/// # Errors
/// When a number is compared with a text that is none.
pub(super) fn rows(books: &Books, select: &Select) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for row in table::rows(books, select.table) {
        let verdict = select.condition.as_ref().map_or(Ok(Some(true)), |condition| condition.holds(row))?;
        if verdict == Some(true) {
            found.push(row);
        }
    }
    for (operand, descending) in select.order.iter().rev() {
        found.sort_by(|left, right| {
            let ordering = place(operand.value(*left).as_deref(), operand.value(*right).as_deref());
            if *descending { ordering.reverse() } else { ordering }
        });
    }
    Ok(found.iter().map(|row| shown(select, *row)).collect())
}

fn shown(select: &Select, row: Row<'_>) -> Value {
    let mut fields = Map::from_iter([("links".to_owned(), json!([]))]);
    for (name, operand) in &select.columns {
        if let Some(value) = operand.value(row) {
            fields.insert(name.clone(), json!(value.to_text()));
        }
    }
    Value::Object(fields)
}

impl Scalar {
    /// A text, or null for an empty one.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::Text(text.to_owned()))
    }

    fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    fn to_number(&self) -> Result<Decimal, String> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text) => text.parse().map_err(|_| format!("invalid number '{text}'")),
        }
    }
}

impl Operand {
    fn value(&self, row: Row<'_>) -> Option<Cow<'_, Scalar>> {
        match self {
            Self::Column(name) => row.value(name).map(Cow::Owned),
            Self::Constant(value) => value.as_ref().map(Cow::Borrowed),
            Self::Upper(inner) => Some(Cow::Owned(Scalar::Text(inner.value(row)?.to_text().to_uppercase()))),
            Self::Lower(inner) => Some(Cow::Owned(Scalar::Text(inner.value(row)?.to_text().to_lowercase()))),
        }
    }
}

impl Condition {
    /// Whether it holds; none for unknown.
    fn holds(&self, row: Row<'_>) -> Result<Option<bool>, String> {
        match self {
            Self::All(parts) => parts
                .iter()
                .try_fold(Some(true), |verdict, part| Ok(both(verdict, part.holds(row)?))),
            Self::Any(parts) => parts
                .iter()
                .try_fold(Some(false), |verdict, part| Ok(either(verdict, part.holds(row)?))),
            Self::Not(inner) => Ok(inner.holds(row)?.map(|verdict| !verdict)),
            Self::IsNull(operand) => Ok(Some(operand.value(row).is_none())),
            Self::In(operand, choices) => {
                let value = operand.value(row);
                choices.iter().try_fold(Some(false), |verdict, choice| {
                    Ok(either(
                        verdict,
                        compare(value.as_deref(), Comparison::Equal, choice.value(row).as_deref())?,
                    ))
                })
            }
            Self::Compare(left, comparison, right) => compare(left.value(row).as_deref(), *comparison, right.value(row).as_deref()),
        }
    }
}

const fn both(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

const fn either(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// Texts compare by case. A number and a text compare as numbers.
fn compare(left: Option<&Scalar>, comparison: Comparison, right: Option<&Scalar>) -> Result<Option<bool>, String> {
    let (Some(left), Some(right)) = (left, right) else {
        return Ok(None);
    };
    let ordering = match (left, right) {
        (Scalar::Text(left), Scalar::Text(right)) => left.cmp(right),
        (left, right) => left.to_number()?.cmp(&right.to_number()?),
    };
    Ok(Some(match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }))
}

/// Nulls come last.
fn place(left: Option<&Scalar>, right: Option<&Scalar>) -> Ordering {
    match (left, right) {
        (Some(Scalar::Number(left)), Some(Scalar::Number(right))) => left.cmp(right),
        (Some(left), Some(right)) => left.to_text().cmp(&right.to_text()),
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}
