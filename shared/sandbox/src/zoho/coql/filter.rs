//! WHERE: the records that fit, and those of them that the index can find at once.

use super::{
    super::{
        error::Failure,
        field::{Field, FieldType},
        index::folded,
        schema::{Module, Schema},
        store::{Record, Store},
        value::{decimal, json_number},
    },
    column::Column,
    parser::{Condition, Literal, Operator},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{cmp::Ordering, collections::BTreeSet};

/// The largest number of values: "A maximum of 50 values in the IN operator."
const MOST_VALUES: usize = 50;

/// A condition whose columns are known and whose values fit them.
#[derive(Debug)]
pub(super) enum Filter<'a> {
    Both(Box<Filter<'a>>, Box<Filter<'a>>),
    Either(Box<Filter<'a>>, Box<Filter<'a>>),
    Test {
        column: Column<'a>,
        operator: Operator,
        values: Vec<Value>,
    },
}

impl<'a> Filter<'a> {
    /// Finds the columns of a condition.
    pub(super) fn bind(
        schema: &'a Schema,
        module: &'a Module,
        condition: &Condition,
    ) -> Result<Self, Failure> {
        let bind = |part: &Condition| Self::bind(schema, module, part).map(Box::new);
        Ok(match condition {
            Condition::Both(left, right) => Self::Both(bind(left)?, bind(right)?),
            Condition::Either(left, right) => Self::Either(bind(left)?, bind(right)?),
            Condition::Test {
                column,
                operator,
                values,
            } => {
                let column = Column::bind(schema, module, column)?;
                check(&column, *operator, values)?;
                Self::Test {
                    column,
                    operator: *operator,
                    values: values.iter().map(json_value).collect(),
                }
            }
        })
    }

    /// Returns the records that fit, oldest first.
    pub(super) fn records<'s>(&self, store: &'s Store, module: &str) -> Vec<&'s Record> {
        match self.candidates(store, module) {
            Some(ids) => {
                let records = ids.iter().filter_map(|id| store.get(module, id));
                records.filter(|record| self.fits(store, record)).collect()
            }
            None => store
                .of(module)
                .filter(|record| self.fits(store, record))
                .collect(),
        }
    }

    fn fits(&self, store: &Store, record: &Record) -> bool {
        match self {
            Self::Both(left, right) => left.fits(store, record) && right.fits(store, record),
            Self::Either(left, right) => left.fits(store, record) || right.fits(store, record),
            Self::Test {
                column,
                operator,
                values,
            } => holds(column.value(store, record).as_ref(), *operator, values),
        }
    }

    /// Returns the ids that can fit, when an index knows them; `None` when any record may fit.
    fn candidates(&self, store: &Store, module: &str) -> Option<BTreeSet<String>> {
        match self {
            Self::Both(left, right) => left
                .candidates(store, module)
                .or_else(|| right.candidates(store, module)),
            Self::Either(left, right) => {
                let mut ids = left.candidates(store, module)?;
                ids.extend(right.candidates(store, module)?);
                Some(ids)
            }
            Self::Test {
                column,
                operator: Operator::In,
                values,
            } if !column.name.contains('.') => indexed(store, module, column.field, values),
            Self::Test { .. } => None,
        }
    }
}

fn indexed(
    store: &Store,
    module: &str,
    field: Option<&Field>,
    values: &[Value],
) -> Option<BTreeSet<String>> {
    let Some(field) = field else {
        return Some(values.iter().filter_map(folded).collect());
    };
    let find = |value: &Value| {
        store
            .find(module, &field.name, value)
            .into_iter()
            .map(|record| record.id.clone())
    };
    field
        .finds_duplicates()
        .then(|| values.iter().flat_map(find).collect())
}

/// Checks that the operator and the values suit the column's type.
fn check(column: &Column<'_>, operator: Operator, values: &[Literal]) -> Result<(), Failure> {
    let field_type = column.field.map(|field| field.field_type);
    let is_number = field_type.is_some_and(FieldType::is_number);
    let has_order = is_number
        || matches!(
            field_type,
            None | Some(FieldType::Date | FieldType::DateTime)
        );
    let compares_size = !matches!(
        operator,
        Operator::In | Operator::NotIn | Operator::IsNull | Operator::IsNotNull
    );
    if compares_size && !has_order {
        let details = json!({"column_name": column.name, "reason": "invalid operator found"});
        return Err(Failure::new(
            "INVALID_QUERY",
            "Invalid query formed",
            details,
        ));
    }
    if values.len() > MOST_VALUES {
        let details = json!({"limit": MOST_VALUES, "column_name": column.name});
        return Err(Failure::new(
            "LIMIT_EXCEEDED",
            "in values exceeded the limit",
            details,
        ));
    }
    if is_number
        && values
            .iter()
            .any(|value| !matches!(value, Literal::Number(_)))
    {
        let expected = field_type.map(FieldType::api_name);
        let details = json!({"column_name": column.name, "expected_data_type": expected});
        return Err(Failure::new(
            "INVALID_QUERY",
            "value given seems to be invalid for the column",
            details,
        ));
    }
    Ok(())
}

fn json_value(literal: &Literal) -> Value {
    match literal {
        Literal::Text(text) => Value::from(text.as_str()),
        Literal::Number(number) => json_number(*number),
        Literal::Flag(flag) => Value::Bool(*flag),
    }
}

fn holds(found: Option<&Value>, operator: Operator, wanted: &[Value]) -> bool {
    let Some(found) = found else {
        return matches!(operator, Operator::IsNull | Operator::NotIn);
    };
    let is_one_of = || {
        wanted
            .iter()
            .any(|wanted| compare(found, wanted) == Some(Ordering::Equal))
    };
    let order = || wanted.first().and_then(|wanted| compare(found, wanted));
    match operator {
        Operator::IsNull => false,
        Operator::IsNotNull => true,
        Operator::In => is_one_of(),
        Operator::NotIn => !is_one_of(),
        Operator::Less => order().is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => order().is_some_and(Ordering::is_le),
        Operator::Greater => order().is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
    }
}

/// Orders two values of a sorted result: null first.
pub(super) fn sort_order(left: Option<Value>, right: Option<Value>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => compare(&left, &right).unwrap_or(Ordering::Equal),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

/// Compares numbers as numbers, instants as instants, everything else as text without regard to
/// case.
fn compare(found: &Value, wanted: &Value) -> Option<Ordering> {
    if let (Some(found), Some(wanted)) = (decimal(found), decimal(wanted)) {
        return Some(found.cmp(&wanted));
    }
    let instant = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<Timestamp>().ok())
    };
    if let (Some(found), Some(wanted)) = (instant(found), instant(wanted)) {
        return Some(found.cmp(&wanted));
    }
    Some(folded(found)?.cmp(&folded(wanted)?))
}
