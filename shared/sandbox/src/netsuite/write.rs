//! Writing a record. NetSuite Help, section_1545141395 (POST), section_1545142173 (PATCH),
//! section_156335203191 (PUT).

use super::{
    account::{Books, Policy},
    customer,
    error::Problem,
    sales_order,
    schema::{Group, PropertyKind, Shape},
    store::Record,
    sublist,
    value::{Cell, Cells, to_map},
};
use crate::{barrier::Keeps, journal::Operation};
use jiff::civil::Date;

/// The facts that a write needs beside the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances<'a> {
    pub(super) policy: &'a Policy,
    pub(super) today: Date,
    /// The sublists that are replaced, by the names in `?replace=`.
    pub(super) replace: &'a [String],
    /// The external id in the path, behind `eid:`.
    pub(super) external_id: Option<&'a str>,
}

/// Creates a record from values that fit their properties, and returns its id.
pub(super) fn create(
    books: &mut Books,
    about: Circumstances<'_>,
    shape: &str,
    sent: Cells,
) -> Result<u64, Problem> {
    let schema = std::sync::Arc::clone(&books.schema);
    let shape = schema.record(shape).ok_or_else(Problem::no_record)?;
    let record = books.store.blank(shape);
    write(books, about, shape, record, sent, Operation::Create)
}

/// Changes a record and returns its id.
pub(super) fn update(
    books: &mut Books,
    about: Circumstances<'_>,
    record: Record,
    sent: Cells,
) -> Result<u64, Problem> {
    let schema = std::sync::Arc::clone(&books.schema);
    let shape = schema.record(&record.kind).ok_or_else(Problem::no_record)?;
    check_lock(books, &record)?;
    write(books, about, shape, record, sent, Operation::Update)
}

/// Deletes a record, unless others depend on it.
pub(super) fn delete(books: &mut Books, record: &Record) -> Result<(), Problem> {
    check_lock(books, record)?;
    if record.kind == "customer"
        && books
            .store
            .of("salesOrder")
            .any(|order| order.is_of(record.id))
    {
        return Err(Problem::user(
            "This record cannot be deleted because it has dependent records.",
        ));
    }
    if sales_order::is_at_work(&record.cells) {
        return Err(Problem::user(
            "This record cannot be deleted because it has dependent records.",
        ));
    }
    books.store.take(&record.kind, record.id);
    books.store.note(
        Operation::Delete,
        &record.kind,
        record.id,
        serde_json::Map::new(),
    );
    Ok(())
}

/// Checks that no workflow has locked the record. A locked record cannot be opened, and reading
/// opens it. NetSuite Help, subsect_1544786455.
pub(super) fn check_lock(books: &Books, record: &Record) -> Result<(), Problem> {
    if record.locked || keeps(books, Keeps::Locked, record) {
        Err(Problem::user(
            "This record has been locked by a user defined workflow.",
        ))
    } else {
        Ok(())
    }
}

fn keeps(books: &Books, what: Keeps, record: &Record) -> bool {
    books
        .barriers
        .hold(what, &record.kind, |field| value_of(record, field))
}

fn value_of<'a>(record: &'a Record, field: &str) -> Option<&'a str> {
    match field {
        "externalId" => record.external_id.as_deref(),
        _ => record.cells.get(field).and_then(Cell::text),
    }
}

