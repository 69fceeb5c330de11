//! Money given back beyond what came back: goodwill, a discount granted afterwards.

use super::{Whole, parts::Units};
use order::{Money, Order};

/// The order with the refunds that stand beside it. What came back is in no line and in no total any more, so that only money beyond its value counts. Shopify's current total may or
/// may not have that money taken off already (its pages do not say; `current_total_price` is "after returns and refunds", the refund's discrepancy stands apart).
pub(super) fn beside(whole: &Whole<'_>, order: Order, came_back: Units) -> Order {
    let money = whole.returns.money();
    if !whole.is_current || money.is_zero() {
        let refund_total = if whole.is_current { Money::ZERO } else { money };
        return with(whole, order, refund_total);
    }
    let came_back = came_back.plus(whole.returns.shipping()).with_tax(whole.tax_included);
    let beyond = whole.returns.money_beyond(came_back);
    // Less than its parts: so much is taken off already.
    let missing = order.difference().filter(Money::is_sign_negative).unwrap_or_default();
    let taken_off = missing.abs().min(money);
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
