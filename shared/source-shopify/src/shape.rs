//! The kind of a body. The topic is in a header that nobody signed, so the body itself decides.

use crate::payload::ShopifyObject as _;
use serde_json::{Map, Value};
use source::payload::Object;

/// The beginning of ids in the GraphQL API.
const GID: &str = "gid://";

/// The kinds of body that are told apart.
pub(crate) enum Shape<'a> {
    /// An event of an order that the body does not hold: `refunds/create`, `orders/edited`, and
    /// every other body that names its order by `order_id`.
    Reference {
        /// The object that holds `order_id`.
        holder: Object<'a>,
        /// The event, as it reads in a sentence.
        event: &'static str,
    },
    /// One of the three compliance bodies.
    Privacy,
    /// The rest of a deleted order, `{"id":N}`.
    Deleted,
    /// An answer of the GraphQL API, which something other than Shopify posted.
    GraphQl,
    /// An order, or something unknown.
    Order,
}

/// Returns the kind of a body.
pub(crate) fn of<'a>(payload: &Object<'a>) -> Shape<'a> {
    if payload.text("id").starts_with(GID)
        || (payload.has("totalPriceSet") && !payload.has("total_price"))
    {
        return Shape::GraphQl;
    }
    if payload.has("order_edit") {
        let holder = payload.object("order_edit");
        return Shape::Reference {
            holder,
            event: "an edit",
        };
    }
    if payload.has("order_id") && !payload.has("total_price") {
        let event = if payload.has("refund_line_items") {
            "a refund"
        } else {
            "a change"
        };
        let holder = payload.clone();
        return Shape::Reference { holder, event };
    }
    if payload.has("shop_id") && !payload.has("id") {
        return Shape::Privacy;
    }
    if payload.is_only_an_id() {
        Shape::Deleted
    } else {
        Shape::Order
    }
}

/// Removes the envelope that Shopify's Admin API puts around an order; its webhooks have none.
pub(crate) fn without_envelope(mut body: Map<String, Value>) -> Map<String, Value> {
    if body.contains_key("id") {
        return body;
    }
    match body.get_mut("order").map(Value::take) {
        Some(Value::Object(order)) => order,
        Some(other) => {
            body.insert("order".to_owned(), other);
            body
        }
        None => body,
    }
}
