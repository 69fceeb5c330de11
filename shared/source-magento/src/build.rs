//! The order, part by part. Source of the names: `Magento\Sales\Api\Data\OrderInterface`, which REST and `sales_order` share.
//!
//! Amounts are those in the currency that the customer paid in (`grand_total` with `order_currency_code`); `base_...` amounts, in the currency that the shop keeps its books
//! in, stay in `raw`. For every consistent order `grand_total` = `subtotal` + `shipping_amount` + `tax_amount` + `discount_amount` (negative) + the compensations of its tax
//! + taxes on products + gift wrapping - store credit, gift cards and reward points.

mod lines;
mod money;
pub(crate) mod people;

use self::lines::Lines;
use crate::dates;
use order::{Money, Order, Status, StatusKind};
use serde_json::Value;
use source::payload::{Object, Unusable};

/// Builds the order; the caller adds `raw`.
pub(crate) fn order(payload: &Object<'_>, id: &str) -> Result<Order, Unusable> {
    let total = payload.amount_or_zero("grand_total")?;
    let refund_total = payload.amount_or_zero("total_refunded")?.abs();
    let rows = Lines::of(payload)?;
    let lines = rows.read()?;
    let subtotal = lines.iter().map(|line| line.subtotal).sum();
    let shipping = money::shipping(payload)?;
    let credits = money::credits(payload)?;
    let in_lines = subtotal - lines.iter().map(|line| line.total).sum::<Money>();
    let granted = money::granted(payload)?.unwrap_or(in_lines + shipping.discount);
    let credit_total: Money = credits.iter().map(|credit| credit.total).sum();
    let fees = money::fees(payload, &rows)?;
    let (billing, delivery) = (people::billing(payload), people::shipping(payload));
    Ok(Order {
        id: id.to_owned(),
        number: some_text(payload.text("increment_id")).unwrap_or_else(|| id.to_owned()),
        status: after_refunds(status(payload), total, refund_total),
        currency: payload.text("order_currency_code").to_uppercase(),
        created: dates::shop_time(payload, "created_at"),
        modified: dates::modified(payload),
        paid: None,
        total,
        subtotal,
        shipping_total: shipping.total,
        tax_total: payload.amount_or_zero("tax_amount")?,
        fee_total: fees.iter().map(|fee| fee.total).sum(),
        discount_total: granted + credit_total,
        // Orders of few fields tell their discount but not which lines have it.
        discount_total_unallocated: (granted - in_lines - shipping.discount).max(Money::ZERO) + credit_total,
        refund_total,
        customer: people::customer(payload, id, &billing, &delivery),
        billing,
        shipping: delivery,
        lines,
        lines_given: payload.has("items"),
        shipping_lines: shipping.lines,
        fees,
        discounts: money::discounts(payload, granted).into_iter().chain(credits).collect(),
        taxes: money::taxes(payload)?,
        refunds: Vec::new(),
        note: some_text(payload.text("customer_note")),
        payment_method: money::payment_method(payload),
        test: false,
        raw: Value::Null,
    })
}

/// The kind goes by `state`, which the core gives; the name is `status`, for which merchants add words of their own.
fn status(payload: &Object<'_>) -> Status {
    let [state, status] = ["state", "status"].map(|key| payload.text(key).to_lowercase());
    let (word, name) = match (state.is_empty(), status.is_empty()) {
        (true, _) => (&status, &status),
        (false, true) => (&state, &state),
        (false, false) => (&state, &status),
    };
    let kind = match word.as_str() {
        "new" | "pending" | "pending_payment" => StatusKind::Pending,
        "processing" => StatusKind::Processing,
        "complete" => StatusKind::Completed,
        "closed" => StatusKind::Refunded,
        "canceled" | "cancelled" => StatusKind::Cancelled,
        "holded" | "payment_review" | "fraud" => StatusKind::OnHold,
        _ => StatusKind::Other,
    };
    Status { kind, name: name.clone() }
}

/// Magento closes an order only when all of it is paid back or called off; before that, the state is silent about refunds.
fn after_refunds(status: Status, total: Money, refunded: Money) -> Status {
    let open = matches!(
        status.kind,
        StatusKind::Pending | StatusKind::Processing | StatusKind::Completed | StatusKind::OnHold
    );
    let kind = match status.kind {
        _ if open && total > Money::ZERO && refunded >= total => StatusKind::Refunded,
        _ if open && refunded > Money::ZERO => StatusKind::PartiallyRefunded,
        kind => kind,
    };
    Status { kind, ..status }
}

fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
