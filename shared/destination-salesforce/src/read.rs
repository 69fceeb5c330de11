//! Everything that must be known about a batch before it can be written: which records exist, which
//! children they have, what the look-ups find. There is one question per object, so that all of
//! them fit into one composite call.

use crate::{
    converted,
    lookups::{self, LookupResults},
    row::Row,
    rules,
    soql::{self, Question},
};
use destination::{Class, Failure};
use mapping::{
    Plan,
    plan::{Field, Find, Record, Scalar, Value, When},
};
use std::collections::BTreeMap;

/// The questions of a batch, by object in lower case.
#[derive(Debug, Default)]
pub(crate) struct Questions(BTreeMap<String, Question>);

/// The rows that answer them, by object in lower case, the oldest first.
pub(crate) type Rows = BTreeMap<String, Vec<Row>>;

impl Questions {
    /// Adds everything that one plan needs, except what the cache knows.
    pub(crate) fn ask(&mut self, plan: &Plan, known: &LookupResults) -> Result<(), Failure> {
        for record in &plan.records {
            self.check_record(record)?;
            match &record.replaces {
                Some(parent) => self.ask_for_children(plan, record, parent)?,
                None => self.ask_for_record(plan, record)?,
            }
        }
        for set in &plan.emptied {
            self.ask_for_members(plan, &set.object, &set.replaces, &set.reference)?;
        }
        for lookup in plan
            .lookups()
            .filter(|lookup| known.get(lookup).is_none() && lookups::is_askable(lookup))
        {
            lookups::ask(lookup, self.about(&lookup.object)?)?;
        }
        Ok(())
    }

    /// Asks for a field of the records of an object that are asked about anyhow.
    pub(crate) fn select(&mut self, object: &str, field: &str) -> Result<(), Failure> {
        self.about(object)?.select(field)
    }

    /// Asks for the records of an object in which the field has this value and `common` holds.
    pub(crate) fn or_where(
        &mut self,
        object: &str,
        field: &str,
        value: &Scalar,
        common: &[(&str, &Scalar)],
    ) -> Result<(), Failure> {
        self.about(object)?.or_where(field, value, common)
    }

    /// Returns the queries, each with the object (in lower case) that it asks about.
    pub(crate) fn queries(self) -> Vec<(String, String)> {
        self.0
            .into_iter()
            .flat_map(|(object, question)| {
                question
                    .queries()
                    .into_iter()
                    .map(move |query| (object.clone(), query))
            })
            .collect()
    }

    fn check_record(&self, record: &Record) -> Result<(), Failure> {
        soql::name(&record.object)?;
        record
            .fields
            .keys()
            .try_for_each(|field| soql::name(field).map(|_| ()))?;
        if record.key.is_none() && record.replaces.is_none() && record.find.is_empty() {
            let text = "has neither a key nor another way to be found again, so that writing it twice would make two; give it key = \"an external id field\"";
            return Err(Failure {
                place: Some(record.name.clone()),
                ..Failure::permanent(
                    Class::Mapping,
                    "map",
                    format!("record {} {text}", record.name),
                )
            });
        }
        Ok(())
    }

    fn ask_for_record(&mut self, plan: &Plan, record: &Record) -> Result<(), Failure> {
        let needed = needed_fields(plan, record);
        let through = followed_fields(plan, record)?;
        let question = self.about(&record.object)?;
        for path in needed
            .iter()
            .map(|field| (*field).to_owned())
            .chain(through)
        {
            question.select(&path)?;
        }
        if converted::may_be(&record.object) {
            converted::COLUMNS
                .iter()
                .try_for_each(|column| question.select(column))?;
        }
        for (field, value) in ways_to_find(record) {
            question.select(field)?;
            question.or_where(field, &Scalar::Text(value.to_owned()), &[])?;
        }
        Ok(())
    }

    fn ask_for_children(
        &mut self,
        plan: &Plan,
        record: &Record,
        parent: &str,
    ) -> Result<(), Failure> {
        let reference =
            parent_field(record, parent).ok_or_else(|| no_parent(&record.name, parent))?;
        self.ask_for_members(plan, &record.object, parent, reference)?;
        let question = self.about(&record.object)?;
        needed_fields(plan, record)
            .into_iter()
            .chain(identity_fields(record))
            .try_for_each(|field| question.select(field))
    }

