use super::{schema::Schema, store::Record};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// An index of the records that have a value in a field that finds duplicates.
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
            let ids = self.ids.entry(slot).or_default().entry(value).or_default();
            ids.insert(record.id.clone());
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

    /// Returns the ids in order of creation: all have the same length.
    pub(super) fn find(
        &self,
        module: &str,
        field: &str,
        value: &Value,
    ) -> impl Iterator<Item = &String> {
        let values = self.ids.get(&(module.to_owned(), field.to_owned()));
        let ids = values.and_then(|values| values.get(&folded(value)?));
        ids.into_iter().flatten()
    }

    fn entries(&self, record: &Record) -> Vec<((String, String), String)> {
        let module = self.schema.module(&record.module);
        let fields = module
            .into_iter()
            .flat_map(|module| module.fields())
            .filter(|field| field.finds_duplicates());
        fields
            .filter_map(|field| {
                let value = folded(record.get(&field.name)?)?;
                Some(((record.module.clone(), field.name.clone()), value))
            })
            .collect()
    }
}

/// Returns the form in which values are compared: without regard to case and to blanks around them.
pub(super) fn folded(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
