//! Plans as a mapping of a web shop makes them.

use indexmap::IndexMap;
use mapping::{
    Plan,
    plan::{EmptySet, Field, Find, Key, Lookup, Missing, Record, Scalar, Several, Value, When},
};

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) email: String,
    pub(crate) name: (String, String),
    pub(crate) stage: String,
    pub(crate) missing: Missing,
    pub(crate) several: Several,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    /// The name of the price field, and its value.
    pub(crate) price: (&'static str, String),
}

pub(crate) fn line(sku: &str, quantity: u32, unit_price: &str) -> Line {
    Line {
        sku: sku.to_owned(),
        quantity,
        price: ("UnitPrice", unit_price.to_owned()),
    }
}

/// Returns the order of the first blueprint: two lines, 99.99 in all.
pub(crate) fn sample() -> Order {
    order(
        12345,
        "56",
        vec![line("101", 1, "49.99"), line("102", 2, "25.00")],
    )
}

pub(crate) fn order(id: u32, customer: &str, lines: Vec<Line>) -> Order {
    Order {
        id: id.to_string(),
        customer: customer.to_owned(),
        email: format!("jo.{customer}@example.com"),
        name: ("Jo".to_owned(), format!("Customer {customer}")),
        stage: "Closed Won".to_owned(),
        missing: Missing::Reject,
        several: Several::Reject,
        lines,
    }
}

impl Order {
    pub(crate) fn plan(&self) -> Plan {
        let mut records = vec![self.account(), self.contact(), self.opportunity()];
        records.extend(
            self.lines
                .iter()
                .enumerate()
                .map(|(index, line)| self.line(index, line)),
        );
        let set = || EmptySet {
            object: "OpportunityLineItem".to_owned(),
            replaces: "opportunity".to_owned(),
            reference: "OpportunityId".to_owned(),
        };
        Plan {
            order: self.id.clone(),
            records,
            emptied: self.lines.is_empty().then(set).into_iter().collect(),
            known: IndexMap::new(),
            in_doubt: false,
            bare_currency: None,
            warnings: Vec::new(),
        }
    }

    fn account(&self) -> Record {
        let find = vec![Find::Through {
            record: "contact".to_owned(),
            field: "AccountId".to_owned(),
        }];
        let fields = [
            (
                "Name",
                text(&format!("{} {}", self.name.0, self.name.1), When::Create),
            ),
            ("BillingCity", text("Anytown", When::Always)),
            ("Phone", text("555-0100", When::Blank)),
        ];
        Record {
            find,
            ..record("account", "Account", Some(self.customer_key()), fields)
        }
    }

    fn contact(&self) -> Record {
        let find = vec![Find::Field {
            field: "Email".to_owned(),
            value: self.email.clone(),
        }];
        let fields = [
            ("FirstName", text(&self.name.0, When::Always)),
            ("LastName", text(&self.name.1, When::Always)),
            ("Email", text(&self.email, When::Always)),
            (
                "AccountId",
                Field {
                    value: Value::Ref("account".to_owned()),
                    on: When::Blank,
                },
            ),
        ];
        Record {
            find,
            ..record("contact", "Contact", Some(self.customer_key()), fields)
        }
    }

    fn opportunity(&self) -> Record {
        let key = Key {
            field: "WooCommerce_Order_ID__c".to_owned(),
            value: self.id.clone(),
            provisional: false,
        };
        let fields = [
            (
                "Name",
                text(&format!("WooCommerce Order #{}", self.id), When::Always),
            ),
            ("Amount", number("99.99")),
            ("CloseDate", text("2023-10-26", When::Always)),
            ("StageName", text(&self.stage, When::Always)),
            (
                "AccountId",
                Field {
                    value: Value::Ref("account".to_owned()),
                    on: When::Always,
                },
            ),
            (
                "ContactId",
                Field {
                    value: Value::Ref("contact".to_owned()),
                    on: When::Create,
                },
            ),
        ];
        record("opportunity", "Opportunity", Some(key), fields)
    }

    fn line(&self, index: usize, line: &Line) -> Record {
        let fields = [
            (
                "OpportunityId",
                Field {
                    value: Value::Ref("opportunity".to_owned()),
                    on: When::Always,
                },
            ),
            (
                "PricebookEntryId",
                Field {
                    value: Value::Lookup(self.entry(&line.sku)),
                    on: When::Always,
                },
            ),
            ("Quantity", number(&line.quantity.to_string())),
            (line.price.0, number(&line.price.1)),
            ("Description", text(&format!("Line {index}"), When::Always)),
        ];
        Record {
            index,
            replaces: Some("opportunity".to_owned()),
            ..record("lines", "OpportunityLineItem", None, fields)
        }
    }

    fn entry(&self, sku: &str) -> Lookup {
        let conditions = [
            ("Product2.ProductCode", Scalar::Text(sku.to_owned())),
            ("Pricebook2.IsStandard", Scalar::Bool(true)),
            ("IsActive", Scalar::Bool(true)),
        ];
        let create = [
            ("Name", Scalar::Text(format!("Thing {sku}"))),
            ("ProductCode", Scalar::Text(sku.to_owned())),
            ("UnitPrice", decimal("7.50")),
        ];
        let owned = |(name, value): (&str, Scalar)| (name.to_owned(), value);
        Lookup {
            object: "PricebookEntry".to_owned(),
            conditions: conditions.map(owned).into_iter().collect(),
            missing: self.missing,
            several: self.several,
            create: create.map(owned).into_iter().collect(),
        }
    }

    fn customer_key(&self) -> Key {
        Key {
            field: "WooCommerce_Customer_ID__c".to_owned(),
            value: self.customer.clone(),
            provisional: self.customer.starts_with("guest-"),
        }
    }
}

pub(crate) fn record<const N: usize>(
    name: &str,
    object: &str,
    key: Option<Key>,
    fields: [(&str, Field); N],
) -> Record {
    let fields: IndexMap<String, Field> = fields
        .into_iter()
        .map(|(name, field)| (name.to_owned(), field))
        .collect();
    Record {
        name: name.to_owned(),
        index: 0,
        object: object.to_owned(),
        key,
        find: Vec::new(),
        replaces: None,
        together: Vec::new(),
        options: IndexMap::new(),
        fields,
    }
}

pub(crate) fn text(text: &str, on: When) -> Field {
    Field {
        value: Value::Literal(Scalar::Text(text.to_owned())),
        on,
    }
}

fn number(digits: &str) -> Field {
    Field {
        value: Value::Literal(decimal(digits)),
        on: When::Always,
    }
}

fn decimal(digits: &str) -> Scalar {
    Scalar::Number(digits.parse().unwrap())
}
