//! The order, part by part. Source of the names: shopify.dev, REST Admin API 2026-04, the Order
//! resource, which webhooks carry.
//!
//! All amounts are in the shop's own currency (`shop_money`), whatever currency the customer saw
//! (`presentment_money`).
//!
//! Shopify states most totals twice: `total_price` for the order as sold, with everything that was
//! ever added to it, and `current_total_price` for the order as it is now, after edits, returns and
//! refunds. We take the order as it is now; but an order of which nothing is left (cancelled, fully
//! refunded) is taken as sold, because a lost deal is worth what was lost.

mod discounts;
mod fees;
mod lines;
mod parts;
mod people;
mod refunds;
mod returns;
mod shipping;

pub(crate) use people::email;

use crate::config;
use crate::dates;
use crate::payload::ShopifyObject as _;
use order::{Money, Order, Status, TaxLine};
use returns::Returns;
use serde_json::Value;
use source::payload::{Object, Unusable};

/// The facts about the whole order that every part needs.
struct Whole<'a> {
    payload: &'a Object<'a>,
    /// Whether prices, discounts and refunds include their tax.
    tax_included: bool,
    /// Whether the order is taken as it is now; else as it was sold.
    is_current: bool,
    returns: Returns,
}

impl Whole<'_> {
    /// Returns a total of the order, named as without `current_`; `None` where the shop does not
    /// state it.
    fn total(&self, name: &str) -> Result<Option<Money>, Unusable> {
        if self.is_current {
            self.payload.money(&format!("current_{name}"))
        } else {
            self.payload.money(name)
        }
    }

    /// Returns an amount as Shopify writes it, without the tax that may be included.
    fn without_tax(&self, amount: Money, tax: Money) -> Money {
        if self.tax_included {
            amount - tax
        } else {
            amount
        }
    }
}

/// Builds the order; the caller adds `raw`.
pub(crate) fn order(payload: &Object<'_>, id: &str) -> Result<Order, Unusable> {
    let mut whole = Whole {
        payload,
        tax_included: payload.flag("taxes_included"),
        is_current: !status(payload).kind.is_lost(),
        returns: Returns::of(payload)?,
    };
    let order = as_it_is(&whole, id)?;
    let sold = payload.list("line_items")?;
    if !whole.is_current || !order.lines.is_empty() || sold.is_empty() {
        return Ok(order);
    }
    // All goods came back, and the money has not followed yet: destinations have no orders without
    // lines, so the returned value is set against the order as sold.
    whole.is_current = false;
    let as_sold = as_it_is(&whole, id)?;
    Ok(Order {
        refund_total: as_sold.total - order.total + order.refund_total,
        ..as_sold
    })
}

fn as_it_is(whole: &Whole<'_>, id: &str) -> Result<Order, Unusable> {
    let payload = whole.payload;
    let status = status(payload);
    let billing = people::billing(payload);
    let shipping = people::shipping(payload);
    let bought = lines::bought(whole)?;
    let shipped = shipping::shipped(whole)?;
    let fees = fees::fees(whole, bought.tips)?;
    let discounts = discounts::discounts(payload)?;
    let order = Order {
        id: id.to_owned(),
        number: number(payload, id),
        status,
        currency: currency(payload),
        // An order that was imported or entered later has in `processed_at` the time at which it
        // was placed.
        created: dates::shop_time(payload, "processed_at")
            .or_else(|| dates::shop_time(payload, "created_at")),
        modified: dates::modified(payload),
        // Orders do not state it.
        paid: None,
        total: total(whole, bought.came_back)?,
        subtotal: bought.lines.iter().map(|line| line.subtotal).sum(),
        shipping_total: shipped.total,
        tax_total: tax_total(whole, bought.came_back.tax)?,
        marketplace_tax: bought.marketplace_tax + shipped.marketplace_tax,
        fee_total: fees.iter().map(|fee| fee.total).sum(),
        discount_total: discounts::total(whole, &discounts)?,
        discount_total_unallocated: discounts::unallocated(payload)?,
        refund_total: Money::ZERO,
        customer: people::customer(payload, id, &billing, &shipping),
        billing,
        shipping,
        lines: bought.lines,
        lines_given: payload.has("line_items"),
        shipping_lines: shipped.lines,
        fees,
        discounts,
        taxes: taxes(payload)?,
        refunds: Vec::new(),
        parent: None,
        has_parts: false,
        in_books: None,
        note: some_text(payload.text("note")),
        payment_method: payment_method(payload),
        test: payload.flag("test"),
        raw: Value::Null,
    };
    Ok(refunds::beside(
        whole,
        order.with_cents_settled(),
        bought.came_back,
    ))
}

