//! The order, part by part. Source of the names: shopify.dev, REST Admin API 2026-04, the Order resource, which webhooks carry.
//!
//! All amounts are in the shop's own currency (`shop_money`), whatever currency the customer saw (`presentment_money`).
//!
//! Shopify tells most totals twice: `total_price` as the order was sold, `current_total_price` after edits, returns and refunds. The order model keeps what was given
//! back beside the total, so the total here is what was sold after edits and before refunds: see [`returns::Returns`].

mod discounts;
mod fees;
mod lines;
mod people;
mod returns;
mod shipping;

pub(crate) use people::email;

use crate::config;
use crate::dates;
use crate::payload::ShopifyObject as _;
use order::{Money, Order, Status, TaxLine};
use returns::{Returns, Units};
use serde_json::Value;
use source::payload::{Object, Unusable};

/// What every part of the order has to know of the whole.
struct Whole<'a> {
    payload: &'a Object<'a>,
    /// Prices, discounts and refunds have their tax inside.
    tax_included: bool,
    /// Whether Shopify's `current_...` figures are the order's; else the ones as it was sold, less what an edit took out.
    is_current: bool,
    returns: Returns,
}

impl Whole<'_> {
    /// A total of the order, named as without `current_`.
    fn total(&self, name: &str) -> Result<Option<Money>, Unusable> {
        let current = format!("current_{name}");
        let told = if self.is_current { self.payload.money(&current)? } else { None };
        match told {
            Some(total) => Ok(Some(total)),
            None => self.payload.money(name),
        }
    }

    /// An amount as Shopify writes it, without the tax that may be in it.
    fn without_tax(&self, amount: Money, tax: Money) -> Money {
        if self.tax_included { amount - tax } else { amount }
    }
}

/// Builds the order; the caller adds `raw`.
pub(crate) fn order(payload: &Object<'_>, id: &str) -> Result<Order, Unusable> {
    let status = status(payload);
    let returns = returns::of(payload)?;
    let whole = Whole {
        payload,
        tax_included: payload.flag("taxes_included"),
        is_current: returns.refunds.is_empty() && !returns.is_called_off,
        returns,
    };
    let billing = people::billing(payload);
    let shipping = people::shipping(payload);
    let bought = lines::bought(&whole)?;
    let (total, tax_total) = totals(&whole, bought.taken_out)?;
    let shipping_lines = shipping::lines(&whole)?;
    let fees = fees::fees(&whole, bought.tips)?;
    let discounts = discounts::discounts(payload)?;
    Ok(Order {
        id: id.to_owned(),
        number: number(payload, id),
        status,
        currency: currency(payload),
        created: dates::shop_time(payload, "created_at").or_else(|| dates::shop_time(payload, "processed_at")),
        modified: dates::modified(payload),
        // Orders do not tell it: `processed_at` is when the order was placed or imported.
        paid: None,
        total,
        subtotal: bought.lines.iter().map(|line| line.subtotal).sum(),
        shipping_total: shipping::total(&whole, &shipping_lines)?,
        tax_total,
        fee_total: fees.iter().map(|fee| fee.total).sum(),
        discount_total: discounts::total(&whole, &discounts)?,
        discount_total_unallocated: discounts::unallocated(payload)?,
        refund_total: whole.returns.refunds.iter().map(|refund| refund.total).sum(),
        customer: people::customer(payload, id, &billing, &shipping),
        billing,
        shipping,
        lines: bought.lines,
        lines_given: payload.has("line_items"),
        shipping_lines,
        fees,
        discounts,
        taxes: taxes(payload)?,
        refunds: whole.returns.refunds,
        note: some_text(payload.text("note")),
        payment_method: payment_method(payload),
        test: payload.flag("test"),
        raw: Value::Null,
    })
}

/// The total and the tax in it. Shopify's current figures know of every edit; the others are as it was sold.
fn totals(whole: &Whole<'_>, taken_out: Units) -> Result<(Money, Money), Unusable> {
    let total = whole.total("total_price")?.unwrap_or_default();
    let tax = match whole.total("total_tax")? {
        Some(tax) => tax,
        None => taxes(whole.payload)?.iter().map(|tax| tax.total).sum(),
    };
    if whole.is_current {
        return Ok((total, tax));
    }
    let tax_on_top = if whole.tax_included { Money::ZERO } else { taken_out.tax };
    Ok((total - taken_out.amount - tax_on_top, tax - taken_out.tax))
}

/// The shop's currency; some webhooks with a chosen list of fields tell it only beside the amounts.
fn currency(payload: &Object<'_>) -> String {
    let beside_total = payload.object("total_price_set").object("shop_money").text("currency_code");
    let told = payload.text("currency");
    if told.is_empty() { beside_total } else { told }.to_uppercase()
}

fn status(payload: &Object<'_>) -> Status {
    let [payment, fulfilment] = ["financial_status", "fulfillment_status"].map(|key| payload.text(key).to_lowercase());
    config::status(payload.has("cancelled_at"), &payment, &fulfilment)
}

/// `#1001`, with the prefix and suffix that the merchant chose; where only the bare number is told, with Shopify's usual prefix.
fn number(payload: &Object<'_>, id: &str) -> String {
    let name = payload.text("name");
    if !name.is_empty() {
        return name;
    }
    payload
        .id("order_number")
        .map_or_else(|| id.to_owned(), |number| format!("#{number}"))
}

fn taxes(payload: &Object<'_>) -> Result<Vec<TaxLine>, Unusable> {
    let tax_line = |tax: &Object<'_>| {
        // A rate is no money: one that can not be read is left out.
        let rate = tax.amount("rate").ok().flatten();
        Ok(TaxLine {
            title: tax.text("title"),
            percent: rate
                .and_then(|rate| rate.checked_mul(Money::ONE_HUNDRED))
                .map(|percent| percent.normalize()),
            total: tax.money_or_zero("price")?,
        })
    };
    payload.list("tax_lines")?.iter().map(tax_line).collect()
}

/// The tax on one part of the order.
fn tax_on(part: &Object<'_>) -> Result<Money, Unusable> {
    Ok(taxes(part)?.iter().map(|tax| tax.total).sum())
}

/// A part without an id gets one from its place, because ids are unique within the order.
fn id_of(index: usize, part: &Object<'_>) -> String {
    part.id("id").unwrap_or_else(|| format!("n{}", index.saturating_add(1)))
}

fn payment_method(payload: &Object<'_>) -> Option<String> {
    let names = payload.get("payment_gateway_names").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<String> = names.filter_map(Value::as_str).map(order::text::clean).collect();
    let joined = order::text::join(&names.iter().map(String::as_str).collect::<Vec<_>>(), ", ");
    some_text(joined).or_else(|| some_text(payload.text("gateway")))
}

fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
