//! A record as GET shows it. REST API Browser 2026.1, parameters of GET.

use super::{
    account::Books,
    request::RECORDS,
    sales_order,
    schema::{Property, PropertyKind, Shape},
    store::Record,
    value::{Cell, Cells, to_map},
};
use serde_json::{Map, Value, json};

/// The extent to which a record is shown.
#[derive(Clone, Debug)]
pub(super) struct Wish<'a> {
    pub(super) url: &'a str,
    /// Whether lines and addresses are shown in full instead of as links.
    pub(super) expand: bool,
    /// Whether choices are shown as their ids alone.
    pub(super) simple: bool,
    /// The names of the only properties to show, separated by commas.
    pub(super) fields: Option<String>,
}

/// Returns the whole record as tests want it: in the form in which a request writes it.
pub(super) fn plain(record: &Record) -> Map<String, Value> {
    let mut fields = Map::from_iter([("id".to_owned(), json!(record.id.to_string()))]);
    if let Some(external_id) = &record.external_id {
        fields.insert("externalId".into(), json!(external_id));
    }
    fields.extend(to_map(&record.cells));
    if record.kind == "salesOrder" {
        fields.insert(
            "status".into(),
            json!({"id": sales_order::status(&record.cells)}),
        );
    }
    fields
}

/// Returns the record in the answer to a GET.
pub(super) fn answer(books: &Books, shape: &Shape, record: &Record, wish: &Wish<'_>) -> Value {
    let path = format!("{}/{}", shape.name, record.id);
    let created = if shape.name == "salesOrder" {
        "createdDate"
    } else {
        "dateCreated"
    };
    let mut fields = Map::from_iter([
        ("id".to_owned(), json!(record.id.to_string())),
        (created.to_owned(), json!(record.created.to_string())),
        (
            "lastModifiedDate".to_owned(),
            json!(record.modified.to_string()),
        ),
    ]);
    fields.extend(
        record
            .external_id
            .iter()
            .map(|id| ("externalId".to_owned(), json!(id))),
    );
    fields.extend(shown_cells(books, shape, &record.cells, wish, &path));
    if shape.name == "salesOrder" {
        fields.insert(
            "status".into(),
            choice(sales_order::status(&record.cells), wish.simple),
        );
    }
    // Sublists have their links even where they have no lines. In accounts with one currency there
    // is no list of currencies.
    let is_shown = |property: &&Property| {
        property.kind == PropertyKind::Lines && property.name != "currencyList"
    };
    for sublist in shape.properties().filter(is_shown) {
        fields.entry(sublist.name.clone()).or_insert_with(
            || json!({"links": links(wish.url, &format!("{path}/{}", sublist.name))}),
        );
    }
    fields.insert("links".into(), links(wish.url, &path));
    chosen(fields, wish.fields.as_deref())
}

/// Keeps only the properties that `?fields=` names, separated by commas; all of them where it names
/// none.
pub(super) fn chosen(mut fields: Map<String, Value>, wanted: Option<&str>) -> Value {
    if let Some(wanted) = wanted {
        fields.retain(|name, _| {
            matches!(name.as_str(), "id" | "links")
                || wanted.split(',').any(|wanted| wanted == name)
        });
    }
    Value::Object(fields)
}

pub(super) fn links(url: &str, path: &str) -> Value {
    json!([{"rel": "self", "href": format!("{url}{RECORDS}/{path}")}])
}

fn shown_cells(
    books: &Books,
    shape: &Shape,
    cells: &Cells,
    wish: &Wish<'_>,
    path: &str,
) -> Map<String, Value> {
    let shown = cells.iter().filter_map(|(name, cell)| {
        let property = shape.property(name)?;
        Some((
            name.clone(),
            shown(books, property, cell, wish, &format!("{path}/{name}")),
        ))
    });
    shown.collect()
}

fn shown(books: &Books, property: &Property, cell: &Cell, wish: &Wish<'_>, path: &str) -> Value {
    match cell {
        Cell::Id(id) if property.kind == PropertyKind::Reference => {
            reference(books, property, id, wish.url)
        }
        Cell::Id(id) => choice(id, wish.simple),
        Cell::Address(_) | Cell::Lines(_) if !wish.expand => {
            json!({"links": links(wish.url, path)})
        }
        Cell::Address(cells) => {
            let shape = books.schema.shape("address");
            json!(shape.map(|shape| shown_cells(books, shape, cells, wish, path)))
        }
        Cell::Lines(lines) => {
            let shape = books.schema.shape(&property.of);
            let items: Vec<_> = lines
                .iter()
                .filter_map(|line| Some(shown_cells(books, shape?, line, wish, path)))
                .collect();
            json!({"links": links(wish.url, path), "totalResults": items.len(), "items": items})
        }
        other => other.to_json(),
    }
}

fn reference(books: &Books, property: &Property, id: &str, url: &str) -> Value {
    let name = match property.to.as_str() {
        "customer" => id
            .parse()
            .ok()
            .and_then(|id| super::value::text(&books.store.get("customer", id)?.cells, "entityId")),
        "item" | "discountItem" => books
            .catalog
            .item(id)
            .map(|item| item.product.code.as_str()),
        list => books.catalog.entry(list, id),
    };
    json!({"links": links(url, &format!("{}/{id}", property.to)), "id": id, "refName": name})
}

fn choice(id: &str, simple: bool) -> Value {
    let name = match id {
        "A" => "Pending Approval",
        "B" => "Pending Fulfillment",
        "G" => "Billed",
        "H" => "Closed",
        other => other,
    };
    if simple {
        json!(id)
    } else {
        json!({"id": id, "refName": name})
    }
}
