//! The order, part by part. Source of the names: the REST API v3 order in
//! woocommerce/includes/rest-api/Controllers/Version3.
//!
//! For every consistent order `total` = sum of `line_items`, `shipping_lines` and `fee_lines` +
//! `total_tax` - `gift_cards`; discounts are already deducted from the lines, refunds are not
//! deducted.

mod credits;
mod lines;
mod people;

use crate::dates;
use crate::html::Words as _;
use crate::meta;
use order::{Money, Order, Refund, Status, StatusKind};
use serde_json::Value;
use source::payload::{Object, Unusable};

/// The key under which Dokan and other marketplaces note that the vendors' parts of an order are
/// orders of their own.
const HAS_PARTS: &str = "has_sub_order";

/// Builds the order; the caller adds `raw`.
pub(crate) fn order(payload: &Object<'_>, id: &str) -> Result<Order, Unusable> {
    let total = payload.amount_or_zero("total")?;
    let lines = lines::lines(payload)?;
    let shipping_lines = lines::shipping_lines(payload)?;
    let fees = lines::fees(payload)?;
    let discounts = lines::discounts(payload)?;
    let refunds = lines::refunds(payload)?;
    let refund_total = refunds.iter().map(|refund: &Refund| refund.total).sum();
    let billing = people::address(&payload.object("billing"));
    let shipping = people::address(&payload.object("shipping"));
    let order = Order {
        id: id.to_owned(),
        number: Some(payload.text("number"))
            .filter(|number| !number.is_empty())
            .unwrap_or_else(|| id.to_owned()),
        status: status(payload).after_refunds(total, refund_total),
        currency: payload.text("currency").to_uppercase(),
        created: dates::shop_time(payload, "created"),
        modified: dates::modified(payload),
        paid: dates::shop_time(payload, "paid"),
        total,
        subtotal: lines.iter().map(|line| line.subtotal).sum(),
        shipping_total: or_sum(
            payload.amount("shipping_total")?,
            shipping_lines.iter().map(|line| line.total),
        ),
        tax_total: tax_total(payload)?,
        marketplace_tax: Money::ZERO,
        fee_total: fees.iter().map(|fee| fee.total).sum(),
        discount_total: or_sum(
            payload.amount("discount_total")?,
            discounts.iter().map(|discount| discount.total),
        )
        .abs(),
        discount_total_unallocated: Money::ZERO,
        refund_total,
        customer: people::customer(payload, id, &billing, &shipping),
        billing,
        shipping,
        lines,
        lines_given: payload.has("line_items"),
        shipping_lines,
        fees,
        discounts,
        taxes: lines::taxes(payload)?,
        refunds,
        parent: payload.id("parent_id"),
        has_parts: meta::says_yes(payload, HAS_PARTS),
        in_books: None,
        note: some_text(payload.words("customer_note")),
        payment_method: some_text(payload.words("payment_method_title"))
            .or_else(|| some_text(payload.text("payment_method"))),
        test: false,
        raw: Value::Null,
    };
    Ok(credits::applied(payload, order)?.with_cents_settled())
}

/// Reads the status: the shop's word, with or without the `wc-` that it has in the database.
pub(crate) fn status(payload: &Object<'_>) -> Status {
    let word = payload.text("status").to_lowercase();
    let name = word.strip_prefix("wc-").unwrap_or(&word).to_owned();
    let kind = match name.as_str() {
        "pending" => StatusKind::Pending,
        "processing" => StatusKind::Processing,
        "on-hold" => StatusKind::OnHold,
        "completed" => StatusKind::Completed,
        "cancelled" => StatusKind::Cancelled,
        "refunded" => StatusKind::Refunded,
        "failed" => StatusKind::Failed,
        "trash" => StatusKind::Trashed,
        "checkout-draft" | "auto-draft" | "draft" | "new" => StatusKind::Draft,
        _ => StatusKind::Other,
    };
    Status::new(kind, &name)
}

fn tax_total(payload: &Object<'_>) -> Result<Money, Unusable> {
    match payload.amount("total_tax")? {
        Some(total) => Ok(total),
        None => Ok(payload.amount_or_zero("cart_tax")? + payload.amount_or_zero("shipping_tax")?),
    }
}

/// Returns the stated sum, or the sum of the parts: short payloads have parts but not their sum.
fn or_sum(told: Option<Money>, parts: impl Iterator<Item = Money>) -> Money {
    told.unwrap_or_else(|| parts.sum())
}

fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
