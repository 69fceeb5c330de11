//! Shopify's order, as its webhooks have it.

use super::{Told, date, money};
use crate::scenario::life::{Customer, Line};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) fn body(order: &Told<'_>) -> Value {
    let (id, state) = (order.id, order.state);
    let lines: Vec<Value> = state.lines.iter().enumerate().map(|(place, one)| line(order, place, one)).collect();
    let (total, is_refunded) = (money(order.total()), state.status == "refunded");
    let refunds = if is_refunded {
        json!([{"id": id * 10 + 9, "refund_line_items": [], "transactions": [{"kind": "refund", "status": "success", "amount": total}]}])
    } else {
        json!([])
    };
    let address = json!({
        "first_name": "Kim", "last_name": state.customer.last_name, "company": null, "address1": "Market Street 1", "address2": null,
        "city": "Springfield", "province": "Illinois", "province_code": "IL", "zip": "62701", "country": "United States",
        "country_code": "US", "phone": "+1 217 555 0100",
    });
    json!({
        "id": id, "name": format!("#{id}"), "order_number": id, "currency": "USD", "taxes_included": false,
        "created_at": zoned(order.placed), "processed_at": zoned(order.placed), "updated_at": zoned(state.modified),
        "cancelled_at": (state.status == "cancelled").then(|| zoned(state.modified)),
        "financial_status": if is_refunded { "refunded" } else { "paid" },
        "fulfillment_status": (state.status == "completed").then_some("fulfilled"),
        "email": state.customer.email, "contact_email": state.customer.email, "customer": customer(&state.customer),
        "billing_address": address, "shipping_address": address,
        "subtotal_price": total, "total_line_items_price": total, "total_discounts": "0.00", "total_tax": "0.00", "total_price": total,
        "line_items": lines, "shipping_lines": [], "tax_lines": [], "discount_codes": [], "discount_applications": [], "refunds": refunds,
    })
}

/// A guest is none.
fn customer(customer: &Customer) -> Value {
    if customer.id == 0 {
        return Value::Null;
    }
    json!({"id": customer.id, "email": customer.email, "first_name": "Kim", "last_name": customer.last_name})
}

fn line(order: &Told<'_>, place: usize, line: &Line) -> Value {
    json!({
        "id": line.id, "name": order.line_name(), "title": order.line_name(), "product_id": 900 + line.id, "variant_id": null,
        "sku": order.code(place, line), "quantity": line.quantity, "current_quantity": line.quantity, "price": money(line.price),
        "total_discount": "0.00", "tax_lines": [], "discount_allocations": [],
    })
}

/// On the clock of a shop in Chicago, in winter.
fn zoned(time: Timestamp) -> String {
    format!("{}-06:00", date(time - jiff::SignedDuration::from_hours(6)))
}
