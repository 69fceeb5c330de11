//! A shop of Magento: what was called off and given back stands beside what was ordered, for the
//! rows and for the order.

use crate::{Case, Told};
use serde_json::json;

struct Row {
    price: i64,
    ordered: i64,
    called_off: i64,
    percent: i64,
}

impl Row {
    fn value(&self, quantity: i64) -> i64 {
        self.price * quantity
    }

    fn tax(&self, quantity: i64) -> i64 {
        self.value(quantity) * self.percent / 100
    }
}

/// The order after everything that happened to it.
pub(crate) fn told(case: &Case) -> Told {
    let mut rows: Vec<Row> = case
        .lines
        .iter()
        .map(|(price, quantity, percent)| Row {
            // Hundreds of minor units, so that every share of a tax is exact.
            price: *price * 100,
            ordered: *quantity,
            called_off: 0,
            percent: *percent,
        })
        .collect();
    let shipping = case.shipping;
    let sum = |rows: &[Row], of: fn(&Row) -> i64| rows.iter().map(of).sum::<i64>();
    let subtotal = sum(&rows, |row| row.value(row.ordered));
    let tax = sum(&rows, |row| row.tax(row.ordered));
    let (kind, amount) = (case.extra.0, case.extra.1.min(subtotal));
    let credit = if kind == 1 { amount } else { 0 };
    let surcharge = if kind == 2 { amount } else { 0 };
    let total = subtotal + tax + shipping - credit + surcharge;
    let (mut state, mut given_back) = ("processing", 0);
    for (event, line, size) in &case.events {
        let called_off = sum(&rows, |row| {
            row.value(row.called_off) + row.tax(row.called_off)
        });
        match event {
            0 => state = "complete",
            1 => state = "holded",
            2 if given_back == 0 => state = "canceled",
            3 => {
                let at = usize::from(*line) % rows.len();
                let row = &mut rows[at];
                let left = row.ordered - row.called_off;
                // Something is left, so that the order lives; nothing is called off after money
                // went back.
                if given_back == 0 && left > 1 {
                    row.called_off += i64::from(*size).min(left - 1);
                }
            }
            4 | 5 => {
                given_back += ((total - called_off) * i64::from(*size) / 5)
                    .min(total - called_off - given_back)
            }
            6 => given_back = total - called_off,
            _ => {}
        }
    }
    let called_off = sum(&rows, |row| {
        row.value(row.called_off) + row.tax(row.called_off)
    });
    let left = total - called_off;
    let is_lost = state == "canceled" || (left > 0 && given_back >= left);
    let worth = match state {
        "canceled" => total,
        _ if is_lost => left,
        _ => left - given_back,
    };
    let money = |amount: i64| case.text(amount);
    let items: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            json!({
                "item_id": index + 1, "sku": format!("SKU-{index}"), "name": "Thing", "product_id": 50 + index, "product_type": "simple", "qty_ordered": row.ordered,
                "qty_canceled": if state == "canceled" { row.ordered } else { row.called_off }, "price": money(row.price), "row_total": money(row.value(row.ordered)),
                "tax_amount": money(row.tax(row.ordered)), "discount_amount": 0,
            })
        })
        .collect();
    let body = json!({
        "entity_id": 7, "increment_id": "000000007", "state": state, "status": state, "order_currency_code": case.currency(), "base_currency_code": case.currency(),
        "grand_total": money(total), "subtotal": money(subtotal), "shipping_amount": money(shipping), "tax_amount": money(tax), "discount_amount": 0,
        "shipping_method": "flatrate_flatrate", "total_canceled": money(if state == "canceled" { total } else { called_off }),
        "tax_canceled": money(sum(&rows, |row| row.tax(row.called_off))), "total_refunded": money(given_back), "total_paid": money(left),
        "customer_email": "ann@example.com", "customer_id": 5, "customer_firstname": "Ann", "customer_lastname": "Lee", "created_at": "2026-05-01 10:00:00", "items": items,
        "extension_attributes": {"customer_balance_amount": money(credit)},
    });
    Told {
        worth: case.money(worth),
        body,
    }
}
