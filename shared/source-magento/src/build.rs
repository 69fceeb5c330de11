//! The order, part by part. Source of the names: `Magento\Sales\Api\Data\OrderInterface`, which
//! REST and `sales_order` share.
//!
//! Amounts are in the currency in which the customer paid (`grand_total` with
//! `order_currency_code`). Where the shop keeps its books in another currency, the order exists a
//! second time in that one, from the `base_...` amounts. The cancelled part (`qty_canceled`,
//! `total_canceled`) is left out, unless the whole order was cancelled. For every consistent order
//! `grand_total` = `subtotal` + `shipping_amount` + `tax_amount` + `discount_amount` (negative) +
//! the compensations of its tax + taxes on products + gift wrapping - store credit, gift cards and
//! reward points.

mod amounts;
mod lines;
mod money;
pub(crate) mod people;

use self::amounts::Amounts;
use self::lines::Lines;
use crate::dates;
use order::{Money, Order, Status, StatusKind};
use serde_json::Value;
use source::payload::{Object, Unusable};

/// Builds the order; the caller adds `raw`.
pub(crate) fn order(payload: &Object<'_>, id: &str) -> Result<Order, Unusable> {
    let rows = Lines::of(payload)?;
    let paid = order_in(Amounts::Paid, payload, id, &rows)?;
    let books = payload.text(Amounts::Base.currency()).to_uppercase();
    let in_books = if books.is_empty()
        || books == paid.currency
        || !payload.has("base_grand_total")
        || !rows.know_base_amounts()
    {
        None
    } else {
        Some(Box::new(order_in(Amounts::Base, payload, id, &rows)?))
    };
    Ok(Order { in_books, ..paid })
}

fn order_in(
    amounts: Amounts,
    payload: &Object<'_>,
    id: &str,
    rows: &Lines<'_>,
) -> Result<Order, Unusable> {
    let whole = amounts.or_zero(payload, "grand_total")?;
    let told_called_off = amounts
        .of(payload, "total_canceled")?
        .map(|amount| amount.abs());
    let state = status(payload);
    let as_sold = state.kind == StatusKind::Cancelled
        || told_called_off.is_some_and(|called_off| called_off >= whole);
    let kept = rows.read(amounts, as_sold)?;
    let called_off = match told_called_off {
        _ if as_sold => Money::ZERO,
        Some(told) => told,
        None => kept.called_off + kept.tax_called_off,
    };
    let total = whole - called_off;
    let refund_total = amounts.or_zero(payload, "total_refunded")?.abs();
    let lines = kept.lines;
    let subtotal = lines.iter().map(|line| line.subtotal).sum();
    let shipping = money::shipping(payload, amounts, as_sold)?;
    let credits = money::credits(payload, amounts)?;
    let in_lines = subtotal - lines.iter().map(|line| line.total).sum::<Money>();
    let granted = match money::granted(payload, amounts)? {
        Some(granted) if called_off.is_zero() => granted,
        _ => in_lines + shipping.discount,
    };
    let credit_total: Money = credits.iter().map(|credit| credit.total).sum();
    let fees = money::fees(payload, amounts, rows)?;
    let tax_called_off = match amounts.of(payload, "tax_canceled")? {
        _ if as_sold => Money::ZERO,
        Some(told) => told.abs(),
        None => kept.tax_called_off,
    };
    let paid = amounts.of(payload, "total_paid")?;
    let (billing, delivery) = (people::billing(payload), people::shipping(payload));
    let order = Order {
        id: id.to_owned(),
        number: some_text(payload.text("increment_id")).unwrap_or_else(|| id.to_owned()),
        status: after_refunds(state, total, paid, refund_total),
        currency: payload.text(amounts.currency()).to_uppercase(),
        created: dates::shop_time(payload, "created_at"),
        modified: dates::modified(payload),
        paid: None,
        total,
        subtotal,
        shipping_total: shipping.total,
        tax_total: amounts.or_zero(payload, "tax_amount")? - tax_called_off,
        marketplace_tax: Money::ZERO,
        fee_total: fees.iter().map(|fee| fee.total).sum(),
        discount_total: granted + credit_total,
        // Orders with few fields state their discount but not the lines that have it.
        discount_total_unallocated: (granted - in_lines - shipping.discount).max(Money::ZERO)
            + credit_total,
        refund_total,
        customer: people::customer(payload, id, &billing, &delivery),
        billing,
        shipping: delivery,
        lines,
        lines_given: payload.has("items"),
        shipping_lines: shipping.lines,
        fees,
        discounts: money::discounts(payload, granted)
            .into_iter()
            .chain(credits)
            .collect(),
        taxes: money::taxes(payload, amounts)?,
        refunds: Vec::new(),
        parent: None,
        has_parts: false,
        in_books: None,
        note: some_text(payload.text("customer_note")),
        payment_method: money::payment_method(payload),
        test: false,
        raw: Value::Null,
    };
    Ok(order.with_cents_settled())
}

/// Reads the status. The kind comes from `state`, which the core sets; the name is `status`, to
/// which merchants add words of their own.
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
    Status::new(kind, name)
}

/// Adjusts the status to the refunds. Magento closes an order when nothing of it is left to refund,
/// even where a fee or the shipping was kept: such an order was refunded in part. Before that, the
/// state does not show refunds.
fn after_refunds(state: Status, total: Money, paid: Option<Money>, refunded: Money) -> Status {
    let is_kept_in_part = refunded > Money::ZERO && refunded < paid.unwrap_or(total);
    if state.kind == StatusKind::Refunded && is_kept_in_part {
        return Status {
            kind: StatusKind::PartiallyRefunded,
            before_refunds: StatusKind::Completed,
            ..state
        };
    }
    state.after_refunds(total, refunded)
}

fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
