//! Items, which can only be read and referred to: creating one needs accounts and tax schedules
//! that no shop knows.

use super::{
    account::Account,
    answer::Answer,
    error::Problem,
    options::{Item, ItemKind},
    request::{Call, Identifier},
    view,
};
use serde_json::{Map, Value, json};

/// Returns the kind of item with this name in paths.
pub(super) fn kind(name: &str) -> Option<ItemKind> {
    let mut kinds = [
        ItemKind::Inventory,
        ItemKind::OtherCharge,
        ItemKind::Discount,
    ]
    .into_iter();
    kinds.find(|kind| kind.record_name().eq_ignore_ascii_case(name))
}

/// Answers `GET /inventoryItem/{id}` and the like.
pub(super) fn read(
    account: &Account,
    call: &Call<'_>,
    kind: ItemKind,
    identifier: &str,
) -> Result<Answer, Problem> {
    call.allow(&["fields", "expandSubResources", "simpleEnumFormat"])?;
    let catalog = &account.books.catalog;
    let item = match Identifier::parse(identifier)? {
        Identifier::Internal(id) => catalog.item(&id.to_string()),
        Identifier::External(external_id) => catalog.item_by_external_id(&external_id),
    };
    let item = item
        .filter(|item| item.kind == kind)
        .ok_or_else(Problem::no_record)?;
    Ok(Answer::singular(view::chosen(
        shown(account, item),
        call.parameter("fields"),
    )))
}

fn shown(account: &Account, item: &Item) -> Map<String, Value> {
    let path = format!("{}/{}", item.kind.record_name(), item.id);
    let type_name = item.kind.type_name();
    Map::from_iter([
        ("links".to_owned(), view::links(&account.url, &path)),
        ("id".to_owned(), json!(item.id.to_string())),
        ("externalId".to_owned(), json!(item.product.code)),
        ("itemId".to_owned(), json!(item.product.code)),
        ("displayName".to_owned(), json!(item.product.name)),
        (
            "itemType".to_owned(),
            json!({"id": type_name, "refName": type_name}),
        ),
        ("isInactive".to_owned(), json!(item.inactive)),
    ])
}
