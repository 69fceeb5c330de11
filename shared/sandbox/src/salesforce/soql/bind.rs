//! The step from names to the fields that they mean.

use super::{
    super::{
        error::ApiError,
        field::{Field, FieldType},
        schema::{Object, Schema},
    },
    condition::{self, Filter},
    malformed,
    syntax::{Column, Name, Select},
};

const FROM: &str = "FROM part of query call";

/// A query whose names are all known.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pub(super) object: &'a Object,
    pub(super) outputs: Vec<Output<'a>>,
    pub(super) filter: Option<Filter<'a>>,
    pub(super) group: Vec<Path<'a>>,
    pub(super) order: Vec<SortKey<'a>>,
    pub(super) limit: usize,
}

#[derive(Debug)]
pub(super) enum Output<'a> {
    Field(Path<'a>),
    /// The number of records of a group that have a value in a field.
    Count {
        path: Path<'a>,
        name: String,
    },
    /// The records of `query` whose `link` points to the row.
    Children {
        name: &'a str,
        link: &'a Field,
        query: Query<'a>,
    },
}

/// A field, through zero or more references.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) parents: Vec<&'a Field>,
    pub(super) field: &'a Field,
}

#[derive(Debug)]
pub(super) struct SortKey<'a> {
    pub(super) path: Path<'a>,
    pub(super) is_count: bool,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

/// The objects in which names are looked up, and the text for messages.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) schema: &'a Schema,
    pub(super) object: &'a Object,
    pub(super) text: &'a str,
}

/// Finds everything that a query names.
///
/// # Errors
/// `INVALID_TYPE` for an unknown object, `INVALID_FIELD` for an unknown field, relationship or a
/// value that does not fit its field.
pub(super) fn bind<'a>(
    schema: &'a Schema,
    text: &'a str,
    select: &Select,
) -> Result<Query<'a>, ApiError> {
    let unknown = || {
        let name = &select.from.text;
        let message = format!(
            "{}sObject type '{name}' is not supported.",
            place(text, select.from.at)
        );
        ApiError::request("INVALID_TYPE", message)
    };
    let object = schema.object(&select.from.text).ok_or_else(unknown)?;
    Scope {
        schema,
        object,
        text,
    }
    .query(select)
}

impl Query<'_> {
    /// Checks the groups: with groups, every output and sort key is a group or a count;
    /// `COUNT(field)` without groups is not simulated.
    fn check_groups(&self) -> Result<(), ApiError> {
        let is_grouped = |path: &Path<'_>| self.group.iter().any(|grouped| grouped.is_same(path));
        let counts = self
            .outputs
            .iter()
            .any(|output| matches!(output, Output::Count { .. }));
        if self.group.is_empty() {
            let counts = counts || self.order.iter().any(|key| key.is_count);
            return if counts {
                Err(malformed("COUNT(field) without GROUP BY"))
            } else {
                Ok(())
            };
        }
        for output in &self.outputs {
            match output {
                Output::Field(path) if !is_grouped(path) => {
                    return Err(malformed(format!(
                        "Field must be grouped or aggregated: {}",
                        path.field.name
                    )));
                }
                Output::Children { .. } => return Err(malformed("sub-selects cannot be grouped")),
                Output::Field(_) | Output::Count { .. } => {}
            }
        }
        let stray = self
            .order
            .iter()
            .find(|key| !key.is_count && !is_grouped(&key.path));
        stray.map_or(Ok(()), |key| {
            Err(malformed(format!(
                "Ordered field must be grouped or aggregated: {}",
                key.path.field.name
            )))
        })
    }
}

impl Path<'_> {
    /// Returns whether both lead to the same field.
    pub(super) fn is_same(&self, other: &Path<'_>) -> bool {
        let names = |path: &Path<'_>| {
            let parents = path.parents.iter().map(|parent| parent.name.clone());
            parents.chain([path.field.name.clone()]).collect::<Vec<_>>()
        };
        names(self) == names(other)
    }
}

