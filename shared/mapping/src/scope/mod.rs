//! The values that templates see of an order, converted once per order.

mod attributes;
mod json;

use crate::charge::{Charge, ChargeKind};
use minijinja::{
    Value,
    value::{Enumerator, Object},
};
use order::{Address, Customer, Discount, Fee, Line, Money, Order, Refund, ShippingLine, TaxLine};
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
    /// Creates a scope without items. `raw` costs a conversion of the whole payload, and is only
    /// there when asked for.
    pub(crate) fn new(order: &Order, vars: &Value, with_raw: bool) -> Self {
        let mut pairs = vec![
            ("order", record(attributes::order(order))),
            ("customer", record(attributes::customer(&order.customer))),
            ("billing", record(attributes::address(&order.billing))),
            ("shipping", record(attributes::address(&order.shipping))),
            ("lines", list(&order.lines, attributes::line)),
            (
                "shipping_lines",
                list(&order.shipping_lines, attributes::shipping_line),
            ),
            ("fees", list(&order.fees, attributes::fee)),
            ("discounts", list(&order.discounts, attributes::discount)),
            ("taxes", list(&order.taxes, attributes::tax)),
            ("refunds", list(&order.refunds, attributes::refund)),
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

    /// Returns the scope with these amounts beside the lines.
    pub(crate) fn with_charges(&self, charges: Vec<Value>) -> Self {
        let with = |(name, value): &(&'static str, Value)| match *name {
            "charges" => (*name, Value::from(charges.clone())),
            _ => (*name, value.clone()),
        };
        Self {
            order: Arc::new(Fields(self.order.0.iter().map(with).collect())),
            items: self.items.clone(),
        }
    }

    /// Returns the scope with one more item.
    pub(crate) fn with(&self, name: &Arc<str>, item: Value) -> Self {
        let mut items = self.items.clone();
        items.push((Arc::clone(name), item));
        Self {
            order: Arc::clone(&self.order),
            items,
        }
    }

    /// Returns a context with one more item.
    pub(crate) fn with_item(context: &Value, name: &str, item: Value) -> Value {
        match context.downcast_object_ref::<Self>() {
            Some(scope) => scope.with(&Arc::from(name), item).value(),
            None => context.clone(),
        }
    }

    /// Returns the scope as the context of a template.
    pub(crate) fn value(self) -> Value {
        Value::from_object(self)
    }
}

/// Returns the attributes of every name whose shape is known; for lists, those of their items.
pub(crate) fn known_names() -> BTreeMap<&'static str, Vec<&'static str>> {
    let names = |pairs: Pairs| pairs.into_iter().map(|(name, _)| name).collect();
    BTreeMap::from([
        ("order", names(attributes::order(&Order::example()))),
        (
            "customer",
            names(attributes::customer(&Customer::default())),
        ),
        ("billing", names(attributes::address(&Address::default()))),
        ("shipping", names(attributes::address(&Address::default()))),
        ("lines", names(attributes::line(&Line::default()))),
        (
            "shipping_lines",
            names(attributes::shipping_line(&ShippingLine::default())),
        ),
        ("fees", names(attributes::fee(&Fee::default()))),
        (
            "discounts",
            names(attributes::discount(&Discount::default())),
        ),
        ("taxes", names(attributes::tax(&TaxLine::default()))),
        ("refunds", names(attributes::refund(&Refund::default()))),
        (
            "charges",
            names(attributes::charge(
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

/// Converts a charge for templates. `code` is the product or item that stands for it.
pub(crate) fn charge(charge: &Charge, code: Option<Value>) -> Value {
    record(attributes::charge(charge, code))
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
