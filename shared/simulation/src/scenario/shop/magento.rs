//! Magento's order, as the usual modules post it: in an envelope, with numbers for amounts.

use super::{Told, date, money};
use crate::scenario::life::Line;
use jiff::Timestamp;
use serde_json::{Number, Value, json};

pub(super) fn body(order: &Told<'_>) -> Value {
    let (id, state) = (order.id, order.state);
    let customer = &state.customer;
    let items: Vec<Value> = state.lines.iter().enumerate().map(|(place, one)| item(order, place, one)).collect();
    let (word, total) = (word(state.status), amount(order.total()));
    let address = json!({
        "firstname": "Kim", "lastname": customer.last_name, "street": ["Market Street 1"], "city": "Springfield", "region": "Illinois",
        "region_code": "IL", "postcode": "62701", "country_id": "US", "telephone": "+1 217 555 0100",
    });
    json!({"event": "sales_order_save_commit_after", "order": {
        "entity_id": id, "increment_id": format!("{id:09}"), "store_id": 1, "state": word, "status": word,
        "created_at": written(order.placed), "updated_at": written(state.modified),
        "order_currency_code": "USD", "subtotal": total, "grand_total": total,
        "total_refunded": if word == "closed" { total.clone() } else { amount(0) },
        "customer_id": (customer.id != 0).then_some(customer.id), "customer_is_guest": u8::from(customer.id == 0),
        "customer_email": customer.email, "customer_firstname": "Kim", "customer_lastname": customer.last_name,
        "billing_address": address, "shipping_address": address, "items": items,
    }})
}

fn item(order: &Told<'_>, place: usize, line: &Line) -> Value {
    json!({
        "item_id": line.id, "product_id": 900 + line.id, "product_type": "simple", "sku": order.code(place, line), "name": order.line_name(),
        "qty_ordered": line.quantity, "price": amount(line.price), "row_total": amount(line.total()),
    })
}

/// Magento's word for a state of ours.
pub(super) fn word(status: &str) -> &str {
    match status {
        "completed" => "complete",
        "cancelled" => "canceled",
        "refunded" => "closed",
        other => other,
    }
}

fn amount(cents: u64) -> Value {
    money(cents).parse::<Number>().map_or(Value::Null, Value::Number)
}

/// In UTC, without saying so.
fn written(time: Timestamp) -> String {
    date(time).replace('T', " ")
}
