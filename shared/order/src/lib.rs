#![doc = include_str!("../README.md")]

pub mod amount;
pub mod conservation;
mod customer;
mod example;
mod line;
pub mod text;
mod time;

pub use customer::{Address, Customer};
pub use line::{Discount, Fee, Line, Refund, ShippingLine, TaxLine};
pub use time::ShopTime;

use jiff::Timestamp;
use serde::Serialize;

/// An amount in the major unit of the order's currency (`12.34` is twelve dollars and thirty-four cents). Exact.
pub type Money = rust_decimal::Decimal;

/// One order of one shop in its newest known state.
///
/// Amounts that belong to a part of the order (lines, shipping, fees) are without tax; tax stands by itself in `tax_total`,
/// so that lines + shipping + tax + fees = total. Discounts are already taken off the lines they belong to; what is left over and
/// belongs to no line stands in `discount_total_unallocated`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Order {
    /// The shop's own id of the order, as text. Unique within the shop; the key of everything downstream.
    pub id: String,
    /// What the customer sees: `"1001"`, `"#1001"`, `"000000123"`, `"INV-2025-7"`. Not unique, not the id.
    pub number: String,
    /// The shop's word for the state of the order, in lower case. An open set: plugins add their own.
    pub status: Status,
    /// ISO 4217 code, upper case.
    pub currency: String,
    /// When the order was placed, on the shop's clock. Absent on drafts and in broken exports.
    pub created: Option<ShopTime>,
    /// When the shop last changed the order: what "newer" means. Absent where the shop does not say.
    pub modified: Option<Timestamp>,
    /// When it was paid, if it was.
    pub paid: Option<ShopTime>,
    /// What the customer pays, with tax and shipping, before refunds.
    pub total: Money,
    /// Sum of the lines before discounts, without tax.
    pub subtotal: Money,
    /// Shipping without tax, after shipping discounts.
    pub shipping_total: Money,
    /// All taxes of the order.
    pub tax_total: Money,
    /// Fees and surcharges without tax; negative where a plugin grants a discount as a fee.
    pub fee_total: Money,
    /// All discounts granted, as a positive amount (for display: they are already inside the lines).
    pub discount_total: Money,
    /// The part of the discounts that no line carries, as a positive amount.
    pub discount_total_unallocated: Money,
    /// Money given back, as a positive amount. Not taken off `total`.
    pub refund_total: Money,
    /// Who bought.
    pub customer: Customer,
    /// Where the bill goes.
    pub billing: Address,
    /// Where the goods go. Empty for virtual goods.
    pub shipping: Address,
    /// What was bought, each thing once (parents of configurable products, not their children).
    pub lines: Vec<Line>,
    /// Whether the payload spoke of lines at all. Where it did not (a plugin or a filter left them out), no lines does not mean that there are none.
    pub lines_given: bool,
    /// How it is shipped.
    pub shipping_lines: Vec<ShippingLine>,
    /// Surcharges.
    pub fees: Vec<Fee>,
    /// Coupons and discount rules.
    pub discounts: Vec<Discount>,
    /// Taxes by rate.
    pub taxes: Vec<TaxLine>,
    /// Money given back, one entry per refund.
    pub refunds: Vec<Refund>,
    /// The customer's note to the shop.
    pub note: Option<String>,
    /// How it was paid, as the shop shows it.
    pub payment_method: Option<String>,
    /// True for test notifications and orders paid through a test gateway.
    pub test: bool,
    /// The payload as the shop sent it. May hold tokens and personal data: never log it.
    pub raw: serde_json::Value,
}

/// The state of an order: one word that all shops share for status maps, and the shop's own word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// What the state means, whatever the shop calls it.
    pub kind: StatusKind,
    /// The shop's own word, in lower case (`processing`, `paid`, `holded`).
    pub name: String,
}

/// What the state of an order means. Status maps of mappings may use this or the shop's own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// A cart, not yet an order: creates nothing.
    Draft,
    /// Placed, not yet paid.
    Pending,
    /// Paid, being prepared.
    Processing,
    /// Held back by the shop.
    OnHold,
    /// Paid and fulfilled.
    Completed,
    /// Called off.
    Cancelled,
    /// Partly paid back.
    PartiallyRefunded,
    /// Wholly paid back.
    Refunded,
    /// The payment failed.
    Failed,
    /// In the shop's waste bin: creates nothing.
    Trashed,
    /// A word that the source does not know.
    Other,
}

impl Order {
    /// By how much the order's own parts miss its total: zero for every consistent order. A shop's payload that does not add up is no error.
    /// `None` where a sum is beyond what a [`Money`] can hold.
    #[must_use]
    pub fn imbalance(&self) -> Option<Money> {
        conservation::difference(self.total, &conservation::Parts::of(self)?)
    }
}
