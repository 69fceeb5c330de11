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
    /// The parts of an order.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        Self {
            lines: order.lines.iter().map(|line| line.total).sum(),
            shipping: order.shipping_total,
            tax: order.tax_total,
            fees: order.fee_total,
            discounts: order.discount_total_unallocated,
        }
    }

    /// What the parts add up to.
    #[must_use]
    pub fn sum(&self) -> Money {
        self.lines + self.shipping + self.tax + self.fees - self.discounts
    }
}

/// Total minus the sum of the parts: positive where parts are missing.
#[must_use]
pub fn difference(total: Money, parts: &Parts) -> Money {
    total - parts.sum()
}
