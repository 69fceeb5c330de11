//! How it is shipped. Orders of a point of sale have `shipping_lines: null`, `[]` or nothing.

use super::{Whole, discounts, id_of, tax_on};
use crate::payload::ShopifyObject as _;
use order::{Money, ShippingLine};
use source::payload::{Object, Unusable};

/// The ways of shipping that an edit has not taken out.
pub(super) fn lines(whole: &Whole<'_>) -> Result<Vec<ShippingLine>, Unusable> {
    let all = whole.payload.list("shipping_lines")?;
    let kept = all
        .iter()
        .enumerate()
        .filter(|(_, line)| whole.returns.is_called_off || !line.flag("is_removed"));
    kept.map(|(index, line)| shipping_line(whole, line, id_of(index, line))).collect()
}

/// Sum of the lines; where the payload has no lines, the order's own figure.
pub(super) fn total(whole: &Whole<'_>, lines: &[ShippingLine]) -> Result<Money, Unusable> {
    if whole.payload.has("shipping_lines") {
        return Ok(lines.iter().map(|line| line.total).sum());
    }
    let current = if whole.is_current {
        whole.payload.money("current_shipping_price")?
    } else {
        None
    };
    match current {
        Some(total) => Ok(total),
        None => whole.payload.money_or_zero("total_shipping_price"),
    }
}

fn shipping_line(whole: &Whole<'_>, line: &Object<'_>, id: String) -> Result<ShippingLine, Unusable> {
    let tax = tax_on(line)?;
    Ok(ShippingLine {
        id,
        method: line.first_text(&["code", "title"]),
        title: line.text("title"),
        total: whole.without_tax(amount(whole, line)?, tax),
        tax,
    })
}

/// `discounted_price` knows the discounts of the line, the allocations know those of the order too.
fn amount(whole: &Whole<'_>, line: &Object<'_>) -> Result<Money, Unusable> {
    if whole.is_current
        && let Some(current) = line.money("current_discounted_price")?
    {
        return Ok(current);
    }
    let allocated = line.money_or_zero("price")? - discounts::taken_off(line)?;
    Ok(line
        .money("discounted_price")?
        .map_or(allocated, |discounted| discounted.min(allocated)))
}
