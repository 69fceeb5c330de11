//! What the plans of an organisation's routes need of its modules.

use crate::existing;
use mapping::{
    Plan,
    plan::{Record, Scalar, Value},
};
use std::collections::{BTreeMap, BTreeSet};

/// The setting of a record that names its layout.
const LAYOUT: &str = "Layout";

/// The plans' needs in one module, or in the rows of a sub-form.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Fields that are written, each with what is written into it.
    pub(crate) written: BTreeMap<String, Kind>,
    /// Fields by which records are looked for.
    pub(crate) asked: BTreeSet<String>,
    /// The records' keys, each with the number of characters of its longest value.
    pub(crate) keys: BTreeMap<String, usize>,
    /// Other fields by which our own records are found.
    pub(crate) ways: BTreeSet<String>,
    /// Fields by which look-ups tell records apart.
    pub(crate) codes: BTreeSet<String>,
    /// Texts for fields that may be picklists.
    pub(crate) texts: BTreeSet<(String, String)>,
    /// The fields that each record fills when it is made.
    pub(crate) filled: Vec<BTreeSet<String>>,
    /// The id of the layout that the records name.
    pub(crate) layout: Option<String>,
    /// Whether these are the rows of a sub-form.
    pub(crate) is_rows: bool,
}

/// What is written into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text of at least this many characters.
    Text(usize),
    Number,
    Flag,
    /// Another record.
    Link,
    Rows,
    /// Nothing that tells its kind.
    Any,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Literal(Scalar::Text(text)) => Self::Text(text.chars().count()),
            Value::Literal(Scalar::Number(_)) => Self::Number,
            Value::Literal(Scalar::Bool(_)) => Self::Flag,
            Value::Literal(Scalar::Null) => Self::Any,
            Value::Ref(_) | Value::Lookup(_) | Value::Object(_) => Self::Link,
            Value::List(_) => Self::Rows,
        }
    }

    /// Returns the kind of what two plans write into one field.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Self::Text(one.max(other)),
            (Self::Any, kind) => kind,
            (kind, _) => kind,
        }
    }
}

impl Needs {
    /// Returns the needs of all plans by module.
    pub(crate) fn of(plans: &[&Plan]) -> BTreeMap<String, Self> {
        let mut modules: BTreeMap<String, Self> = BTreeMap::new();
        for plan in plans {
            for record in &plan.records {
                modules
                    .entry(record.object.clone())
                    .or_default()
                    .add_record(record);
                add_rows(record, &mut modules);
            }
            add_lookups(plan, &mut modules);
        }
        modules
    }

    fn add_record(&mut self, record: &Record) {
        let mut filled: BTreeSet<String> = record.fields.keys().cloned().collect();
        if let Some(key) = &record.key {
            let longest = self.keys.entry(key.field.clone()).or_default();
            *longest = (*longest).max(key.value.chars().count());
            filled.insert(key.field.clone());
        }
        let ways = existing::ways(record)
            .into_iter()
            .map(|(field, _)| field.to_owned());
        self.ways.extend(ways);
        if let Some(Value::Object(layout)) = record.fields.get(LAYOUT).map(|field| &field.value)
            && let Some(Value::Literal(Scalar::Text(id))) = layout.get("id")
        {
            self.layout = Some(id.clone());
        }
        self.filled.push(filled);
        for (name, field) in &record.fields {
            self.add(name, &field.value);
        }
    }

    fn add(&mut self, name: &str, value: &Value) {
        // These say how a record is written, and are described among no module's fields.
        if name == LAYOUT || name.starts_with('$') {
            return;
        }
        let kind = Kind::of(value);
        self.written
            .entry(name.to_owned())
            .and_modify(|present| *present = present.and(kind))
            .or_insert(kind);
        if let Value::Literal(Scalar::Text(text)) = value {
            self.texts.insert((name.to_owned(), text.clone()));
        }
    }
}

/// Adds the needs of a record's lines. They are described as a module of their own, named like the
/// field.
fn add_rows(record: &Record, modules: &mut BTreeMap<String, Needs>) {
    let Some(field) = existing::lines_field(record) else {
        return;
    };
    let Some(Value::List(lines)) = record.fields.get(field).map(|field| &field.value) else {
        return;
    };
    let needs = modules.entry(field.to_owned()).or_default();
    needs.is_rows = true;
    for line in lines {
        if let Value::Object(fields) = line {
            fields
                .iter()
                .for_each(|(name, value)| needs.add(name, value));
        }
    }
}

fn add_lookups(plan: &Plan, modules: &mut BTreeMap<String, Needs>) {
    for lookup in plan.lookups() {
        let needs = modules.entry(lookup.object.clone()).or_default();
        let direct = lookup
            .conditions
            .keys()
            .filter(|field| !field.contains('.') && *field != "id");
        needs.asked.extend(direct.clone().cloned());
        if lookup.several.is_reject() {
            needs.codes.extend(direct.cloned());
        }
        for (name, value) in &lookup.create {
            needs.add(name, &Value::Literal(value.clone()));
        }
    }
}
