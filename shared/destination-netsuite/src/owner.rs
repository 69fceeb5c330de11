//! The owner of a record in NetSuite: the customer whom the plan means, another customer of the
//! same shop, or another system.

use crate::{orders, row::Row, rules};
use mapping::plan::{Find, Key, Record};

/// A record that exists in NetSuite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Existing<'a> {
    pub(crate) row: &'a Row,
    pub(crate) by_key: bool,
}

impl Existing<'_> {
    /// Returns whether the record was found otherwise than by the key and carries a key that is not
    /// ours to replace: that of a registered customer, to whom an order without registration is
    /// attached, or that of another system. Then nothing of it is changed.
    pub(crate) fn is_of_another(&self, key: &Key) -> bool {
        !self.by_key
            && mark(self.row, key)
                .is_some_and(|present| !rules::is_stand_in_of(&present, &key.value))
    }

    /// Returns whether our key is to be written to the record: where the key's field is empty, or
    /// in the place of a provisional key of this shop if the record was found otherwise than by the
    /// key.
    pub(crate) fn wants_key(&self, key: &Key) -> bool {
        match self.row.text(&key.field) {
            None => true,
            Some(present) if present.eq_ignore_ascii_case(&key.value) => false,
            Some(present) => {
                !self.by_key && !key.provisional && rules::is_stand_in_of(&present, &key.value)
            }
        }
    }
}

/// The owner of a record that was not found by the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// It carries no key, or a provisional one of this shop that a firm key may replace.
    Nobody,
    /// It carries a key of another system or shop, which is left as it is.
    AnotherSystem,
    /// It carries the key of another registered customer of this shop: two of them may share an
    /// e-mail address and stay two.
    AnotherCustomer,
}

/// Returns the key that the record carries. A record that was made before there was a field for it
/// has this shop's key as its external id.
fn mark(row: &Row, key: &Key) -> Option<String> {
    let older = || {
        row.text(rules::EXTERNAL_ID)
            .filter(|present| rules::is_of_same_shop(present, &key.value))
    };
    row.text(&key.field).or_else(older)
}

pub(crate) fn owner_of(row: &Row, key: &Key) -> Owner {
    match mark(row, key) {
        None => Owner::Nobody,
        // A guest's order is attached to whoever has the e-mail address.
        Some(_) if key.provisional => Owner::Nobody,
        Some(present) if rules::is_stand_in_of(&present, &key.value) => Owner::Nobody,
        Some(present) if rules::is_of_same_shop(&present, &key.value) => Owner::AnotherCustomer,
        Some(_) => Owner::AnotherSystem,
    }
}

pub(crate) fn has_key(row: &Row, key: &Key) -> bool {
    let is_there = |field: &str| {
        row.text(field)
            .is_some_and(|text| text.eq_ignore_ascii_case(&key.value))
    };
    is_there(rules::EXTERNAL_ID) || is_there(&key.field)
}

/// Returns whether the customer that an order has in NetSuite is the one that the plan means.
pub(crate) fn is_meant(row: &Row, record: &Record) -> bool {
    let Some(key) = &record.key else { return false };
    let is_found =
        |find: &Find| matches!(find, Find::Field { field, value } if same(row, field, value));
    has_key(row, key)
        || (is_usable(row)
            && is_of_subsidiary(row, record)
            && owner_of(row, key) != Owner::AnotherCustomer
            && record.find.iter().any(is_found))
}

pub(crate) fn found<'a>(record: &Record, row: &'a Row) -> (Option<Existing<'a>>, Option<String>) {
    let existing = Existing { row, by_key: false };
    let is_anothers = record
        .key
        .as_ref()
        .is_some_and(|key| owner_of(row, key) == Owner::AnotherSystem);
    let note = is_anothers.then(|| {
        let (name, object, id) = (&record.name, &record.object, row.id());
        format!(
            "{name}: {object} {id} was found otherwise than by its key and has a key of another system or shop, which was left as it is; with vars.customer_key_field this shop's key              has a field of its own"
        )
    });
    (Some(existing), note)
}

/// Returns whether the customer takes orders: an inactive one does not.
pub(crate) fn is_usable(row: &Row) -> bool {
    row.text("isinactive").as_deref() != Some("T")
}

pub(crate) const SUBSIDIARY: &str = "subsidiary";

pub(crate) fn subsidiary_of(record: &Record) -> Option<&str> {
    let (_, field) = record
        .fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(SUBSIDIARY))?;
    orders::literal_id(&field.value)
}

/// Returns whether the customer takes orders of the plan's subsidiary: one of another subsidiary
/// does not.
pub(crate) fn is_of_subsidiary(row: &Row, record: &Record) -> bool {
    subsidiary_of(record)
        .is_none_or(|wanted| row.text(SUBSIDIARY).is_none_or(|present| present == wanted))
}

pub(crate) fn of_another_subsidiary(record: &Record, field: &str, row: &Row) -> String {
    let (object, name, id, wanted) = (
        &record.object,
        &record.name,
        row.id(),
        subsidiary_of(record).unwrap_or_default(),
    );
    let present = row.text(SUBSIDIARY).unwrap_or_default();
    format!(
        "{object} {id} in NetSuite has the same {field} as {name}, but belongs to subsidiary {present} and not to {wanted}, so it was not taken and a new one made"
    )
}

pub(crate) fn ambiguous(record: &Record, field: &str, rows: &[&Row]) -> String {
    let ids: Vec<String> = rows.iter().take(5).map(|row| row.id()).collect();
    let (count, object, name, ids) = (rows.len(), &record.object, &record.name, ids.join(", "));
    format!(
        "{count} {object} records in NetSuite have the same {field} as {name} ({ids}), so none was taken and a new one made; if they are one, merge them in NetSuite"
    )
}

pub(crate) fn same(row: &Row, field: &str, value: &str) -> bool {
    row.text(field)
        .is_some_and(|text| text.to_lowercase() == value.to_lowercase())
}
