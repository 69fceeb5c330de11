//! Magento's order, as the usual modules post it: in an envelope, with numbers for amounts, each of
//! them twice where the shop keeps its books in another currency.

use super::{Told, date, money};
use crate::scenario::trade::{HOME, Line, RATE};
use jiff::Timestamp;
use serde_json::{Map, Number, Value, json};

pub(super) fn body(order: &Told<'_>) -> Value {
    let (id, state, trade) = (order.id, order.state, &order.state.trade);
    let customer = &state.customer;
    let items: Vec<Value> = trade.lines.iter().map(|one| item(order, one)).collect();
    let word = word(state.status);
    let lives = order.address();
    let address = json!({
        "firstname": "Kim", "lastname": customer.last_name, "street": [lives.street], "city": lives.city, "region": lives.state.map(|(name, _)| name),
        "region_code": lives.state.map(|(_, code)| code), "postcode": lives.postcode, "country_id": lives.country.1, "telephone": "+1 217 555 0100",
    });
    let body = json!({
        "entity_id": id, "increment_id": format!("{id:09}"), "store_id": 1, "state": word, "status": word,
        "created_at": written(order.placed), "updated_at": written(state.modified),
        "order_currency_code": trade.currency, "base_currency_code": HOME, "shipping_description": "Flat rate", "shipping_method": "flatrate_flatrate",
        "customer_id": (customer.id != 0).then_some(customer.id), "customer_is_guest": u8::from(customer.id == 0),
        "customer_email": customer.email, "customer_firstname": "Kim", "customer_lastname": customer.last_name,
        "billing_address": address, "shipping_address": address, "items": items,
    });
    let is_cancelled = state.status == "cancelled";
    let called_off = if is_cancelled {
        trade.sold()
    } else {
        trade.gone()
    };
    let amounts = [
        ("subtotal", Some(trade.sold() - trade.shipping)),
        ("shipping_amount", Some(trade.shipping)),
        ("grand_total", Some(trade.sold())),
        // Absent until they happen.
        (
            "total_canceled",
            Some(called_off).filter(|cents| *cents > 0),
        ),
        (
            "total_paid",
            Some(trade.left()).filter(|_| state.status != "pending" && !is_cancelled),
        ),
        (
            "total_refunded",
            Some(trade.money_back()).filter(|cents| *cents > 0),
        ),
    ];
    json!({"event": "sales_order_save_commit_after", "order": with_amounts(body, trade.currency, &amounts)})
}

fn item(order: &Told<'_>, line: &Line) -> Value {
    let called_off = if order.state.status == "cancelled" {
        line.sold
    } else {
        line.gone
    };
    let body = json!({
        "item_id": line.id, "product_id": 900 + line.id, "product_type": "simple", "sku": order.code(line), "name": order.line_name(),
        "qty_ordered": line.sold, "qty_canceled": called_off,
    });
    let amounts = [
        ("price", Some(line.price)),
        ("row_total", Some(line.price * line.sold)),
    ];
    with_amounts(body, order.state.trade.currency, &amounts)
}

/// The same with these amounts in the customer's currency and in the one of the books.
fn with_amounts(mut body: Value, currency: &str, amounts: &[(&str, Option<u64>)]) -> Value {
    let rate = if currency == HOME { 1 } else { RATE };
    let fields: &mut Map<String, Value> = body.as_object_mut().expect("an object");
    for (key, cents) in amounts {
        if let Some(cents) = cents {
            fields.insert((*key).to_owned(), amount(*cents));
            fields.insert(format!("base_{key}"), amount(cents * rate));
        }
    }
    body
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
    money(cents)
        .parse::<Number>()
        .map_or(Value::Null, Value::Number)
}

/// In UTC, without saying so.
fn written(time: Timestamp) -> String {
    date(time).replace('T', " ")
}
