//! The meaning of a signed body: an order, the name of one, rightly nothing, or a named failure.

use crate::config::{DECIMALS, DELETED, PLATFORM};
use crate::subject::{Subject, has_rows_of_a_document, subject};
use crate::{build, envelope};
use source::payload::Object;
use source::{Normalized, PayloadError};

const DOCUMENT: &str = "an invoice, a credit memo or a shipment of an order carries no order";

pub(crate) fn normalize(topic: &str, body: &[u8]) -> Result<Normalized, PayloadError> {
    let raw = source::parse(body)?;
    let fields = raw
        .as_object()
        .ok_or_else(|| not_an_order("it is not a JSON object"))?;
    let payload = Object::root(envelope::opened(fields)).storing_decimals(DECIMALS);
    let id = match subject(&payload) {
        Subject::Order(id) => id,
        Subject::Unsaved(number) => return Ok(Normalized::Skip(unsaved(&number))),
        Subject::Document(id) => return Ok(reference(id, DOCUMENT)),
        Subject::Name(id) => {
            return Ok(reference(
                id,
                "the body names the order but has no grand_total",
            ));
        }
        Subject::Nothing(reason) => return Err(not_an_order(reason)),
    };
    if has_rows_of_a_document(&payload) {
        return match payload.id("order_id") {
            Some(order) => Ok(reference(order, DOCUMENT)),
            None => Err(not_an_order(
                "its items are those of an invoice, a credit memo or a shipment, and it names no order; add order_id to the fields that the webhook sends",
            )),
        };
    }
    if DELETED.contains(&topic) {
        return Ok(Normalized::Gone {
            order: id,
            how: "deleted in the shop",
        });
    }
    let order = build::order(&payload, &id).map_err(|unusable| unusable.in_order(&id))?;
    Ok(Normalized::Order(Box::new(order::Order { raw, ..order })))
}

fn unsaved(number: &str) -> String {
    format!(
        "order {number} is not saved in the shop yet (no entity_id, no created_at); it comes with the events after that: send the shop's sales_order_save_commit_after"
    )
}

fn reference(order: String, why: &str) -> Normalized {
    let otherwise = format!(
        "order {order}: {why}; its newest state comes with the shop's own events of orders (sales_order_save_commit_after): is the shop set to send them whole?"
    );
    Normalized::Reference { order, otherwise }
}

fn not_an_order(reason: &str) -> PayloadError {
    PayloadError::NotAnOrder {
        platform: PLATFORM,
        reason: reason.to_owned(),
    }
}
