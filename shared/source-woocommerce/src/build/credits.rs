//! Credits with which the customer paid, and which WooCommerce deducts from the total without a
//! line for them: gift cards. Source: the `gift_cards` that WooCommerce Gift Cards adds to the REST
//! order.

use order::{Discount, Money, Order};
use source::payload::{Object, Unusable};

/// The name in descriptions. A card's code is worth money, so it is never shown.
const NAME: &str = "Gift card";

/// Returns the order with its gift cards as a discount that no line carries, to the extent that
/// they lowered the total: where a plug-in treats them as a payment, they did not.
pub(super) fn applied(payload: &Object<'_>, order: Order) -> Result<Order, Unusable> {
    let cards = payload.php_list("gift_cards")?;
    let used = cards
        .iter()
        .map(|card| Ok(card.amount_or_zero("amount")?.abs()))
        .sum::<Result<Money, Unusable>>()?;
    let missing = order
        .balance()
        .map(|balance| -balance.difference)
        .unwrap_or_default();
    let credit = used.min(missing);
    if credit <= Money::ZERO {
        return Ok(order);
    }
    let mut discounts = order.discounts;
    discounts.push(Discount {
        code: NAME.to_owned(),
        total: credit,
    });
    Ok(Order {
        discount_total_unallocated: order.discount_total_unallocated + credit,
        discounts,
        ..order
    })
}
