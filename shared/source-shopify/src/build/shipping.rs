//! Shipping. Orders of a point of sale have `shipping_lines: null`, `[]` or nothing.

use super::parts::{Units, portion};
use super::{Whole, discounts, id_of, marketplace_tax_on, tax_on};
use crate::payload::ShopifyObject as _;
use order::{Money, ShippingLine};
use source::payload::{Object, Unusable};

/// The ways of shipping and their cost.
#[derive(Default)]
pub(super) struct Shipped {
    pub(super) lines: Vec<ShippingLine>,
    pub(super) total: Money,
    /// The tax on shipping that a marketplace pays.
    pub(super) marketplace_tax: Money,
}

/// Reads the ways of shipping that an edit has not removed. Where the payload has none, the total
/// comes from the order's own figure.
pub(super) fn shipped(whole: &Whole<'_>) -> Result<Shipped, Unusable> {
    if !whole.payload.has("shipping_lines") {
        return Ok(Shipped {
            total: total(whole)?,
            ..Shipped::default()
        });
    }
    let mut shipped = Shipped::default();
    for (index, line) in whole.payload.list("shipping_lines")?.iter().enumerate() {
        if whole.is_current && line.flag("is_removed") {
            continue;
        }
        let sold = Units {
            quantity: Money::ONE,
            amount: as_sold(line)?,
            tax: tax_on(line)?,
        };
        let id = id_of(index, line);
        let left = left(whole, line, &id, index == 0, sold)?;
        shipped.marketplace_tax += portion(marketplace_tax_on(line)?, left.tax, sold.tax);
        let total = whole.without_tax(left.amount, left.tax);
        shipped.total += total;
        shipped.lines.push(ShippingLine {
            id,
            method: line.first_text(&["code", "title"]),
            title: line.text("title"),
            total,
            tax: left.tax,
        });
    }
    Ok(shipped)
}

fn total(whole: &Whole<'_>) -> Result<Money, Unusable> {
    if whole.is_current
        && let Some(current) = whole.payload.money("current_shipping_price")?
    {
        return Ok(current);
    }
    let sold = whole.payload.money_or_zero("total_shipping_price")?;
    if whole.is_current {
        Ok(sold - whole.returns.shipping().amount)
    } else {
        Ok(sold)
    }
}

/// Returns the units that are left. Newer versions state the current price, older ones only the
/// refunded part.
fn left(
    whole: &Whole<'_>,
    line: &Object<'_>,
    id: &str,
    is_first: bool,
    sold: Units,
) -> Result<Units, Unusable> {
    if !whole.is_current {
        return Ok(sold);
    }
    match line.money("current_discounted_price")? {
        Some(current) => Ok(Units {
            amount: current,
            tax: portion(sold.tax, current, sold.amount),
            ..sold
        }),
        None => Ok(whole.returns.left_of_shipping(id, is_first, sold)),
    }
}

/// Returns the price as sold. `discounted_price` includes the discounts of the line, the
/// allocations include those of the order, too.
fn as_sold(line: &Object<'_>) -> Result<Money, Unusable> {
    let allocated = line.money_or_zero("price")? - discounts::taken_off(line)?;
    Ok(line
        .money("discounted_price")?
        .map_or(allocated, |discounted| discounted.min(allocated)))
}
