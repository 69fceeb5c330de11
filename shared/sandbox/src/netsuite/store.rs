use super::{
    schema::{Group, Shape},
    value::{Cell, Cells, text},
};
use crate::journal::{Change, Operation};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// One record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Kind of record, such as `salesOrder`.
    pub(super) kind: String,
    pub(super) group: Option<Group>,
    pub(super) id: u64,
    pub(super) external_id: Option<String>,
    pub(super) cells: Cells,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Whether a workflow has locked it, so that it cannot be opened any more.
    pub(super) locked: bool,
}

/// All records. A REST request changes one record at most, and only after everything has been checked,
/// so there is nothing to roll back.
#[derive(Debug)]
pub(super) struct Store {
    records: HashMap<String, BTreeMap<u64, Record>>,
    external_ids: HashMap<(Group, String), (String, u64)>,
    /// The customers by their name or number.
    entity_ids: HashMap<String, u64>,
    made: u64,
    now: Timestamp,
    changes: Vec<Change>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            records: HashMap::new(),
            external_ids: HashMap::new(),
            entity_ids: HashMap::new(),
            made: 646,
            // Any instant will do; a fixed one makes runs repeatable.
            now: Timestamp::constant(1_767_225_600, 0),
            changes: Vec::new(),
        }
    }
}

impl Store {
    /// Creates an empty record with a new id, which is not stored yet.
    pub(super) fn blank(&mut self, shape: &Shape) -> Record {
        self.made += 1;
        Record {
            kind: shape.name.clone(),
            group: shape.group,
            id: self.made,
            external_id: None,
            cells: Cells::new(),
            created: self.now,
            modified: self.now,
            locked: false,
        }
    }

    pub(super) fn get(&self, kind: &str, id: u64) -> Option<&Record> {
        self.records.get(kind)?.get(&id)
    }

    /// Returns a record by its external id, in whatever case.
    pub(super) fn by_external_id(&self, shape: &Shape, external_id: &str) -> Option<&Record> {
        let (kind, id) = self.holder(shape.group?, external_id)?;
        if *kind == shape.name {
            self.get(kind, *id)
        } else {
            None
        }
    }

    /// Returns kind and id of the record in the group that has this external id.
    pub(super) fn holder(&self, group: Group, external_id: &str) -> Option<&(String, u64)> {
        self.external_ids.get(&(group, external_id.to_lowercase()))
    }

    /// Returns the customer with this name or number.
    pub(super) fn customer_called(&self, entity_id: &str) -> Option<u64> {
        self.entity_ids.get(&entity_id.to_lowercase()).copied()
    }

    /// Returns the records of a kind, oldest first.
    pub(super) fn of(&self, kind: &str) -> impl Iterator<Item = &Record> {
        self.records
            .get(kind)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// Stores a record as it is now: a new one, or a new state of an existing one.
    pub(super) fn put(&mut self, mut record: Record) {
        self.now = self
            .now
            .saturating_add(SignedDuration::from_secs(1))
            .unwrap_or(self.now);
        let is_new = self.take(&record.kind, record.id).is_none();
        record.modified = self.now;
        if is_new {
            record.created = self.now;
        }
        if let (Some(group), Some(external_id)) = (record.group, &record.external_id) {
            let holder = (record.kind.clone(), record.id);
            self.external_ids
                .insert((group, external_id.to_lowercase()), holder);
        }
        if let Some(name) = name_of(&record) {
            self.entity_ids.insert(name, record.id);
        }
        self.records
            .entry(record.kind.clone())
            .or_default()
            .insert(record.id, record);
    }

    pub(super) fn take(&mut self, kind: &str, id: u64) -> Option<Record> {
        let record = self.records.get_mut(kind)?.remove(&id)?;
        if let (Some(group), Some(external_id)) = (record.group, &record.external_id) {
            self.external_ids
                .remove(&(group, external_id.to_lowercase()));
        }
        if let Some(name) = name_of(&record) {
            self.entity_ids.remove(&name);
        }
        Some(record)
    }

    /// Notes a change that a request made.
    pub(super) fn note(
        &mut self,
        operation: Operation,
        kind: &str,
        id: u64,
        fields: Map<String, Value>,
    ) {
        self.changes.push(Change {
            sequence: 0,
            operation,
            object: kind.to_owned(),
            id: id.to_string(),
            fields,
        });
    }

    /// Returns the number of changes that were noted and not taken yet.
    pub(super) const fn changes(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }
}

impl Record {
    /// Returns whether the record points to this customer.
    pub(super) fn is_of(&self, customer: u64) -> bool {
        self.cells.get("entity").and_then(Cell::text) == Some(customer.to_string().as_str())
    }
}

fn name_of(record: &Record) -> Option<String> {
    let name = text(&record.cells, "entityId").filter(|_| record.kind == "customer");
    name.map(str::to_lowercase)
}
