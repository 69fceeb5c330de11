//! So many of something, and what they cost: sold, come back, left.

use order::Money;

/// A share that has to be worked out has so many decimals at the least, and as many as what it is a
/// share of.
const DECIMALS: u32 = 2;

/// Some units of a line.
#[derive(Clone, Copy, Default)]
pub(super) struct Units {
    pub(super) quantity: Money,
    /// After discounts; with tax where the shop's prices are.
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

    /// The share of so many of these units.
    pub(super) fn share(self, quantity: Money) -> Self {
        Self {
            quantity,
            amount: portion(self.amount, quantity, self.quantity),
            tax: portion(self.tax, quantity, self.quantity),
        }
    }

    /// What the customer pays for them.
    pub(super) fn with_tax(self, tax_included: bool) -> Money {
        if tax_included {
            self.amount
        } else {
            self.amount + self.tax
        }
    }
}

/// So much of an amount as `part` is of `whole`; all of it where there is no whole.
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
