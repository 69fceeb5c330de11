//! Shopify's order, as its webhooks have it.

use super::{Told, date, money};
use crate::scenario::{
    life::Customer,
    trade::{Line, Return},
};
use config::Platform;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) fn body(order: &Told<'_>) -> Value {
    let (id, state, trade) = (order.id, order.state, &order.state.trade);
    let lines: Vec<Value> = trade.lines.iter().map(|one| line(order, one)).collect();
    let refunds: Vec<Value> = trade
        .returns
        .iter()
        .zip(1..)
        .map(|(back, number)| refund(order, back, number))
        .collect();
    let taken_off = if trade.lowers_total {
        trade.goodwill()
    } else {
        0
    };
    let (total, current) = (
        money(trade.sold()),
        money(trade.left().saturating_sub(taken_off)),
    );
    let (subtotal, shipping) = (money(trade.sold() - trade.shipping), money(trade.shipping));
    let shipping_line = json!({"id": 90, "code": "flat", "title": "Flat rate", "price": shipping, "discounted_price": shipping, "tax_lines": [], "discount_allocations": []});
    let payment = match state.status {
        "pending" => "pending",
        _ if state.is_given_back(Platform::Shopify) => "refunded",
        _ if trade.money_back() > 0 => "partially_refunded",
        _ => "paid",
    };
    let lives = order.address();
    let address = json!({
        "first_name": "Kim", "last_name": state.customer.last_name, "company": null, "address1": lives.street, "address2": null,
        "city": lives.city, "province": lives.state.map(|(name, _)| name), "province_code": lives.state.map(|(_, code)| code), "zip": lives.postcode, "country": lives.country.0,
        "country_code": lives.country.1, "phone": "+1 217 555 0100",
    });
    json!({
        "id": id, "name": format!("#{id}"), "order_number": id, "currency": trade.currency, "taxes_included": false,
        "created_at": zoned(order.placed), "processed_at": zoned(order.placed), "updated_at": zoned(state.modified),
        "cancelled_at": (state.status == "cancelled").then(|| zoned(state.modified)),
        "financial_status": payment,
        "fulfillment_status": (state.status == "completed").then_some("fulfilled"),
        "email": state.customer.email, "contact_email": state.customer.email, "customer": customer(&state.customer),
        "billing_address": address, "shipping_address": address,
        "subtotal_price": subtotal, "total_line_items_price": subtotal, "total_discounts": "0.00", "total_tax": "0.00", "total_price": total,
        "current_total_price": current, "current_total_tax": "0.00", "current_total_discounts": "0.00",
        "line_items": lines, "shipping_lines": [shipping_line], "tax_lines": [], "discount_codes": [], "discount_applications": [], "refunds": refunds,
    })
}

/// A guest is none.
fn customer(customer: &Customer) -> Value {
    if customer.id == 0 {
        return Value::Null;
    }
    json!({"id": customer.id, "email": customer.email, "first_name": "Kim", "last_name": customer.last_name})
}

fn line(order: &Told<'_>, line: &Line) -> Value {
    json!({
        "id": line.id, "name": order.line_name(), "title": order.line_name(), "product_id": 900 + line.id, "variant_id": null,
        "sku": order.code(line), "quantity": line.sold, "current_quantity": line.left(), "price": money(line.price),
        "total_discount": "0.00", "tax_lines": [], "discount_allocations": [],
    })
}

/// What left the order, the money that went back, and by how much they differ.
fn refund(order: &Told<'_>, back: &Return, number: u64) -> Value {
    let trade = &order.state.trade;
    let id = order.own * 100 + number;
    let goods = back.goods.iter().map(|(line, quantity)| {
        let one = Return {
            goods: vec![(*line, *quantity)],
            ..Return::default()
        };
        json!({"line_item_id": line, "quantity": quantity, "subtotal": money(trade.worth_of(&one)), "total_tax": "0.00"})
    });
    let transaction = |amount| json!({"kind": "refund", "status": "success", "amount": money(amount), "currency": trade.currency});
    let shipping = json!({"shipping_line": {"id": 90}, "subtotal_amount": money(back.shipping), "tax_amount": "0.00"});
    // Goods that leave before their money make a pair of adjustments that cancel each other, which
    // is left out here.
    let beyond = back
        .money
        .unwrap_or_default()
        .saturating_sub(trade.worth_of(back));
    let adjustment = json!({"kind": "refund_discrepancy", "reason": "Refund discrepancy", "amount": format!("-{}", money(beyond)), "tax_amount": "0.00"});
    json!({
        "id": id, "order_id": order.id, "refund_line_items": goods.collect::<Vec<_>>(),
        "transactions": back.money.map(transaction).into_iter().collect::<Vec<_>>(),
        "refund_shipping_lines": Some(shipping).filter(|_| back.shipping > 0).into_iter().collect::<Vec<_>>(),
        "order_adjustments": Some(adjustment).filter(|_| beyond > 0).into_iter().collect::<Vec<_>>(),
    })
}

/// On the clock of a shop in Chicago, in winter.
fn zoned(time: Timestamp) -> String {
    format!("{}-06:00", date(time - jiff::SignedDuration::from_hours(6)))
}
