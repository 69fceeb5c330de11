//! One value of a field: literal, template, reference, look-up, object or list.

use super::{
    carry::Carry,
    record::{items, label},
    shorten::shorten,
};
use crate::{
    plan::{Scalar, Value},
    scope::Scope,
    spec::{Limits, ValueSpec},
    template::{Engine, Exact, Template, numeric, rounded},
};
use indexmap::IndexMap;
use minijinja::{Value as Context, value::ValueKind};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// The reason why a record cannot be made with a value.
pub(super) enum Stop {
    /// The order cannot be planned.
    Fail(String),
    /// The record is left out, as the mapping asks with `missing = "skip"`.
    LeaveOut(String),
}

/// The surroundings in which the values of a field are made.
pub(super) struct Values<'a> {
    pub(super) engine: &'a Engine,
    /// Records that a reference may point to.
    pub(super) planned: &'a BTreeSet<&'a str>,
    /// Notes for the operator on this field.
    pub(super) notes: Vec<Note>,
    /// The amounts of the order that are rounded together.
    pub(super) carry: &'a mut Carry,
}

/// A sentence about a field.
pub(super) struct Note {
    /// The place inside the field, such as `.items (line 2 "Screw").amount`.
    pub(super) path: String,
    /// The note itself.
    pub(super) text: String,
}

impl Values<'_> {
    /// Makes the value; `None` where the field is to be left out: null, a blank text, an empty
    /// object, a reference to an absent record.
    pub(super) fn value(
        &mut self,
        spec: &ValueSpec,
        context: &Context,
    ) -> Result<Option<Value>, Stop> {
        match spec {
            ValueSpec::Literal(scalar) => {
                Ok(Some(Value::Literal(scalar.clone())).filter(|value| !is_blank(value)))
            }
            ValueSpec::Template { template, limits } => self.template(template, *limits, context),
            ValueSpec::Ref(record) => Ok(self
                .planned
                .contains(record.as_str())
                .then(|| Value::Ref(record.clone()))),
            ValueSpec::Lookup(lookup) => self
                .lookup(lookup, context)
                .map(|lookup| Some(Value::Lookup(lookup))),
            ValueSpec::Object(fields) => self.object(fields, context),
            ValueSpec::List(items) => self
                .list(items, context)
                .map(|items| Some(Value::List(items))),
            ValueSpec::First(choices) => self.first(choices, context),
            // A null list is left out; an empty list is written and means that there is nothing.
            ValueSpec::Each { each, .. }
                if self
                    .engine
                    .evaluate(&each.over, context)
                    .map_err(Stop::Fail)?
                    .is_none() =>
            {
                Ok(None)
            }
            ValueSpec::Each { .. } => self
                .list(std::slice::from_ref(spec), context)
                .map(|items| Some(Value::List(items))),
        }
    }

    fn template(
        &mut self,
        template: &Template,
        limits: Limits,
        context: &Context,
    ) -> Result<Option<Value>, Stop> {
        let value = self
            .engine
            .evaluate(template, context)
            .map_err(Stop::Fail)?;
        let value = plan_value(&value).map_err(Stop::Fail)?;
        let Some(Value::Literal(literal)) = value else {
            return Ok(value);
        };
        let literal = match (literal, limits) {
            (Scalar::Text(text), Limits { max: Some(max), .. }) => {
                Scalar::Text(self.shortened(text, max))
            }
            (
                Scalar::Number(number),
                Limits {
                    decimals: Some(most),
                    carry: true,
                    ..
                },
            ) => Scalar::Number(self.carry.round(number, most)),
            (
                Scalar::Number(number),
                Limits {
                    decimals: Some(most),
                    ..
                },
            ) => Scalar::Number(self.rounded(number, most)),
            (literal, _) => literal,
        };
        Ok(Some(Value::Literal(literal)))
    }

    fn shortened(&mut self, text: String, max: usize) -> String {
        let Some(shortened) = shorten(&text, max) else {
            return text;
        };
        self.note(format!("was shortened to {max} characters"));
        shortened
    }

    fn rounded(&mut self, number: Decimal, most: u32) -> Decimal {
        let rounded = rounded(number, most);
        if rounded == number {
            // The shop's digits stay, except for zeros that the destination has no room for.
            return if number.scale() > most {
                rounded
            } else {
                number
            };
        }
        self.note(format!(
            "was rounded from {number} to {rounded}, as {most} decimals is all there is room for"
        ));
        rounded
    }

    fn note(&mut self, text: String) {
        let path = String::new();
        self.notes.push(Note { path, text });
    }

    /// Adds a part to the path of the notes that were made since then.
    fn say_where(&mut self, since: usize, part: &str) {
        for note in self.notes.iter_mut().skip(since) {
            note.path.insert_str(0, part);
        }
    }

    fn first(&mut self, choices: &[ValueSpec], context: &Context) -> Result<Option<Value>, Stop> {
        for choice in choices {
            if let Some(value) = self.value(choice, context)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn object(
        &mut self,
        fields: &[(String, ValueSpec)],
        context: &Context,
    ) -> Result<Option<Value>, Stop> {
        let mut object = IndexMap::with_capacity(fields.len());
        for (name, spec) in fields {
            let before = self.notes.len();
            if let Some(value) = self.value(spec, context)? {
                object.insert(name.clone(), value);
            }
            self.say_where(before, &format!(".{name}"));
        }
        Ok((!object.is_empty()).then_some(Value::Object(object)))
    }

    /// Makes a list, with the items of a `for_each` inside it spliced in. An empty list is kept: it
    /// means that there is nothing.
    fn list(&mut self, specs: &[ValueSpec], context: &Context) -> Result<Vec<Value>, Stop> {
        let mut list = Vec::new();
        for spec in specs {
            let ValueSpec::Each { each, value } = spec else {
                list.extend(self.value(spec, context)?);
                continue;
            };
            for (index, item) in items(self.engine, each, context)
                .map_err(Stop::Fail)?
                .into_iter()
                .enumerate()
            {
                let inner = Scope::with_item(context, &each.item, item.clone());
                let (before, carry) = (self.notes.len(), self.carry.clone());
                let made = self.value(value, &inner);
                self.say_where(before, &format!(" ({})", label(&each.item, index, &item)));
                match made {
                    Ok(made) => list.extend(made),
                    Err(Stop::Fail(reason)) => {
                        return Err(Stop::Fail(format!(
                            "{}: {reason}",
                            label(&each.item, index, &item)
                        )));
                    }
                    // An article that may be missing costs its own line, not the whole order.
                    Err(Stop::LeaveOut(reason)) => {
                        *self.carry = carry;
                        self.note(format!(
                            "goes without {}, because {reason}",
                            label(&each.item, index, &item)
                        ));
                    }
                }
            }
        }
        Ok(list)
    }
}

/// Converts a template's value into one of a plan; `None` for null and blank texts.
fn plan_value(value: &Context) -> Result<Option<Value>, String> {
    let plain = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => return list_value(value).map(Some),
        ValueKind::Map => return object_value(value),
        _ => scalar(value)?,
    };
    Ok(plain.map(Value::Literal).filter(|value| !is_blank(value)))
}