    /// Asks for children through their parent: `Opportunity.WooCommerce_Order_ID__c = '12345'`.
    fn ask_for_members(
        &mut self,
        plan: &Plan,
        object: &str,
        parent: &str,
        reference: &str,
    ) -> Result<(), Failure> {
        let parent = plan
            .record(parent)
            .ok_or_else(|| no_parent(object, parent))?;
        if parent
            .find
            .iter()
            .any(|find| matches!(find, Find::Through { .. }))
        {
            let text = "has children that are replaced, so it cannot be found through another record; give it a key";
            return Err(Failure::permanent(
                Class::Mapping,
                "map",
                format!("record {} {text}", parent.name),
            ));
        }
        let relation = soql::relation(soql::name(reference)?)?;
        let question = self.about(soql::name(object)?)?;
        question.select(reference)?;
        for (field, value) in ways_to_find(parent) {
            question.or_where(
                &format!("{relation}.{field}"),
                &Scalar::Text(value.to_owned()),
                &[],
            )?;
        }
        Ok(())
    }

    fn about(&mut self, object: &str) -> Result<&mut Question, Failure> {
        match self.0.entry(object.to_ascii_lowercase()) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => {
                Ok(entry.insert(Question::new(object)?))
            }
        }
    }
}

/// Returns the field of a child that refers to its parent.
pub(crate) fn parent_field<'a>(record: &'a Record, parent: &str) -> Option<&'a str> {
    record
        .fields
        .iter()
        .find(|(_, field)| matches!(&field.value, Value::Ref(name) if name == parent))
        .map(|(name, _)| name.as_str())
}

/// Returns the fields by which a planned child is recognised among the existing ones: those that
/// cannot be changed, else those that are looked up. Without any, the position counts.
pub(crate) fn identity_fields(record: &Record) -> Vec<&str> {
    let parent = record
        .replaces
        .as_deref()
        .and_then(|parent| parent_field(record, parent));
    let fields = || {
        record
            .fields
            .iter()
            .filter(|(name, _)| Some(name.as_str()) != parent)
    };
    let is_fixed = |name: &str, field: &Field| {
        field.on == When::Create || rules::is_create_only(&record.object, name)
    };
    let fixed: Vec<&str> = fields()
        .filter(|(name, field)| is_fixed(name, field))
        .map(|(name, _)| name.as_str())
        .collect();
    if !fixed.is_empty() {
        return fixed;
    }
    fields()
        .filter(|(_, field)| matches!(field.value, Value::Lookup(_)))
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Returns the fields of an existing record that decide what is written to it; for a plan in doubt,
/// all that would be written.
pub(crate) fn needed_fields<'a>(plan: &Plan, record: &'a Record) -> Vec<&'a str> {
    let blank = record
        .fields
        .iter()
        .filter(|(_, field)| field.on == When::Blank)
        .flat_map(|(name, _)| record.parts(name));
    let is_read_back =
        |field: &Field| plan.in_doubt && !matches!(field.value, Value::Object(_) | Value::List(_));
    let read_back = record
        .fields
        .iter()
        .filter(|(_, field)| is_read_back(field));
    let read_back = read_back.map(|(name, _)| name.as_str());
    record
        .key
        .iter()
        .map(|key| key.field.as_str())
        .chain(blank)
        .chain(read_back)
        .collect()
}

/// Returns the fields that other records of the plan need through this one: the contact's account,
/// and the fields of that account that decide what is written to it.
fn followed_fields(plan: &Plan, record: &Record) -> Result<Vec<String>, Failure> {
    let mut paths = Vec::new();
    for other in &plan.records {
        for find in &other.find {
            let Find::Through {
                record: through,
                field,
            } = find
            else {
                continue;
            };
            if *through != record.name {
                continue;
            }
            let relation = soql::relation(soql::name(field)?)?;
            paths.push(field.clone());
            paths.extend(
                needed_fields(plan, other)
                    .into_iter()
                    .map(|needed| format!("{relation}.{needed}")),
            );
        }
    }
    Ok(paths)
}

/// Returns the fields and values by which the record may be found, the key first.
pub(crate) fn ways_to_find(record: &Record) -> Vec<(&str, &str)> {
    let by_key = record
        .key
        .iter()
        .map(|key| (key.field.as_str(), key.value.as_str()));
    let by_field = record.find.iter().filter_map(|find| match find {
        Find::Field { field, value } => Some((field.as_str(), value.as_str())),
        Find::Through { .. } => None,
    });
    by_key
        .chain(by_field)
        .filter(|(_, value)| !value.trim().is_empty())
        .collect()
}

fn no_parent(record: &str, parent: &str) -> Failure {
    let text = format!(
        "record {record} replaces the children of {parent}, but none of its fields is {{ ref = \"{parent}\" }}"
    );
    Failure {
        place: Some(record.to_owned()),
        ..Failure::permanent(Class::Mapping, "map", text)
    }
}
