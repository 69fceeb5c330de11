//! Returned goods and refunded money. Shopify writes a `refunds` entry for different events: goods
//! that came back or that an edit removed, money that was refunded, or both. In an exchange, and
//! where the money follows later, one entry has the goods and another the money. So goods and money
//! are summed up separately: returned goods are no longer part of the order, and only money beyond
//! their value is a refund beside it.

use super::parts::Units;
use crate::payload::ShopifyObject as _;
use order::{Money, Refund};
use source::payload::{Object, Unusable};
use std::collections::BTreeMap;

/// The kind of an adjustment that refunds shipping.
const SHIPPING: &str = "shipping_refund";

/// All goods that came back, and all money that was refunded.
#[derive(Default)]
pub(super) struct Returns {
    /// The refunded money, one entry for each refund that was meant to move money.
    pub(super) refunds: Vec<Refund>,
    /// The returned goods by the id of their line.
    lines: BTreeMap<String, Units>,
    /// The refunded shipping by the id of its line; under the empty id the part that names no line.
    shipping: BTreeMap<String, Units>,
    /// The value of the returns and the money of each entry, in the order in which the entries were
    /// made.
    steps: Vec<(Money, Money)>,
}

impl Returns {
    /// Reads all `refunds` of an order.
    pub(super) fn of(payload: &Object<'_>) -> Result<Self, Unusable> {
        let mut returns = Self::default();
        for (index, refund) in payload.list("refunds")?.iter().enumerate() {
            let (came_back, value) = returns.collect(payload, refund)?;
            let money = money_back(payload, refund, value)?;
            returns.steps.push((came_back, money.unwrap_or_default()));
            if let Some(total) = money {
                returns.refunds.push(Refund {
                    id: super::id_of(index, refund),
                    reason: refund.text("note"),
                    total,
                });
            }
        }
        Ok(returns)
    }

    /// Returns the sum of all refunded money.
    pub(super) fn money(&self) -> Money {
        self.refunds.iter().map(|refund| refund.total).sum()
    }

    /// Returns the refunded money for which nothing came back, neither before it nor with it.
    /// `came_back` is the value of all returns; the part of it that is in no entry was removed by
    /// an earlier edit.
    pub(super) fn money_beyond(&self, came_back: Money) -> Money {
        let told: Money = self.steps.iter().map(|(value, _)| *value).sum();
        let (mut owed, mut beyond) = ((came_back - told).max(Money::ZERO), Money::ZERO);
        for (value, money) in &self.steps {
            owed += value;
            let paid = owed.min(*money);
            owed -= paid;
            beyond += money - paid;
        }
        beyond
    }

    /// Returns the units that are left of a line. Source: shopify.dev changelog of December 2023:
    /// `current_quantity` is more reliable than the sum of the refunds; but only the refunds give
    /// the exact amounts.
    pub(super) fn left_of(
        &self,
        line: &str,
        sold: Units,
        current_quantity: Option<Money>,
    ) -> Units {
        let told = sold.minus(self.lines.get(line).copied().unwrap_or_default());
        match current_quantity {
            Some(current) if current > told.quantity => sold.share(current),
            Some(current) if current < told.quantity => told.share(current),
            _ => told,
        }
    }

    /// Returns the units that are left of a way of shipping. A refund that names no way belongs to
    /// the first.
    pub(super) fn left_of_shipping(&self, line: &str, is_first: bool, sold: Units) -> Units {
        let named = self.shipping.get(line).copied().unwrap_or_default();
        let unnamed = self
            .shipping
            .get("")
            .copied()
            .filter(|_| is_first)
            .unwrap_or_default();
        sold.minus(named).minus(unnamed)
    }

    /// Returns all refunded shipping.
    pub(super) fn shipping(&self) -> Units {
        self.shipping
            .values()
            .copied()
            .fold(Units::default(), Units::plus)
    }

