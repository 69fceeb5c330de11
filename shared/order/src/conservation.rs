//! The one rule that all money of an order obeys: lines + shipping + tax + fees - discounts = total.

use crate::{Money, Order};

/// The parts that make up a total. Lines are after their discounts and without tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Sum of the lines.
    pub lines: Money,
    /// Shipping.
    pub shipping: Money,
    /// All taxes.
    pub tax: Money,
    /// All fees.
    pub fees: Money,
    /// Discounts that no line carries, positive.
    pub discounts: Money,
}

impl Parts {
    /// The parts of an order; `None` where the lines' sum is beyond what a [`Money`] can hold, which no source lets through.
    #[must_use]
    pub fn of(order: &Order) -> Option<Self> {
        Some(Self {
            lines: order.lines.iter().try_fold(Money::ZERO, |sum, line| sum.checked_add(line.total))?,
            shipping: order.shipping_total,
            tax: order.tax_total,
            fees: order.fee_total,
            discounts: order.discount_total_unallocated,
        })
    }

    /// What the parts add up to.
    #[must_use]
    pub fn sum(&self) -> Option<Money> {
        let parts = [self.shipping, self.tax, self.fees];
        parts
            .into_iter()
            .try_fold(self.lines, Money::checked_add)?
            .checked_sub(self.discounts)
    }
}

/// Total minus the sum of the parts: positive where parts are missing.
#[must_use]
pub fn difference(total: Money, parts: &Parts) -> Option<Money> {
    total.checked_sub(parts.sum()?)
}