impl<'a> Scope<'a> {
    fn query(self, select: &Select) -> Result<Query<'a>, ApiError> {
        self.check_distinct(&select.columns)?;
        let order = select.order.iter().map(|order| {
            Ok(SortKey {
                path: self.path(&order.field)?,
                is_count: order.is_count,
                descending: order.descending,
                nulls_last: order.nulls_last,
            })
        });
        let query = Query {
            object: self.object,
            outputs: self.outputs(&select.columns)?,
            group: select
                .group
                .iter()
                .map(|name| self.filterable(name))
                .collect::<Result<_, _>>()?,
            filter: select
                .condition
                .as_ref()
                .map(|condition| condition::bind(self, condition))
                .transpose()?,
            order: order.collect::<Result<_, ApiError>>()?,
            limit: select.limit.unwrap_or(usize::MAX),
        };
        query.check_groups()?;
        Ok(query)
    }

    fn outputs(self, columns: &[Column]) -> Result<Vec<Output<'a>>, ApiError> {
        let mut counts = 0..;
        let output = |column: &Column| match column {
            Column::Count { field, alias } => {
                let unnamed = counts.next().map(|number| format!("expr{number}"));
                Ok(Output::Count {
                    path: self.path(field)?,
                    name: alias
                        .as_ref()
                        .map(|alias| alias.text.clone())
                        .or(unnamed)
                        .unwrap_or_default(),
                })
            }
            other => self.output(other),
        };
        columns.iter().map(output).collect()
    }

    fn output(self, column: &Column) -> Result<Output<'a>, ApiError> {
        let select = match column {
            Column::Field(name) | Column::Count { field: name, .. } => {
                return Ok(Output::Field(self.path(name)?));
            }
            Column::Children(select) => select,
        };
        let named = |field: &Field| {
            field
                .children
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(&select.from.text))
        };
        let found = self
            .schema
            .objects()
            .flat_map(|object| object.fields().map(move |field| (object, field)));
        let mut found = found.filter(|(_, link)| {
            link.to.as_deref() == Some(self.object.name.as_str()) && named(link)
        });
        let (object, link) = found
            .next()
            .ok_or_else(|| self.no_relationship(&select.from, FROM))?;
        let name = link.children.as_deref().unwrap_or_default();
        Ok(Output::Children {
            name,
            link,
            query: Scope { object, ..self }.query(select)?,
        })
    }

    /// Returns the field behind a dotted name. The object's own name may come first.
    pub(super) fn path(self, name: &Name) -> Result<Path<'a>, ApiError> {
        let mut steps: Vec<&str> = name.text.split('.').collect();
        if steps.len() > 1
            && steps
                .first()
                .is_some_and(|step| step.eq_ignore_ascii_case(&self.object.name))
            && self.object.parent(&self.object.name).is_none()
        {
            steps.remove(0);
        }
        let (last, relationships) = steps
            .split_last()
            .ok_or_else(|| self.no_column(self.object, name, &name.text))?;
        let mut object = self.object;
        let mut parents = Vec::new();
        for relationship in relationships {
            let parent = object
                .parent(relationship)
                .ok_or_else(|| self.no_relationship(name, "field path"))?;
            object = parent
                .to
                .as_deref()
                .and_then(|to| self.schema.object(to))
                .ok_or_else(|| self.no_relationship(name, "field path"))?;
            parents.push(parent);
        }
        let field = object
            .field(last)
            .ok_or_else(|| self.no_column(object, name, last))?;
        Ok(Path { parents, field })
    }

    /// Returns a path whose field may occur in WHERE.
    pub(super) fn filterable(self, name: &Name) -> Result<Path<'a>, ApiError> {
        let path = self.path(name)?;
        if path.field.field_type == FieldType::LongText {
            return Err(self.invalid(
                name.at,
                &format!(
                    "field '{}' cannot be filtered in a query call",
                    path.field.name
                ),
            ));
        }
        Ok(path)
    }

    pub(super) fn invalid(self, at: usize, message: &str) -> ApiError {
        ApiError::request(
            "INVALID_FIELD",
            format!("{}{message}", place(self.text, at)),
        )
    }

    fn check_distinct(self, columns: &[Column]) -> Result<(), ApiError> {
        let names: Vec<&Name> = columns
            .iter()
            .filter_map(|column| {
                if let Column::Field(name) = column {
                    Some(name)
                } else {
                    None
                }
            })
            .collect();
        for (index, name) in names.iter().enumerate() {
            if names
                .iter()
                .take(index)
                .any(|earlier| earlier.text.eq_ignore_ascii_case(&name.text))
            {
                return Err(
                    self.invalid(name.at, &format!("duplicate field selected: {}", name.text))
                );
            }
        }
        Ok(())
    }

    fn no_column(self, object: &Object, name: &Name, column: &str) -> ApiError {
        let message = format!(
            "No such column '{column}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom \
             field name. Please reference your WSDL or the describe call for the appropriate names.",
            object.name
        );
        self.invalid(name.at, &message)
    }

    fn no_relationship(self, name: &Name, place: &str) -> ApiError {
        let message = format!(
            "Didn't understand relationship '{}' in {place}. If you are attempting to use a custom relationship, be sure to append the '__r' after \
             the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.",
            name.text
        );
        // A name in FROM is a type, a name in a path is a field.
        let code = if place == FROM {
            "INVALID_TYPE"
        } else {
            "INVALID_FIELD"
        };
        ApiError {
            code,
            ..self.invalid(name.at, &message)
        }
    }
}

/// Returns the query with a mark under the place, as Salesforce shows it.
fn place(text: &str, at: usize) -> String {
    format!(
        "\n{text}\n{}^\nERROR at Row:1:Column:{}\n",
        " ".repeat(at),
        at + 1
    )
}