fn list_value(value: &Context) -> Result<Value, String> {
    let items = value.try_iter().map_err(|error| error.to_string())?;
    let values = items
        .map(|item| plan_value(&item))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::List(values.into_iter().flatten().collect()))
}

fn object_value(value: &Context) -> Result<Option<Value>, String> {
    let mut object = IndexMap::new();
    for name in value.try_iter().map_err(|error| error.to_string())? {
        let field = value.get_item(&name).map_err(|error| error.to_string())?;
        if let Some(field) = plan_value(&field)? {
            object.insert(name.to_string(), field);
        }
    }
    Ok((!object.is_empty()).then_some(Value::Object(object)))
}

/// Converts a template's value into a literal; `None` for null.
pub(super) fn scalar(value: &Context) -> Result<Option<Scalar>, String> {
    if let Some(number) = Exact::of(value).or_else(|| numeric(value)) {
        return Ok(Some(Scalar::Number(number)));
    }
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => Ok(None),
        ValueKind::Bool => Ok(Some(Scalar::Bool(value.is_true()))),
        ValueKind::String => Ok(Some(Scalar::Text(value.to_string()))),
        ValueKind::Number => {
            Err("the number is a floating-point number, or too large to be kept exactly".to_owned())
        }
        kind => Err(format!("a value of type {kind} is no field value")),
    }
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Literal(Scalar::Text(text)) if text.trim().is_empty())
}
