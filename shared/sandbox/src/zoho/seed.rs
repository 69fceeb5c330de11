//! The contents of a new organisation: the products that it sells.

use super::{
    error::Failure,
    store::Store,
    value::json_number,
    write::{self, Manners},
};
use crate::product::Product;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Fills an empty store.
pub(super) fn fill(
    store: &mut Store,
    manners: Manners,
    products: &[Product],
) -> Result<(), Failure> {
    let schema = Arc::clone(&store.schema);
    let Some(module) = schema.module("Products") else {
        return Ok(());
    };
    for product in products {
        let fields = Map::from_iter([
            ("Product_Name".to_owned(), json!(product.name)),
            ("Product_Code".to_owned(), json!(product.code)),
            ("Product_Active".to_owned(), Value::Bool(true)),
            ("Unit_Price".to_owned(), json_number(product.price)),
        ]);
        write::insert(store, manners, module, &fields, "$")?;
    }
    // The organisation was like this from the beginning, so nothing goes into the journal.
    store.take_changes();
    Ok(())
}
