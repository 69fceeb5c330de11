//! The tables of SuiteQL, made from the account's records.

use super::run::Scalar;
use crate::netsuite::{
    account::Books,
    options::Item,
    sales_order,
    schema::{Property, Schema},
    store::Record,
    value::{Cell, Cells, is_set, number, text},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

/// A table that queries can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Customer,
    Transaction,
    TransactionLine,
    Item,
    CustomField,
    /// The features of the account (`companyfeaturesetup`).
    Feature,
    /// One of the lists, such as `subsidiary`.
    List(&'static str),
}

const CUSTOMER: &[&str] = &[
    "id",
    "entityid",
    "externalid",
    "email",
    "firstname",
    "middlename",
    "lastname",
    "companyname",
    "phone",
    "altname",
    "isperson",
    "isinactive",
    "datecreated",
    "lastmodifieddate",
    "subsidiary",
    "currency",
];
const TRANSACTION: &[&str] = &[
    "id",
    "tranid",
    "externalid",
    "type",
    "recordtype",
    "trandate",
    "entity",
    "status",
    "memo",
    "otherrefnum",
    "currency",
    "foreigntotal",
    "createddate",
    "lastmodifieddate",
];
const LINE: &[&str] = &[
    "id",
    "transaction",
    "linesequencenumber",
    "item",
    "itemtype",
    "quantity",
    "rate",
    "foreignamount",
    "netamount",
    "mainline",
    "taxline",
    "iscogs",
    "memo",
    "location",
    "isclosed",
    "quantityshiprecv",
    "quantitybilled",
];
const ITEM: &[&str] = &[
    "id",
    "itemid",
    "externalid",
    "upccode",
    "displayname",
    "itemtype",
    "isinactive",
    "fullname",
];
const CUSTOM_FIELD: &[&str] = &["scriptid", "name", "fieldvaluetype"];
const FEATURE: &[&str] = &["id", "name", "isactive"];
const LIST: &[&str] = &["id", "name"];

impl Table {
    /// Returns the table with this lower-case name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "customer" => Some(Self::Customer),
            "transaction" => Some(Self::Transaction),
            "transactionline" => Some(Self::TransactionLine),
            "item" => Some(Self::Item),
            "customfield" => Some(Self::CustomField),
            "companyfeaturesetup" => Some(Self::Feature),
            _ => ["subsidiary", "currency", "location"]
                .into_iter()
                .find(|list| *list == name)
                .map(Self::List),
        }
    }

    /// Returns the kind of record whose permission the table needs.
    pub(super) const fn record(self) -> Option<&'static str> {
        match self {
            Self::Customer => Some("customer"),
            Self::Transaction | Self::TransactionLine => Some("salesOrder"),
            Self::Item => Some("item"),
            Self::CustomField => Some("customField"),
            Self::Feature => Some("companyFeatureSetup"),
            Self::List(_) => None,
        }
    }

    /// Returns a column by its name, in whatever case. Custom fields are columns too.
    pub(super) fn column(self, schema: &Schema, name: &str) -> Option<String> {
        let (columns, shape) = match self {
            Self::Customer => (CUSTOMER, "customer"),
            Self::Transaction => (TRANSACTION, "salesOrder"),
            Self::TransactionLine => (LINE, "item"),
            Self::Item => (ITEM, ""),
            Self::CustomField => (CUSTOM_FIELD, ""),
            Self::Feature => (FEATURE, ""),
            Self::List(_) => (LIST, ""),
        };
        let known = columns
            .iter()
            .find(|column| column.eq_ignore_ascii_case(name))
            .map(|column| (*column).to_owned());
        let custom = || {
            schema
                .shape(shape)?
                .property(name)
                .filter(|property| property.custom)
        };
        known.or_else(|| Some(custom()?.name.clone()))
    }
}

