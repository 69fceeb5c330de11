//! Everything beside the lines that adds to the total or takes from it.

use crate::build::{amounts::Amounts, lines::Lines, people};
use order::{Discount, Fee, Money, ShippingLine, TaxLine, text};
use source::payload::{Object, Unusable};

/// Credits with which the customer paid instead of money, and their names for an operator. Adobe
/// Commerce deducts all of them from `grand_total`.
const CREDITS: [(&str, &str); 3] = [
    ("customer_balance_amount", "Store credit"),
    ("gift_cards_amount", "Gift card"),
    ("reward_currency_amount", "Reward points"),
];

/// Adobe Commerce's gift wrapping: of the whole order, of its items, and the printed card.
const WRAPPING: [(&str, &str); 3] = [
    ("gw_price", "Gift wrapping of the order"),
    ("gw_items_price", "Gift wrapping of items"),
    ("gw_card_price", "Printed card"),
];

/// Magento's fixed product taxes, such as a fee for electronic waste. They are in the items.
const PRODUCT_TAX: &str = "weee_tax_applied_row_amount";

/// The way of shipping and its cost.
pub(super) struct Shipping {
    pub(super) lines: Vec<ShippingLine>,
    /// The cost after its discount, without the cancelled part.
    pub(super) total: Money,
    /// The discount, without tax.
    pub(super) discount: Money,
}

pub(super) fn shipping(
    payload: &Object<'_>,
    amounts: Amounts,
    as_sold: bool,
) -> Result<Shipping, Unusable> {
    let full = amounts.or_zero(payload, "shipping_amount")?;
    let compensation = amounts.or_zero(payload, "shipping_discount_tax_compensation_amount")?;
    let discount = amounts.or_zero(payload, "shipping_discount_amount")?.abs() - compensation;
    let called_off = if as_sold {
        Money::ZERO
    } else {
        amounts.or_zero(payload, "shipping_canceled")?.abs()
    };
    let total = full - discount - called_off;
    let method = [
        payload.text("shipping_method"),
        people::assigned_shipping(payload).text("method"),
    ];
    let line = ShippingLine {
        id: "shipping".to_owned(),
        method: first_of(method),
        title: payload.text("shipping_description"),
        total,
        tax: amounts.or_zero(payload, "shipping_tax_amount")?,
    };
    let is_shipped = !(line.method.is_empty() && line.title.is_empty() && full.is_zero());
    Ok(Shipping {
        lines: if is_shipped { vec![line] } else { Vec::new() },
        total,
        discount,
    })
}

/// Returns all discounts on products and shipping, without the tax that was inside them. They are
/// negative on the order, positive on its items.
pub(super) fn granted(payload: &Object<'_>, amounts: Amounts) -> Result<Option<Money>, Unusable> {
    let Some(discount) = amounts.of(payload, "discount_amount")? else {
        return Ok(None);
    };
    let of_products = amounts.or_zero(payload, "discount_tax_compensation_amount")?;
    let of_shipping = amounts.or_zero(payload, "shipping_discount_tax_compensation_amount")?;
    Ok(Some(discount.abs() - of_products - of_shipping))
}

/// Returns the discount of the order. Magento names one coupon, or all rules together, and gives
/// one amount.
pub(super) fn discounts(payload: &Object<'_>, granted: Money) -> Vec<Discount> {
    let code = first_of([
        payload.text("coupon_code"),
        payload.text("discount_description"),
    ]);
    if granted.is_zero() && code.is_empty() {
        return Vec::new();
    }
    vec![Discount {
        code,
        total: granted,
    }]
}

pub(super) fn credits(payload: &Object<'_>, amounts: Amounts) -> Result<Vec<Discount>, Unusable> {
    let credits = CREDITS.into_iter().map(|(key, name)| {
        Ok(Discount {
            code: name.to_owned(),
            total: commerce_amount(payload, amounts, key)?.abs(),
        })
    });
    let credits: Vec<Discount> = credits.collect::<Result<_, _>>()?;
    Ok(credits
        .into_iter()
        .filter(|credit| !credit.total.is_zero())
        .collect())
}

pub(super) fn fees(
    payload: &Object<'_>,
    amounts: Amounts,
    lines: &Lines<'_>,
) -> Result<Vec<Fee>, Unusable> {
    let mut fees = vec![fee(
        "product_tax",
        "Fixed product tax",
        lines.sum(amounts, PRODUCT_TAX)?,
    )];
    for (key, name) in WRAPPING {
        fees.push(fee(key, name, commerce_amount(payload, amounts, key)?));
    }
    fees.retain(|fee| !fee.total.is_zero());
    Ok(fees)
}

pub(super) fn taxes(payload: &Object<'_>, amounts: Amounts) -> Result<Vec<TaxLine>, Unusable> {
    let rates = payload
        .object("extension_attributes")
        .php_list("applied_taxes")?;
    let rate = |rate: &Object<'_>| {
        Ok(TaxLine {
            title: first_of([rate.text("title"), rate.text("code")]),
            // A rate is not an amount: one that cannot be read is left out.
            percent: rate.amount("percent").ok().flatten(),
            total: amounts.or_zero(rate, "amount")?,
        })
    };
    rates.iter().map(rate).collect()
}

/// Returns the payment method: the name that the shop shows, else the method's code. The rest of
/// `payment` may be a gateway's data.
pub(super) fn payment_method(payload: &Object<'_>) -> Option<String> {
    let shown = payload
        .object("extension_attributes")
        .php_list("payment_additional_info")
        .unwrap_or_default();
    let title = shown
        .iter()
        .find(|entry| entry.text("key") == "method_title")
        .map(|entry| text::clean(&entry.text("value")));
    let method = payload.object("payment").text("method");
    [title, Some(method)]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty())
}

/// Returns one of Adobe Commerce's own amounts. Events have them beside the core's amounts, REST
/// has them in `extension_attributes`.
fn commerce_amount(payload: &Object<'_>, amounts: Amounts, key: &str) -> Result<Money, Unusable> {
    match amounts.of(payload, key)? {
        Some(amount) => Ok(amount),
        None => amounts.or_zero(&payload.object("extension_attributes"), key),
    }
}

fn fee(id: &str, name: &str, total: Money) -> Fee {
    Fee {
        id: id.to_owned(),
        name: name.to_owned(),
        total,
        tax: Money::ZERO,
    }
}

fn first_of(texts: [String; 2]) -> String {
    texts
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}
