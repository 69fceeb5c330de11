//! Orders made by hand; every person in them is invented.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

pub(crate) mod orders;

use jiff::civil;
use mapping::{Mapping, Overrides, Plan};
use order::{Address, Customer, Line, Money, Order, ShopTime, Status, StatusKind};
use std::path::Path;

/// The sample order of the WooCommerce-to-Salesforce blueprint: two lines, no shipping, no tax.
pub(crate) fn sample() -> Order {
    let placed = ShopTime {
        local: civil::datetime(2023, 10, 26, 10, 0, 0, 0),
        instant: None,
    };
    Order {
        id: "12345".to_owned(),
        number: "12345".to_owned(),
        status: Status::new(StatusKind::Processing, "processing"),
        created: Some(placed),
        modified: None,
        paid: None,
        total: money("99.99"),
        subtotal: money("99.99"),
        shipping_total: Money::ZERO,
        tax_total: Money::ZERO,
        fee_total: Money::ZERO,
        customer: customer(),
        billing: address(),
        shipping: Address::default(),
        lines: vec![
            line("101", "Product A", "1", "49.99"),
            line("102", "Product B", "2", "50.00"),
        ],
        shipping_lines: Vec::new(),
        fees: Vec::new(),
        taxes: Vec::new(),
        test: false,
        raw: serde_json::json!({ "id": 12345, "meta_data": [{ "key": "_gift", "value": "yes" }], "weight": 1.5, "prices_include_tax": false }),
        ..Order::example()
    }
}

pub(crate) fn line(code: &str, name: &str, quantity: &str, total: &str) -> Line {
    let (quantity, total) = (money(quantity), money(total));
    Line {
        id: format!("line-{code}"),
        product_id: code.to_owned(),
        code: code.to_owned(),
        name: name.to_owned(),
        quantity,
        total,
        subtotal: total,
        unit_price: Line::even_unit_price(total, quantity),
        ..Line::default()
    }
}

/// Returns a state as sources give it: an order that was refunded in part was completed before.
pub(crate) fn state(kind: StatusKind, word: &str) -> Status {
    let before_refunds = match kind {
        StatusKind::PartiallyRefunded => StatusKind::Completed,
        kind => kind,
    };
    Status {
        kind,
        before_refunds,
        name: word.to_owned(),
    }
}

pub(crate) fn customer() -> Customer {
    Customer {
        id: Some("6789".to_owned()),
        key: "6789".to_owned(),
        is_guest: false,
        email: "john.doe@example.com".to_owned(),
        first_name: "John".to_owned(),
        last_name: "Doe".to_owned(),
        name: "John Doe".to_owned(),
        company: String::new(),
        phone: "555-123-4567".to_owned(),
    }
}

pub(crate) fn address() -> Address {
    Address {
        first_name: "John".to_owned(),
        last_name: "Doe".to_owned(),
        name: "John Doe".to_owned(),
        address_1: "123 Main St".to_owned(),
        street: "123 Main St".to_owned(),
        city: "Anytown".to_owned(),
        state: "NY".to_owned(),
        postcode: "12345".to_owned(),
        country: "US".to_owned(),
        country_code: "US".to_owned(),
        phone: "555-123-4567".to_owned(),
        email: "john.doe@example.com".to_owned(),
        ..Address::default()
    }
}

pub(crate) fn money(text: &str) -> Money {
    Money::from_str_exact(text).expect("a decimal")
}

/// The built-in mapping with a route's overrides, as TOML with `[vars]` and `[set.RECORD]`.
pub(crate) fn builtin(overrides: &str) -> Mapping {
    Mapping::load(
        "woocommerce-salesforce",
        Path::new("/nowhere"),
        &self::overrides(overrides),
    )
    .expect("the built-in mapping is valid")
}

pub(crate) fn overrides(text: &str) -> Overrides {
    let table: toml::Table = text.parse().expect("TOML");
    let part = |name: &str| {
        table
            .get(name)
            .and_then(toml::Value::as_table)
            .cloned()
            .unwrap_or_default()
    };
    Overrides {
        vars: part("vars"),
        set: part("set"),
    }
}