/// A row. A query reads only the columns that it names, because there may be thousands of rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row<'a> {
    Customer(&'a Record),
    Transaction(&'a Record),
    Line(Line<'a>),
    Item(&'a Item),
    CustomField(&'a Property),
    Feature(&'static str, bool),
    Entry { id: &'a str, name: &'a str },
}

/// A line of an order as the database has it: the order itself, its items, and the costs of
/// shipping and of a discount on the whole order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    order: &'a Record,
    cells: Option<&'a Cells>,
    key: Decimal,
    place: u64,
    kind: Option<&'static str>,
    amount: Decimal,
}

/// Returns the rows of a table, oldest first.
pub(super) fn rows(books: &Books, table: Table) -> Vec<Row<'_>> {
    match table {
        Table::Customer => books.store.of("customer").map(Row::Customer).collect(),
        Table::Transaction => books.store.of("salesOrder").map(Row::Transaction).collect(),
        Table::TransactionLine => lines_of(books, |_| true),
        Table::CustomField => books.schema.custom_fields().map(Row::CustomField).collect(),
        Table::Feature => books
            .features
            .iter()
            .map(|(name, is_on)| Row::Feature(name, *is_on))
            .collect(),
        Table::Item => books.catalog.items().map(Row::Item).collect(),
        Table::List(list) => books
            .catalog
            .list(list)
            .map(|(id, name)| Row::Entry { id, name })
            .collect(),
    }
}

/// Returns the lines of the orders whose id is wanted, oldest first.
pub(super) fn lines_of(books: &Books, is_wanted: impl Fn(&str) -> bool) -> Vec<Row<'_>> {
    let orders = books.store.of("salesOrder");
    orders
        .filter(|order| is_wanted(&order.id.to_string()))
        .flat_map(|order| lines(books, order))
        .map(Row::Line)
        .collect()
}

impl Row<'_> {
    /// Returns the value of one of the table's columns; `None` for null.
    pub(super) fn value(self, column: &str) -> Option<Scalar> {
        match self {
            Self::Customer(record) => customer(record, column),
            Self::Transaction(record) => transaction(record, column),
            Self::Line(line) => of_line(line, column),
            Self::Item(item) => of_item(item, column),
            Self::CustomField(field) if column == "fieldvaluetype" => {
                Scalar::of_text(field.kind.value_type())
            }
            Self::CustomField(field) => Scalar::of_text(&field.name.to_uppercase()),
            Self::Feature(_, is_on) if column == "isactive" => flag(is_on),
            Self::Feature(name, _) => Scalar::of_text(name),
            Self::Entry { id, .. } if column == "id" => as_number(id),
            Self::Entry { name, .. } => Scalar::of_text(name),
        }
    }
}

impl Row<'_> {
    /// Returns the instant in a column with a date; `None` for null and for any other column.
    pub(super) fn instant(self, column: &str) -> Option<Timestamp> {
        let (Self::Customer(record) | Self::Transaction(record)) = self else {
            return None;
        };
        match column {
            "trandate" => {
                let day: Date = text(&record.cells, "tranDate")?.parse().ok()?;
                Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
            }
            "lastmodifieddate" => Some(record.modified),
            "createddate" | "datecreated" => Some(record.created),
            _ => None,
        }
    }
}

fn customer(record: &Record, column: &str) -> Option<Scalar> {
    let words = |name: &str| text(&record.cells, name).and_then(Scalar::of_text);
    match column {
        "altname" => words("companyName").or_else(|| {
            let names =
                ["firstName", "lastName"].map(|name| text(&record.cells, name).unwrap_or_default());
            Scalar::of_text(names.join(" ").trim())
        }),
        "isperson" => flag(is_set(&record.cells, "isPerson")),
        "isinactive" => flag(is_set(&record.cells, "isInactive")),
        "entityid" => words("entityId"),
        "email" => words("email"),
        "firstname" => words("firstName"),
        "middlename" => words("middleName"),
        "lastname" => words("lastName"),
        "companyname" => words("companyName"),
        "phone" => words("phone"),
        "subsidiary" | "currency" => text(&record.cells, column).and_then(as_number),
        "datecreated" => day(record.created),
        other => of_any(record, other),
    }
}

fn transaction(record: &Record, column: &str) -> Option<Scalar> {
    let cells = &record.cells;
    let words = |name: &str| text(cells, name).and_then(Scalar::of_text);
    match column {
        "tranid" => words("tranId"),
        "type" => Scalar::of_text("SalesOrd"),
        "recordtype" => Scalar::of_text("salesorder"),
        "trandate" => text(cells, "tranDate")
            .and_then(|text| text.parse::<Date>().ok())
            .map(american),
        "entity" | "currency" => text(cells, column).and_then(as_number),
        "status" => Scalar::of_text(sales_order::status(cells)),
        "memo" => words("memo"),
        "otherrefnum" => words("otherRefNum"),
        "foreigntotal" => number(cells, "total").map(Scalar::Number),
        "createddate" => day(record.created),
        other => of_any(record, other),
    }
}

/// Returns the value of a column that every record has, or of a custom field.
fn of_any(record: &Record, column: &str) -> Option<Scalar> {
    match column {
        "id" => Some(Scalar::Number(record.id.into())),
        "externalid" => record.external_id.as_deref().and_then(Scalar::of_text),
        "lastmodifieddate" => day(record.modified),
        custom => of_custom(&record.cells, custom),
    }
}

