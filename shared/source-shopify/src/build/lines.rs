//! The products that were bought.

use super::parts::{Units, portion};
use super::{Whole, discounts, id_of, marketplace_tax_on, tax_on};
use crate::payload::ShopifyObject as _;
use order::{Fee, Line, Money};
use source::payload::{Object, Unusable};

/// The limit of amounts, which no amount of an order reaches: see `order::amount`.
const LIMIT: i64 = 10_000_000_000_000;

/// The number of decimals of a calculated share.
const DECIMALS: u32 = 2;

/// The contents of `line_items`.
#[derive(Default)]
pub(super) struct Bought {
    pub(super) lines: Vec<Line>,
    /// Shopify lists tips among the lines.
    pub(super) tips: Vec<Fee>,
    /// The units that are no longer in any line.
    pub(super) came_back: Units,
    /// The tax on the lines that a marketplace pays.
    pub(super) marketplace_tax: Money,
}

/// Reads all lines; a line of which nothing is left is left out.
pub(super) fn bought(whole: &Whole<'_>) -> Result<Bought, Unusable> {
    let mut bought = Bought::default();
    for (index, item) in whole.payload.list("line_items")?.iter().enumerate() {
        let id = id_of(index, item);
        let sold = sold(item)?;
        let left = if whole.is_current {
            whole
                .returns
                .left_of(&id, sold, item.quantity("current_quantity")?)
        } else {
            sold
        };
        bought.came_back = bought.came_back.plus(sold.minus(left));
        if left.quantity <= Money::ZERO {
            continue;
        }
        bought.marketplace_tax += portion(marketplace_tax_on(item)?, left.tax, sold.tax);
        let line = line(whole, item, id, left)?;
        if is_tip(item) {
            bought.tips.push(tip(line));
        } else {
            bought.lines.push(line);
        }
    }
    Ok(bought)
}

/// Reads the units of a line as sold. A line costs `price` times `quantity` less its discount
/// allocations (`total_discount` is often 0 although there are some).
fn sold(item: &Object<'_>) -> Result<Units, Unusable> {
    let quantity = item.quantity("quantity")?.unwrap_or(Money::ONE);
    Ok(Units {
        quantity,
        amount: times(item, quantity)? - discounts::taken_off(item)?,
        tax: tax_on(item)?,
    })
}

fn line(whole: &Whole<'_>, item: &Object<'_>, id: String, left: Units) -> Result<Line, Unusable> {
    let total = whole.without_tax(left.amount, left.tax);
    let before_discount = times(item, left.quantity)?;
    let sku = item.text("sku");
    let product_id = item.id("product_id").unwrap_or_default();
    let variant_id = item.id("variant_id");
    let codes = [Some(&sku), variant_id.as_ref(), Some(&product_id)];
    let code = codes
        .into_iter()
        .flatten()
        .find(|code| !code.is_empty())
        .cloned();
    Ok(Line {
        code: code.unwrap_or_default(),
        name: item.first_text(&["name", "title"]),
        quantity: left.quantity,
        subtotal: subtotal(before_discount, left.amount, total),
        tax: left.tax,
        unit_price: Line::even_unit_price(total, left.quantity),
        id,
        sku,
        product_id,
        variant_id,
        total,
    })
}

/// Calculates the amount before discounts and without tax. The tax on the undiscounted price is not
/// stated, so it is taken in proportion.
fn subtotal(before_discount: Money, amount: Money, total: Money) -> Money {
    if amount == total {
        return before_discount;
    }
    let proportional = || {
        Some(
            before_discount
                .checked_mul(total)?
                .checked_div(amount)?
                .round_dp(DECIMALS),
        )
    };
    if before_discount == amount {
        total
    } else {
        proportional().unwrap_or(total)
    }
}

fn times(item: &Object<'_>, quantity: Money) -> Result<Money, Unusable> {
    let price = item.money_or_zero("price")?;
    let product = price
        .checked_mul(quantity)
        .filter(|product| product.abs() < Money::from(LIMIT));
    product.ok_or_else(|| item.unusable("price", "too large for its quantity"))
}

/// Returns whether a line is a tip. Source: "tip_payment_gateway: present only on tips" in the
/// Order resource's `line_items`.
fn is_tip(item: &Object<'_>) -> bool {
    item.has("tip_payment_gateway") || item.has("tip_payment_method")
}

fn tip(line: Line) -> Fee {
    Fee {
        id: line.id,
        name: line.name,
        total: line.total,
        tax: line.tax,
    }
}
