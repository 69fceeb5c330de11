use super::super::{
    error::Failure,
    field::{Field, FieldType},
    schema::{Module, Schema},
    show,
    store::{Record, Store},
};
use serde_json::{Value, json};

/// The largest number of look-ups on the way to a column.
const MOST_RELATIONS: usize = 2;

/// A column, or a path through look-ups such as `Account_Name.Account_Name`.
#[derive(Debug)]
pub(super) struct Column<'a> {
    pub(super) name: String,
    joins: Vec<&'a Field>,
    /// The field; `None` for the id.
    pub(super) field: Option<&'a Field>,
}

impl<'a> Column<'a> {
    /// Finds the fields of a path.
    ///
    /// # Errors
    /// `INVALID_QUERY` for a column that the module does not have or that a query cannot select.
    pub(super) fn bind(
        schema: &'a Schema,
        module: &'a Module,
        name: &str,
    ) -> Result<Self, Failure> {
        let unknown = || invalid(name, "column given seems to be invalid");
        let mut path: Vec<&str> = name.split('.').collect();
        let last = path.pop().unwrap_or_default();
        if path.len() > MOST_RELATIONS {
            return Err(invalid(name, "more than two relations"));
        }
        let mut module = module;
        let mut joins = Vec::new();
        for part in path {
            let field = module
                .field(part)
                .filter(|field| field.field_type == FieldType::Lookup);
            let field = field.ok_or_else(unknown)?;
            module = field
                .to
                .as_deref()
                .and_then(|to| schema.module(to))
                .ok_or_else(unknown)?;
            joins.push(field);
        }
        let field = if last == "id" {
            None
        } else {
            Some(module.field(last).ok_or_else(unknown)?)
        };
        if field.is_some_and(|field| {
            matches!(
                field.field_type,
                FieldType::Subform | FieldType::Tags | FieldType::Taxes
            )
        }) {
            return Err(invalid(name, "unsupported column"));
        }
        Ok(Self {
            name: name.to_owned(),
            joins,
            field,
        })
    }

    /// Returns the value in one form: a look-up is the id that it holds.
    pub(super) fn value(&self, store: &Store, record: &Record) -> Option<Value> {
        let mut record = record;
        for join in &self.joins {
            let id = record.get(&join.name)?.get("id")?.as_str()?;
            record = store.get(join.to.as_deref()?, id)?;
        }
        let value = match self.field {
            None => Value::from(record.id.as_str()),
            Some(field) => show::value(store, record, field),
        };
        let value = value.get("id").cloned().unwrap_or(value);
        (!value.is_null()).then_some(value)
    }

    /// Returns the value as a row shows it.
    pub(super) fn shown(&self, store: &Store, record: &Record) -> Value {
        let value = self.value(store, record);
        let is_link =
            |field: &Field| matches!(field.field_type, FieldType::Lookup | FieldType::OwnerLookup);
        match value {
            Some(id) if self.field.is_some_and(is_link) => json!({"id": id}),
            value => value.unwrap_or_default(),
        }
    }
}

fn invalid(name: &str, message: &str) -> Failure {
    Failure::new("INVALID_QUERY", message, json!({"column_name": name}))
}
