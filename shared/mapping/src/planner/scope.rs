//! What templates see of an order, converted once per order.

use super::json;
use crate::{grammar::ChargeKind, template::Exact};
use minijinja::{
    Value,
    value::{Enumerator, Object},
};
use order::{
    Address, Customer, Discount, Fee, Line, Money, Order, Refund, ShippingLine, ShopTime, TaxLine,
};
use std::{collections::BTreeMap, sync::Arc};

type Pairs = Vec<(&'static str, Value)>;

/// The names of a template: those of the order, and the items of the `for_each` around it.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    order: Arc<Fields>,
    items: Vec<(Arc<str>, Value)>,
}

/// A fixed set of named values.
#[derive(Debug)]
struct Fields(Pairs);

impl Scope {
    /// Everything but items. `raw` costs a conversion of the whole payload and is only there when
    /// asked for.
    pub(crate) fn new(order: &Order, vars: &Value, with_raw: bool) -> Self {
        let mut pairs = vec![
            ("order", record(order_fields(order))),
            ("customer", record(customer_fields(&order.customer))),
            ("billing", record(address_fields(&order.billing))),
            ("shipping", record(address_fields(&order.shipping))),
            ("lines", list(&order.lines, line_fields)),
            (
                "shipping_lines",
                list(&order.shipping_lines, shipping_line_fields),
            ),
            ("fees", list(&order.fees, fee_fields)),
            ("discounts", list(&order.discounts, discount_fields)),
            ("taxes", list(&order.taxes, tax_fields)),
            ("refunds", list(&order.refunds, refund_fields)),
            ("charges", Value::from(Vec::<Value>::new())),
            ("vars", vars.clone()),
        ];
        if with_raw {
            pairs.push(("raw", json::value(&order.raw)));
        }
        Self {
            order: Arc::new(Fields(pairs)),
            items: Vec::new(),
        }
    }

    /// The same with the amounts beside the lines.
    pub(super) fn with_charges(&self, charges: Vec<Value>) -> Self {
        let with = |(name, value): &(&'static str, Value)| match *name {
            "charges" => (*name, Value::from(charges.clone())),
            _ => (*name, value.clone()),
        };
        Self {
            order: Arc::new(Fields(self.order.0.iter().map(with).collect())),
            items: self.items.clone(),
        }
    }

    /// The same with one more item.
    pub(crate) fn with(&self, name: &Arc<str>, item: Value) -> Self {
        let mut items = self.items.clone();
        items.push((Arc::clone(name), item));
        Self {
            order: Arc::clone(&self.order),
            items,
        }
    }

    /// A context with one more item.
    pub(super) fn within(context: &Value, name: &str, item: Value) -> Value {
        match context.downcast_object_ref::<Self>() {
            Some(scope) => scope.with(&Arc::from(name), item).value(),
            None => context.clone(),
        }
    }

    /// As the context of a template.
    pub(crate) fn value(self) -> Value {
        Value::from_object(self)
    }
}

/// The attributes of every name whose shape is known; for lists, those of their items.
pub(crate) fn known_names() -> BTreeMap<&'static str, Vec<&'static str>> {
    let names = |pairs: Pairs| pairs.into_iter().map(|(name, _)| name).collect();
    BTreeMap::from([
        ("order", names(order_fields(&Order::example()))),
        ("customer", names(customer_fields(&Customer::default()))),
        ("billing", names(address_fields(&Address::default()))),
        ("shipping", names(address_fields(&Address::default()))),
        ("lines", names(line_fields(&Line::default()))),
        (
            "shipping_lines",
            names(shipping_line_fields(&ShippingLine::default())),
        ),
        ("fees", names(fee_fields(&Fee::default()))),
        ("discounts", names(discount_fields(&Discount::default()))),
        ("taxes", names(tax_fields(&TaxLine::default()))),
        ("refunds", names(refund_fields(&Refund::default()))),
        (
            "charges",
            names(charge_fields(
                &Charge::new(ChargeKind::Tax, Money::ZERO, String::new()),
                None,
            )),
        ),
        ("vars", Vec::new()),
        ("raw", Vec::new()),
    ])
}

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let item = self
            .items
            .iter()
            .rev()
            .find(|(name, _)| **name == *key)
            .map(|(_, item)| item.clone());
        item.or_else(|| self.order.get(key))
    }
}

impl Fields {
    fn get(&self, key: &str) -> Option<Value> {
        self.0
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.clone())
    }
}

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| Value::from(*name)).collect())
    }
}

