//! WooCommerce's order, as its REST API and its webhooks have it.

use super::{Told, date, money};
use crate::scenario::life::Line;
use serde_json::{Value, json};

pub(super) fn body(order: &Told<'_>) -> Value {
    let (id, state, total) = (order.id, order.state, order.total());
    let lines: Vec<Value> = state.lines.iter().enumerate().map(|(place, one)| line(order, place, one)).collect();
    let refunds = if state.status == "refunded" {
        json!([{"id": id * 10 + 9, "reason": "sent back", "total": format!("-{}", money(total))}])
    } else {
        json!([])
    };
    let customer = &state.customer;
    let person = json!({
        "first_name": "Kim", "last_name": customer.last_name, "company": "", "address_1": "Market Street 1", "address_2": "",
        "city": "Springfield", "state": "IL", "postcode": "62701", "country": "US", "email": customer.email, "phone": "+1 217 555 0100",
    });
    let (placed, modified) = (date(order.placed), date(state.modified));
    json!({
        "id": id, "number": id.to_string(), "status": state.status, "currency": "USD",
        "date_created": placed, "date_created_gmt": placed, "date_modified": modified, "date_modified_gmt": modified,
        "discount_total": "0.00", "shipping_total": "0.00", "total_tax": "0.00", "total": money(total),
        "customer_id": customer.id, "billing": person, "shipping": person,
        "payment_method_title": "Card", "customer_note": "",
        "line_items": lines, "tax_lines": [], "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "refunds": refunds,
    })
}

fn line(order: &Told<'_>, place: usize, line: &Line) -> Value {
    let total = money(line.total());
    json!({
        "id": line.id, "name": order.line_name(), "product_id": 900 + line.id, "variation_id": 0, "sku": order.code(place, line),
        "quantity": line.quantity, "subtotal": total, "subtotal_tax": "0.00", "total": total, "total_tax": "0.00",
    })
}