/// A mapping with one record `r` that has these fields.
pub(crate) fn with_fields(fields: &str) -> Mapping {
    let text = format!(
        "system = \"zoho\"\n[[record]]\nname = \"r\"\nobject = \"Deals\"\nkey = {{ field = \"K\", value = \"{{{{ order.id }}}}\" }}\n[record.fields]\n{fields}"
    );
    Mapping::parse("test.toml", &text, &Overrides::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// Returns a plan as JSON, with exact numbers.
pub(crate) fn json(plan: &Plan) -> String {
    serde_json::to_string_pretty(plan).expect("plans are plain data")
}

/// The fields of the plan's first record, as JSON.
pub(crate) fn fields(mapping: &Mapping, order: &Order) -> serde_json::Value {
    let plan = mapping
        .plan(order)
        .unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_value(&plan.records[0].fields).expect("plans are plain data")
}

/// A built-in mapping with a route's overrides.
pub(crate) fn mapping(name: &str, overrides: &str) -> Mapping {
    Mapping::load(name, Path::new("/nowhere"), &self::overrides(overrides))
        .unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

/// Returns the order in a shop's payload.
pub(crate) fn read(source: &dyn source::Source, topic: &str, body: &str) -> Order {
    match source.normalize(topic, body.as_bytes()) {
        Ok(source::Normalized::Order(order)) => *order,
        other => panic!("no order: {other:?}"),
    }
}

/// The sample of the WooCommerce-to-Zoho blueprint.
pub(crate) fn zoho_sample() -> Order {
    read(
        &source_woocommerce::WooCommerce,
        "order.created",
        include_str!("../../fixtures/samples/woocommerce-zoho.json"),
    )
}

/// The sample of the WooCommerce-to-NetSuite blueprint.
pub(crate) fn netsuite_sample() -> Order {
    read(
        &source_woocommerce::WooCommerce,
        "order.created",
        include_str!("../../fixtures/samples/woocommerce-netsuite.json"),
    )
}

/// The sample of the Shopify-to-Salesforce blueprint.
pub(crate) fn shopify_sample() -> Order {
    read(
        &source_shopify::Shopify,
        "orders/create",
        include_str!("../../fixtures/samples/shopify-salesforce.json"),
    )
}

/// The sample of the Magento-to-Salesforce blueprint.
pub(crate) fn magento_sample() -> Order {
    read(
        &source_magento::Magento,
        "sales_order_save_after",
        include_str!("../../fixtures/samples/magento-salesforce.json"),
    )
}

/// Returns a value as indented JSON, with exact numbers.
pub(crate) fn pretty(value: impl serde::Serialize) -> String {
    serde_json::to_string_pretty(&value).expect("plain data")
}

/// Reads JSON and keeps the digits of its numbers.
pub(crate) fn exact(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

/// Returns a plan's records as a reader sees them: object, key and the plain values of fields,
/// without the wrapping that tells the adapters how to write them.
pub(crate) fn plain(plan: &Plan) -> serde_json::Value {
    let records = plan.records.iter().map(|record| {
        let mut fields = serde_json::Map::new();
        if let Some(key) = &record.key {
            fields.insert(key.field.clone(), key.value.clone().into());
        }
        for (name, field) in &record.fields {
            fields.insert(name.clone(), plain_value(&field.value));
        }
        (record.name.clone(), serde_json::Value::Object(fields))
    });
    records.collect::<serde_json::Map<_, _>>().into()
}

fn plain_value(value: &mapping::plan::Value) -> serde_json::Value {
    use mapping::plan::Value;
    match value {
        Value::Literal(scalar) => serde_json::to_value(scalar).expect("a scalar"),
        Value::Ref(record) => format!("-> {record}").into(),
        Value::Lookup(lookup) => format!(
            "-> {} {}",
            lookup.object,
            serde_json::to_string(&lookup.conditions).expect("conditions")
        )
        .into(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), plain_value(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::List(items) => items.iter().map(plain_value).collect(),
    }
}