    /// Adds the returns of a refund. Returns their value with its tax, and the same value with
    /// goodwill and other adjustments (whose amounts are negative where money goes back).
    fn collect(
        &mut self,
        payload: &Object<'_>,
        refund: &Object<'_>,
    ) -> Result<(Money, Money), Unusable> {
        let tax_included = payload.flag("taxes_included");
        let mut value = Money::ZERO;
        for line in refund.list("refund_line_items")? {
            let units = Units {
                quantity: line.quantity("quantity")?.unwrap_or_default(),
                amount: line.money_or_zero("subtotal")?,
                tax: line.money_or_zero("total_tax")?,
            };
            value += units.with_tax(tax_included);
            add(
                &mut self.lines,
                line.id("line_item_id").unwrap_or_default(),
                units,
            );
        }
        for (id, units) in shipping_back(refund)? {
            value += units.with_tax(tax_included);
            add(&mut self.shipping, id, units);
        }
        let came_back = value;
        for adjustment in refund.list("order_adjustments")? {
            if adjustment.text("kind") != SHIPPING {
                value -=
                    adjustment.money_or_zero("amount")? + adjustment.money_or_zero("tax_amount")?;
            }
        }
        Ok((came_back, value))
    }
}

fn add(by_line: &mut BTreeMap<String, Units>, line: String, units: Units) {
    let sum = by_line.entry(line).or_default();
    *sum = sum.plus(units);
}

/// Returns the refunded shipping by way of shipping; in older versions it is an adjustment, which
/// is negative.
fn shipping_back(refund: &Object<'_>) -> Result<Vec<(String, Units)>, Unusable> {
    let mut back = Vec::new();
    for line in refund.list("refund_shipping_lines")? {
        let units = Units {
            quantity: Money::ZERO,
            amount: line.money_or_zero("subtotal_amount")?,
            tax: line.money_or_zero("tax_amount")?,
        };
        back.push((
            line.object("shipping_line").id("id").unwrap_or_default(),
            units,
        ));
    }
    if !back.is_empty() {
        return Ok(back);
    }
    for adjustment in refund.list("order_adjustments")? {
        if adjustment.text("kind") == SHIPPING {
            let units = Units {
                quantity: Money::ZERO,
                amount: adjustment.money_or_zero("amount")?.abs(),
                tax: adjustment.money_or_zero("tax_amount")?.abs(),
            };
            back.push((String::new(), units));
        }
    }
    Ok(back)
}

/// Returns the money that a refund moved: zero while it is on its way, `None` where none was meant
/// to move. Webhooks with a chosen list of fields may lack the transactions: then the order's
/// status shows whether money went back.
fn money_back(
    payload: &Object<'_>,
    refund: &Object<'_>,
    value: Money,
) -> Result<Option<Money>, Unusable> {
    if !refund.has("transactions") {
        let is_refunded = payload.text("financial_status").contains("refunded");
        return Ok(is_refunded.then_some(value));
    }
    let mut back = None;
    for transaction in refund.list("transactions")? {
        let status = transaction.text("status");
        if transaction.text("kind") != "refund" || matches!(status.as_str(), "failure" | "error") {
            continue;
        }
        let amount = if status == "success" {
            amount(payload, &transaction, value)?
        } else {
            Money::ZERO
        };
        back = Some(back.unwrap_or(Money::ZERO) + amount);
    }
    Ok(back)
}

/// Returns the amount of a transaction. It is in the currency in which the customer paid; where
/// that is not the shop's, the refund's own parts give its value.
fn amount(payload: &Object<'_>, transaction: &Object<'_>, value: Money) -> Result<Money, Unusable> {
    let currency = transaction.text("currency");
    let is_shops = currency.is_empty() || currency.eq_ignore_ascii_case(&payload.text("currency"));
    let in_shop_money = transaction
        .object("amount_set")
        .object("shop_money")
        .amount("amount")?;
    match in_shop_money {
        Some(amount) => Ok(amount.abs()),
        None if is_shops => Ok(transaction.money_or_zero("amount")?.abs()),
        None => Ok(value),
    }
}
