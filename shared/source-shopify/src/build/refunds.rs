//! Money given back beyond what came back: goodwill, a discount granted afterwards.

use super::Whole;
use crate::payload::ShopifyObject as _;
use order::{Money, Order};
use source::payload::Unusable;

/// The order with the refunds that stand beside it. What came back is in no line and in no total any more, so that only money beyond its value counts. Shopify's current total may or
/// may not have that money taken off already (its pages do not say; `current_total_price` is "after returns and refunds", the refund's discrepancy stands apart).
pub(super) fn beside(whole: &Whole<'_>, order: Order) -> Result<Order, Unusable> {
    let money = whole.returns.money();
    if !whole.is_current || money.is_zero() {
        let refund_total = if whole.is_current { Money::ZERO } else { money };
        return Ok(with(whole, order, refund_total));
    }
    let came_back = whole.payload.money_or_zero("total_price")? - order.total;
    let beyond = (money - came_back.max(Money::ZERO)).max(Money::ZERO);
    // Less than its parts: so much is taken off already.
    let missing = order.difference().filter(Money::is_sign_negative).unwrap_or_default();
    let taken_off = missing.abs().min(money);
    let order = Order {
        total: order.total + taken_off,
        ..order
    };
    Ok(with(whole, order, beyond + taken_off))
}

fn with(whole: &Whole<'_>, order: Order, refund_total: Money) -> Order {
    Order {
        refund_total,
        refunds: whole.returns.refunds.clone(),
        ..order
    }
}
