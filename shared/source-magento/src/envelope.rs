//! The place of the order in a body: bare as REST gives it, or in the envelope of its sender.

use serde_json::{Map, Value};

/// The keys of envelopes, and of their contents: `{"event","order":{}}` (home-made modules),
/// `{"subject","eventName","data":{"order":{}}}` (Adobe Commerce webhooks),
/// `{"event":{"data":{"value":{}}}}` and `{"type","data":{"value":{}}}` (Adobe I/O events),
/// `{"entity":{}}` (Adobe's plugin of `OrderRepositoryInterface::save`), `{"invoice":{}}` and the
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

/// The key of an order in an envelope. An envelope may repeat the order's ids beside it, so this
/// key is opened even where such ids are present.
const ORDER: &str = "order";

/// Fields that only an order, or a document about one, has at its top level.
const NAMES: &[&str] = &["entity_id", "increment_id", "order_id", "grand_total"];

/// The largest number of layers: no known envelope has more than `event`, `data`, `value`, `order`.
pub(crate) const MOST_LAYERS: usize = 4;

/// Returns the order's own fields, or those in its place.
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
