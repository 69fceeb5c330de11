//! Finding the records of a plan that are already in Salesforce.

use crate::{
    converted,
    read::Rows,
    row::{self, Row},
};
use destination::matching;
use mapping::{
    Plan,
    plan::{Find, Key, Record},
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A record that exists in Salesforce.
#[derive(Clone, Debug)]
pub(crate) struct Existing<'a> {
    pub(crate) id: &'a str,
    row: &'a Row,
    /// The path of its fields in the row: empty for its own row, `Account.` where it was reached
    /// through a contact.
    prefix: String,
    by_key: bool,
}

/// The existing records of a plan, by name and position within their `for_each`.
#[derive(Debug, Default)]
pub(crate) struct Resolved<'a> {
    existing: BTreeMap<(&'a str, usize), Existing<'a>>,
    pub(crate) warnings: Vec<String>,
}

impl<'a> Existing<'a> {
    /// Creates a child that was read by itself.
    pub(crate) fn child(row: &'a Row) -> Self {
        Self {
            id: row.id(),
            row,
            prefix: String::new(),
            by_key: true,
        }
    }

    /// Returns what the lead became, where the record is one that was converted: object and id.
    pub(crate) fn became(&self) -> Option<(&'static str, &str)> {
        // The fields of a conversion are not read of records that were reached through another one.
        converted::became(self.row).filter(|_| self.prefix.is_empty())
    }

    /// Returns whether the record has nothing in this field.
    pub(crate) fn is_blank(&self, field: &str) -> bool {
        self.row.get(&format!("{}{field}", self.prefix)).is_null()
    }

    /// Returns whether this field of the record was read and has exactly this value.
    pub(crate) fn has(&self, field: &str, value: &Json) -> bool {
        let path = format!("{}{field}", self.prefix);
        self.row
            .find(&path)
            .is_some_and(|present| row::is_stored_as(&path, value, present))
    }

    /// Returns whether our key is to be written to a record that was found without it: into an
    /// empty field, or in the place of a provisional key.
    pub(crate) fn wants_key(&self, key: &Key) -> bool {
        let present = self.row.text(&format!("{}{}", self.prefix, key.field));
        !self.by_key && matching::gives_way(present, key)
    }
}

impl<'a> Resolved<'a> {
    /// Finds the records among the rows. The key wins; then the other ways to find a record, in
    /// their order.
    pub(crate) fn new(plan: &'a Plan, rows: &'a Rows) -> Self {
        let mut resolved = Self::default();
        for record in plan
            .records
            .iter()
            .filter(|record| record.replaces.is_none())
        {
            resolved.find(plan, rows, record, &mut Vec::new());
        }
        resolved
    }

    pub(crate) fn get(&self, record: &'a Record) -> Option<&Existing<'a>> {
        self.existing.get(&(record.name.as_str(), record.index))
    }

    fn find(
        &mut self,
        plan: &'a Plan,
        rows: &'a Rows,
        record: &'a Record,
        asked: &mut Vec<(&'a str, usize)>,
    ) -> Option<Existing<'a>> {
        let name = (record.name.as_str(), record.index);
        if let Some(known) = self.existing.get(&name) {
            return Some(known.clone());
        }
        // Two records that are to be found only through each other are not found.
        if asked.contains(&name) {
            return None;
        }
        asked.push(name);
        let rows_of_object = rows
            .get(&record.object.to_ascii_lowercase())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let found = by_key(rows_of_object, record).or_else(|| {
            record.find.iter().find_map(|find| match find {
                Find::Field { field, value } => self.by_field(rows_of_object, record, field, value),
                Find::Through {
                    record: through,
                    field,
                } => {
                    let through = plan.record(through)?;
                    let through = self.find(plan, rows, through, asked)?;
                    by_reference(&through, field)
                }
            })
        })?;
        self.existing.insert(name, found.clone());
        Some(found)
    }

    /// Returns the oldest match that is no converted lead; the rows come oldest first.
    fn by_field(
        &mut self,
        rows: &'a [Row],
        record: &Record,
        field: &str,
        value: &str,
    ) -> Option<Existing<'a>> {
        let is_it = |row: &&Row| row.says(field, value) && !converted::is_converted(row);
        let matches: Vec<&Row> = rows.iter().filter(is_it).collect();
        let first = *matches.first()?;
        if matches.len() > 1 {
            let (count, object, id) = (matches.len(), &record.object, first.id());
            self.warnings.push(format!(
                "{count} {object} records in Salesforce have the same {field} as {}; the oldest, {id}, was taken",
                record.name
            ));
        }
        Some(Existing {
            id: first.id(),
            row: first,
            prefix: String::new(),
            by_key: false,
        })
    }
}

fn by_key<'a>(rows: &'a [Row], record: &Record) -> Option<Existing<'a>> {
    let key = record.key.as_ref()?;
    let row = row::best(rows.iter(), &key.field, &key.value)?;
    Some(Existing {
        id: row.id(),
        row,
        prefix: String::new(),
        by_key: true,
    })
}

fn by_reference<'a>(through: &Existing<'a>, field: &str) -> Option<Existing<'a>> {
    let id = through.row.text(&format!("{}{field}", through.prefix))?;
    let relation = crate::soql::relation(field).ok()?;
    Some(Existing {
        id,
        row: through.row,
        prefix: format!("{}{relation}.", through.prefix),
        by_key: false,
    })
}
