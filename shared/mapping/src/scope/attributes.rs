//! The attributes that templates see of an order and of what is in it.

use super::Pairs;
use crate::{charge::Charge, template::Exact};
use minijinja::Value;
use order::{
    Address, Customer, Discount, Fee, Line, Money, Order, Refund, ShippingLine, ShopTime, TaxLine,
};

/// The attributes of an order.
pub(super) fn order(order: &Order) -> Pairs {
    vec![
        ("id", text(&order.id)),
        ("number", text(&order.number)),
        ("status", text(&order.status.name)),
        ("status_kind", text(order.status.kind.as_str())),
        (
            "status_before_refunds",
            text(order.status.before_refunds.as_str()),
        ),
        ("states", states(order)),
        ("is_lost", Value::from(order.status.kind.is_lost())),
        ("currency", text(&order.currency)),
        ("created", time(order.created)),
        (
            "date",
            optional(order.created, |time| Value::from(time.date().to_string())),
        ),
        (
            "modified",
            optional(order.modified, |instant| Value::from(instant.to_string())),
        ),
        ("paid", time(order.paid)),
        ("total", money(order.total)),
        ("subtotal", money(order.subtotal)),
        ("shipping_total", money(order.shipping_total)),
        ("tax_total", money(order.tax_total)),
        ("fee_total", money(order.fee_total)),
        ("discount_total", money(order.discount_total)),
        (
            "discount_total_unallocated",
            money(order.discount_total_unallocated),
        ),
        ("refund_total", money(order.refund_total)),
        (
            "worth",
            optional(order.balance(), |balance| money(balance.worth)),
        ),
        ("imbalance", optional(order.difference(), money)),
        ("marketplace_tax", money(order.marketplace_tax)),
        ("parent", optional(order.parent.as_deref(), text)),
        ("has_parts", Value::from(order.has_parts)),
        ("note", optional(order.note.as_deref(), text)),
        (
            "payment_method",
            optional(order.payment_method.as_deref(), text),
        ),
        ("test", Value::from(order.test)),
    ]
}

/// Returns the words to look up in a status map, the most specific first: a status that comes from
/// refunds decides before the shop's own word.
fn states(order: &Order) -> Value {
    let status = &order.status;
    let by_refunds = status.is_by_refunds().then_some(status.kind.as_str());
    let words = [
        Some(status.name.as_str()),
        Some(status.before_refunds.as_str()),
        Some(status.kind.as_str()),
    ];
    by_refunds
        .into_iter()
        .chain(words.into_iter().flatten())
        .map(Value::from)
        .collect()
}

/// The attributes of a customer.
pub(super) fn customer(customer: &Customer) -> Pairs {
    vec![
        ("id", optional(customer.id.as_deref(), text)),
        ("key", text(&customer.key)),
        ("is_guest", Value::from(customer.is_guest)),
        ("email", text(&customer.email)),
        ("first_name", text(&customer.first_name)),
        ("last_name", text(&customer.last_name)),
        ("name", text(&customer.name)),
        ("company", text(&customer.company)),
        ("phone", text(&customer.phone)),
    ]
}

/// The attributes of an address.
pub(super) fn address(address: &Address) -> Pairs {
    vec![
        ("first_name", text(&address.first_name)),
        ("last_name", text(&address.last_name)),
        ("name", text(&address.name)),
        ("company", text(&address.company)),
        ("address_1", text(&address.address_1)),
        ("address_2", text(&address.address_2)),
        ("street", text(&address.street)),
        ("city", text(&address.city)),
        ("state", text(&address.state)),
        ("state_code", text(address_state_code(address))),
        ("postcode", text(&address.postcode)),
        ("country", text(&address.country)),
        ("country_code", text(&address.country_code)),
        ("phone", text(&address.phone)),
        ("email", text(&address.email)),
    ]
}

/// Returns the code of the state. Most shops send it as the state itself.
fn address_state_code(address: &Address) -> &str {
    if address.state_code.is_empty() {
        &address.state
    } else {
        &address.state_code
    }
}

/// The attributes of a line.
pub(super) fn line(line: &Line) -> Pairs {
    vec![
        ("id", text(&line.id)),
        ("sku", text(&line.sku)),
        ("product_id", text(&line.product_id)),
        ("variant_id", optional(line.variant_id.as_deref(), text)),
        ("code", text(&line.code)),
        ("name", text(&line.name)),
        // Magento writes 1.0000; a reader of the record wants to see 1.
        ("quantity", money(line.quantity.normalize())),
        ("total", money(line.total)),
        ("subtotal", money(line.subtotal)),
        ("tax", money(line.tax)),
        ("unit_price", optional(line.unit_price, money)),
    ]
}

/// The attributes of a shipping line.
pub(super) fn shipping_line(line: &ShippingLine) -> Pairs {
    vec![
        ("id", text(&line.id)),
        ("method", text(&line.method)),
        ("title", text(&line.title)),
        ("total", money(line.total)),
        ("tax", money(line.tax)),
    ]
}

/// The attributes of a fee.
pub(super) fn fee(fee: &Fee) -> Pairs {
    vec![
        ("id", text(&fee.id)),
        ("name", text(&fee.name)),
        ("total", money(fee.total)),
        ("tax", money(fee.tax)),
    ]
}

/// The attributes of a discount.
pub(super) fn discount(discount: &Discount) -> Pairs {
    vec![
        ("code", text(&discount.code)),
        ("total", money(discount.total)),
    ]
}

/// The attributes of a tax.
pub(super) fn tax(tax: &TaxLine) -> Pairs {
    vec![
        ("title", text(&tax.title)),
        ("percent", optional(tax.percent, money)),
        ("total", money(tax.total)),
    ]
}

/// The attributes of a refund.
pub(super) fn refund(refund: &Refund) -> Pairs {
    vec![
        ("id", text(&refund.id)),
        ("reason", text(&refund.reason)),
        ("total", money(refund.total)),
    ]
}

/// The attributes of a charge.
pub(super) fn charge(charge: &Charge, code: Option<Value>) -> Pairs {
    vec![
        ("kind", text(charge.kind.as_str())),
        ("code", code.unwrap_or_else(|| Value::from(()))),
        ("total", money(charge.total)),
        ("name", text(&charge.name)),
        ("method", text(&charge.method)),
    ]
}

fn money(amount: Money) -> Value {
    Exact::value(amount)
}

fn text(text: &str) -> Value {
    Value::from(text)
}

/// Converts an absent value into null, so that the field that it fills is left out. An empty text
/// would not be null, and is what a template may join with others.
fn optional<T>(value: Option<T>, convert: impl FnOnce(T) -> Value) -> Value {
    value.map_or_else(|| Value::from(()), convert)
}

fn time(time: Option<ShopTime>) -> Value {
    optional(time, |time| Value::from(time.local.to_string()))
}
