//! The law that all money of an order obeys: lines + shipping + tax + fees - discounts +
//! difference - refunded = worth.

use crate::{Line, Money, Order, currency};

/// The parts that make up what an order is worth, and the difference by which they miss its total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The sum of the lines, after their discounts and without tax.
    pub lines: Money,
    /// Shipping.
    pub shipping: Money,
    /// All taxes.
    pub tax: Money,
    /// All fees.
    pub fees: Money,
    /// The discounts that no line carries, positive.
    pub discounts: Money,
    /// The part of the total beyond all of these: a surcharge or a credit that the shop gives no
    /// name. Zero for most orders.
    pub difference: Money,
    /// The money that was given back and that the total still holds, positive. For an order that is
    /// lost as a whole it is zero: such an order keeps the amount that was lost.
    pub refunded: Money,
    /// The amount that the order is worth now, as the shop has it; for a lost order the amount that
    /// was lost.
    pub worth: Money,
}

impl Balance {
    fn of(order: &Order) -> Option<Self> {
        let lines = order
            .lines
            .iter()
            .try_fold(Money::ZERO, |sum, line| sum.checked_add(line.total))?;
        let beside = [order.shipping_total, order.tax_total, order.fee_total];
        let parts = beside
            .into_iter()
            .try_fold(lines, Money::checked_add)?
            .checked_sub(order.discount_total_unallocated)?;
        let refunded = if order.status.kind.is_lost() {
            Money::ZERO
        } else {
            order.refund_total
        };
        Some(Self {
            lines,
            shipping: order.shipping_total,
            tax: order.tax_total,
            fees: order.fee_total,
            discounts: order.discount_total_unallocated,
            difference: order.total.checked_sub(parts)?,
            refunded,
            worth: order.total.checked_sub(refunded)?,
        })
    }
}

impl Order {
    /// Returns what the order is worth, and its parts. `None` where a sum is beyond what a
    /// [`Money`] can hold, which no source lets through.
    #[must_use]
    pub fn balance(&self) -> Option<Balance> {
        Balance::of(self)
    }

    /// Returns the difference by which the order's own parts miss its total: zero for every
    /// consistent order. A payload of a shop that does not add up is no error. `None` as for
    /// [`Self::balance`].
    #[must_use]
    pub fn difference(&self) -> Option<Money> {
        self.balance().map(|balance| balance.difference)
    }

    /// Settles the shop's cents of rounding. Shops round each part for itself, so the sum of the
    /// parts may miss the total by up to half a minor unit per part. That difference goes to the
    /// tax where there is one, else to the largest line. A larger difference has another cause and
    /// stays.
    #[must_use]
    pub fn with_cents_settled(mut self) -> Self {
        let Some(difference) = self.difference() else {
            return self;
        };
        if difference.is_zero() || difference.abs() > self.most_rounding() {
            return self;
        }
        if self.tax_total.is_zero() {
            self.add_to_largest_line(difference);
        } else {
            self.tax_total += difference;
            if let Some(largest) = self.taxes.iter_mut().max_by_key(|tax| tax.total.abs()) {
                largest.total += difference;
            }
        }
        self
    }

    /// Returns the largest difference that rounding can make: half a minor unit for each part,
    /// rounded up to whole units, and at least one unit.
    fn most_rounding(&self) -> Money {
        let parts =
            self.lines.len() + self.shipping_lines.len() + self.fees.len() + self.taxes.len();
        let units = parts.div_ceil(2).max(1);
        currency::minor_unit(&self.currency)
            .checked_mul(Money::from(units))
            .unwrap_or_default()
    }

    fn add_to_largest_line(&mut self, difference: Money) {
        let sold = self
            .lines
            .iter_mut()
            .filter(|line| !line.quantity.is_zero());
        if let Some(line) = sold.max_by_key(|line| line.total.abs()) {
            line.total += difference;
            line.unit_price = Line::even_unit_price(line.total, line.quantity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Status, StatusKind};

    fn order(total: Money) -> Order {
        Order {
            total,
            ..Order::example()
        }
    }

    #[test]
    fn the_parts_of_an_order_add_up_to_what_it_is_worth() {
        let mut order = order(Money::new(3000, 2));
        order.refund_total = Money::new(500, 2);
        let balance = order.balance().unwrap();
        assert_eq!(balance.difference, Money::new(300, 2));
        assert_eq!(balance.worth, Money::new(2500, 2));
        let sum = balance.lines + balance.shipping + balance.tax + balance.fees - balance.discounts
            + balance.difference
            - balance.refunded;
        assert_eq!(sum, balance.worth);
    }

    #[test]
    fn a_lost_order_is_worth_what_was_lost() {
        let mut order = order(Money::new(2700, 2));
        order.refund_total = Money::new(2700, 2);
        order.status = Status::new(StatusKind::Processing, "processing")
            .after_refunds(order.total, order.refund_total);
        assert_eq!(order.balance().unwrap().worth, Money::new(2700, 2));
    }

    #[test]
    fn a_cent_of_rounding_goes_to_the_tax_and_without_tax_to_the_largest_line() {
        let settled = order(Money::new(2701, 2)).with_cents_settled();
        assert_eq!(
            (settled.difference(), settled.tax_total),
            (Some(Money::ZERO), Money::new(201, 2))
        );
        assert_eq!(settled.taxes[0].total, Money::new(201, 2));

        let mut untaxed = order(Money::new(2499, 2));
        (untaxed.tax_total, untaxed.taxes) = (Money::ZERO, Vec::new());
        let settled = untaxed.with_cents_settled();
        assert_eq!(
            (settled.difference(), settled.lines[0].total),
            (Some(Money::ZERO), Money::new(1999, 2))
        );
        assert_eq!(settled.lines[0].unit_price, None);
    }

    #[test]
    fn what_is_more_than_rounding_stays_a_difference() {
        assert_eq!(
            order(Money::new(2703, 2)).with_cents_settled().difference(),
            Some(Money::new(3, 2))
        );
        let mut yen = order(Money::new(28, 0));
        yen.currency = "JPY".to_owned();
        assert_eq!(
            yen.with_cents_settled().difference(),
            Some(Money::ZERO),
            "one yen is the smallest amount there is"
        );
    }
}
