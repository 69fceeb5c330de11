//! Magento's amounts. It states each one twice: in the currency in which the customer paid
//! (`grand_total`) and in the one in which the shop keeps its books (`base_grand_total`). The
//! second is stored, not calculated: a rate times the first is not exactly it.

use order::Money;
use source::payload::{Object, Unusable};

/// The currency in which an amount is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Amounts {
    /// The customer's.
    Paid,
    /// The books'.
    Base,
}

impl Amounts {
    /// Returns an amount; `None` where the shop gives none.
    pub(super) fn of(self, fields: &Object<'_>, key: &str) -> Result<Option<Money>, Unusable> {
        match self {
            Self::Paid => fields.amount(key),
            Self::Base => fields.amount(&base(key)),
        }
    }

    /// Returns an amount; zero where the shop gives none.
    pub(super) fn or_zero(self, fields: &Object<'_>, key: &str) -> Result<Money, Unusable> {
        Ok(self.of(fields, key)?.unwrap_or_default())
    }

    /// Returns the key that holds the currency's code.
    pub(super) fn currency(self) -> &'static str {
        match self {
            Self::Paid => "order_currency_code",
            Self::Base => "base_currency_code",
        }
    }
}

/// Returns the name of a base amount. Two columns have a shortened one (db_schema.xml of
/// Magento\\Sales and Magento\\Weee).
fn base(key: &str) -> String {
    match key {
        "shipping_discount_tax_compensation_amount" => {
            "base_shipping_discount_tax_compensation_amnt".to_owned()
        }
        "weee_tax_applied_row_amount" => "base_weee_tax_applied_row_amnt".to_owned(),
        _ => format!("base_{key}"),
    }
}