/// Returns the value of a custom field.
fn of_custom(cells: &Cells, name: &str) -> Option<Scalar> {
    match cells.get(name)? {
        Cell::Text(text) => Scalar::of_text(text),
        Cell::Number(number) => Some(Scalar::Number(*number)),
        Cell::Flag(set) => flag(*set),
        Cell::Id(id) => as_number(id),
        Cell::Address(_) | Cell::Lines(_) | Cell::Null => None,
    }
}

/// Returns the lines of an order. Sales are negative, except in the order's own row.
fn lines<'a>(books: &'a Books, order: &'a Record) -> Vec<Line<'a>> {
    let figure = |name: &str| number(&order.cells, name).unwrap_or_default();
    let mut rows = Vec::new();
    let mut add = |cells: Option<&'a Cells>, key: Decimal, kind, amount| {
        let place = rows.len() as u64;
        rows.push(Line {
            order,
            cells,
            key,
            place,
            kind,
            amount,
        });
    };
    add(None, Decimal::ZERO, None, figure("total"));
    let items = order.cells.get("item").map(Cell::lines).unwrap_or_default();
    let mut last = Decimal::ZERO;
    for cells in items {
        let kind = text(cells, "item")
            .and_then(|item| books.catalog.item(item))
            .map(|item| item.kind.type_name());
        let key = number(cells, "line").unwrap_or_default();
        last = last.max(key);
        add(
            Some(cells),
            key,
            kind,
            -number(cells, "amount").unwrap_or_default(),
        );
    }
    for (name, kind) in [("shippingCost", "ShipItem"), ("discountTotal", "Discount")] {
        if !figure(name).is_zero() {
            last = last.saturating_add(Decimal::ONE);
            add(None, last, Some(kind), -figure(name));
        }
    }
    rows
}

fn of_line(line: Line<'_>, column: &str) -> Option<Scalar> {
    let figure = |name: &str| line.cells.and_then(|cells| number(cells, name));
    let words = |name: &str| line.cells.and_then(|cells| text(cells, name));
    match column {
        "id" => Some(Scalar::Number(line.key)),
        "transaction" => Some(Scalar::Number(line.order.id.into())),
        "linesequencenumber" => Some(Scalar::Number(line.place.into())),
        "item" if line.kind == Some("Discount") && line.cells.is_none() => {
            text(&line.order.cells, "discountItem").and_then(as_number)
        }
        "item" | "location" => words(column).and_then(as_number),
        "itemtype" => line.kind.and_then(Scalar::of_text),
        "quantity" => figure(column).map(|quantity| Scalar::Number(-quantity)),
        "rate" => figure(column).map(Scalar::Number),
        "foreignamount" | "netamount" => Some(Scalar::Number(line.amount)),
        "mainline" => flag(line.cells.is_none() && line.kind.is_none()),
        "taxline" | "iscogs" => flag(false),
        "memo" => words("description").and_then(Scalar::of_text),
        "isclosed" => flag(line.cells.is_some_and(|cells| is_set(cells, "isClosed"))),
        "quantityshiprecv" => line
            .cells
            .map(|_| Scalar::Number(figure("quantityFulfilled").unwrap_or_default())),
        "quantitybilled" => line
            .cells
            .map(|_| Scalar::Number(figure("quantityBilled").unwrap_or_default())),
        custom => of_custom(line.cells?, custom),
    }
}

fn of_item(item: &Item, column: &str) -> Option<Scalar> {
    match column {
        "id" => Some(Scalar::Number(item.id.into())),
        "itemid" | "fullname" | "externalid" => Scalar::of_text(&item.product.code),
        "upccode" => item.upc_code.as_deref().and_then(Scalar::of_text),
        "displayname" => Scalar::of_text(&item.product.name),
        "itemtype" => Scalar::of_text(item.kind.type_name()),
        "isinactive" => flag(item.inactive),
        _ => None,
    }
}

fn as_number(text: &str) -> Option<Scalar> {
    text.parse::<Decimal>().ok().map(Scalar::Number)
}

fn flag(flag: bool) -> Option<Scalar> {
    Scalar::of_text(if flag { "T" } else { "F" })
}

fn day(instant: Timestamp) -> Option<Scalar> {
    Some(american(instant.to_zoned(TimeZone::UTC).date()))
}

/// Writes a date in the form that the account has chosen, which is the American one until somebody
/// changes it.
fn american(date: Date) -> Scalar {
    Scalar::Text(format!("{}/{}/{}", date.month(), date.day(), date.year()))
}
