//! One `[[record]]`: whether it applies, how many records it becomes, and their keys and fields.

use super::{
    Planner,
    value::{Stop, Values},
};
use crate::{
    PlanError,
    plan::{Field, Record},
    scope::Scope,
    spec::{Each, FieldSpec, RecordSpec},
    template::Template,
};
use indexmap::IndexMap;
use minijinja::Value as Context;
use std::sync::Arc;

/// The most items that a `for_each` may have: more is a mistake, and no destination takes them in
/// one set of records.
const MOST_ITEMS: usize = 100_000;

/// The specification and the context of one pass over a record.
pub(super) struct Pass<'s> {
    pub(super) spec: &'s RecordSpec,
    pub(super) context: Context,
    /// `line 3 "Engraving"`, for messages; empty outside `for_each`.
    item: String,
}

impl<'s> Pass<'s> {
    /// Creates the only pass over a record outside `for_each`.
    pub(super) fn alone(spec: &'s RecordSpec, context: Context) -> Self {
        Self {
            spec,
            context,
            item: String::new(),
        }
    }
}

/// The reason why a pass makes no record: the order cannot be planned, or only this record is left
/// out.
pub(super) enum Halt {
    Fail(PlanError),
    LeaveOut(String),
}

impl Halt {
    /// Turns either case into an error, for a plan that has no other record to go on with.
    pub(super) fn into_error(self, planner: &Planner<'_>, record: &str) -> PlanError {
        match self {
            Self::Fail(error) => error,
            Self::LeaveOut(reason) => planner.failure(record, "gone", reason),
        }
    }
}

impl<'a> Planner<'a> {
    /// Adds the records of one `[[record]]`.
    pub(super) fn add(&mut self, spec: &'a RecordSpec, scope: &Scope) -> Result<(), PlanError> {
        let mut added = 0;
        for pass in self.passes(spec, scope)? {
            let before = self.carry.clone();
            match self.record(&pass, added) {
                Ok(Some(record)) => {
                    self.records.push(record);
                    added += 1;
                }
                Ok(None) => {}
                Err(Halt::LeaveOut(warning)) => {
                    self.carry = before;
                    self.warnings.push(warning);
                }
                Err(Halt::Fail(error)) => return Err(error),
            }
        }
        if added > 0 {
            self.planned.insert(&spec.name);
        }
        Ok(())
    }

