use super::{
    ids,
    index::Index,
    options::DuplicateRule,
    schema::{Object, Schema},
    value::{Cell, stamp},
};
use crate::{
    barrier::Barriers,
    journal::{Change, Operation},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// The numbers in the ids of users, above those of all other records.
const OUR_USER: u64 = 900_000_001;
const STAFF_USER: u64 = 900_000_002;
/// The first number in the ids of what was there before everything else.
const FROM_THE_BEGINNING: u64 = 910_000_000;

/// One record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) object: String,
    pub(super) id: String,
    cells: BTreeMap<String, Cell>,
}

/// All records, with the means to roll back the changes of a failed transaction.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) schema: Arc<Schema>,
    records: HashMap<String, BTreeMap<String, Record>>,
    index: Index,
    deleted: HashSet<String>,
    /// The recycle bin: deleted records as they were, by their ids.
    bin: BTreeMap<String, Record>,
    /// The id of the user who writes.
    author: String,
    made: u64,
    now: Timestamp,
    undo: Vec<(Record, Before)>,
    changes: Vec<Change>,
    /// Whether the next row that is written fails as locked.
    pub(super) lock_next_row: bool,
    pub(super) duplicate_rules: Vec<DuplicateRule>,
    /// Whether the request asks to save a duplicate nevertheless.
    pub(super) saves_duplicates: bool,
    /// Whether there is no room for new rows.
    pub(super) is_full: bool,
    pub(super) barriers: Barriers,
}

/// The state of an id before a write.
#[derive(Debug)]
enum Before {
    Nothing,
    This(Record),
}

/// A point to which a transaction can be rolled back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    undo: usize,
    changes: usize,
}

impl Record {
    pub(super) fn cell(&self, field: &str) -> Option<&Cell> {
        self.cells.get(field)
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.cell(field).and_then(Cell::text)
    }

    /// Writes a value; `None` clears the field.
    pub(super) fn set(&mut self, field: &str, cell: Option<Cell>) {
        match cell {
            Some(cell) => self.cells.insert(field.to_owned(), cell),
            None => self.cells.remove(field),
        };
    }
}

impl Store {
    pub(super) fn new(schema: Arc<Schema>) -> Self {
        let mut store = Self {
            index: Index::new(Arc::clone(&schema)),
            schema,
            records: HashMap::new(),
            deleted: HashSet::new(),
            bin: BTreeMap::new(),
            author: String::new(),
            made: 0,
            // Any instant will do; a fixed one makes runs repeatable.
            now: Timestamp::constant(1_767_225_600, 0),
            undo: Vec::new(),
            changes: Vec::new(),
            lock_next_row: false,
            duplicate_rules: Vec::new(),
            saves_duplicates: false,
            is_full: false,
            barriers: Barriers::default(),
        };
        store.author = store.user(OUR_USER, "Integration User");
        store
    }

    /// Adds a user under this number, and returns the user's id.
    fn user(&mut self, number: u64, name: &str) -> String {
        let id = ids::make("005", number);
        let text = |text: &str| Cell::Text(text.to_owned());
        let record = Record {
            object: "User".to_owned(),
            cells: BTreeMap::from([
                ("Id".to_owned(), text(&id)),
                ("Name".to_owned(), text(name)),
            ]),
            id: id.clone(),
        };
        self.replace(record);
        id
    }

    /// Lets a colleague do something: another user.
    pub(super) fn by_staff<T>(&mut self, name: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let ours = self.author.clone();
        self.author = self.user(STAFF_USER, name);
        let done = work(self);
        self.author = ours;
        done
    }

    /// Adds a record that was there before everything else, and returns its id.
    pub(super) fn place(&mut self, object: &Object, given: &[(&str, Option<Cell>)]) -> String {
        let count = self.of(&object.name).count();
        let number = FROM_THE_BEGINNING + u64::try_from(count).unwrap_or_default();
        let id = ids::make(&object.prefix, number);
        let given = given
            .iter()
            .filter_map(|(name, cell)| Some(((*name).to_owned(), cell.clone()?)));
        let own = ("Id".to_owned(), Cell::Text(id.clone()));
        self.replace(Record {
            object: object.name.clone(),
            id: id.clone(),
            cells: given.chain([own]).collect(),
        });
        id
    }

    /// Returns the id of the user who writes.
    pub(super) fn author(&self) -> &str {
        &self.author
    }

    /// Shows another part of the org's schema to requests.
    pub(super) fn show(&mut self, schema: Arc<Schema>) {
        self.index = Index::new(Arc::clone(&schema));
        let records = self.records.values().flat_map(BTreeMap::values);
        records.for_each(|record| self.index.insert(record));
        self.schema = schema;
    }

    /// Returns the logical time of the last write.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Creates an empty record with a new id, which is not stored yet.
    pub(super) fn blank(&mut self, object: &Object) -> Record {
        self.made += 1;
        let id = ids::make(&object.prefix, self.made);
        let cells = BTreeMap::from([("Id".to_owned(), Cell::Text(id.clone()))]);
        Record {
            object: object.name.clone(),
            id,
            cells,
        }
    }

