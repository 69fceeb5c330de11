//! The tables of SuiteQL, made of the account's records.

use super::run::Scalar;
use crate::netsuite::{
    account::Books,
    options::Item,
    sales_order,
    store::Record,
    value::{is_set, number, text},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;

/// A table that queries can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Customer,
    Transaction,
    Item,
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
const ITEM: &[&str] = &["id", "itemid", "externalid", "displayname", "itemtype", "isinactive", "fullname"];
const LIST: &[&str] = &["id", "name"];

impl Table {
    /// The table of that lower-case name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "customer" => Some(Self::Customer),
            "transaction" => Some(Self::Transaction),
            "item" => Some(Self::Item),
            _ => ["subsidiary", "currency", "location"]
                .into_iter()
                .find(|list| *list == name)
                .map(Self::List),
        }
    }

    /// A column, whatever its case.
    pub(super) fn column(self, name: &str) -> Option<&'static str> {
        let columns = match self {
            Self::Customer => CUSTOMER,
            Self::Transaction => TRANSACTION,
            Self::Item => ITEM,
            Self::List(_) => LIST,
        };
        columns.iter().copied().find(|column| column.eq_ignore_ascii_case(name))
    }
}

/// A row, of which a query reads only the columns that it names: there may be thousands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Row<'a> {
    Customer(&'a Record),
    Transaction(&'a Record),
    Item(&'a Item),
    Entry { id: &'a str, name: &'a str },
}

/// The rows of a table, oldest first.
pub(super) fn rows(books: &Books, table: Table) -> Vec<Row<'_>> {
    match table {
        Table::Customer => books.store.of("customer").map(Row::Customer).collect(),
        Table::Transaction => books.store.of("salesOrder").map(Row::Transaction).collect(),
        Table::Item => books.catalog.items().map(Row::Item).collect(),
        Table::List(list) => books.catalog.list(list).map(|(id, name)| Row::Entry { id, name }).collect(),
    }
}

impl Row<'_> {
    /// The value of one of the table's columns; none for null.
    pub(super) fn value(self, column: &str) -> Option<Scalar> {
        match self {
            Self::Customer(record) => customer(record, column),
            Self::Transaction(record) => transaction(record, column),
            Self::Item(item) => of_item(item, column),
            Self::Entry { id, .. } if column == "id" => as_number(id),
            Self::Entry { name, .. } => Scalar::of_text(name),
        }
    }
}

fn customer(record: &Record, column: &str) -> Option<Scalar> {
    let words = |name: &str| text(&record.cells, name).and_then(Scalar::of_text);
    match column {
        "altname" => words("companyName").or_else(|| {
            let names = ["firstName", "lastName"].map(|name| text(&record.cells, name).unwrap_or_default());
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
        "trandate" => text(cells, "tranDate").and_then(|text| text.parse::<Date>().ok()).map(american),
        "entity" | "currency" => text(cells, column).and_then(as_number),
        "status" => Scalar::of_text(sales_order::status(cells)),
        "memo" => words("memo"),
        "otherrefnum" => words("otherRefNum"),
        "foreigntotal" => number(cells, "total").map(Scalar::Number),
        "createddate" => day(record.created),
        other => of_any(record, other),
    }
}

/// What every record has.
fn of_any(record: &Record, column: &str) -> Option<Scalar> {
    match column {
        "id" => Some(Scalar::Number(record.id.into())),
        "externalid" => record.external_id.as_deref().and_then(Scalar::of_text),
        "lastmodifieddate" => day(record.modified),
        _ => None,
    }
}

fn of_item(item: &Item, column: &str) -> Option<Scalar> {
    match column {
        "id" => Some(Scalar::Number(item.id.into())),
        "itemid" | "fullname" | "externalid" => Scalar::of_text(&item.product.code),
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

/// Dates come in the form that the account has chosen, which is the American one until somebody changes it.
fn american(date: Date) -> Scalar {
    Scalar::Text(format!("{}/{}/{}", date.month(), date.day(), date.year()))
}
