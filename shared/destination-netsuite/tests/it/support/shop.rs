//! Plans as a mapping of a web shop makes them.

use indexmap::IndexMap;
use mapping::{
    Plan,
    plan::{Field, Find, Key, Lookup, Missing, Record, Scalar, Value, When},
};

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) email: String,
    pub(crate) name: (String, String),
    pub(crate) memo: String,
    pub(crate) status: &'static str,
    pub(crate) find_by_email: bool,
    pub(crate) missing: Missing,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) code: String,
    pub(crate) quantity: u32,
    pub(crate) rate: &'static str,
    pub(crate) amount: &'static str,
}

pub(crate) fn line(code: &str, quantity: u32, rate: &'static str, amount: &'static str) -> Line {
    Line {
        code: code.to_owned(),
        quantity,
        rate,
        amount,
    }
}

/// Returns the order of the blueprint: two products and the shipping, 105.00 in all.
pub(crate) fn sample() -> Order {
    let lines = vec![
        line("Product A", 1, "50.00", "50.00"),
        line("Product B", 1, "50.00", "50.00"),
        line("Flat rate", 1, "5.00", "5.00"),
    ];
    order(1234, "56", lines)
}

pub(crate) fn order(id: u32, customer: &str, lines: Vec<Line>) -> Order {
    Order {
        id: id.to_string(),
        customer: customer.to_owned(),
        email: format!("jo.{customer}@example.com"),
        name: ("Jo".to_owned(), format!("Customer {customer}")),
        memo: format!("WooCommerce Order #{id}"),
        status: "B",
        find_by_email: true,
        missing: Missing::Reject,
        lines,
    }
}

impl Order {
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            order: self.id.clone(),
            records: vec![self.customer(), self.sales_order()],
            emptied: Vec::new(),
            known: IndexMap::new(),
            in_doubt: false,
            bare_currency: None,
            warnings: Vec::new(),
        }
    }

    fn customer(&self) -> Record {
        let find = Find::Field {
            field: "email".to_owned(),
            value: self.email.clone(),
        };
        let fields = [
            (
                "isPerson",
                field(Value::Literal(Scalar::Bool(true)), When::Create),
            ),
            ("firstName", field(text(&self.name.0), When::Always)),
            ("lastName", field(text(&self.name.1), When::Always)),
            ("email", field(text(&self.email), When::Always)),
            ("phone", field(text("555-0100"), When::Blank)),
        ];
        Record {
            find: if self.find_by_email {
                vec![find]
            } else {
                Vec::new()
            },
            ..record(
                "customer",
                "customer",
                &format!("WOO_CUST_{}", self.customer),
                fields,
            )
        }
    }

    fn sales_order(&self) -> Record {
        let address = object([
            (
                "addressee",
                text(&format!("{} {}", self.name.0, self.name.1)),
            ),
            ("addr1", text("123 Main St")),
            ("city", text("Anytown")),
            ("state", text("CA")),
            ("zip", text("90210")),
            ("country", object([("id", text("US"))])),
        ]);
        let lines = self.lines.iter().map(|line| self.line(line)).collect();
        let fields = [
            (
                "entity",
                field(Value::Ref("customer".to_owned()), When::Always),
            ),
            ("tranDate", field(text("2023-10-26"), When::Always)),
            ("memo", field(text(&self.memo), When::Always)),
            (
                "orderStatus",
                field(object([("id", text(self.status))]), When::Always),
            ),
            ("shippingAddress", field(address.clone(), When::Always)),
            ("billingAddress", field(address, When::Always)),
            (
                "item",
                field(object([("items", Value::List(lines))]), When::Always),
            ),
        ];
        record(
            "sales_order",
            "salesOrder",
            &format!("WOO_ORDER_{}", self.id),
            fields,
        )
    }

    fn line(&self, line: &Line) -> Value {
        let conditions = [
            ("itemid", Scalar::Text(line.code.clone())),
            ("isinactive", Scalar::Text("F".to_owned())),
        ];
        let lookup = Lookup {
            object: "item".to_owned(),
            conditions: conditions
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect(),
            missing: self.missing,
            several: mapping::plan::Several::Reject,
            create: IndexMap::new(),
        };
        object([
            ("item", Value::Lookup(lookup)),
            ("quantity", number(&line.quantity.to_string())),
            ("price", object([("id", text("-1"))])),
            ("rate", number(line.rate)),
            ("amount", number(line.amount)),
            ("description", text(&line.code)),
        ])
    }
}

pub(crate) fn record<const N: usize>(
    name: &str,
    object: &str,
    key: &str,
    fields: [(&str, Field); N],
) -> Record {
    Record {
        name: name.to_owned(),
        index: 0,
        object: object.to_owned(),
        key: Some(Key {
            field: "externalId".to_owned(),
            value: key.to_owned(),
            provisional: key.contains("guest-"),
        }),
        find: Vec::new(),
        replaces: None,
        together: Vec::new(),
        options: IndexMap::new(),
        fields: fields
            .into_iter()
            .map(|(name, field)| (name.to_owned(), field))
            .collect(),
    }
}

pub(crate) fn field(value: Value, on: When) -> Field {
    Field { value, on }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Literal(Scalar::Text(text.to_owned()))
}

pub(crate) fn number(digits: &str) -> Value {
    Value::Literal(Scalar::Number(digits.parse().unwrap()))
}

pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}
