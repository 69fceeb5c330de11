//! WooCommerce's order, as its REST API and its webhooks have it.

use super::{Told, date, money};
use crate::scenario::trade::Line;
use serde_json::{Value, json};

pub(super) fn body(order: &Told<'_>) -> Value {
    let (id, state, trade) = (order.id, order.state, &order.state.trade);
    let lines: Vec<Value> = trade.lines.iter().map(|one| line(order, one)).collect();
    let returns = trade.returns.iter().zip(1..);
    let refunds: Vec<Value> = returns
        .map(|(back, number)| json!({"id": order.own * 100 + number, "reason": "sent back", "total": format!("-{}", money(back.money.unwrap_or_default()))}))
        .collect();
    let shipping = json!({"id": 90, "method_id": "flat_rate", "method_title": "Flat rate", "total": money(trade.shipping), "total_tax": "0.00", "taxes": []});
    let (customer, address) = (&state.customer, order.address());
    let person = json!({
        "first_name": "Kim", "last_name": customer.last_name, "company": "", "address_1": address.street, "address_2": "",
        "city": address.city, "state": address.state.map_or("", |(_, code)| code), "postcode": address.postcode, "country": address.country.1, "email": customer.email, "phone": "+1 217 555 0100",
    });
    let (placed, modified) = (date(order.placed), date(state.modified));
    json!({
        "id": id, "number": id.to_string(), "status": state.status, "currency": trade.currency,
        "date_created": placed, "date_created_gmt": placed, "date_modified": modified, "date_modified_gmt": modified,
        "discount_total": "0.00", "shipping_total": money(trade.shipping), "total_tax": "0.00", "total": money(trade.left()),
        "customer_id": customer.id, "billing": person, "shipping": person,
        "payment_method_title": "Card", "customer_note": "",
        "line_items": lines, "tax_lines": [], "shipping_lines": [shipping], "fee_lines": [], "coupon_lines": [], "refunds": refunds,
    })
}

fn line(order: &Told<'_>, line: &Line) -> Value {
    let total = money(line.price * line.left());
    json!({
        "id": line.id, "name": order.line_name(), "product_id": 900 + line.id, "variation_id": 0, "sku": order.code(line),
        "quantity": line.left(), "subtotal": total, "subtotal_tax": "0.00", "total": total, "total_tax": "0.00",
    })
}
