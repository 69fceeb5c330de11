//! The products that were bought, and everything else that adds to the total or takes from it.

use crate::html::Words as _;
use order::{Discount, Fee, Line, Money, Refund, ShippingLine, TaxLine};
use source::payload::{Object, Unusable};

pub(super) fn lines(payload: &Object<'_>) -> Result<Vec<Line>, Unusable> {
    each(payload, "line_items", line)
}

pub(super) fn shipping_lines(payload: &Object<'_>) -> Result<Vec<ShippingLine>, Unusable> {
    each(payload, "shipping_lines", |shipping, id| {
        Ok(ShippingLine {
            id,
            method: shipping.text("method_id"),
            title: shipping.words("method_title"),
            total: shipping.amount_or_zero("total")?,
            tax: shipping.amount_or_zero("total_tax")?,
        })
    })
}

pub(super) fn fees(payload: &Object<'_>) -> Result<Vec<Fee>, Unusable> {
    each(payload, "fee_lines", |fee, id| {
        Ok(Fee {
            id,
            name: fee.words("name"),
            total: fee.amount_or_zero("total")?,
            tax: fee.amount_or_zero("total_tax")?,
        })
    })
}

pub(super) fn discounts(payload: &Object<'_>) -> Result<Vec<Discount>, Unusable> {
    each(payload, "coupon_lines", |coupon, _| {
        Ok(Discount {
            code: coupon.words("code"),
            total: coupon.amount_or_zero("discount")?.abs(),
        })
    })
}

pub(super) fn taxes(payload: &Object<'_>) -> Result<Vec<TaxLine>, Unusable> {
    each(payload, "tax_lines", |tax, _| {
        let title = [tax.words("label"), tax.text("rate_code")]
            .into_iter()
            .find(|title| !title.is_empty())
            .unwrap_or_default();
        // A rate is not an amount: one that cannot be read is left out.
        let percent = tax.amount("rate_percent").ok().flatten();
        Ok(TaxLine {
            title,
            percent,
            total: tax.amount_or_zero("tax_total")? + tax.amount_or_zero("shipping_tax_total")?,
        })
    })
}

/// Reads the refunds. WooCommerce writes the refunded sum as a negative amount.
pub(super) fn refunds(payload: &Object<'_>) -> Result<Vec<Refund>, Unusable> {
    each(payload, "refunds", |refund, id| {
        Ok(Refund {
            id,
            reason: refund.words("reason"),
            total: refund.amount_or_zero("total")?.abs(),
        })
    })
}

/// Reads a line. `price` is not used: it is a float with noise, after discounts, and sometimes
/// rounded.
fn line(line: &Object<'_>, id: String) -> Result<Line, Unusable> {
    let quantity = line.quantity("quantity")?.unwrap_or(Money::ONE);
    let subtotal = line.amount("subtotal")?;
    let total = line.amount("total")?.or(subtotal).unwrap_or_default();
    let sku = line.text("sku");
    let product_id = line.id("product_id").unwrap_or_default();
    let variant_id = line.id("variation_id");
    let code = [Some(&sku), variant_id.as_ref(), Some(&product_id)]
        .into_iter()
        .flatten()
        .find(|code| !code.is_empty());
    Ok(Line {
        id,
        code: code.cloned().unwrap_or_default(),
        name: line.words("name"),
        quantity,
        total,
        subtotal: subtotal.unwrap_or(total),
        tax: line.amount_or_zero("total_tax")?,
        unit_price: Line::even_unit_price(total, quantity),
        sku,
        product_id,
        variant_id,
    })
}

/// Reads each part of a list. A part without an id gets one from its place, because ids must be
/// unique within the order.
fn each<T>(
    payload: &Object<'_>,
    key: &str,
    read: impl Fn(&Object<'_>, String) -> Result<T, Unusable>,
) -> Result<Vec<T>, Unusable> {
    let id_of = |index: usize, part: &Object<'_>| {
        part.id("id")
            .unwrap_or_else(|| format!("n{}", index.saturating_add(1)))
    };
    payload
        .php_list(key)?
        .iter()
        .enumerate()
        .map(|(index, part)| read(part, id_of(index, part)))
        .collect()
}
