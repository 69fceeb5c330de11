//! A law over invented orders that add up by Shopify's own arithmetic: whatever was edited,
//! refunded or cancelled, the order adds up here too, and total less refunds is Shopify's current
//! total.

#![expect(clippy::panic, reason = "tests may fail")]

use order::{Money, Order};
use proptest::prelude::*;
use serde_json::{Value, json};
use source::{Normalized, Source};
use source_shopify::Shopify;

/// One line, in cents per unit, so that every share is exact.
#[derive(Clone, Debug)]
struct Item {
    price: i64,
    discount: i64,
    tax: i64,
    sold: i64,
    edited_out: i64,
    refunded: i64,
}

/// A whole order. Its shipping is never refunded.
#[derive(Clone, Debug)]
struct Case {
    items: Vec<Item>,
    tax_included: bool,
    shipping: i64,
    tip: i64,
    is_cancelled: bool,
    /// Whether Shopify's version writes a refund without money for goods that an edit removed.
    edits_are_told: bool,
}

fn item() -> impl Strategy<Value = Item> {
    (
        0..50_000_i64,
        0..=100_i64,
        0..=30_i64,
        1..6_i64,
        0..6_i64,
        0..6_i64,
    )
        .prop_map(|(price, discount, tax, sold, edited_out, refunded)| {
            let discount = price * discount / 100;
            let edited_out = edited_out.min(sold);
            Item {
                price,
                discount,
                tax: (price - discount) * tax / 130,
                sold,
                edited_out,
                refunded: refunded.min(sold - edited_out),
            }
        })
}

fn case() -> impl Strategy<Value = Case> {
    (
        prop::collection::vec(item(), 0..6),
        any::<bool>(),
        0..2_000_i64,
        0..500_i64,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(items, tax_included, shipping, tip, is_cancelled, edits_are_told)| Case {
                items,
                tax_included,
                shipping,
                tip,
                is_cancelled,
                edits_are_told,
            },
        )
}

impl Case {
    /// Returns the sum over the items, in cents, for this number of units of each.
    fn sum(&self, unit: impl Fn(&Item) -> i64, units: impl Fn(&Item) -> i64) -> i64 {
        self.items.iter().map(|item| unit(item) * units(item)).sum()
    }

    fn total(&self, units: impl Fn(&Item) -> i64) -> i64 {
        let tax_on_top = |item: &Item| if self.tax_included { 0 } else { item.tax };
        self.sum(|item| item.price - item.discount + tax_on_top(item), units)
            + self.shipping
            + self.tip
    }

    fn refund(&self, units: impl Fn(&Item) -> i64, with_money: bool) -> Option<Value> {
        let is_there = |item: &Item| units(item) > 0;
        if !self.items.iter().any(is_there) {
            return None;
        }
        let lines = self.items.iter().enumerate().filter(|(_, item)| is_there(item)).map(|(index, item)| {
            let quantity = units(item);
            json!({"line_item_id": index + 1, "quantity": quantity, "subtotal": text((item.price - item.discount) * quantity), "total_tax": text(item.tax * quantity)})
        });
        let amount = self.total(&units) - self.shipping - self.tip;
        let transaction = json!({"kind": "refund", "status": "success", "amount": text(amount), "currency": "USD"});
        let transactions = if with_money {
            vec![transaction]
        } else {
            Vec::new()
        };
        Some(json!({"refund_line_items": lines.collect::<Vec<_>>(), "transactions": transactions}))
    }

    fn payload(&self) -> Value {
        let left = |item: &Item| item.sold - item.edited_out - item.refunded;
        let sold = |item: &Item| item.sold;
        let mut lines: Vec<Value> = self.items.iter().enumerate().map(|(index, item)| {
            json!({
                "id": index + 1, "price": text(item.price), "quantity": item.sold, "current_quantity": left(item),
                "discount_allocations": [{"amount": text(item.discount * item.sold)}], "tax_lines": [{"price": text(item.tax * item.sold)}],
            })
        }).collect();
        lines.push(json!({"id": 99, "price": text(self.tip), "quantity": 1, "current_quantity": 1, "tip_payment_method": "visa"}));
        let edits = self
            .refund(|item| item.edited_out, false)
            .filter(|_| self.edits_are_told);
        let refunds = [edits, self.refund(|item| item.refunded, true)];
        json!({
            "id": 7, "currency": "USD", "taxes_included": self.tax_included, "cancelled_at": if self.is_cancelled { json!("2026-01-01T00:00:00Z") } else { Value::Null },
            "total_price": text(self.total(sold)), "current_total_price": text(self.total(left)),
            "total_tax": text(self.sum(|item| item.tax, sold)), "current_total_tax": text(self.sum(|item| item.tax, left)),
            "total_tip_received": text(self.tip), "line_items": lines,
            "shipping_lines": [{"price": text(self.shipping), "discounted_price": text(self.shipping), "discount_allocations": []}],
            "refunds": refunds.into_iter().flatten().collect::<Vec<_>>(),
        })
    }
}

fn text(cents: i64) -> String {
    Money::new(cents, 2).to_string()
}

fn order_of(payload: &Value) -> Order {
    match Shopify.normalize("orders/updated", payload.to_string().as_bytes()) {
        Ok(Normalized::Order(order)) => *order,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn every_order_that_adds_up_at_shopify_adds_up_here(case in case()) {
        let payload = case.payload();
        let order = order_of(&payload);
        prop_assert_eq!(order.difference(), Some(Money::ZERO), "{}", payload);
        if case.is_cancelled {
            prop_assert_eq!(order.total, Money::new(case.total(|item| item.sold), 2));
        } else {
            let current: Money = payload["current_total_price"].as_str().unwrap().parse().unwrap();
            prop_assert_eq!(order.total - order.refund_total, current, "{}", payload);
        }
    }
}
