//! Orders of a web shop, planned by the real planner with the built-in mapping.

use mapping::{
    Mapping, Overrides, Plan,
    plan::{Field, Missing, Scalar, Value, When},
};
use order::{Line, Money, Status, StatusKind};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) company: Option<String>,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// The shop's own id of the customer.
    pub(crate) customer: String,
    pub(crate) is_guest: bool,
    pub(crate) status: StatusKind,
    pub(crate) total: String,
    pub(crate) missing: Missing,
    /// SKU, quantity and price.
    pub(crate) lines: Vec<(String, u32, String)>,
    /// Whether a sales order is written in the place of a deal.
    pub(crate) sales_order: bool,
    /// Whether the deal carries the order's id in a field of its own, which is its key.
    pub(crate) unique: bool,
    /// The field of contacts for the customer's id, where there is one.
    pub(crate) customer_field: &'static str,
    /// Ids in the ledger.
    pub(crate) known: BTreeMap<String, String>,
}

/// Returns the order of the third blueprint.
pub(crate) fn sample() -> Order {
    Order {
        id: "12345".to_owned(),
        company: Some("Acme Corp".to_owned()),
        email: "john.doe@example.com".to_owned(),
        first_name: "John".to_owned(),
        last_name: "Doe".to_owned(),
        customer: "56".to_owned(),
        is_guest: false,
        status: StatusKind::Completed,
        total: "105.00".to_owned(),
        missing: Missing::Reject,
        lines: vec![line("10", 1, "50.00"), line("11", 2, "30.00")],
        sales_order: false,
        unique: false,
        customer_field: "",
        known: BTreeMap::new(),
    }
}

/// Returns another order, by another customer without a company.
pub(crate) fn order(number: u32) -> Order {
    Order {
        id: number.to_string(),
        company: None,
        email: format!("jo.{number}@example.com"),
        first_name: "Jo".to_owned(),
        last_name: format!("Customer {number}"),
        ..sample()
    }
}

pub(crate) fn line(sku: &str, quantity: u32, price: &str) -> (String, u32, String) {
    (sku.to_owned(), quantity, price.to_owned())
}

impl Order {
    pub(crate) fn plan(&self) -> Plan {
        let plan = self.mapping().plan(&self.normalized()).unwrap();
        Plan {
            known: self.known.clone().into_iter().collect(),
            in_doubt: false,
            ..plan
        }
    }

    /// Returns the next state of the order, with the ids that the last delivery left.
    pub(crate) fn known_as(mut self, records: &BTreeMap<String, String>) -> Self {
        self.known = records.clone();
        self
    }

    fn mapping(&self) -> Arc<Mapping> {
        static LOADED: LazyLock<Mutex<HashMap<String, Arc<Mapping>>>> =
            LazyLock::new(Mutex::default);
        let missing = match self.missing {
            Missing::Reject => "reject",
            Missing::Skip => "skip",
            Missing::Create => "create",
        };
        let vars = [
            (
                "module",
                if self.sales_order {
                    "Sales_Orders"
                } else {
                    "Deals"
                },
            ),
            (
                "order_field",
                if self.unique {
                    "WooCommerce_Order_ID"
                } else {
                    ""
                },
            ),
            ("customer_field", self.customer_field),
            ("missing_product", missing),
        ];
        let load = || {
            let vars =
                vars.map(|(name, value)| (name.to_owned(), toml::Value::String(value.to_owned())));
            let overrides = Overrides {
                vars: vars.into_iter().collect(),
                ..Overrides::default()
            };
            Arc::new(Mapping::load("woocommerce-zoho", Path::new("."), &overrides).unwrap())
        };
        let mut loaded = LOADED.lock().unwrap();
        Arc::clone(loaded.entry(format!("{vars:?}")).or_insert_with(load))
    }

    /// Returns the order that the source makes of the shop's payload.
    fn normalized(&self) -> order::Order {
        let mut order = order::Order::example();
        (order.id, order.number) = (self.id.clone(), self.id.clone());
        order.status = Status::new(self.status, "");
        order.total = self.total.parse().unwrap();
        order.customer.key = self.customer.clone();
        order.customer.is_guest = self.is_guest;
        order.customer.email = self.email.clone();
        order.customer.first_name = self.first_name.clone();
        order.customer.last_name = self.last_name.clone();
        order.customer.name = format!("{} {}", self.first_name, self.last_name);
        order.customer.company = self.company.clone().unwrap_or_default();
        order.customer.phone = "555-123-4567".to_owned();
        order.lines = self.lines.iter().map(normalized_line).collect();
        order
    }
}

fn normalized_line((sku, quantity, price): &(String, u32, String)) -> Line {
    let (quantity, price) = (Money::from(*quantity), price.parse::<Money>().unwrap());
    Line {
        sku: sku.clone(),
        code: sku.clone(),
        name: format!("Product {sku}"),
        quantity,
        total: quantity * price,
        subtotal: quantity * price,
        unit_price: Some(price),
        ..Line::default()
    }
}

pub(crate) fn text(value: &str) -> Field {
    always(Value::Literal(Scalar::Text(value.to_owned())))
}

pub(crate) fn reference(name: &str) -> Field {
    always(Value::Ref(name.to_owned()))
}

pub(crate) fn always(value: Value) -> Field {
    Field {
        value,
        on: When::Always,
    }
}

pub(crate) fn on(field: Field, on: When) -> Field {
    Field { on, ..field }
}