fn record(pairs: Pairs) -> Value {
    Value::from_object(Fields(pairs))
}

fn list<T>(items: &[T], fields: fn(&T) -> Pairs) -> Value {
    items.iter().map(|item| record(fields(item))).collect()
}

fn money(amount: Money) -> Value {
    Exact::value(amount)
}

fn text(text: &str) -> Value {
    Value::from(text)
}

/// Null, so that the field it fills is left out, unlike an empty text that a template may join with
/// others.
fn optional<T>(value: Option<T>, convert: impl FnOnce(T) -> Value) -> Value {
    value.map_or_else(|| Value::from(()), convert)
}

fn time(time: Option<ShopTime>) -> Value {
    optional(time, |time| Value::from(time.local.to_string()))
}

fn order_fields(order: &Order) -> Pairs {
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

/// The words to look up in a status map, the one that says most first: what was given back decides
/// before the shop's word does.
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

fn customer_fields(customer: &Customer) -> Pairs {
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

fn address_fields(address: &Address) -> Pairs {
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

/// Most shops send the code as the state.
fn address_state_code(address: &Address) -> &str {
    if address.state_code.is_empty() {
        &address.state
    } else {
        &address.state_code
    }
}

fn line_fields(line: &Line) -> Pairs {
    vec![
        ("id", text(&line.id)),
        ("sku", text(&line.sku)),
        ("product_id", text(&line.product_id)),
        ("variant_id", optional(line.variant_id.as_deref(), text)),
        ("code", text(&line.code)),
        ("name", text(&line.name)),
        // Magento writes 1.0000; whoever reads the record wants to see 1.
        ("quantity", money(line.quantity.normalize())),
        ("total", money(line.total)),
        ("subtotal", money(line.subtotal)),
        ("tax", money(line.tax)),
        ("unit_price", optional(line.unit_price, money)),
    ]
}

fn shipping_line_fields(line: &ShippingLine) -> Pairs {
    vec![
        ("id", text(&line.id)),
        ("method", text(&line.method)),
        ("title", text(&line.title)),
        ("total", money(line.total)),
        ("tax", money(line.tax)),
    ]
}

fn fee_fields(fee: &Fee) -> Pairs {
    vec![
        ("id", text(&fee.id)),
        ("name", text(&fee.name)),
        ("total", money(fee.total)),
        ("tax", money(fee.tax)),
    ]
}

fn discount_fields(discount: &Discount) -> Pairs {
    vec![
        ("code", text(&discount.code)),
        ("total", money(discount.total)),
    ]
}

fn tax_fields(tax: &TaxLine) -> Pairs {
    vec![
        ("title", text(&tax.title)),
        ("percent", optional(tax.percent, money)),
        ("total", money(tax.total)),
    ]
}

fn refund_fields(refund: &Refund) -> Pairs {
    vec![
        ("id", text(&refund.id)),
        ("reason", text(&refund.reason)),
        ("total", money(refund.total)),
    ]
}

/// An amount beside the lines.
#[derive(Clone, Debug)]
pub(super) struct Charge {
    pub(super) kind: ChargeKind,
    /// Negative where it lowers the sum.
    pub(super) total: Money,
    /// As the customer saw it; empty where the shop gives no name.
    pub(super) name: String,
    /// Of shipping, the shop's code of the way.
    pub(super) method: String,
}

impl Charge {
    pub(super) fn new(kind: ChargeKind, total: Money, name: String) -> Self {
        Self {
            kind,
            total,
            name,
            method: String::new(),
        }
    }
}

/// A charge as templates see it, with what stands for it.
pub(super) fn charge(charge: &Charge, code: Option<Value>) -> Value {
    record(charge_fields(charge, code))
}

fn charge_fields(charge: &Charge, code: Option<Value>) -> Pairs {
    vec![
        ("kind", text(charge.kind.as_str())),
        ("code", code.unwrap_or_else(|| Value::from(()))),
        ("total", money(charge.total)),
        ("name", text(&charge.name)),
        ("method", text(&charge.method)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_on_the_page_that_documents_the_grammar() {
        let page = include_str!("../../../../config/mappings/README.md");
        for (name, attributes) in known_names() {
            let row = page
                .lines()
                .find(|line| line.starts_with("| `") && line.contains(&format!("`{name}`")));
            let row = row.unwrap_or_else(|| panic!("`{name}` is not on the page"));
            for attribute in attributes {
                assert!(
                    row.contains(&format!("`{attribute}`")),
                    "`{name}.{attribute}` is not on the page"
                );
            }
        }
    }
}
