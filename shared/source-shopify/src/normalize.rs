//! The meaning of a signed body: an order, news about one, a request about personal data, rightly
//! nothing, or a named failure.

use crate::config::PLATFORM;
use crate::shape::{self, Shape};
use crate::{build, privacy};
use serde_json::Value;
use source::payload::Object;
use source::{Normalized, PayloadError};

pub(crate) fn normalize(topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
    let raw = source::parse(body)?;
    let Value::Object(fields) = raw else {
        return Err(not_an_order("it is not a JSON object"));
    };
    let fields = shape::without_envelope(fields);
    let payload = Object::root(&fields);
    match shape::of(&payload) {
        Shape::Reference { holder, event } => reference(&holder, event),
        Shape::Privacy => privacy::request(topic, &payload)
            .map(Normalized::Privacy)
            .ok_or_else(|| not_an_order("it names a shop and no order; is it one of Shopify's compliance webhooks under another topic?")),
        Shape::Deleted => Ok(Normalized::Gone {
            order: id_at(&payload, "id")?,
            how: "deleted in the shop",
        }),
        Shape::GraphQl => Err(not_an_order(
            "it has the shape of Shopify's GraphQL API (gid://shopify/Order/..., totalPriceSet), and a webhook has another (total_price, line_items); send the bodies of Shopify's \
             webhooks as they are (format JSON, topics such as orders/updated), not an answer of the API",
        )),
        Shape::Order => {
            let order = order(&payload)?;
            let raw = Value::Object(fields);
            Ok(Normalized::Order(Box::new(order::Order { raw, ..order })))
        }
    }
}

fn order(payload: &Object<'_>) -> Result<order::Order, PayloadError> {
    let id = id_at(payload, "id")?;
    if !payload.has("total_price") {
        return Err(not_an_order(
            "it has an id but no total_price; is the webhook's topic one of orders, and does its list of fields, if it has one, hold total_price?",
        ));
    }
    build::order(payload, &id).map_err(|unusable| unusable.in_order(&id))
}

/// Creates a reference to an order. Shopify sends `orders/updated` for every refund and every edit,
/// but in no guaranteed order.
fn reference(holder: &Object<'_>, event: &str) -> Result<Normalized, PayloadError> {
    let order = id_at(holder, "order_id")?;
    let otherwise = format!(
        "Shopify told of {event} of order {order} without the order; the webhook orders/updated that it sends besides brings the newest state. \
         To have it asked for at once, add store_domain and admin_api_access_token to the store's secret"
    );
    Ok(Normalized::Reference { order, otherwise })
}

fn id_at(payload: &Object<'_>, key: &str) -> Result<String, PayloadError> {
    if !payload.has(key) {
        return Err(not_an_order(if key == "id" {
            "it has no id"
        } else {
            "it names no order"
        }));
    }
    let problem = || {
        payload
            .unusable(key, "not a positive whole number")
            .in_order("?")
    };
    payload.id(key).ok_or_else(problem)
}

fn not_an_order(reason: &str) -> PayloadError {
    PayloadError::NotAnOrder {
        platform: PLATFORM,
        reason: reason.to_owned(),
    }
}
