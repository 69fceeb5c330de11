//! Refunds beyond the value of the returned goods: goodwill, a discount granted afterwards.

use super::{Whole, parts::Units};
use crate::payload::ShopifyObject as _;
use order::{Money, Order};

/// Returns the order with the refunds that stand beside it. Returned goods are no longer in any
/// line or total, so that only money beyond their value counts. Shopify's current total may or may
/// not have that money deducted already (its documentation does not say; `current_total_price` is
/// "after returns and refunds", the refund's discrepancy is listed separately).
pub(super) fn beside(whole: &Whole<'_>, order: Order, came_back: Units) -> Order {
    let money = whole.returns.money();
    if !whole.is_current || money.is_zero() {
        let refund_total = if whole.is_current { Money::ZERO } else { money };
        return with(whole, order, refund_total);
    }
    // Where the total is less than the sum of the parts, the difference was deducted already.
    let missing = order
        .difference()
        .filter(Money::is_sign_negative)
        .unwrap_or_default();
    let taken_off = missing.abs().min(money);
    // Where nothing was deducted, Shopify's own totals give the exact value of the returns; shares
    // of lines are rounded.
    let told = match (
        whole.total("total_price"),
        whole.payload.money("total_price"),
    ) {
        (Ok(Some(current)), Ok(Some(sold))) if taken_off.is_zero() => Some(sold - current),
        _ => None,
    };
    let by_lines = || {
        came_back
            .plus(whole.returns.shipping())
            .with_tax(whole.tax_included)
    };
    let beyond = whole.returns.money_beyond(told.unwrap_or_else(by_lines));
    let order = Order {
        total: order.total + taken_off,
        ..order
    };
    with(whole, order, beyond.max(taken_off))
}

fn with(whole: &Whole<'_>, order: Order, refund_total: Money) -> Order {
    Order {
        refund_total,
        refunds: whole.returns.refunds.clone(),
        ..order
    }
}
