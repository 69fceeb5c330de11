//! The answer to a parsed query, with three-valued logic as in any SQL.

use super::{
    read::{Join, Select},
    table::{self, Row, Table},
};
use crate::netsuite::account::Books;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, cmp::Ordering, collections::HashMap};

/// A value of a row or of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Text(String),
    Number(Decimal),
}

/// A column of one of the tables; `source` is the place of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) source: usize,
    pub(super) name: String,
}

/// A row of the joined tables; `None` for a table without a partner. In a grouped query it is the
/// first row of its group.
#[derive(Clone, Debug)]
struct Joined<'a> {
    rows: Vec<Option<Row<'a>>>,
    count: u64,
}

/// An expression with a value.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Column(Column),
    /// `COUNT(*)`
    Count,
    Constant(Option<Scalar>),
    /// `TO_CHAR` of a column with a date, in this form.
    Instant(Column, &'static str),
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

/// Returns the rows of the answer: every value a text, every name in lower case, nulls left out.
///
/// # Errors
/// When a number is compared with a text that is no number.
pub(super) fn rows(books: &Books, select: &Select) -> Result<Vec<Value>, String> {
    let tables = std::iter::once(select.table).chain(select.joins.iter().map(|join| join.table));
    for name in tables.filter_map(Table::record) {
        if books.out_of_reach.iter().any(|kind| kind == name) {
            return Err(format!("Record '{}' was not found", name.to_lowercase()));
        }
    }
    let conditions = select.condition.as_ref().map(conjuncts).unwrap_or_default();
    let first = table::rows(books, select.table).into_iter();
    let mut found: Vec<Joined<'_>> = first
        .map(|row| Joined {
            rows: vec![Some(row)],
            count: 1,
        })
        .collect();
    retain(&mut found, &conditions, 0)?;
    for (place, join) in (1..).zip(&select.joins) {
        found = joined(books, found, join);
        retain(&mut found, &conditions, place)?;
    }
    if !select.group.is_empty() {
        found = grouped(found, &select.group);
    }
    for (operand, descending) in select.order.iter().rev() {
        found.sort_by(|left, right| {
            let ordering = place(
                operand.value(left).as_deref(),
                operand.value(right).as_deref(),
            );
            if *descending {
                ordering.reverse()
            } else {
                ordering
            }
        });
    }
    Ok(found.iter().map(|row| shown(select, row)).collect())
}

/// Returns the parts that must all hold.
fn conjuncts(condition: &Condition) -> Vec<&Condition> {
    match condition {
        Condition::Any(parts) => match parts.as_slice() {
            [only] => conjuncts(only),
            _ => vec![condition],
        },
        Condition::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// Keeps the rows for which those conditions hold that need this table, and no later one.
fn retain(
    rows: &mut Vec<Joined<'_>>,
    conditions: &[&Condition],
    newest: usize,
) -> Result<(), String> {
    for condition in conditions
        .iter()
        .filter(|condition| condition.newest() == newest)
    {
        let mut kept = Vec::new();
        for row in rows.drain(..) {
            if condition.holds(&row)? == Some(true) {
                kept.push(row);
            }
        }
        *rows = kept;
    }
    Ok(())
}

fn joined<'a>(books: &'a Books, rows: Vec<Joined<'a>>, join: &Join) -> Vec<Joined<'a>> {
    let mut partners: HashMap<String, Vec<Row<'a>>> = HashMap::new();
    for row in &rows {
        partners.extend(
            join.other
                .value(row)
                .map(|value| (value.to_text(), Vec::new())),
        );
    }
    let partners_of = |order: &str| partners.contains_key(order);
    let own = match (join.table, join.own.name.as_str()) {
        (Table::TransactionLine, "transaction") => table::lines_of(books, partners_of),
        _ => table::rows(books, join.table),
    };
    for row in own {
        let value = row.value(&join.own.name).map(|value| value.to_text());
        if let Some(found) = value.and_then(|value| partners.get_mut(&value)) {
            found.push(row);
        }
    }
    let with = |row: &Joined<'a>, partner: Option<Row<'a>>| {
        let mut row = row.clone();
        row.rows.push(partner);
        row
    };
    let found = |row: Joined<'a>| -> Vec<Joined<'a>> {
        let found = join
            .other
            .value(&row)
            .and_then(|value| partners.get(&value.to_text()));
        match found.filter(|found| !found.is_empty()) {
            Some(found) => found
                .iter()
                .map(|partner| with(&row, Some(*partner)))
                .collect(),
            None if join.is_left => vec![with(&row, None)],
            None => Vec::new(),
        }
    };
    rows.into_iter().flat_map(found).collect()
}

fn grouped<'a>(rows: Vec<Joined<'a>>, by: &[Operand]) -> Vec<Joined<'a>> {
    let mut groups: indexmap::IndexMap<Vec<Option<String>>, Joined<'a>> = indexmap::IndexMap::new();
    for row in rows {
        let key = by
            .iter()
            .map(|operand| operand.value(&row).map(|value| value.to_text()))
            .collect();
        groups
            .entry(key)
            .and_modify(|group| group.count += 1)
            .or_insert(row);
    }
    groups.into_values().collect()
}

fn shown(select: &Select, row: &Joined<'_>) -> Value {
    let mut fields = Map::from_iter([("links".to_owned(), json!([]))]);
    for (name, operand) in &select.columns {
        if let Some(value) = operand.value(row) {
            fields.insert(name.clone(), json!(value.to_text()));
        }
    }
    Value::Object(fields)
}

impl Column {
    fn value(&self, row: &Joined<'_>) -> Option<Scalar> {
        row.rows
            .get(self.source)
            .copied()
            .flatten()?
            .value(&self.name)
    }
}

impl Column {
    fn instant(&self, row: &Joined<'_>, form: &str) -> Option<Scalar> {
        let row = row.rows.get(self.source).copied().flatten()?;
        let instant = row.instant(&self.name)?;
        Scalar::of_text(&instant.strftime(form).to_string())
    }
}

impl Scalar {
    /// Creates a text, or null for an empty one.
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
    /// Returns the place of the last table that it uses.
    fn newest(&self) -> usize {
        match self {
            Self::Column(column) | Self::Instant(column, _) => column.source,
            Self::Count | Self::Constant(_) => 0,
            Self::Upper(inner) | Self::Lower(inner) => inner.newest(),
        }
    }

    fn value(&self, row: &Joined<'_>) -> Option<Cow<'_, Scalar>> {
        match self {
            Self::Column(column) => column.value(row).map(Cow::Owned),
            Self::Instant(column, form) => column.instant(row, form).map(Cow::Owned),
            Self::Count => Some(Cow::Owned(Scalar::Number(row.count.into()))),
            Self::Constant(value) => value.as_ref().map(Cow::Borrowed),
            Self::Upper(inner) => Some(Cow::Owned(Scalar::Text(
                inner.value(row)?.to_text().to_uppercase(),
            ))),
            Self::Lower(inner) => Some(Cow::Owned(Scalar::Text(
                inner.value(row)?.to_text().to_lowercase(),
            ))),
        }
    }
}

impl Condition {
    /// Returns the place of the last table that it uses.
    fn newest(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(Self::newest).max().unwrap_or_default()
            }
            Self::Not(inner) => inner.newest(),
            Self::IsNull(operand) => operand.newest(),
            Self::In(operand, choices) => choices
                .iter()
                .map(Operand::newest)
                .fold(operand.newest(), usize::max),
            Self::Compare(left, _, right) => left.newest().max(right.newest()),
        }
    }

    /// Returns whether it holds; `None` for unknown.
    fn holds(&self, row: &Joined<'_>) -> Result<Option<bool>, String> {
        match self {
            Self::All(parts) => parts.iter().try_fold(Some(true), |verdict, part| {
                Ok(both(verdict, part.holds(row)?))
            }),
            Self::Any(parts) => parts.iter().try_fold(Some(false), |verdict, part| {
                Ok(either(verdict, part.holds(row)?))
            }),
            Self::Not(inner) => Ok(inner.holds(row)?.map(|verdict| !verdict)),
            Self::IsNull(operand) => Ok(Some(operand.value(row).is_none())),
            Self::In(operand, choices) => {
                let value = operand.value(row);
                choices.iter().try_fold(Some(false), |verdict, choice| {
                    Ok(either(
                        verdict,
                        compare(
                            value.as_deref(),
                            Comparison::Equal,
                            choice.value(row).as_deref(),
                        )?,
                    ))
                })
            }
            Self::Compare(left, comparison, right) => compare(
                left.value(row).as_deref(),
                *comparison,
                right.value(row).as_deref(),
            ),
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

/// Compares two values. Texts compare by case; a number and a text compare as numbers.
fn compare(
    left: Option<&Scalar>,
    comparison: Comparison,
    right: Option<&Scalar>,
) -> Result<Option<bool>, String> {
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

/// Orders two values; nulls come last.
fn place(left: Option<&Scalar>, right: Option<&Scalar>) -> Ordering {
    match (left, right) {
        (Some(Scalar::Number(left)), Some(Scalar::Number(right))) => left.cmp(right),
        (Some(left), Some(right)) => left.to_text().cmp(&right.to_text()),
        (left, right) => left.is_none().cmp(&right.is_none()),
    }
}
