//! Sales orders as NetSuite has them: the lines and the customer of each, in one query.

use crate::{
    lines::{Circumstances, Line},
    row::Row,
    suiteql::{self, Query},
};
use destination::Failure;
use mapping::plan::{Record, Scalar, Value};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of record whose lines are read before they are written.
const ORDER: &str = "salesOrder";
/// The columns of a line that can be compared with the plan, by the names of their fields. A line's
/// price stands in quantity, rate and amount.
const COLUMNS: &[(&str, &str)] = &[
    ("item", "item"),
    ("itemtype", "itemtype"),
    ("quantity", "quantity"),
    ("rate", "rate"),
    ("amount", "foreignamount"),
    ("description", "memo"),
    ("shipped", "quantityshiprecv"),
    ("billed", "quantitybilled"),
];
/// Columns that are asked for only where the mapping has the field, because an account may not have
/// them. The same goes for custom columns.
const OWN_COLUMNS: &[&str] = &["location"];

/// An order as NetSuite has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Held {
    pub(crate) lines: Vec<Line>,
    /// The id of its customer.
    pub(crate) customer: Option<String>,
    memo: Option<String>,
    status: Option<String>,
}

/// Orders by their external ids in lower case.
pub(crate) type Orders = BTreeMap<String, Held>;

/// Returns whether the record is an order whose lines can be read.
pub(crate) fn is_order(record: &Record) -> bool {
    record.object.eq_ignore_ascii_case(ORDER)
}

/// Returns the query for these orders, with these columns of their customers; `None` where there
/// are no orders.
pub(crate) fn question(
    orders: &[&Record],
    of_customers: &[String],
) -> Result<Option<Query>, Failure> {
    let keys: BTreeSet<&str> = orders
        .iter()
        .filter_map(|order| order.key.as_ref())
        .map(|key| key.value.as_str())
        .collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let mut columns: Vec<String> = [
        "t.id AS order_id",
        "t.externalid AS order_key",
        "t.memo AS order_memo",
        "t.status AS order_status",
    ]
    .map(str::to_owned)
    .into();
    columns.push("tl.id AS line_key".to_owned());
    columns.extend(
        COLUMNS
            .iter()
            .map(|(name, column)| format!("tl.{column} AS line_{name}")),
    );
    for name in orders
        .iter()
        .flat_map(|order| own_columns(order))
        .collect::<BTreeSet<_>>()
    {
        let name = suiteql::name(&name)?.to_owned();
        columns.push(format!("tl.{name} AS line_{name}"));
    }
    columns.push("c.id".to_owned());
    for name in of_customers {
        columns.push(format!("c.{}", suiteql::name(name)?));
    }
    let (columns, marks) = (columns.join(", "), vec!["?"; keys.len()].join(", "));
    // Sales are negative here. Lines for taxes and the cost of goods are NetSuite's own.
    let text = format!(
        "SELECT {columns} FROM transaction t JOIN transactionline tl ON tl.transaction = t.id LEFT JOIN customer c ON c.id = t.entity WHERE t.externalid IN ({marks}) \
         AND tl.mainline = 'F' AND tl.taxline = 'F' AND (tl.iscogs = 'F' OR tl.iscogs IS NULL) ORDER BY t.id, tl.linesequencenumber, tl.id"
    );
    Ok(Some(Query {
        text,
        params: keys.into_iter().map(str::to_owned).collect(),
    }))
}

/// Returns the orders of the answer, and their customers.
pub(crate) fn learn(rows: &[Row]) -> (Orders, Vec<Row>) {
    let mut orders = Orders::new();
    let mut customers: BTreeMap<String, Row> = BTreeMap::new();
    let mut inside: BTreeSet<String> = BTreeSet::new();
    for row in rows {
        let (Some(key), Some(order)) = (row.text("order_key"), row.text("order_id")) else {
            continue;
        };
        let customer = row.text("id");
        if let Some(id) = &customer {
            customers
                .entry(id.clone())
                .or_insert_with(|| row.without(&["order_", "line_"]));
        }
        let held = orders
            .entry(key.to_ascii_lowercase())
            .or_insert_with(|| Held {
                customer,
                memo: row.text("order_memo"),
                status: row.text("order_status"),
                lines: Vec::new(),
            });
        let Some(line) = row.text("line_key").and_then(|key| key.parse().ok()) else {
            continue;
        };
        let mut columns = row.part("line_");
        ["quantity", "amount"]
            .iter()
            .for_each(|column| columns.negate(column));
        let kind = columns.text("itemtype").unwrap_or_default();
        // The cost of shipping is a field of the order.
        if kind == "ShipItem" {
            continue;
        }
        held.lines.push(Line {
            key: line,
            row: columns,
            is_member: inside.contains(&order),
        });
        match kind.as_str() {
            "Group" => _ = inside.insert(order),
            "EndGroup" => _ = inside.remove(&order),
            _ => {}
        }
    }
    (orders, customers.into_values().collect())
}

impl Held {
    /// Returns the state of the order beside its lines, compared with what is about to be written.
    pub(crate) fn circumstances<'a>(&self, fields: &'a Map<String, Json>) -> Circumstances<'a> {
        let memo = fields.get("memo").and_then(Json::as_str);
        Circumstances {
            reopens: memo.is_some_and(|memo| self.was_closed_by_us(memo)),
            is_closed: self.is_closed(),
            discount_item: fields
                .get("discountItem")
                .and_then(|item| item.get("id"))
                .and_then(Json::as_str),
        }
    }

    /// Returns whether we closed the order: then a remark in parentheses stands behind its usual
    /// memo, which is not so where staff closed it.
    fn was_closed_by_us(&self, wanted: &str) -> bool {
        let words = self
            .memo
            .as_deref()
            .and_then(|memo| memo.strip_prefix(wanted));
        words.is_some_and(|words| words.starts_with(" (") && words.ends_with(')'))
    }

    /// Returns whether all its lines are closed.
    pub(crate) fn is_closed(&self) -> bool {
        // `H`, or with the kind of transaction before it: `SalesOrd:H`.
        self.status
            .as_deref()
            .is_some_and(|status| status.rsplit(':').next() == Some("H"))
    }

    /// Returns whether something of it is fulfilled or billed.
    pub(crate) fn is_at_work(&self) -> bool {
        self.lines.iter().any(Line::is_at_work)
    }
}

/// Returns the columns of an order's lines that are asked for because the mapping has them.
fn own_columns(order: &Record) -> BTreeSet<String> {
    let Some(Value::Object(item)) = order.fields.get("item").map(|field| &field.value) else {
        return BTreeSet::new();
    };
    let Some(Value::List(lines)) = item.get("items") else {
        return BTreeSet::new();
    };
    let is_own = |name: &str| name.starts_with("custcol") || OWN_COLUMNS.contains(&name);
    let names = lines.iter().filter_map(|line| match line {
        Value::Object(fields) => Some(fields.keys().map(|name| name.to_ascii_lowercase())),
        _ => None,
    });
    names.flatten().filter(|name| is_own(name)).collect()
}

/// Returns the id of a reference that the plan itself names.
pub(crate) fn literal_id(value: &Value) -> Option<&str> {
    match value {
        Value::Object(fields) => match fields.get("id")? {
            Value::Literal(Scalar::Text(id)) if !id.is_empty() => Some(id),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
