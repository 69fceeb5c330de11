//! Creating, updating and deleting one record, whatever the form of the request.

use super::{
    error::ApiError,
    prepare::{Sent, prepare},
    rules,
    schema::Object,
    store::{Record, Store},
    value::Cell,
};
use crate::{barrier::Keeps, journal::Operation};
use serde_json::{Map, Value};

/// Creates a record and returns its id.
pub(super) fn create(
    store: &mut Store,
    object: &Object,
    body: &Map<String, Value>,
) -> Result<String, ApiError> {
    if object.is_closed {
        return Err(ApiError::not_insertable(&object.name));
    }
    let sent = prepare(store, object, body, true)?;
    if store.is_full {
        return Err(ApiError::storage_full());
    }
    let mut record = store.blank(object);
    check_lock(store, &record.id)?;
    apply(&mut record, &sent);
    let id = record.id.clone();
    save(store, object, record, None, &sent)?;
    store.note(
        Operation::Create,
        &object.name,
        &id,
        given(object, &sent, body),
    );
    Ok(id)
}

/// Writes some fields of a record.
pub(super) fn update(
    store: &mut Store,
    object: &Object,
    previous: &Record,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    let sent = prepare(store, object, body, false)?;
    check_lock(store, &previous.id)?;
    if previous.cell("IsConverted") == Some(&Cell::Flag(true)) {
        return Err(ApiError::row(
            "CANNOT_UPDATE_CONVERTED_LEAD",
            "cannot reference converted lead",
            [],
        ));
    }
    check_approval(store, previous)?;
    let mut record = previous.clone();
    apply(&mut record, &sent);
    save(store, object, record, Some(previous), &sent)?;
    store.note(
        Operation::Update,
        &object.name,
        &previous.id,
        given(object, &sent, body),
    );
    Ok(())
}

/// Deletes a record with all records that it owns.
pub(super) fn delete(store: &mut Store, record: &Record) -> Result<(), ApiError> {
    check_lock(store, &record.id)?;
    check_approval(store, record)?;
    remove(store, record);
    store.note(Operation::Delete, &record.object, &record.id, Map::new());
    Ok(())
}

fn save(
    store: &mut Store,
    object: &Object,
    mut record: Record,
    previous: Option<&Record>,
    sent: &Sent,
) -> Result<(), ApiError> {
    if keeps(store, Keeps::OutOfSight, &record) {
        return Err(ApiError::duplicate_out_of_sight());
    }
    if let Some((code, text)) = store
        .barriers
        .refusal(&record.object, |field| record.text(field))
    {
        return Err(ApiError::row(code, text, []));
    }
    check_unique(store, object, &record, sent)?;
    check_duplicates(store, object, &record, previous)?;
    rules::before(store, &mut record, previous, sent)?;
    store.put(record.clone());
    rules::after(store, &record, previous);
    Ok(())
}

fn apply(record: &mut Record, sent: &Sent) {
    for (name, cell) in sent {
        record.set(name, cell.clone());
    }
}

/// Fails once with `UNABLE_TO_LOCK_ROW`, when a fault chose the request.
fn check_lock(store: &mut Store, id: &str) -> Result<(), ApiError> {
    if std::mem::take(&mut store.lock_next_row) {
        Err(ApiError::locked(id))
    } else {
        Ok(())
    }
}

/// Checks that the record does not wait for approval: until somebody has decided, it cannot be
/// changed. Salesforce Help, "Record Locks in Approval Processes".
fn check_approval(store: &Store, record: &Record) -> Result<(), ApiError> {
    if keeps(store, Keeps::Locked, record) {
        Err(ApiError::waits_for_approval())
    } else {
        Ok(())
    }
}

fn keeps(store: &Store, what: Keeps, record: &Record) -> bool {
    store
        .barriers
        .hold(what, &record.object, |field| record.text(field))
}

fn check_unique(
    store: &Store,
    object: &Object,
    record: &Record,
    sent: &Sent,
) -> Result<(), ApiError> {
    for field in object.fields().filter(|field| field.unique) {
        let Some(cell) = sent.get(&field.name).and_then(Option::as_ref) else {
            continue;
        };
        let other = store
            .find(&object.name, &field.name, cell)
            .into_iter()
            .find(|id| *id != record.id);
        if let Some(id) = other {
            let message = format!(
                "duplicate value found: {} duplicates value on record with id: {id}",
                field.name
            );
            return Err(ApiError::row("DUPLICATE_VALUE", message, []));
        }
    }
    Ok(())
}

/// Checks a record whose field is new or changed against the org's duplicate rules.
fn check_duplicates(
    store: &Store,
    object: &Object,
    record: &Record,
    previous: Option<&Record>,
) -> Result<(), ApiError> {
    let rules = store
        .duplicate_rules
        .iter()
        .filter(|rule| rule.object == object.name);
    for rule in rules.filter(|rule| rule.blocks || !store.saves_duplicates) {
        let wanted = record
            .text(&rule.field)
            .map(str::to_lowercase)
            .filter(|text| !text.is_empty());
        if wanted.is_none()
            || previous
                .is_some_and(|previous| previous.text(&rule.field) == record.text(&rule.field))
        {
            continue;
        }
        let is_same = |other: &Record| {
            other.id != record.id && other.text(&rule.field).map(str::to_lowercase) == wanted
        };
        if store.of(&object.name).any(is_same) {
            return Err(ApiError::request(
                "DUPLICATES_DETECTED",
                "Use one of these records?",
            ));
        }
    }
    Ok(())
}

fn remove(store: &mut Store, record: &Record) {
    let schema = std::sync::Arc::clone(&store.schema);
    store.remove(&record.object, &record.id);
    for incoming in schema.incoming(&record.object) {
        let children: Vec<Record> = store
            .children(&incoming.object.name, &incoming.field.name, &record.id)
            .into_iter()
            .cloned()
            .collect();
        for mut child in children {
            if incoming.field.owned {
                remove(store, &child);
            } else {
                child.set(&incoming.field.name, None);
                store.put(child);
            }
        }
    }
    rules::after_delete(store, record);
}

/// Returns the fields that the request itself gave, for the journal.
fn given(object: &Object, sent: &Sent, body: &Map<String, Value>) -> Map<String, Value> {
    let named = |name: &str| {
        body.keys()
            .any(|key| object.field(key).is_some_and(|field| field.name == name))
    };
    let through = |name: &str| {
        object
            .field(name)
            .and_then(|field| field.parent.as_ref())
            .is_some_and(|parent| body.contains_key(parent))
    };
    let fields = sent.iter().filter(|(name, _)| named(name) || through(name));
    fields
        .map(|(name, cell)| (name.clone(), json(object, name, cell.as_ref())))
        .collect()
}

fn json(object: &Object, name: &str, cell: Option<&Cell>) -> Value {
    object
        .field(name)
        .zip(cell)
        .map_or(Value::Null, |(field, cell)| cell.to_json(field.field_type))
}
