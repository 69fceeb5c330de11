//! What a WooCommerce shop posts.

use super::{
    Life,
    life::{Line, State},
};
use crate::clock::BEGINNING;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// With which every shop signs.
pub(crate) const SECRET: &str = "simulated-webhook-secret";

/// A product that no destination sells.
pub(crate) const UNKNOWN: &str = "sold-by-nobody";

/// What every line of a state is called: names order and content, so that a record at a destination tells which state it shows.
pub(crate) fn marker(order: u64, content: u64) -> String {
    format!("q{order}c{content:02}")
}

/// The order's JSON.
pub(super) fn body(id: u64, placed: Duration, state: &State) -> Bytes {
    let name = marker(id, state.content);
    let lines: Vec<Value> = state
        .lines
        .iter()
        .enumerate()
        .map(|(place, one)| line(&name, place, one, state.poison))
        .collect();
    let total: u64 = state.lines.iter().map(|line| line.price * line.quantity).sum();
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
    let body = json!({
        "id": id, "number": id.to_string(), "status": state.status, "currency": "USD",
        "date_created": date(BEGINNING + placed), "date_created_gmt": date(BEGINNING + placed),
        "date_modified": date(state.modified), "date_modified_gmt": date(state.modified),
        "discount_total": "0.00", "shipping_total": "0.00", "total_tax": "0.00", "total": money(total),
        "customer_id": customer.id, "billing": person, "shipping": person,
        "payment_method_title": "Card", "customer_note": "",
        "line_items": lines, "tax_lines": [], "shipping_lines": [], "fee_lines": [], "coupon_lines": [], "refunds": refunds,
    });
    Bytes::from(body.to_string())
}

fn line(name: &str, place: usize, line: &Line, poison: bool) -> Value {
    let total = money(line.price * line.quantity);
    let sku = if poison && place == 0 { UNKNOWN } else { line.code };
    json!({
        "id": line.id, "name": name, "product_id": 900 + line.id, "variation_id": 0, "sku": sku, "quantity": line.quantity,
        "subtotal": total, "subtotal_tax": "0.00", "total": total, "total_tax": "0.00",
    })
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn date(time: Timestamp) -> String {
    time.to_string()
        .trim_end_matches('Z')
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned()
}

impl Life {
    /// The topic under which the shop sends a state.
    pub(crate) fn topic(state: usize) -> &'static str {
        if state == 0 { "order.created" } else { "order.updated" }
    }
}
