//! What has to be known about a batch before it can be written: which customers are there and what they say, and what the look-ups find.

use crate::{
    client::Client,
    lookups::{self, Found, LookupCache},
    row::Row,
    rules,
    suiteql::{self, Question},
};
use destination::{Class, Failure};
use mapping::{
    Plan,
    plan::{Field, Find, Key, Lookup, Record, When},
};
use std::collections::{BTreeMap, BTreeSet};

/// So many records in one question, each with its key and the other ways to find it.
const PER_QUESTION: usize = 200;

/// What the reading of a batch told.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Rows of the records that are read first, by table, the oldest first.
    rows: Rows,
    pub(crate) found: Found,
}

/// Rows by table in lower case.
pub(crate) type Rows = BTreeMap<String, Vec<Row>>;

/// A record that NetSuite has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Existing<'a> {
    pub(crate) row: &'a Row,
    by_key: bool,
}

/// Refuses what can not be written, before anything is asked.
pub(crate) fn check(plan: &Plan) -> Result<(), Failure> {
    if let Some(set) = plan.emptied.first() {
        return Err(no_children(&set.object));
    }
    plan.records.iter().try_for_each(check_record)
}

/// Everything that the plans need to know: one query for the customers and one for the items that nobody remembers.
pub(crate) async fn read(client: &Client, cache: &LookupCache, plans: &[&Plan]) -> Result<Known, Failure> {
    let now = client.clock.now();
    let lookups = || plans.iter().flat_map(|plan| plan.lookups());
    let mut found = cache.known(lookups(), now);
    let unknown: Vec<&Lookup> = lookups().filter(|lookup| found.get(lookup).is_none()).collect();
    // Kept apart: the rows of a look-up hold its own columns only, even where it looks into the same table.
    let (records, lookups) = (questions(plans)?, lookups::questions(&unknown)?);
    let rows = ask(client, records).await?;
    lookups::learn(&mut found, &unknown, &ask(client, lookups).await?);
    cache.remember(&found, now);
    Ok(Known { rows, found })
}

/// One after the other: the second one is seldom needed, and a login that is refused must not be refused twice.
async fn ask(client: &Client, questions: Vec<(String, Question)>) -> Result<Rows, Failure> {
    let mut rows = Rows::new();
    for (table, question) in questions {
        if let Some(query) = question.query() {
            rows.entry(table).or_default().extend(client.query(&query).await?);
        }
    }
    Ok(rows)
}

/// The questions about the records that are read before they are written, each with its table.
pub(crate) fn questions(plans: &[&Plan]) -> Result<Vec<(String, Question)>, Failure> {
    let mut by_table: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in plans.iter().flat_map(|plan| &plan.records) {
        if let Some((table, _)) = rules::read_first(&record.object) {
            by_table.entry(table).or_default().push(record);
        }
    }
    let mut questions = Vec::new();
    for (table, records) in by_table {
        for chunk in records.chunks(PER_QUESTION) {
            questions.push((table.to_owned(), about(table, chunk)?));
        }
    }
    Ok(questions)
}

impl Known {
    /// The record that is there, and what an operator should know about how it was found. The key wins; then the other ways to find it, in their order, each of which counts
    /// only where it leads to a single record that is nobody else's. `taken` are those that get another record's key just now.
    pub(crate) fn existing(&self, record: &Record, taken: &BTreeSet<String>) -> (Option<Existing<'_>>, Option<String>) {
        let (Some((table, _)), Some(key)) = (rules::read_first(&record.object), &record.key) else {
            return (None, None);
        };
        let rows = self.rows.get(table).map(Vec::as_slice).unwrap_or_default();
        let has_key = |row: &&Row| row.text("externalid").is_some_and(|text| text.eq_ignore_ascii_case(&key.value));
        if let Some(row) = rows.iter().find(has_key) {
            return (Some(Existing { row, by_key: true }), None);
        }
        for find in &record.find {
            let Find::Field { field, value } = find else { continue };
            let is_free = |row: &Row| is_usable(row) && may_be(row, key) && !taken.contains(&row.id());
            let matches: Vec<&Row> = rows.iter().filter(|row| is_free(row) && same(row, field, value)).collect();
            match matches.as_slice() {
                [] => {}
                [row] => return (Some(Existing { row, by_key: false }), None),
                several => return (None, Some(ambiguous(record, field, several))),
            }
        }
        (None, None)
    }
}

