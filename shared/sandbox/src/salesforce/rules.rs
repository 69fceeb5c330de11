//! The rules of an object beyond its single fields.

use super::{
    address,
    error::ApiError,
    line_item, opportunity, person,
    prepare::Sent,
    price_book,
    store::{Record, Store},
};

/// Completes a record before it is stored, or refuses it.
pub(super) fn before(
    store: &mut Store,
    record: &mut Record,
    previous: Option<&Record>,
    sent: &Sent,
) -> Result<(), ApiError> {
    address::before(store, record, sent)?;
    match record.object.as_str() {
        "Contact" | "Lead" => person::name(record),
        "Opportunity" => opportunity::before(store, record, previous, sent)?,
        "OpportunityLineItem" => line_item::before(store, record, previous, sent)?,
        "PricebookEntry" => price_book::before_entry(store, record, previous, sent)?,
        _ => {}
    }
    Ok(())
}

/// Carries the effects of a stored record over to other records.
pub(super) fn after(store: &mut Store, record: &Record, previous: Option<&Record>) {
    match record.object.as_str() {
        "Opportunity" if previous.is_none() => person::link_contact(store, record),
        "OpportunityLineItem" => opportunity::roll_up(store, record),
        "OpportunityContactRole" => person::keep_one_primary(store, record),
        "Product2" => price_book::rename_entries(store, record),
        _ => {}
    }
}

/// Carries the effects of a deleted record over to other records.
pub(super) fn after_delete(store: &mut Store, record: &Record) {
    match record.object.as_str() {
        "OpportunityLineItem" => opportunity::roll_up(store, record),
        "OpportunityContactRole" => person::forget_primary(store, record),
        _ => {}
    }
}
