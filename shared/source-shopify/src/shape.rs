//! What kind of body it is. The topic stands in a header that nobody signed, so the body itself
//! decides.

use crate::payload::ShopifyObject as _;
use serde_json::{Map, Value};
use source::payload::Object;

/// How ids begin in the GraphQL API.
const GID: &str = "gid://";

/// The kinds of body that are told apart.
pub(crate) enum Shape<'a> {
    /// Something about an order that is not in it: `refunds/create`, `orders/edited`, and every
    /// other body that names its order by `order_id`.
    Reference {
        /// Where `order_id` stands.
        holder: Object<'a>,
        /// What happened.
        event: &'static str,
    },
    /// One of the three compliance bodies.
    Privacy,
    /// `{"id":N}`: all that is left of a deleted order.
    Deleted,
    /// What the GraphQL API answers, posted by something else than Shopify.
    GraphQl,
    /// An order, or nothing that we know.
    Order,
}

/// The kind of a body.
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

/// The order without the envelope that Shopify's Admin API has around it, and its webhooks have
/// not.
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
