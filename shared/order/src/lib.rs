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
pub use line::{Discount, Fee, Line, Refund, ShippingLine, TaxLine};
pub use status::{Status, StatusKind};
pub use time::ShopTime;

use jiff::Timestamp;
use serde::Serialize;

/// An amount in the major unit of the order's currency (`12.34` is twelve dollars and thirty-four
/// cents). Exact.
pub type Money = rust_decimal::Decimal;

/// One order of one shop in its newest known state.
///
/// Amounts that belong to a part of the order (lines, shipping, fees) are without tax; tax stands
/// by itself in `tax_total`, so that lines + shipping + tax + fees = total. Discounts are already
/// taken off the lines they belong to; what is left over and belongs to no line stands in
/// `discount_total_unallocated`. What was taken out of the order before it was paid for, called off
/// in part or returned is no part of it any more: neither of its lines nor of its total. Whether
/// all of it adds up is said by [`Order::balance`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Order {
    /// The shop's own id of the order, as text. Unique within the shop; the key of everything
    /// downstream.
    pub id: String,
    /// What the customer sees: `"1001"`, `"#1001"`, `"000000123"`, `"INV-2025-7"`. Not unique, not
    /// the id.
    pub number: String,
    /// The state of the order.
    pub status: Status,
    /// ISO 4217 code, upper case.
    pub currency: String,
    /// When the order was placed, on the shop's clock. Absent on drafts and in broken exports.
    pub created: Option<ShopTime>,
    /// When the shop last changed the order: what "newer" means. Absent where the shop does not
    /// say.
    pub modified: Option<Timestamp>,
    /// When it was paid, if it was.
    pub paid: Option<ShopTime>,
    /// What the customer pays for what is in the order, with tax and shipping, before refunds.
    pub total: Money,
    /// Sum of the lines before discounts, without tax.
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
    /// All discounts granted, as a positive amount (for display: they are already inside the
    /// lines).
    pub discount_total: Money,
    /// The part of the discounts that no line carries, as a positive amount. Gift cards and store
    /// credit that the shop takes off its total are among them.
    pub discount_total_unallocated: Money,
    /// Money given back that `total` still holds, as a positive amount. For things that came back
    /// and are in no line any more, it is left out.
    pub refund_total: Money,
    /// Who bought.
    pub customer: Customer,
    /// Where the bill goes.
    pub billing: Address,
    /// Where the goods go. Empty for virtual goods.
    pub shipping: Address,
    /// What was bought, each thing once (parents of configurable products, not their children).
    pub lines: Vec<Line>,
    /// Whether the payload spoke of lines at all. Where it did not (a plugin or a filter left them
    /// out), no lines does not mean that there are none.
    pub lines_given: bool,
    /// How it is shipped.
    pub shipping_lines: Vec<ShippingLine>,
    /// Surcharges.
    pub fees: Vec<Fee>,
    /// Coupons and discount rules.
    pub discounts: Vec<Discount>,
    /// Taxes by rate.
    pub taxes: Vec<TaxLine>,
    /// All money given back, one entry per refund, whether `total` still holds it or not.
    pub refunds: Vec<Refund>,
    /// Id of the order that this one is a part of: a marketplace's order of one of its vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Whether there are such parts of this order.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_parts: bool,
    /// The same order in the currency in which the shop keeps its books, by the shop's own amounts;
    /// only where that is another currency and the shop tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_books: Option<Box<Order>>,
    /// The customer's note to the shop.
    pub note: Option<String>,
    /// How it was paid, as the shop shows it.
    pub payment_method: Option<String>,
    /// True for test notifications and orders paid through a test gateway.
    pub test: bool,
    /// The payload as the shop sent it. May hold tokens and personal data: never log it.
    pub raw: serde_json::Value,
}
