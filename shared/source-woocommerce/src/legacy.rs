//! The payload format from before 2016, "Legacy API v3", which a webhook keeps until somebody edits
//! it: `{"order":{..}}` with other names. Its dates are in UTC. Source: the WooCommerce Legacy REST
//! API, class `WC_API_Orders`.

use serde_json::{Map, Value};

/// Pairs of an old name and today's name.
type Names = &'static [(&'static str, &'static str)];

const ORDER: Names = &[
    ("order_number", "number"),
    ("created_at", "date_created_gmt"),
    ("updated_at", "date_modified_gmt"),
    ("total_shipping", "shipping_total"),
    ("total_discount", "discount_total"),
    ("billing_address", "billing"),
    ("shipping_address", "shipping"),
    ("note", "customer_note"),
];

const PARTS: &[(&str, Names)] = &[
    ("fee_lines", &[("title", "name")]),
    ("tax_lines", &[("title", "label"), ("total", "tax_total")]),
    ("coupon_lines", &[("amount", "discount")]),
];

/// Returns the order inside a legacy envelope, with today's names; `None` when the body is no such
/// envelope.
pub(crate) fn modernized(body: &Map<String, Value>) -> Option<Map<String, Value>> {
    if body.contains_key("id") {
        return None;
    }
    let mut order = body.get("order")?.as_object()?.clone();
    rename(&mut order, ORDER);
    for (list, names) in PARTS {
        let parts = order
            .get_mut(*list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten();
        parts
            .filter_map(Value::as_object_mut)
            .for_each(|part| rename(part, names));
    }
    if let Some(title) = order
        .get("payment_details")
        .and_then(|payment| payment.get("method_title"))
        .cloned()
    {
        order.insert("payment_method_title".to_owned(), title);
    }
    Some(order)
}

fn rename(fields: &mut Map<String, Value>, names: Names) {
    for (old, new) in names {
        if let Some(value) = fields.remove(*old) {
            fields.entry(*new).or_insert(value);
        }
    }
}
