use crate::{
    Address, Customer, Fee, Line, Money, Order, ShippingLine, ShopTime, Status, StatusKind, TaxLine,
};
use jiff::{Timestamp, civil};

/// The code of the product that the example order sells. No account need have it.
pub const EXAMPLE_CODE: &str = "EXAMPLE";

impl Order {
    /// Creates an order with one line, one shipping line, one fee and one tax, all of it made up.
    /// When there is no order at hand, `check --live` plans with it.
    #[must_use]
    pub fn example() -> Self {
        let instant = Timestamp::UNIX_EPOCH;
        let placed = ShopTime {
            local: civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0),
            instant: Some(instant),
        };
        Self {
            id: "1".to_owned(),
            number: "1".to_owned(),
            status: Status::new(StatusKind::Processing, "processing"),
            currency: "USD".to_owned(),
            created: Some(placed),
            modified: Some(instant),
            paid: Some(placed),
            total: Money::new(2700, 2),
            subtotal: Money::new(2000, 2),
            shipping_total: Money::new(400, 2),
            tax_total: Money::new(200, 2),
            marketplace_tax: Money::ZERO,
            fee_total: Money::new(100, 2),
            discount_total: Money::ZERO,
            discount_total_unallocated: Money::ZERO,
            refund_total: Money::ZERO,
            customer: example_customer(),
            billing: example_address(),
            shipping: example_address(),
            lines: vec![example_line()],
            lines_given: true,
            shipping_lines: vec![ShippingLine {
                id: "2".to_owned(),
                method: "flat_rate".to_owned(),
                title: "Flat rate".to_owned(),
                total: Money::new(400, 2),
                tax: Money::ZERO,
            }],
            fees: vec![Fee {
                id: "3".to_owned(),
                name: "Handling".to_owned(),
                total: Money::new(100, 2),
                tax: Money::ZERO,
            }],
            discounts: Vec::new(),
            taxes: vec![TaxLine {
                title: "Tax".to_owned(),
                percent: Some(Money::TEN),
                total: Money::new(200, 2),
            }],
            refunds: Vec::new(),
            parent: None,
            has_parts: false,
            in_books: None,
            note: None,
            payment_method: None,
            test: false,
            raw: serde_json::Value::Object(serde_json::Map::new()),
        }
    }
}

fn example_customer() -> Customer {
    Customer {
        id: Some("1".to_owned()),
        key: "1".to_owned(),
        is_guest: false,
        email: "jane@example.com".to_owned(),
        first_name: "Jane".to_owned(),
        last_name: "Example".to_owned(),
        name: "Jane Example".to_owned(),
        company: "Example Ltd".to_owned(),
        phone: "555-0100".to_owned(),
    }
}

fn example_address() -> Address {
    Address {
        first_name: "Jane".to_owned(),
        last_name: "Example".to_owned(),
        name: "Jane Example".to_owned(),
        company: "Example Ltd".to_owned(),
        address_1: "1 Example Street".to_owned(),
        street: "1 Example Street".to_owned(),
        city: "Exampleton".to_owned(),
        state: "NY".to_owned(),
        postcode: "10001".to_owned(),
        country: "US".to_owned(),
        country_code: "US".to_owned(),
        phone: "555-0100".to_owned(),
        email: "jane@example.com".to_owned(),
        ..Address::default()
    }
}

fn example_line() -> Line {
    Line {
        id: "1".to_owned(),
        sku: EXAMPLE_CODE.to_owned(),
        product_id: "1".to_owned(),
        code: EXAMPLE_CODE.to_owned(),
        name: "Example".to_owned(),
        quantity: Money::TWO,
        total: Money::new(2000, 2),
        subtotal: Money::new(2000, 2),
        unit_price: Some(Money::TEN),
        ..Line::default()
    }
}
