//! An amount beside the lines.

use order::Money;

/// What the template that names a product for a charge may ask of the charge itself.
pub(crate) const CHARGE: &str = "charge";

/// What an amount beside the lines is for.
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

    /// The key in `[charges]` and the word in templates.
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
    /// As the customer saw it; empty where the shop gives no name.
    pub(crate) name: String,
    /// Of shipping, the shop's code of the way.
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