/// Returns the order's worth. Shopify's current figure includes every edit and return; where a
/// version does not state it, it is calculated.
fn total(whole: &Whole<'_>, came_back: parts::Units) -> Result<Money, Unusable> {
    if let Some(total) = whole.total("total_price")? {
        return Ok(total);
    }
    let came_back = came_back
        .plus(whole.returns.shipping())
        .with_tax(whole.tax_included);
    Ok(whole.payload.money_or_zero("total_price")? - came_back)
}

fn tax_total(whole: &Whole<'_>, came_back: Money) -> Result<Money, Unusable> {
    if let Some(tax) = whole.total("total_tax")? {
        return Ok(tax);
    }
    let sold = match whole.payload.money("total_tax")? {
        Some(tax) => tax,
        None => taxes(whole.payload)?.iter().map(|tax| tax.total).sum(),
    };
    if !whole.is_current {
        return Ok(sold);
    }
    Ok(sold - came_back - whole.returns.shipping().tax)
}

/// Returns the shop's currency; some webhooks with a chosen list of fields state it only beside the
/// amounts.
fn currency(payload: &Object<'_>) -> String {
    let beside_total = payload
        .object("total_price_set")
        .object("shop_money")
        .text("currency_code");
    let told = payload.text("currency");
    if told.is_empty() { beside_total } else { told }.to_uppercase()
}

pub(crate) fn status(payload: &Object<'_>) -> Status {
    let [payment, fulfilment] =
        ["financial_status", "fulfillment_status"].map(|key| payload.text(key).to_lowercase());
    config::status(payload.has("cancelled_at"), &payment, &fulfilment)
}

/// Returns the number as `#1001`, with the prefix and suffix that the merchant chose; where only
/// the bare number is given, with Shopify's usual prefix.
pub(crate) fn number(payload: &Object<'_>, id: &str) -> String {
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
        // A rate is not an amount: one that cannot be read is left out.
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

/// Returns the tax on one part of the order.
fn tax_on(part: &Object<'_>) -> Result<Money, Unusable> {
    Ok(taxes(part)?.iter().map(|tax| tax.total).sum())
}

/// Returns the share of that tax which the marketplace that sold the part collects and pays.
/// Source: `channel_liable` of the Order resource's `tax_lines`.
fn marketplace_tax_on(part: &Object<'_>) -> Result<Money, Unusable> {
    let taxes = part.list("tax_lines")?;
    let liable = taxes.iter().filter(|tax| tax.flag("channel_liable"));
    liable.map(|tax| tax.money_or_zero("price")).sum()
}

/// Returns the id of a part. A part without an id gets one from its place, because ids must be
/// unique within the order.
fn id_of(index: usize, part: &Object<'_>) -> String {
    part.id("id")
        .unwrap_or_else(|| format!("n{}", index.saturating_add(1)))
}

fn payment_method(payload: &Object<'_>) -> Option<String> {
    let names = payload
        .get("payment_gateway_names")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let names: Vec<String> = names
        .filter_map(Value::as_str)
        .map(order::text::clean)
        .collect();
    let joined = order::text::join(&names.iter().map(String::as_str).collect::<Vec<_>>(), ", ");
    some_text(joined).or_else(|| some_text(payload.text("gateway")))
}

fn some_text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