fn write(
    books: &mut Books,
    about: Circumstances<'_>,
    shape: &Shape,
    mut record: Record,
    sent: Cells,
    operation: Operation,
) -> Result<u64, Problem> {
    if std::mem::take(&mut books.fail_next_write) {
        return Err(Problem::record_changed());
    }
    let told = to_map(&sent);
    if let Some(external_id) = external_id(about, &sent)? {
        claim(books, shape, &external_id, record.id)?;
        record.external_id = Some(external_id);
    }
    overlay(books, about, shape, &mut record.cells, sent)?;
    if keeps(books, Keeps::OutOfSight, &record) {
        return Err(Problem::out_of_sight());
    }
    if let Some((code, text)) = books
        .barriers
        .refusal(&record.kind, |field| value_of(&record, field))
    {
        return Err(Problem::new(400, code, text));
    }
    match shape.name.as_str() {
        "customer" => customer::complete(books, about.policy, &mut record.cells, record.id)?,
        "salesOrder" => sales_order::complete(books, about.today, &mut record.cells, record.id)?,
        _ => {}
    }
    check_required(about.policy, shape, &record.cells)?;
    let id = record.id;
    books.store.note(operation, &record.kind, id, told);
    books.store.put(record);
    Ok(id)
}

/// Returns the external id for the record: that of the path, which the body may repeat, or that of
/// the body.
fn external_id(about: Circumstances<'_>, sent: &Cells) -> Result<Option<String>, Problem> {
    let given = sent.get("externalId").and_then(Cell::text);
    match (about.external_id, given) {
        (Some(wanted), Some(given)) if !wanted.eq_ignore_ascii_case(given) => Err(
            Problem::invalid_value(&given.into(), "externalId", "externalId"),
        ),
        (wanted, given) => Ok(wanted.or(given).map(String::from)),
    }
}

/// Checks that the external id is free. It belongs to one record of a whole group (NetSuite Help,
/// section_N3436356), in whatever case. The texts are those that were observed, one for each group.
fn claim(books: &Books, shape: &Shape, external_id: &str, own: u64) -> Result<(), Problem> {
    let Some(group) = shape.group else {
        return Ok(());
    };
    match books.store.holder(group, external_id) {
        Some((kind, id)) if *kind != shape.name || *id != own => Err(Problem::user(match group {
            Group::Entity => "This entity already exists.",
            Group::Transaction => "This record already exists.",
        })),
        _ => Ok(()),
    }
}

/// Lays the sent values over those that were there: null clears, sublists merge.
fn overlay(
    books: &Books,
    about: Circumstances<'_>,
    shape: &Shape,
    cells: &mut Cells,
    sent: Cells,
) -> Result<(), Problem> {
    for (name, cell) in sent.into_iter().filter(|(name, _)| name != "externalId") {
        let is_sublist = shape
            .property(&name)
            .is_some_and(|property| property.kind == PropertyKind::Lines);
        let cell = if is_sublist {
            lines(
                books,
                &name,
                cells.get(&name),
                &cell,
                about.replace.contains(&name),
            )?
        } else {
            cell
        };
        cells.insert(name, cell);
    }
    cells.retain(|_, cell| *cell != Cell::Null);
    Ok(())
}

fn lines(
    books: &Books,
    name: &str,
    old: Option<&Cell>,
    sent: &Cell,
    replace: bool,
) -> Result<Cell, Problem> {
    let key = books
        .schema
        .shape(name)
        .and_then(|shape| shape.key.as_deref())
        .unwrap_or_default();
    let old = old.map(Cell::lines).unwrap_or_default();
    if name == "currencyList" {
        return customer::currencies(if replace { &[] } else { old }, sent.lines());
    }
    let mut merged = Vec::new();
    for mut line in sublist::merge(key, old, sent.lines(), replace)? {
        if let (Some(place), "item") = (line.sent_as, name) {
            sales_order::price(books, &mut line.cells, &format!("item.items[{place}]"))?;
        }
        merged.push(line.cells);
    }
    Ok(Cell::Lines(merged))
}

/// Checks the values that a custom form makes mandatory.
fn check_required(policy: &Policy, shape: &Shape, cells: &Cells) -> Result<(), Problem> {
    let mut needed = policy
        .required
        .iter()
        .filter(|(record, _)| *record == shape.name);
    match needed.find(|(_, name)| customer::is_blank(cells, name)) {
        Some((_, name)) => Err(Problem::missing(name)),
        None => Ok(()),
    }
}
