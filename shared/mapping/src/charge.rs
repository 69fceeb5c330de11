//! An amount beside the lines.

use order::Money;

/// The name under which the template that chooses a product for a charge sees the charge.
pub(crate) const CHARGE: &str = "charge";

/// The purpose of an amount beside the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChargeKind {
    Shipping,
    Tax,
    Fee,
    Discount,
    Refund,
    Difference,
}

impl ChargeKind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Shipping,
        Self::Tax,
        Self::Fee,
        Self::Discount,
        Self::Refund,
        Self::Difference,
    ];

    /// Returns the key in `[charges]`, which is also the word in templates.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Shipping => "shipping",
            Self::Tax => "tax",
            Self::Fee => "fee",
            Self::Discount => "discount",
            Self::Refund => "refund",
            Self::Difference => "difference",
        }
    }
}

/// An amount beside the lines.
#[derive(Clone, Debug)]
pub(crate) struct Charge {
    pub(crate) kind: ChargeKind,
    /// Negative where it lowers the sum.
    pub(crate) total: Money,
    /// The name that the customer saw; empty where the shop gives none.
    pub(crate) name: String,
    /// The shop's code of the shipping method; empty for other kinds.
    pub(crate) method: String,
}

impl Charge {
    pub(crate) fn new(kind: ChargeKind, total: Money, name: String) -> Self {
        Self {
            kind,
            total,
            name,
            method: String::new(),
        }
    }
}
