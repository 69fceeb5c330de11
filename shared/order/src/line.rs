use crate::Money;
use rust_decimal::Decimal;
use serde::Serialize;

/// One line of an order: a thing that was bought.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// The shop's id of the line, unique within the order.
    pub id: String,
    /// Stock keeping unit; empty where the shop has none.
    pub sku: String,
    /// The shop's id of the product; empty for custom items and deleted products.
    pub product_id: String,
    /// The shop's id of the variant, where there is one.
    pub variant_id: Option<String>,
    /// The code by which destinations know the product: the SKU, else the variant's id, else the
    /// product's id, else empty.
    pub code: String,
    /// The name as the customer saw it.
    pub name: String,
    /// The number of units; may be fractional.
    pub quantity: Decimal,
    /// The price of the line after discounts, without tax. This is the line's money: everything
    /// else is derived.
    pub total: Money,
    /// The price of the line before discounts, without tax.
    pub subtotal: Money,
    /// Tax on the line.
    pub tax: Money,
    /// The price of one unit, only where it has at most two decimals and `unit_price * quantity` is
    /// exactly `total`. A template that writes it must have something else to write when it is
    /// absent: `total`.
    pub unit_price: Option<Money>,
}

impl Line {
    /// Returns the price of one unit where the total divides evenly at two decimals; `None` where
    /// it does not, and for a quantity of zero.
    #[must_use]
    pub fn even_unit_price(total: Money, quantity: Decimal) -> Option<Money> {
        let unit = total.checked_div(quantity)?.round_dp(2);
        let exact = unit.checked_mul(quantity)? == total;
        exact.then_some(unit)
    }
}

/// One way of shipping of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShippingLine {
    /// The shop's id of the line.
    pub id: String,
    /// Code of the method (`flat_rate`, `flatrate_flatrate`).
    pub method: String,
    /// Name as the customer saw it.
    pub title: String,
    /// The price without tax, after discounts.
    pub total: Money,
    /// Tax on the shipping.
    pub tax: Money,
}

/// A surcharge, or a discount in the form of a negative one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fee {
    /// The shop's id of the fee.
    pub id: String,
    /// Name as the customer saw it.
    pub name: String,
    /// The amount without tax; may be negative.
    pub total: Money,
    /// Tax on the fee.
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

/// The tax of one rate.
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
    /// The reason.
    pub reason: String,
    /// Amount given back, positive.
    pub total: Money,
}
