//! The contents of a new org: the standard price book and the products that it sells.

use super::{error::ApiError, store::Store, value::Cell, value::json_number, write};
use crate::product::Product;
use serde_json::json;
use std::sync::Arc;

/// Fills an empty store.
pub(super) fn fill(store: &mut Store, products: &[Product]) -> Result<(), ApiError> {
    let schema = Arc::clone(&store.schema);
    let object = |name: &str| schema.object(name).ok_or_else(ApiError::not_found);
    let mut book = store.blank(object("Pricebook2")?);
    for (field, cell) in [
        ("Name", Cell::Text("Standard Price Book".into())),
        ("IsActive", Cell::Flag(true)),
        ("IsStandard", Cell::Flag(true)),
    ] {
        book.set(field, Some(cell));
    }
    let book_id = book.id.clone();
    store.put(book);
    for product in products {
        let fields = json!({"Name": product.name, "ProductCode": product.code, "IsActive": true});
        let product_id = write::create(
            store,
            object("Product2")?,
            fields.as_object().ok_or_else(ApiError::not_found)?,
        )?;
        let price = json_number(product.price, true);
        let fields = json!({"Pricebook2Id": book_id, "Product2Id": product_id, "UnitPrice": price, "IsActive": true});
        write::create(
            store,
            object("PricebookEntry")?,
            fields.as_object().ok_or_else(ApiError::not_found)?,
        )?;
    }
    let text = |text: &str| Some(Cell::Text(text.to_owned()));
    let licence = [("DeveloperName", text("SalesforceAPIIntegrationPsl"))];
    store.place(object("PermissionSetLicense")?, &licence);
    for rule in store.duplicate_rules.clone() {
        let cells = [
            ("SobjectType", text(&rule.object)),
            (
                "DeveloperName",
                text(&format!("{}_{}", rule.object, rule.field)),
            ),
            ("IsActive", Some(Cell::Flag(true))),
        ];
        store.place(object("DuplicateRule")?, &cells);
    }
    // The org was like this from the beginning, so nothing goes into the journal.
    store.commit();
    Ok(())
}
