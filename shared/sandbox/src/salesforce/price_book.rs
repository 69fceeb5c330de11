//! Price book entries. Rules: Object Reference, PricebookEntry and Pricebook2.

use super::{
    error::ApiError,
    prepare::Sent,
    store::{Record, Store},
    value::Cell,
};

const ENTRY: &str = "PricebookEntry";

/// Completes an entry: there is one per product and book, and the standard book's comes first.
pub(super) fn before_entry(
    store: &Store,
    record: &mut Record,
    previous: Option<&Record>,
    sent: &Sent,
) -> Result<(), ApiError> {
    let Some(product) = record
        .text("Product2Id")
        .and_then(|id| store.get("Product2", id))
    else {
        return Ok(());
    };
    let siblings: Vec<&Record> = store
        .children(ENTRY, "Product2Id", &product.id)
        .into_iter()
        .filter(|entry| entry.id != record.id)
        .collect();
    if previous.is_none() {
        check_new(store, record, &siblings)?;
    }
    for (field, from) in [("Name", "Name"), ("ProductCode", "ProductCode")] {
        record.set(field, product.cell(from).cloned());
    }
    settle_price(store, record, sent, &siblings)
}

/// Renames a product's entries, which show its name and code.
pub(super) fn rename_entries(store: &mut Store, product: &Record) {
    let ids: Vec<String> = store
        .children(ENTRY, "Product2Id", &product.id)
        .iter()
        .map(|entry| entry.id.clone())
        .collect();
    for id in ids {
        store.amend(ENTRY, &id, |entry| {
            entry.set("Name", product.cell("Name").cloned());
            entry.set("ProductCode", product.cell("ProductCode").cloned());
        });
    }
}

fn check_new(store: &Store, record: &Record, siblings: &[&Record]) -> Result<(), ApiError> {
    if siblings
        .iter()
        .any(|entry| entry.cell("Pricebook2Id") == record.cell("Pricebook2Id"))
    {
        return Err(ApiError::row(
            "DUPLICATE_VALUE",
            "This price definition already exists in this price book",
            [],
        ));
    }
    if !is_standard(store, record) && !siblings.iter().any(|entry| is_standard(store, entry)) {
        let message = "Before creating a custom price, create a standard price.";
        return Err(ApiError::row("STANDARD_PRICE_NOT_DEFINED", message, []));
    }
    Ok(())
}

fn settle_price(
    store: &Store,
    record: &mut Record,
    sent: &Sent,
    siblings: &[&Record],
) -> Result<(), ApiError> {
    if record.cell("UseStandardPrice") == Some(&Cell::Flag(true)) {
        if sent.get("UnitPrice").is_some_and(Option::is_some) {
            let message = "field integrity exception: UnitPrice (cannot specify a unit price together with UseStandardPrice)";
            return Err(ApiError::row(
                "FIELD_INTEGRITY_EXCEPTION",
                message,
                ["UnitPrice"],
            ));
        }
        let standard = siblings
            .iter()
            .find(|entry| is_standard(store, entry))
            .and_then(|entry| entry.cell("UnitPrice"));
        record.set("UnitPrice", standard.cloned());
    }
    if record.cell("UnitPrice").is_none() {
        return Err(ApiError::required(&["UnitPrice".to_owned()]));
    }
    Ok(())
}

fn is_standard(store: &Store, entry: &Record) -> bool {
    let book = entry
        .text("Pricebook2Id")
        .and_then(|id| store.get("Pricebook2", id));
    book.and_then(|book| book.cell("IsStandard")) == Some(&Cell::Flag(true))
}
