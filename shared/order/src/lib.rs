#![doc = include_str!("../README.md")]

pub mod amount;
mod balance;
pub mod currency;
mod customer;
mod example;
mod line;
mod status;
pub mod text;
mod time;

pub use balance::Balance;
pub use customer::{Address, Customer};
pub use example::EXAMPLE_CODE;
pub use line::{Discount, Fee, Line, Refund, ShippingLine, TaxLine};
pub use status::{Status, StatusKind};
pub use time::ShopTime;

use jiff::Timestamp;
use serde::Serialize;

/// An exact amount in the major unit of the order's currency: `12.34` is twelve dollars and
/// thirty-four cents.
pub type Money = rust_decimal::Decimal;

/// One order of one shop in its newest known state.
///
/// Amounts that belong to a part of the order (lines, shipping, fees) are without tax; tax stands
/// by itself in `tax_total`. Discounts are already taken off the lines that they belong to; the
/// rest, which belongs to no line, stands in `discount_total_unallocated`. So lines + shipping +
/// tax + fees - unallocated discounts = total. Goods that were taken out of the order before it was
/// paid for, called off in part or returned are no part of it any more: neither of its lines nor of
/// its total. [`Order::balance`] says whether all of it adds up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Order {
    /// The shop's own id of the order, as text. Unique within the shop; everything downstream uses
    /// it as the order's key.
    pub id: String,
    /// The order number that the customer sees: `"1001"`, `"#1001"`, `"000000123"`, `"INV-2025-7"`.
    /// Not unique, and not the id.
    pub number: String,
    /// The state of the order.
    pub status: Status,
    /// The currency's ISO 4217 code, in upper case.
    pub currency: String,
    /// The time at which the order was placed, on the shop's clock. Absent on drafts and in broken
    /// exports.
    pub created: Option<ShopTime>,
    /// The time at which the shop last changed the order, by which a newer state is told from an
    /// older one. Absent where the shop does not tell it.
    pub modified: Option<Timestamp>,
    /// The time at which the order was paid, if it was.
    pub paid: Option<ShopTime>,
    /// The amount that the customer pays for what is in the order, with tax and shipping, before
    /// refunds.
    pub total: Money,
    /// The sum of the lines before discounts, without tax.
    pub subtotal: Money,
    /// Shipping without tax, after shipping discounts.
    pub shipping_total: Money,
    /// All taxes of the order.
    pub tax_total: Money,
    /// The part of the taxes that a marketplace collects and pays, not the shop.
    #[serde(skip_serializing_if = "Money::is_zero")]
    pub marketplace_tax: Money,
    /// Fees and surcharges without tax; negative where a plugin grants a discount as a fee.
    pub fee_total: Money,
    /// All discounts granted, as a positive amount. For display only: those of lines are taken off
    /// the lines already.
    pub discount_total: Money,
    /// The part of the discounts that no line carries, as a positive amount. Includes gift cards
    /// and store credit that the shop takes off its total.
    pub discount_total_unallocated: Money,
    /// Money given back that `total` still holds, as a positive amount. Without the money for goods
    /// that were returned and are in no line any more.
    pub refund_total: Money,
    /// The customer.
    pub customer: Customer,
    /// The billing address.
    pub billing: Address,
    /// The shipping address. Empty for virtual goods.
    pub shipping: Address,
    /// The lines: each thing that was bought, once (parents of configurable products, not their
    /// children).
    pub lines: Vec<Line>,
    /// True where the payload spoke of lines at all. Where it did not (a plugin or a filter left
    /// them out), no lines does not mean that there are none.
    pub lines_given: bool,
    /// The ways of shipping.
    pub shipping_lines: Vec<ShippingLine>,
    /// Fees and surcharges.
    pub fees: Vec<Fee>,
    /// Coupons and discount rules.
    pub discounts: Vec<Discount>,
    /// The taxes by rate.
    pub taxes: Vec<TaxLine>,
    /// All refunds, whether `total` still holds their money or not.
    pub refunds: Vec<Refund>,
    /// The id of the order that this one is a part of, such as a marketplace's order of one of its
    /// vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// True where this order has such parts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_parts: bool,
    /// The order in the currency in which the shop keeps its books, with the shop's own amounts;
    /// only where that is another currency and the shop tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_books: Option<Box<Order>>,
    /// The customer's note to the shop.
    pub note: Option<String>,
    /// The method of payment, as the shop shows it.
    pub payment_method: Option<String>,
    /// True for test notifications and orders paid through a test gateway.
    pub test: bool,
    /// The payload as the shop sent it. May hold tokens and personal data: never log it.
    pub raw: serde_json::Value,
}