impl Existing<'_> {
    /// Whether the record is that of a registered customer who was found otherwise than by the key: an order without registration is attached to it and changes nothing of it.
    pub(crate) fn is_of_another(&self) -> bool {
        !self.by_key && self.row.text("externalid").is_some_and(|present| !rules::is_provisional(&present))
    }

    /// Whether our key is to be written to a record that was found without it: where it has none, or in the place of a stand-in.
    pub(crate) fn wants_key(&self, key: &Key) -> bool {
        match self.row.text("externalid") {
            _ if self.by_key => false,
            None => true,
            Some(present) => rules::is_provisional(&present) && !key.provisional,
        }
    }
}

fn about(table: &str, records: &[&Record]) -> Result<Question, Failure> {
    let mut question = Question::new(table)?;
    ["externalid", "isinactive"].iter().try_for_each(|column| question.select(column))?;
    let mut keys = BTreeSet::new();
    let mut ways: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for record in records {
        let is_compared = |name: &str, field: &Field| field.on != When::Create && rules::is_comparable(&record.object, name);
        let compared = record.fields.iter().filter(|(name, field)| is_compared(name, field));
        compared.into_iter().try_for_each(|(name, _)| question.select(name))?;
        keys.extend(record.key.iter().map(|key| key.value.clone()));
        for find in &record.find {
            if let Find::Field { field, value } = find {
                question.select(field)?;
                ways.entry(field).or_default().insert(value.to_lowercase());
            }
        }
    }
    question.or_in("externalid", false, &keys.into_iter().collect::<Vec<_>>())?;
    for (field, values) in ways {
        question.or_in(field, true, &values.into_iter().collect::<Vec<_>>())?;
    }
    Ok(question)
}

/// An inactive customer takes no orders.
fn is_usable(row: &Row) -> bool {
    row.text("isinactive").as_deref() != Some("T")
}

/// A registered customer is nobody else's: two customers of a shop, or of two shops, may share an e-mail address and stay two.
fn may_be(row: &Row, key: &Key) -> bool {
    key.provisional || row.text("externalid").is_none_or(|present| rules::is_provisional(&present))
}

fn ambiguous(record: &Record, field: &str, rows: &[&Row]) -> String {
    let ids: Vec<String> = rows.iter().take(5).map(|row| row.id()).collect();
    let (count, object, name, ids) = (rows.len(), &record.object, &record.name, ids.join(", "));
    format!(
        "{count} {object} records in NetSuite have the same {field} as {name} ({ids}), so none was taken and a new one made; if they are one, merge them in NetSuite"
    )
}

fn same(row: &Row, field: &str, value: &str) -> bool {
    row.text(field).is_some_and(|text| text.to_lowercase() == value.to_lowercase())
}

fn check_record(record: &Record) -> Result<(), Failure> {
    let refuse = |text: String| {
        Err(Failure {
            place: Some(record.name.clone()),
            ..Failure::permanent(Class::Mapping, "map", text)
        })
    };
    let name = &record.name;
    suiteql::name(&record.object)?;
    record.fields.keys().try_for_each(|field| suiteql::name(field).map(|_| ()))?;
    if record.replaces.is_some() {
        return Err(no_children(name));
    }
    let Some(key) = &record.key else {
        return refuse(format!(
            "record {name} has no key, so that writing it twice would make two; give it key = {{ field = \"externalId\", value = ... }}"
        ));
    };
    if key.field != "externalId" {
        return refuse(format!(
            "record {name} has the key {}, and NetSuite knows records again by externalId only",
            key.field
        ));
    }
    if !rules::is_external_id(&key.value) {
        return refuse(format!(
            "record {name} would get the external id \"{}\", and NetSuite takes letters, digits, _ and - only, at most 100 of them; change the mapping's prefix",
            key.value.chars().take(100).collect::<String>()
        ));
    }
    for find in &record.find {
        let is_good = matches!(find, Find::Field { field, .. } if rules::is_comparable(&record.object, field));
        if !is_good {
            return refuse(format!(
                "record {name} is to be found in a way that NetSuite does not offer; customers can be found by email, phone, companyName, lastName or entityId"
            ));
        }
    }
    Ok(())
}

fn no_children(name: &str) -> Failure {
    let text = format!(
        "record {name} is a child of its own, and in NetSuite lines are written inside their order; use item = {{ object = {{ items = [...] }} }} instead"
    );
    Failure {
        place: Some(name.to_owned()),
        ..Failure::permanent(Class::Mapping, "map", text)
    }
}
