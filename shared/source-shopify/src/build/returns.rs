//! What came back. Shopify writes a `refunds` entry for three different things: money given back, a line that an order edit took out (no money moved), and a
//! line that a cancellation took out. The second need not be there: then `current_quantity` alone tells of the edit.

use crate::payload::ShopifyObject as _;
use order::{Money, Refund};
use source::payload::{Object, Unusable};
use std::collections::BTreeMap;

/// Decimals of a share that has to be worked out.
const DECIMALS: u32 = 2;

/// Money that went back, and things that were taken out without any.
///
/// Where money went back, the order stays as it was sold and the refund stands beside it, as with every shop. Where an edit took a line out before it was
/// paid for, the order is without it. Where the order was called off, it stays as it was sold: a lost deal is worth what was lost.
pub(super) struct Returns {
    /// Money given back.
    pub(super) refunds: Vec<Refund>,
    /// Whether the order was cancelled.
    pub(super) is_called_off: bool,
    taken_out: ByLine,
    given_back: ByLine,
}

/// Units by the id of their line.
type ByLine = BTreeMap<String, Units>;

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
    fn share(self, quantity: Money) -> Self {
        let share = |amount: Money| Some(amount.checked_mul(quantity)?.checked_div(self.quantity)?.round_dp(DECIMALS));
        Self {
            quantity,
            amount: share(self.amount).unwrap_or_default(),
            tax: share(self.tax).unwrap_or_default(),
        }
    }
}

impl Returns {
    /// What an edit took out of a line of which so much was sold. Source: shopify.dev changelog of December 2023: `current_quantity` is more reliable than the sum of
    /// the refunds; but only they tell the exact money.
    pub(super) fn taken_out_of(&self, line: &str, sold: Units, current_quantity: Option<Money>) -> Units {
        if self.is_called_off {
            return Units::default();
        }
        let told = self.taken_out.get(line).copied().unwrap_or_default();
        let left = sold.minus(told);
        let current = current_quantity.unwrap_or(left.quantity);
        let given_back = self.given_back.get(line).copied().unwrap_or_default();
        let not_told = left.quantity - current - given_back.quantity;
        if not_told <= Money::ZERO {
            return told;
        }
        told.plus(left.share(not_told))
    }
}

/// Reads all `refunds` of an order.
pub(super) fn of(payload: &Object<'_>) -> Result<Returns, Unusable> {
    let mut returns = Returns {
        refunds: Vec::new(),
        is_called_off: payload.has("cancelled_at"),
        taken_out: ByLine::new(),
        given_back: ByLine::new(),
    };
    for (index, refund) in payload.list("refunds")?.iter().enumerate() {
        let Some(total) = money_back(payload, refund)? else {
            collect(refund, &mut returns.taken_out)?;
            continue;
        };
        collect(refund, &mut returns.given_back)?;
        returns.refunds.push(Refund {
            id: super::id_of(index, refund),
            reason: refund.text("note"),
            total,
        });
    }
    Ok(returns)
}

/// The money that a refund moved; zero while it is on its way, `None` where none was to move. Webhooks with a chosen list of fields may lack the transactions:
/// then the order's state tells whether money went back.
fn money_back(payload: &Object<'_>, refund: &Object<'_>) -> Result<Option<Money>, Unusable> {
    if !refund.has("transactions") {
        let is_refunded = payload.text("financial_status").contains("refunded");
        return if is_refunded { value(payload, refund).map(Some) } else { Ok(None) };
    }
    let mut back = None;
    for transaction in refund.list("transactions")? {
        let status = transaction.text("status");
        if transaction.text("kind") != "refund" || matches!(status.as_str(), "failure" | "error") {
            continue;
        }
        let amount = if status == "success" {
            amount(payload, refund, &transaction)?
        } else {
            Money::ZERO
        };
        back = Some(back.unwrap_or(Money::ZERO) + amount);
    }
    Ok(back)
}

/// A transaction is in the currency that the customer paid in; where that is not the shop's, the refund's own parts tell its value.
fn amount(payload: &Object<'_>, refund: &Object<'_>, transaction: &Object<'_>) -> Result<Money, Unusable> {
    let currency = transaction.text("currency");
    let is_shops = currency.is_empty() || currency.eq_ignore_ascii_case(&payload.text("currency"));
    let in_shop_money = transaction.object("amount_set").object("shop_money").amount("amount")?;
    match in_shop_money {
        Some(amount) => Ok(amount.abs()),
        None if is_shops => Ok(transaction.money_or_zero("amount")?.abs()),
        None => value(payload, refund),
    }
}

/// What the refunded things are worth in the shop's currency: lines and shipping with tax, and adjustments (goodwill, in older
/// versions shipping), which are negative.
fn value(payload: &Object<'_>, refund: &Object<'_>) -> Result<Money, Unusable> {
    let tax_included = payload.flag("taxes_included");
    let mut worth = Money::ZERO;
    for line in refund.list("refund_line_items")? {
        worth += line.money_or_zero("subtotal")?;
        worth += if tax_included {
            Money::ZERO
        } else {
            line.money_or_zero("total_tax")?
        };
    }
    for adjustment in refund.list("order_adjustments")? {
        worth -= adjustment.money_or_zero("amount")? + adjustment.money_or_zero("tax_amount")?;
    }
    for shipping in refund.list("refund_shipping_lines")? {
        worth += shipping.money_or_zero("subtotal_amount")?;
        worth += if tax_included {
            Money::ZERO
        } else {
            shipping.money_or_zero("tax_amount")?
        };
    }
    Ok(worth)
}

fn collect(refund: &Object<'_>, by_line: &mut ByLine) -> Result<(), Unusable> {
    for line in refund.list("refund_line_items")? {
        let units = Units {
            quantity: line.quantity("quantity")?.unwrap_or_default(),
            amount: line.money_or_zero("subtotal")?,
            tax: line.money_or_zero("total_tax")?,
        };
        let sum = by_line.entry(line.id("line_item_id").unwrap_or_default()).or_default();
        *sum = sum.plus(units);
    }
    Ok(())
}
