//! A shop of WooCommerce: totals are what was sold, money given back stands beside them, and the
//! word for the order's state knows nothing of it.

use crate::{Case, Told};
use serde_json::{Value, json};

/// The order after everything that happened to it. Parts are rounded each for itself, as
/// WooCommerce does where prices include their tax.
pub(crate) fn told(case: &Case) -> Told {
    let mut lines = Vec::new();
    let (mut sum, mut tax) = (0, 0);
    for (index, (price, quantity, percent)) in case.lines.iter().enumerate() {
        let total = price * quantity;
        let on_it = total * percent / 100;
        sum += total;
        tax += on_it;
        let is_gone = index == 1 && case.extra.0 == 5;
        lines.push(json!({
            "id": index + 1, "name": format!("Thing {index}"), "quantity": quantity, "subtotal": case.text(total), "total": case.text(total), "total_tax": case.text(on_it),
            "product_id": if is_gone { 0 } else { 100 + index }, "variation_id": 0, "sku": if is_gone { Value::Null } else { json!(format!("SKU-{index}")) },
        }));
    }
    let whole = sum + tax + case.shipping;
    let (kind, amount) = case.extra;
    let amount = amount.min(whole);
    let fees = if kind == 1 {
        json!([{"id": 90, "name": "Fee", "total": case.text(amount), "total_tax": "0"}])
    } else {
        json!([])
    };
    let cards = if kind == 2 {
        json!([{"id": 1, "code": "AAAA", "amount": case.text(amount)}])
    } else {
        json!([])
    };
    let total = match kind {
        1 => whole + amount,
        2 => whole - amount,
        // A surcharge that no line tells, a cent of rounding, and a credit without a name.
        3 => whole + amount,
        4 => whole + 1,
        5 => whole - amount,
        _ => whole,
    };
    let mut status = "processing";
    let (mut refunds, mut given_back) = (Vec::new(), 0);
    for (event, _, size) in &case.events {
        match event {
            0 => status = "completed",
            1 => status = "on-hold",
            2 => status = "cancelled",
            3 => status = "packed",
            4 | 5 => {
                let back = (total * i64::from(*size) / 5).min(total - given_back);
                given_back += back;
                refunds.push(json!({"id": 200 + refunds.len(), "reason": "", "total": format!("-{}", case.text(back))}));
            }
            6 => {
                refunds.push(json!({"id": 200 + refunds.len(), "reason": "All", "total": format!("-{}", case.text(total - given_back))}));
                given_back = total;
            }
            _ => {}
        }
    }
    let is_lost = status == "cancelled" || (total > 0 && given_back >= total);
    let body = json!({
        "id": 7, "number": "7", "status": status, "currency": case.currency(), "date_created": "2026-03-01T09:00:00", "date_created_gmt": "2026-03-01T14:00:00",
        "total": case.text(total), "total_tax": case.text(tax), "shipping_total": case.text(case.shipping), "discount_total": "0", "customer_id": 5,
        "billing": {"first_name": "Ann", "last_name": "Lee", "email": "ann@example.com"}, "line_items": lines, "fee_lines": fees, "coupon_lines": [],
        "shipping_lines": [{"id": 80, "method_id": "flat_rate", "method_title": "Flat", "total": case.text(case.shipping), "total_tax": "0"}],
        "tax_lines": [{"id": 70, "label": "VAT", "tax_total": case.text(tax), "shipping_tax_total": "0"}], "refunds": refunds, "gift_cards": cards,
    });
    let worth = if is_lost { total } else { total - given_back };
    Told {
        worth: case.money(worth),
        body,
    }
}
