//! Plans as a mapping of a web shop makes them.

use indexmap::IndexMap;
use mapping::{
    Plan,
    plan::{Field, Find, Key, Lookup, Missing, Record, Scalar, Value, When},
};

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) company: Option<String>,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) phone: String,
    pub(crate) stage: String,
    pub(crate) amount: String,
    pub(crate) missing: Missing,
    /// SKU, quantity and price.
    pub(crate) lines: Vec<(&'static str, u32, &'static str)>,
    /// Whether a sales order is written in the place of a deal.
    pub(crate) sales_order: bool,
    /// Whether the deal carries the order's id in a field of its own, which is its key.
    pub(crate) unique: bool,
    /// Ids in the ledger.
    pub(crate) known: IndexMap<String, String>,
}

/// The order of the third blueprint.
pub(crate) fn sample() -> Order {
    Order {
        id: "12345".to_owned(),
        company: Some("Acme Corp".to_owned()),
        email: "john.doe@example.com".to_owned(),
        first_name: "John".to_owned(),
        last_name: "Doe".to_owned(),
        phone: "555-123-4567".to_owned(),
        stage: "Closed Won".to_owned(),
        amount: "105.00".to_owned(),
        missing: Missing::Reject,
        lines: vec![("10", 1, "50.00"), ("11", 2, "30.00")],
        sales_order: false,
        unique: false,
        known: IndexMap::new(),
    }
}

/// Another order, by another customer without a company.
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

impl Order {
    pub(crate) fn plan(&self) -> Plan {
        let mut records: Vec<Record> = self.company.iter().map(|company| account(company)).collect();
        records.push(self.contact());
        records.push(if self.sales_order { self.sales_order() } else { self.deal() });
        Plan {
            order: self.id.clone(),
            records,
            emptied: Vec::new(),
            known: self.known.clone(),
            warnings: Vec::new(),
        }
    }

    /// The next state of the order, with the ids that the last delivery left.
    pub(crate) fn known_as(mut self, records: &std::collections::BTreeMap<String, String>) -> Self {
        self.known = records.iter().map(|(name, id)| (name.clone(), id.clone())).collect();
        self
    }

    fn contact(&self) -> Record {
        let fields = [
            ("Email", text(&self.email)),
            ("First_Name", text(&self.first_name)),
            ("Last_Name", text(&self.last_name)),
            ("Phone", text(&self.phone)),
            ("Lead_Source", on(text("WooCommerce"), When::Create)),
            ("Account_Name", on(reference("account"), When::Blank)),
        ];
        record("contact", "Contacts", "Email", &self.email, fields)
    }

    fn deal(&self) -> Record {
        let name = format!("WooCommerce Order #{} ({} {})", self.id, self.first_name, self.last_name);
        let mut fields = vec![
            ("Deal_Name", text(&name)),
            ("Stage", text(&self.stage)),
            ("Closing_Date", text("2023-10-27")),
            ("Amount", number(&self.amount)),
            ("Type", text("New Business")),
            ("Contact_Name", reference("contact")),
            ("Account_Name", reference("account")),
        ];
        if !self.unique {
            return record("deal", "Deals", "Deal_Name", &name, fields);
        }
        fields.push(("WooCommerce_Order_ID", text(&self.id)));
        record("deal", "Deals", "WooCommerce_Order_ID", &self.id, fields)
    }

    fn sales_order(&self) -> Record {
        let subject = format!("WooCommerce Order #{}", self.id);
        let lines = self
            .lines
            .iter()
            .map(|(sku, quantity, price)| self.line(sku, *quantity, price))
            .collect();
        let fields = [
            ("Subject", text(&subject)),
            ("Status", text("Created")),
            ("Account_Name", reference("account")),
            ("Contact_Name", reference("contact")),
            ("Ordered_Items", always(Value::List(lines))),
        ];
        record("sales_order", "Sales_Orders", "Subject", &subject, fields)
    }

    fn line(&self, sku: &str, quantity: u32, price: &str) -> Value {
        let product = Lookup {
            object: "Products".to_owned(),
            conditions: [("Product_Code".to_owned(), Scalar::Text(sku.to_owned()))].into(),
            missing: self.missing,
            create: [("Product_Name".to_owned(), Scalar::Text(format!("Product {sku}")))].into(),
        };
        let number = |text: &str| Value::Literal(Scalar::Number(text.parse().unwrap()));
        Value::Object(
            [
                ("Product_Name".to_owned(), Value::Lookup(product)),
                ("Quantity".to_owned(), number(&quantity.to_string())),
                ("List_Price".to_owned(), number(price)),
            ]
            .into(),
        )
    }
}

/// The staff's own spelling and fields stay: what the shop knows is written at creation only.
pub(crate) fn account(company: &str) -> Record {
    let fields = [("Account_Name", text(company)), ("Billing_City", text("Anytown"))];
    record("account", "Accounts", "Account_Name", company, fields)
}

pub(crate) fn record(name: &str, object: &str, key: &str, value: &str, fields: impl IntoIterator<Item = (&'static str, Field)>) -> Record {
    Record {
        name: name.to_owned(),
        index: 0,
        object: object.to_owned(),
        key: Some(Key {
            field: key.to_owned(),
            value: value.to_owned(),
            provisional: false,
        }),
        find: Vec::<Find>::new(),
        replaces: None,
        fields: fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect(),
    }
}

pub(crate) fn text(value: &str) -> Field {
    always(Value::Literal(Scalar::Text(value.to_owned())))
}

pub(crate) fn number(value: &str) -> Field {
    always(Value::Literal(Scalar::Number(value.parse().unwrap())))
}

pub(crate) fn reference(name: &str) -> Field {
    always(Value::Ref(name.to_owned()))
}

pub(crate) fn always(value: Value) -> Field {
    Field { value, on: When::Always }
}

pub(crate) fn on(field: Field, on: When) -> Field {
    Field { on, ..field }
}
