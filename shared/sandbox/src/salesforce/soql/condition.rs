//! WHERE: the records that fit, and those of them that the indexes can find at once.

use super::{
    super::{
        error::ApiError,
        field::{Field, FieldType},
        ids,
        store::{Record, Store},
        value::Cell,
    },
    bind::{Path, Scope},
    run,
    syntax::{Condition, Literal, Name, Operator},
};
use std::{cmp::Ordering, collections::BTreeSet};

/// A condition whose names are known and whose values fit their fields.
#[derive(Debug)]
pub(super) enum Filter<'a> {
    All(Vec<Filter<'a>>),
    Any(Vec<Filter<'a>>),
    Compare {
        path: Path<'a>,
        operator: Operator,
        value: Option<Cell>,
    },
    In {
        path: Path<'a>,
        values: Vec<Option<Cell>>,
        negated: bool,
    },
}

pub(super) fn bind<'a>(scope: Scope<'a>, condition: &Condition) -> Result<Filter<'a>, ApiError> {
    let all = |parts: &[Condition]| {
        parts
            .iter()
            .map(|part| bind(scope, part))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match condition {
        Condition::All(parts) => Filter::All(all(parts)?),
        Condition::Any(parts) => Filter::Any(all(parts)?),
        Condition::Compare {
            field,
            operator,
            value,
        } => {
            let path = scope.filterable(field)?;
            let value = cell(scope, field, path.field, value)?;
            Filter::Compare {
                path,
                operator: *operator,
                value,
            }
        }
        Condition::In {
            field,
            values,
            negated,
        } => {
            let path = scope.filterable(field)?;
            let values = values
                .iter()
                .map(|value| cell(scope, field, path.field, value))
                .collect::<Result<_, _>>()?;
            Filter::In {
                path,
                values,
                negated: *negated,
            }
        }
    })
}

impl Filter<'_> {
    pub(super) fn fits(&self, store: &Store, record: &Record) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.fits(store, record)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(store, record)),
            Self::Compare {
                path,
                operator,
                value,
            } => compare(
                run::value(store, record, path).as_ref(),
                *operator,
                value.as_ref(),
            ),
            Self::In {
                path,
                values,
                negated,
            } => {
                let found = run::value(store, record, path);
                values
                    .iter()
                    .any(|value| compare(found.as_ref(), Operator::Equal, value.as_ref()))
                    != *negated
            }
        }
    }

    /// Returns the ids that can fit, when an index knows them; `None` when any record may fit.
    pub(super) fn candidates(&self, store: &Store, object: &str) -> Option<BTreeSet<String>> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.candidates(store, object)),
            Self::Any(parts) => {
                let sets: Option<Vec<_>> = parts
                    .iter()
                    .map(|part| part.candidates(store, object))
                    .collect();
                sets.map(|sets| sets.into_iter().flatten().collect())
            }
            Self::Compare {
                path,
                operator: Operator::Equal,
                value,
            } => indexed(store, object, path, std::slice::from_ref(value)),
            Self::In {
                path,
                values,
                negated: false,
            } => indexed(store, object, path, values),
            Self::Compare { .. } | Self::In { .. } => None,
        }
    }
}

/// Returns the records with one of these values at the end of a path, where its field is indexed:
/// those of the object at its end, and back along the references, which are all indexed.
fn indexed(
    store: &Store,
    object: &str,
    path: &Path<'_>,
    values: &[Option<Cell>],
) -> Option<BTreeSet<String>> {
    let values: Vec<&Cell> = values.iter().map(Option::as_ref).collect::<Option<_>>()?;
    let mut objects = vec![object];
    for parent in &path.parents {
        objects.push(parent.to.as_deref()?);
    }
    let end = objects.pop()?;
    let mut ids: BTreeSet<String> = if path.field.field_type == FieldType::Id {
        let texts = values.iter().filter_map(|value| value.text());
        texts.map(String::from).collect()
    } else if path.field.is_indexed() {
        let find = |value: &&Cell| store.find(end, &path.field.name, value);
        values.iter().flat_map(find).collect()
    } else {
        return None;
    };
    for (object, parent) in objects.into_iter().zip(&path.parents).rev() {
        let children = |id: String| store.find(object, &parent.name, &Cell::Text(id));
        ids = ids.into_iter().flat_map(children).collect();
    }
    Some(ids)
}

fn compare(found: Option<&Cell>, operator: Operator, wanted: Option<&Cell>) -> bool {
    let (found, wanted) = (found.map(Cell::comparable), wanted.map(Cell::comparable));
    let ordered = |fits: fn(Ordering) -> bool| {
        found.is_some() && wanted.is_some() && fits(found.cmp(&wanted))
    };
    match operator {
        Operator::Equal => found == wanted,
        Operator::NotEqual => found != wanted,
        Operator::Less => ordered(Ordering::is_lt),
        Operator::LessOrEqual => ordered(Ordering::is_le),
        Operator::Greater => ordered(Ordering::is_gt),
        Operator::GreaterOrEqual => ordered(Ordering::is_ge),
    }
}

/// Converts a literal into the value that it means for a field.
fn cell(
    scope: Scope<'_>,
    name: &Name,
    field: &Field,
    literal: &Literal,
) -> Result<Option<Cell>, ApiError> {
    match (field.field_type, literal) {
        (_, Literal::Null) => Ok(None),
        (FieldType::Id | FieldType::Reference, Literal::Text(text)) => {
            let invalid = || {
                ApiError::request(
                    "INVALID_QUERY_FILTER_OPERATOR",
                    format!("invalid ID field: {text}"),
                )
            };
            ids::full(text)
                .map(|id| Some(Cell::Text(id)))
                .ok_or_else(invalid)
        }
        (other, Literal::Text(text)) if other.is_quoted() => {
            Ok((!text.is_empty()).then(|| Cell::Text(text.clone())))
        }
        (FieldType::Boolean, Literal::Flag(flag)) => Ok(Some(Cell::Flag(*flag))),
        (FieldType::Date | FieldType::DateTime, Literal::Time(text)) => {
            Ok(Some(Cell::Text(text.clone())))
        }
        (other, Literal::Number(number)) if other.is_number() => Ok(Some(Cell::Number(*number))),
        (other, _) => {
            let quotes = if other.is_quoted() {
                "should be enclosed in quotes"
            } else {
                "should not be enclosed in quotes"
            };
            let message = format!(
                "value of filter criterion for field '{}' must be of type {} and {quotes}",
                field.name,
                other.api_name()
            );
            Err(scope.invalid(name.at, &message))
        }
    }
}