    fn passes<'s>(&self, spec: &'s RecordSpec, scope: &Scope) -> Result<Vec<Pass<'s>>, PlanError> {
        let Some(each) = &spec.each else {
            return Ok(vec![Pass::alone(spec, scope.clone().value())]);
        };
        let items = items(self.engine, each, &scope.clone().value());
        let items = items.map_err(|reason| self.failure(&spec.name, "for_each", reason))?;
        let name: Arc<str> = Arc::from(each.item.as_str());
        let pass = |(index, item): (usize, Context)| Pass {
            spec,
            item: label(&each.item, index, &item),
            context: scope.with(&name, item).value(),
        };
        Ok(items.into_iter().enumerate().map(pass).collect())
    }

    fn record(&mut self, pass: &Pass<'_>, index: usize) -> Result<Option<Record>, Halt> {
        let spec = pass.spec;
        if !self.is_made(pass)? {
            return Ok(None);
        }
        let mut fields = self.values(pass, &spec.fields)?;
        let together = self.together(pass, &mut fields)?;
        let options = self.values(pass, &spec.options)?;
        Ok(Some(Record {
            name: spec.name.clone(),
            index,
            object: self.object(pass)?,
            key: spec
                .key
                .as_ref()
                .map(|key| self.key(pass, key, &mut fields))
                .transpose()?,
            find: self.find(pass)?,
            replaces: self.replaces(pass)?,
            together,
            options: options
                .into_iter()
                .map(|(name, option)| (name, option.value))
                .collect(),
            fields,
        }))
    }

    /// Returns whether the record's `when` holds.
    pub(super) fn is_made(&self, pass: &Pass<'_>) -> Result<bool, Halt> {
        match &pass.spec.when {
            Some(when) => Ok(self.evaluate(pass, "when", when)?.is_true()),
            None => Ok(true),
        }
    }

    pub(super) fn object(&self, pass: &Pass<'_>) -> Result<String, Halt> {
        self.text(pass, "object", &pass.spec.object)?
            .ok_or_else(|| self.fail(pass, "object", "it came out empty".to_owned()))
    }

    /// Makes the values of these fields; a field that comes out null is left out.
    pub(super) fn values<'f>(
        &mut self,
        pass: &Pass<'_>,
        specs: impl IntoIterator<Item = &'f FieldSpec>,
    ) -> Result<IndexMap<String, Field>, Halt> {
        let mut fields = IndexMap::new();
        for field in specs {
            let mut values = Values {
                engine: self.engine,
                planned: &self.planned,
                notes: Vec::new(),
                carry: &mut self.carry,
            };
            let value = values.value(&field.value, &pass.context);
            let place = place(&pass.spec.name, &field.name, &pass.item);
            let notes = values.notes;
            self.warnings.extend(
                notes
                    .into_iter()
                    .map(|note| format!("{place}{} {}", note.path, note.text)),
            );
            match value {
                Ok(Some(value)) => {
                    let field = self
                        .on(pass, field)?
                        .map(|on| (field.name.clone(), Field { value, on }));
                    fields.extend(field);
                }
                Ok(None) => {}
                Err(Stop::Fail(reason)) => return Err(self.fail(pass, &field.name, reason)),
                Err(Stop::LeaveOut(reason)) => {
                    return Err(Halt::LeaveOut(format!(
                        "{place}: the record was left out because {reason}"
                    )));
                }
            }
        }
        Ok(fields)
    }

    /// Evaluates a template to a text that is not blank.
    pub(super) fn text(
        &self,
        pass: &Pass<'_>,
        field: &str,
        template: &Template,
    ) -> Result<Option<String>, Halt> {
        let value = self.evaluate(pass, field, template)?;
        let text = if value.is_none() {
            String::new()
        } else {
            value.to_string()
        };
        Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    }

    pub(super) fn evaluate(
        &self,
        pass: &Pass<'_>,
        field: &str,
        template: &Template,
    ) -> Result<Context, Halt> {
        self.engine
            .evaluate(template, &pass.context)
            .map_err(|reason| self.fail(pass, field, reason))
    }

    pub(super) fn fail(&self, pass: &Pass<'_>, field: &str, reason: String) -> Halt {
        let reason = if pass.item.is_empty() {
            reason
        } else {
            format!("{}: {reason}", pass.item)
        };
        Halt::Fail(self.failure(&pass.spec.name, field, reason))
    }
}

/// Returns the items that a `for_each` goes over.
pub(super) fn items(
    engine: &crate::template::Engine,
    each: &Each,
    context: &Context,
) -> Result<Vec<Context>, String> {
    let over = engine.evaluate(&each.over, context)?;
    if over.is_none() {
        return Ok(Vec::new());
    }
    let items = over
        .try_iter()
        .map_err(|_| format!("it must be a list, not a value of type {}", over.kind()))?;
    let items: Vec<Context> = items.take(MOST_ITEMS + 1).collect();
    if items.len() > MOST_ITEMS {
        return Err(format!("it has more than {MOST_ITEMS} items"));
    }
    Ok(items)
}

fn place(record: &str, field: &str, item: &str) -> String {
    if item.is_empty() {
        format!("{record}.{field}")
    } else {
        format!("{record}.{field} ({item})")
    }
}

/// Names an item as the operator sees it in the shop: its position and, where it has one, its name.
pub(super) fn label(word: &str, index: usize, item: &Context) -> String {
    let position = index.saturating_add(1);
    let named = ["name", "title", "code"].iter().find_map(|attribute| {
        let value = item.get_attr(attribute).ok()?;
        value
            .as_str()
            .filter(|name| !name.is_empty())
            .map(|name| name.chars().take(60).collect::<String>())
    });
    match named {
        Some(name) => format!("{word} {position} \"{name}\""),
        None => format!("{word} {position}"),
    }
}
