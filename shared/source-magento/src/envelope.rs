//! Where the order stands in a body: bare as REST gives it, or in the envelope of its sender.

use serde_json::{Map, Value};

/// The keys of envelopes, and of what they hold: `{"event","order":{}}` (home-made modules),
/// `{"subject","eventName","data":{"order":{}}}` (Adobe Commerce webhooks),
/// `{"event":{"data":{"value":{}}}}` and `{"type","data":{"value":{}}}` (Adobe I/O events),
/// `{"entity":{}}` (Adobe's plugin of `OrderRepositoryInterface::save`), `{"invoice":{}}` and its
/// like.
pub(crate) const WRAPPERS: &[&str] = &[
    ORDER,
    "data",
    "event",
    "value",
    "entity",
    "invoice",
    "creditmemo",
    "shipment",
];

/// Beside the order its envelope may repeat the order's ids, so this key is opened even where they
/// stand.
const ORDER: &str = "order";

/// What only an order, or a document about one, has at its top level.
const NAMES: &[&str] = &["entity_id", "increment_id", "order_id", "grand_total"];

/// No known envelope has more layers than `event`, `data`, `value`, `order`.
pub(crate) const MOST_LAYERS: usize = 4;

/// The order's own fields, or those that stand in its place.
pub(crate) fn opened(body: &Map<String, Value>) -> &Map<String, Value> {
    let mut fields = body;
    for _ in 0..MOST_LAYERS {
        match inside(fields) {
            Some(inner) => fields = inner,
            None => break,
        }
    }
    fields
}

fn inside(fields: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let object = |key: &str| fields.get(key).and_then(Value::as_object);
    if let Some(order) = object(ORDER) {
        return Some(order);
    }
    let is_content = NAMES.iter().any(|name| fields.contains_key(*name));
    if is_content {
        None
    } else {
        WRAPPERS.iter().find_map(|key| object(key))
    }
}
