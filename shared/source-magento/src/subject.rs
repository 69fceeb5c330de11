//! What the fields inside an envelope are: an order, something that names one, or neither. Both
//! reading and peeking go by this, so that they cannot disagree.

use source::payload::Object;

/// What a body is about.
#[derive(Debug)]
pub(crate) enum Subject {
    /// An order with its money.
    Order(String),
    /// An invoice, a credit memo, a shipment: they name their order.
    Document(String),
    /// An order that the shop is still making, by its number. Once it is saved it has an
    /// `entity_id`: under another id than then it would become two.
    Unsaved(String),
    /// An order's names without its money, as senders give that were set to few fields.
    Name(String),
    /// None of these.
    Nothing(&'static str),
}

/// All that is read to tell them apart.
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

/// `sales_order.increment_id` holds no more (db_schema.xml of Magento\Sales).
const LONGEST_NUMBER: usize = 50;

/// An order's id is its `entity_id`. Where a sender was not set to give it, `increment_id` takes
/// the place; a store's senders should agree on that.
pub(crate) fn subject(fields: &Object<'_>) -> Subject {
    let (entity, order) = (fields.id("entity_id"), fields.id("order_id"));
    let has_money = fields.has("grand_total");
    if is_cart(fields) {
        return Subject::Nothing("it is a cart (a quote); is the webhook's event one of orders?");
    }
    // Documents number their states; an order's is a word. The counters of orders and documents of
    // a small shop run level, so the ids tell nothing.
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

/// Whether the rows are those of a document: they name the order's rows and say how many of them it
/// is about. Only a document's own rows do.
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

/// A cart has totals and an `entity_id` too, which is that of no order.
fn is_cart(fields: &Object<'_>) -> bool {
    !fields.has("increment_id") && (fields.has("is_active") || fields.has("reserved_order_id"))
}
