//! A number of units and their price: sold, returned, left.

use order::Money;

/// The smallest number of decimals of a calculated share; it has as many as the amount that it is a
/// share of, where these are more.
const DECIMALS: u32 = 2;

/// Some units of a line.
#[derive(Clone, Copy, Default)]
pub(super) struct Units {
    pub(super) quantity: Money,
    /// The amount after discounts; with tax where the shop's prices include it.
    pub(super) amount: Money,
    pub(super) tax: Money,
}

impl Units {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            quantity: self.quantity + other.quantity,
            amount: self.amount + other.amount,
            tax: self.tax + other.tax,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            quantity: self.quantity - other.quantity,
            amount: self.amount - other.amount,
            tax: self.tax - other.tax,
        }
    }

    /// Returns the share of this quantity in these units.
    pub(super) fn share(self, quantity: Money) -> Self {
        Self {
            quantity,
            amount: portion(self.amount, quantity, self.quantity),
            tax: portion(self.tax, quantity, self.quantity),
        }
    }

    /// Returns the amount that the customer pays for them.
    pub(super) fn with_tax(self, tax_included: bool) -> Money {
        if tax_included {
            self.amount
        } else {
            self.amount + self.tax
        }
    }
}

/// Returns the share of an amount that `part` is of `whole`: all of it where both are equal, and
/// zero where only `whole` is zero.
pub(super) fn portion(amount: Money, part: Money, whole: Money) -> Money {
    if part == whole {
        return amount;
    }
    let share = amount
        .checked_mul(part)
        .and_then(|product| product.checked_div(whole));
    share
        .map(|share| share.round_dp(amount.scale().max(DECIMALS)))
        .unwrap_or_default()
}
