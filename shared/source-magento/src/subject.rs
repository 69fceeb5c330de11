//! The subject of the fields inside an envelope: an order, something that names one, or neither.
//! Both reading and peeking use this, so that they cannot disagree.

use source::payload::Object;

/// The subject of a body.
#[derive(Debug)]
pub(crate) enum Subject {
    /// An order with its money.
    Order(String),
    /// An invoice, a credit memo or a shipment, with the id of its order.
    Document(String),
    /// An order that the shop is still creating, by its number. Once it is saved it has an
    /// `entity_id`: with another id now, it would become two orders.
    Unsaved(String),
    /// An order's ids without its money, as sent by a sender that was set to few fields.
    Name(String),
    /// None of these.
    Nothing(&'static str),
}

/// The fields that are read to tell them apart.
pub(crate) const FIELDS: &[&str] = &[
    "entity_id",
    "order_id",
    "increment_id",
    "grand_total",
    "state",
    "status",
    "created_at",
    "updated_at",
    "is_active",
    "reserved_order_id",
];

/// The largest length of `sales_order.increment_id` (db_schema.xml of Magento\Sales).
const LONGEST_NUMBER: usize = 50;

/// Returns the subject of the fields. An order's id is its `entity_id`. Where a sender was not set
/// to send it, `increment_id` takes its place; the senders of one store should agree on that.
pub(crate) fn subject(fields: &Object<'_>) -> Subject {
    let (entity, order) = (fields.id("entity_id"), fields.id("order_id"));
    let has_money = fields.has("grand_total");
    if is_cart(fields) {
        return Subject::Nothing("it is a cart (a quote); is the webhook's event one of orders?");
    }
    // Documents have a number as their state; an order has a word. In a small shop the ids of
    // orders and documents can be equal, so they tell nothing.
    let is_numbered = fields.text("state").parse::<u8>().is_ok();
    let is_worded = !is_numbered && (fields.has("state") || fields.has("status"));
    match (entity, order) {
        (None, None) | (Some(_), None) if is_numbered => Subject::Nothing(
            "it is an invoice, a credit memo or a shipment (its state is a number) and names no order; add order_id to the fields that the webhook sends",
        ),
        (Some(entity), Some(order)) if entity != order || !is_worded => Subject::Document(order),
        (None, Some(order)) if !has_money || is_numbered => Subject::Document(order),
        (Some(id), _) | (None, Some(id)) if has_money => Subject::Order(id),
        (Some(id), _) if fields.has("increment_id") => Subject::Name(id),
        (Some(_), _) => Subject::Nothing(
            "it has an entity_id, but no grand_total and no increment_id; is the webhook's event one of orders?",
        ),
        (None, _) if fields.has("entity_id") => {
            Subject::Nothing("its entity_id is not a positive whole number")
        }
        (None, _) => by_number(fields, has_money),
    }
}

/// Returns whether the rows are those of a document: only these refer to the order's rows and state
/// how many units of them the document is about.
pub(crate) fn has_rows_of_a_document(fields: &Object<'_>) -> bool {
    let rows = fields.php_list("items").unwrap_or_default();
    rows.iter()
        .any(|row| row.has("order_item_id") && !row.has("qty_ordered"))
}

fn by_number(fields: &Object<'_>, has_money: bool) -> Subject {
    let number = fields.text("increment_id");
    let in_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if number.is_empty() {
        return Subject::Nothing(
            "it has no entity_id and no increment_id; is the webhook's event one of orders, and are these fields among those it sends?",
        );
    }
    if number.len() > LONGEST_NUMBER || !number.bytes().all(in_id) {
        return Subject::Nothing(
            "it has no entity_id, and its increment_id is no word of letters and digits that could stand in for it",
        );
    }
    if !has_money {
        return Subject::Nothing(
            "it has an increment_id but no grand_total; add entity_id and the order's other fields to what the webhook sends",
        );
    }
    if fields.has("created_at") || fields.has("updated_at") {
        Subject::Order(number)
    } else {
        Subject::Unsaved(number)
    }
}

/// Returns whether the fields are those of a cart. A cart has totals and an `entity_id`, too, but
/// that is not an order's.
fn is_cart(fields: &Object<'_>) -> bool {
    !fields.has("increment_id") && (fields.has("is_active") || fields.has("reserved_order_id"))
}
