//! Rounding the amounts of an order together, so that their sum is rounded once and not once per
//! line.

use crate::template::rounded;
use rust_decimal::{Decimal, RoundingStrategy};

/// The remainder and the sums of the amounts of an order that were rounded so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Carry {
    remainder: Decimal,
    amounts: usize,
    before: Decimal,
    after: Decimal,
    places: u32,
}

impl Carry {
    /// Rounds an amount. An amount that fits stays as it is; any other is rounded together with the
    /// remainder of those before it: of ten times 0.125, five become 0.13 and five 0.12.
    pub(super) fn round(&mut self, amount: Decimal, places: u32) -> Decimal {
        let alone = rounded(amount, places);
        if alone == amount {
            return if amount.scale() > places {
                alone
            } else {
                amount
            };
        }
        self.carried_over(amount, places).unwrap_or(alone)
    }

    /// Returns one sentence about all amounts that were rounded; `None` where none was.
    pub(super) fn warning(&self) -> Option<String> {
        let (amounts, are) = match self.amounts {
            0 => return None,
            1 => ("1 amount was".to_owned(), "it is"),
            several => (format!("{several} amounts were"), "together they are"),
        };
        Some(format!(
            "{amounts} rounded, as {} decimals is all there is room for; {are} {} (in the shop {})",
            self.places, self.after, self.before
        ))
    }

    /// Rounds an amount with the remainder; `None` where a sum exceeds what a decimal holds.
    fn carried_over(&mut self, amount: Decimal, places: u32) -> Option<Decimal> {
        let wanted = amount.checked_add(self.remainder)?;
        let rounded = half_up(wanted, places);
        let (before, after) = (
            self.before.checked_add(amount)?,
            self.after.checked_add(rounded)?,
        );
        *self = Self {
            remainder: wanted.checked_sub(rounded)?,
            amounts: self.amounts.saturating_add(1),
            before,
            after,
            places,
        };
        Some(rounded)
    }
}

/// Rounds half a unit up, below zero as well: only then the remainder never exceeds half a unit,
/// and the sum does not depend on the order of the amounts.
fn half_up(amount: Decimal, places: u32) -> Decimal {
    let strategy = if amount.is_sign_negative() {
        RoundingStrategy::MidpointTowardZero
    } else {
        RoundingStrategy::MidpointAwayFromZero
    };
    amount.round_dp_with_strategy(places, strategy)
}
