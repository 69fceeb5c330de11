use super::{
    field::Field,
    index::Index,
    schema::{Module, Schema},
};
use crate::{
    barrier::Barriers,
    journal::{Change, Operation},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// The first id. Ids are beyond 2^53, as Zoho's are, so that an id that was read as a float is a
/// wrong one.
const FIRST_ID: u64 = 4_150_868_000_000_500_000;
/// The first id of a subform row.
const FIRST_LINE_ID: u64 = 4_150_868_000_900_000_000;

/// One record. Fields without a value are absent.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) module: String,
    pub(super) id: String,
    pub(super) values: Map<String, Value>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Whether a colleague changed it last, and not the user of the API.
    pub(super) by_staff: bool,
    /// The number of the request that created it.
    request: u64,
}

/// All records.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) schema: Arc<Schema>,
    records: HashMap<String, BTreeMap<String, Record>>,
    index: Index,
    made: u64,
    lines: u64,
    orders: u64,
    now: Timestamp,
    /// Deleted records as they were, the oldest deletion first, with its time.
    deleted: Vec<(Record, Timestamp)>,
    /// Whether a colleague writes now.
    is_staff: bool,
    changes: Vec<Change>,
    present: u64,
    others: BTreeSet<u64>,
    /// Whether the next record that is written fails as locked.
    pub(super) lock_next_row: bool,
    /// Ids of leads that were converted.
    pub(super) converted: BTreeSet<String>,
    /// Whether there is no room for new records.
    pub(super) is_full: bool,
    pub(super) barriers: Barriers,
}

impl Record {
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.values.get(field)
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.get(field).and_then(Value::as_str)
    }
}

impl Store {
    pub(super) fn new(schema: Arc<Schema>) -> Self {
        Self {
            index: Index::new(Arc::clone(&schema)),
            schema,
            records: HashMap::new(),
            made: 0,
            lines: 0,
            orders: 0,
            // Any instant will do; a fixed one makes runs repeatable.
            now: Timestamp::constant(1_767_225_600, 0),
            deleted: Vec::new(),
            is_staff: false,
            changes: Vec::new(),
            present: 0,
            others: BTreeSet::new(),
            lock_next_row: false,
            converted: BTreeSet::new(),
            is_full: false,
            barriers: Barriers::default(),
        }
    }

    /// Changes the organisation's modules.
    pub(super) fn change_schema(&mut self, change: impl FnOnce(&mut Schema)) {
        let mut schema = Schema::clone(&self.schema);
        change(&mut schema);
        self.schema = Arc::new(schema);
        self.index = Index::new(Arc::clone(&self.schema));
        for record in self.records.values().flat_map(BTreeMap::values) {
            self.index.insert(record);
        }
    }

    /// Notes the request that writes now, and the others that have not been answered yet.
    pub(super) fn begin(&mut self, present: u64, open: &BTreeSet<u64>) {
        self.present = present;
        self.others = open
            .iter()
            .copied()
            .filter(|number| *number != present)
            .collect();
    }

    pub(super) fn get(&self, module: &str, id: &str) -> Option<&Record> {
        self.records.get(module)?.get(id)
    }

    /// Returns the records of a module, oldest first.
    pub(super) fn of(&self, module: &str) -> impl DoubleEndedIterator<Item = &Record> {
        self.records
            .get(module)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// Returns the records with this value in a field that finds duplicates, oldest first.
    pub(super) fn find(&self, module: &str, field: &str, value: &Value) -> Vec<&Record> {
        let ids = self.index.find(module, field, value);
        ids.filter_map(|id| self.get(module, id)).collect()
    }

    /// Returns the record that an upsert finds by a field. System-defined checks are no constraint:
    /// others do not see the records of a request that is still open, so two upserts at the same
    /// time can both insert. A user-defined unique field is always enforced.
    pub(super) fn find_duplicate(
        &self,
        module: &str,
        field: &Field,
        value: &Value,
    ) -> Option<&Record> {
        let found = self.find(module, &field.name, value);
        found
            .into_iter()
            .find(|record| field.unique || !self.others.contains(&record.request))
    }

    /// Stores a new record and returns its id.
    pub(super) fn insert(&mut self, module: &Module, values: Map<String, Value>) -> String {
        self.made += 1;
        self.tick();
        let id = (FIRST_ID + self.made * 7).to_string();
        self.put(Record {
            module: module.api_name.clone(),
            id: id.clone(),
            values,
            created: self.now,
            modified: self.now,
            by_staff: self.is_staff,
            request: self.present,
        });
        id
    }

    /// Replaces a record's values.
    pub(super) fn replace(&mut self, record: &Record, values: Map<String, Value>) {
        self.tick();
        self.take(&record.module, &record.id);
        let modified = self.now;
        self.put(Record {
            values,
            modified,
            by_staff: self.is_staff,
            ..record.clone()
        });
    }

    pub(super) fn remove(&mut self, record: &Record) {
        self.tick();
        self.take(&record.module, &record.id);
        let by_staff = self.is_staff;
        let record = record.clone();
        self.deleted.push((Record { by_staff, ..record }, self.now));
    }

    /// Returns the deleted records of a module with the times of their deletion, the newest first.
    pub(super) fn deleted(&self, module: &str) -> impl Iterator<Item = &(Record, Timestamp)> {
        let of_module = move |(record, _): &&(Record, Timestamp)| record.module == module;
        self.deleted.iter().rev().filter(of_module)
    }

    /// Lets a colleague do something.
    pub(super) fn by_staff<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.is_staff = true;
        let done = work(self);
        self.is_staff = false;
        done
    }

    /// Returns the id for a new row of a subform.
    pub(super) fn new_line_id(&mut self) -> String {
        self.lines += 1;
        (FIRST_LINE_ID + self.lines * 3).to_string()
    }

    /// Returns the number for a new sales order.
    pub(super) fn new_order_number(&mut self) -> String {
        self.orders += 1;
        self.orders.to_string()
    }

    /// Notes a change that a request made.
    pub(super) fn note(
        &mut self,
        operation: Operation,
        module: &str,
        id: &str,
        fields: Map<String, Value>,
    ) {
        self.changes.push(Change {
            sequence: 0,
            operation,
            object: module.to_owned(),
            id: id.to_owned(),
            fields,
        });
    }

    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn tick(&mut self) {
        self.now = self
            .now
            .saturating_add(SignedDuration::from_secs(1))
            .unwrap_or(self.now);
    }

    fn put(&mut self, record: Record) {
        self.index.insert(&record);
        self.records
            .entry(record.module.clone())
            .or_default()
            .insert(record.id.clone(), record);
    }

    fn take(&mut self, module: &str, id: &str) {
        if let Some(record) = self
            .records
            .get_mut(module)
            .and_then(|records| records.remove(id))
        {
            self.index.remove(&record);
        }
    }
}
