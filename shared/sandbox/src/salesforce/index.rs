use super::{schema::Schema, store::Record, value::Cell};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// An index of the records that have a value in an indexed field.
#[derive(Debug)]
pub(super) struct Index {
    schema: Arc<Schema>,
    ids: HashMap<(String, String), HashMap<String, BTreeSet<String>>>,
}

impl Index {
    pub(super) fn new(schema: Arc<Schema>) -> Self {
        Self {
            schema,
            ids: HashMap::new(),
        }
    }

    pub(super) fn insert(&mut self, record: &Record) {
        for (slot, value) in self.entries(record) {
            self.ids
                .entry(slot)
                .or_default()
                .entry(value)
                .or_default()
                .insert(record.id.clone());
        }
    }

    pub(super) fn remove(&mut self, record: &Record) {
        for (slot, value) in self.entries(record) {
            if let Some(ids) = self
                .ids
                .get_mut(&slot)
                .and_then(|values| values.get_mut(&value))
            {
                ids.remove(&record.id);
            }
        }
    }

    /// Returns the ids in order of creation. The field must be indexed.
    pub(super) fn find(&self, object: &str, field: &str, value: &Cell) -> Vec<String> {
        let found = self
            .ids
            .get(&(object.to_owned(), field.to_owned()))
            .and_then(|values| values.get(&form(value)));
        found.into_iter().flatten().cloned().collect()
    }

    fn entries(&self, record: &Record) -> Vec<((String, String), String)> {
        let fields = self
            .schema
            .object(&record.object)
            .into_iter()
            .flat_map(|object| object.fields())
            .filter(|field| field.is_indexed());
        fields
            .filter_map(|field| {
                Some((
                    (record.object.clone(), field.name.clone()),
                    form(record.cell(&field.name)?),
                ))
            })
            .collect()
    }
}

fn form(value: &Cell) -> String {
    match value.comparable() {
        Cell::Text(text) => text,
        Cell::Number(number) => number.normalize().to_string(),
        Cell::Flag(flag) => flag.to_string(),
    }
}