    pub(super) fn get(&self, object: &str, id: &str) -> Option<&Record> {
        self.records.get(object)?.get(id)
    }

    /// Returns the records of an object, oldest first.
    pub(super) fn of(&self, object: &str) -> impl Iterator<Item = &Record> {
        self.records
            .get(object)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// Returns the ids of the records with this value in an indexed field, oldest first.
    pub(super) fn find(&self, object: &str, field: &str, value: &Cell) -> Vec<String> {
        self.index.find(object, field, value)
    }

    /// Returns the records whose reference points to an id.
    pub(super) fn children(&self, object: &str, field: &str, parent: &str) -> Vec<&Record> {
        let ids = self.find(object, field, &Cell::Text(parent.to_owned()));
        ids.iter().filter_map(|id| self.get(object, id)).collect()
    }

    pub(super) fn was_deleted(&self, id: &str) -> bool {
        self.deleted.contains(id)
    }

    /// Stores a record as it is now: a new one, or a new state of an existing one.
    pub(super) fn put(&mut self, mut record: Record) {
        self.now = self
            .now
            .saturating_add(SignedDuration::from_secs(1))
            .unwrap_or(self.now);
        let stamp = stamp(self.now);
        let author = Some(Cell::Text(self.author.clone()));
        if record.cell("CreatedDate").is_none() {
            record.set("CreatedDate", Some(stamp.clone()));
            record.set("CreatedById", author.clone());
            record.set("IsDeleted", Some(Cell::Flag(false)));
        }
        record.set("LastModifiedDate", Some(stamp.clone()));
        record.set("LastModifiedById", author);
        record.set("SystemModstamp", Some(stamp));
        let before = self.replace(record.clone());
        self.undo
            .push((record, before.map_or(Before::Nothing, Before::This)));
    }

    pub(super) fn remove(&mut self, object: &str, id: &str) {
        if let Some(record) = self.take(object, id) {
            self.deleted.insert(id.to_owned());
            self.throw_away(record.clone());
            self.undo.push((record.clone(), Before::This(record)));
        }
    }

    /// Puts a deleted record into the recycle bin, with who deleted it and when. Opportunity lines
    /// leave no trace there.
    fn throw_away(&mut self, mut record: Record) {
        if record.object == "OpportunityLineItem" {
            return;
        }
        record.set("IsDeleted", Some(Cell::Flag(true)));
        record.set("LastModifiedDate", Some(stamp(self.now)));
        record.set("LastModifiedById", Some(Cell::Text(self.author.clone())));
        self.bin.insert(record.id.clone(), record);
    }

    pub(super) fn empty_bin(&mut self) {
        self.bin.clear();
    }

    /// Returns the records of an object in the recycle bin.
    pub(super) fn thrown_away(&self, object: &str) -> impl Iterator<Item = &Record> {
        self.bin
            .values()
            .filter(move |record| record.object == object)
    }

    /// Changes a stored record on behalf of the org itself.
    pub(super) fn amend(&mut self, object: &str, id: &str, change: impl FnOnce(&mut Record)) {
        if let Some(mut record) = self.get(object, id).cloned() {
            change(&mut record);
            self.put(record);
        }
    }

    /// Notes a change that a request made, which is published when the transaction is committed.
    pub(super) fn note(
        &mut self,
        operation: Operation,
        object: &str,
        id: &str,
        fields: Map<String, Value>,
    ) {
        self.changes.push(Change {
            sequence: 0,
            operation,
            object: object.to_owned(),
            id: id.to_owned(),
            fields,
        });
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            undo: self.undo.len(),
            changes: self.changes.len(),
        }
    }

    /// Rolls back everything since the mark.
    pub(super) fn roll_back(&mut self, mark: Mark) {
        self.changes.truncate(mark.changes);
        for (record, before) in self
            .undo
            .split_off(mark.undo.min(self.undo.len()))
            .into_iter()
            .rev()
        {
            match before {
                Before::Nothing => drop(self.take(&record.object, &record.id)),
                Before::This(record) => {
                    self.deleted.remove(&record.id);
                    self.bin.remove(&record.id);
                    self.replace(record);
                }
            }
        }
    }

    /// Makes all changes final, and returns those of requests.
    pub(super) fn commit(&mut self) -> Vec<Change> {
        self.undo.clear();
        std::mem::take(&mut self.changes)
    }

    fn replace(&mut self, record: Record) -> Option<Record> {
        let before = self.take(&record.object, &record.id);
        self.index.insert(&record);
        self.records
            .entry(record.object.clone())
            .or_default()
            .insert(record.id.clone(), record);
        before
    }

    fn take(&mut self, object: &str, id: &str) -> Option<Record> {
        let record = self.records.get_mut(object)?.remove(id)?;
        self.index.remove(&record);
        Some(record)
    }
}
