use crate::Money;
use rust_decimal::Decimal;
use serde::Serialize;

/// One thing that was bought.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// The shop's id of the line, unique within the order.
    pub id: String,
    /// Stock keeping unit; empty where the shop has none.
    pub sku: String,
    /// The shop's id of the product; empty for custom items and deleted products.
    pub product_id: String,
    /// The shop's id of the variant, if there is one.
    pub variant_id: Option<String>,
    /// What destinations know the product by: the SKU, else the variant's id, else the product's
    /// id, else empty.
    pub code: String,
    /// Name as the customer saw it.
    pub name: String,
    /// How many; may be fractional.
    pub quantity: Decimal,
    /// What this line costs after discounts, without tax. The line's money: everything else is
    /// derived.
    pub total: Money,
    /// The same before discounts.
    pub subtotal: Money,
    /// Tax on the line.
    pub tax: Money,
    /// Price of one unit, only where `unit_price * quantity` is exactly `total` with at most two
    /// decimals. A template that writes it must have something to write when it is absent: `total`.
    pub unit_price: Option<Money>,
}

impl Line {
    /// Price of one unit where the total divides evenly into minor units; `None` where it does not,
    /// and for a quantity of zero.
    #[must_use]
    pub fn even_unit_price(total: Money, quantity: Decimal) -> Option<Money> {
        let unit = total.checked_div(quantity)?.round_dp(2);
        let exact = unit.checked_mul(quantity)? == total;
        exact.then_some(unit)
    }
}

/// One way of shipping.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShippingLine {
    /// The shop's id of the line.
    pub id: String,
    /// Code of the method (`flat_rate`, `flatrate_flatrate`).
    pub method: String,
    /// Name as the customer saw it.
    pub title: String,
    /// Without tax, after discounts.
    pub total: Money,
    /// Tax on it.
    pub tax: Money,
}

/// A surcharge, or a discount in the form of a negative one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fee {
    /// The shop's id of the fee.
    pub id: String,
    /// Name as the customer saw it.
    pub name: String,
    /// Without tax; may be negative.
    pub total: Money,
    /// Tax on it.
    pub tax: Money,
}

/// A coupon or a discount rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Discount {
    /// Coupon code or the rule's title.
    pub code: String,
    /// Amount granted, positive, without tax.
    pub total: Money,
}

/// Tax by rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaxLine {
    /// Name of the rate.
    pub title: String,
    /// Rate in per cent, where the shop tells it.
    pub percent: Option<Decimal>,
    /// Amount.
    pub total: Money,
}

/// Money given back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Refund {
    /// The shop's id of the refund.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Amount given back, positive.
    pub total: Money,
}
