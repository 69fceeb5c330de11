use super::{credentials::Credentials, schema::PropertyKind};
use crate::{
    Place,
    product::{self, Product},
};
use ports::{Clock, SystemClock};
use std::{fmt, sync::Arc, time::Duration};

/// The set-up of the account.
#[derive(Clone)]
pub struct Options {
    /// Account id as NetSuite shows it, such as `1234567_SB1`: the realm of signed requests.
    pub account_id: String,
    /// Items on sale. They can be read and referred to, not written.
    pub items: Vec<Item>,
    /// Custom fields.
    pub custom_fields: Vec<CustomField>,
    /// Entries of lists to which references can point, beyond those that always exist (subsidiary
    /// 1, currencies 1 to 4, location 1, ...).
    pub list_entries: Vec<ListEntry>,
    /// Properties that a custom form makes mandatory, as (record, property), such as (`salesOrder`,
    /// `location`).
    pub required: Vec<(String, String)>,
    /// Whether this is a OneWorld account, in which every customer belongs to a subsidiary.
    pub one_world: bool,
    /// Kinds of record, such as `customer`, that the role of the client has no permission for.
    pub out_of_reach: Vec<String>,
    /// Whether NetSuite numbers customers. If not, the name is the number, and a second customer of
    /// the same name is refused.
    pub auto_number: bool,
    /// The language of the company, such as `pt`. Records are written in it and in no other
    /// (English need not be stated), and the texts of `USER_ERROR` come in it.
    pub language: String,
    /// The number of requests that may be under way at once (Standard tier: 5). The token endpoint
    /// does not count.
    pub concurrency: usize,
    /// The credentials with which clients log in; made at the start where `None`.
    pub credentials: Option<Credentials>,
    /// The lifetime of a Bearer token.
    pub token_lifetime: Duration,
    /// The time that every answer takes to arrive.
    pub latency: Duration,
    /// The time that saving a record takes beyond that, one record after the other within a request.
    pub per_record: Duration,
    /// The number of asynchronous jobs that are carried out at a time (without a SuiteCloud Plus
    /// licence: 2).
    pub async_processors: usize,
    /// The place at which it listens.
    pub place: Place,
    /// The companion RESTlet.
    pub companion: Companion,
    /// The clock that judges timestamps, assertions and lock-outs, and gives the date.
    pub clock: Arc<dyn Clock>,
}

/// The companion RESTlet of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Companion {
    /// It is deployed, and speaks this version of its protocol.
    Speaks(u64),
    /// It is not there, or the role is not in its audience.
    Absent,
    /// Neither is it there, nor does the integration record allow the scope of RESTlets.
    NotAllowed,
}

/// An item that the account sells or charges for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Internal id.
    pub id: u64,
    /// Its name and price. The code is its `itemid` and its external id. A price of zero means that
    /// there is none, as for shipping or a discount.
    pub product: Product,
    /// The kind of item.
    pub kind: ItemKind,
    /// The number of its bar code, if it has one.
    pub upc_code: Option<String>,
    /// Whether it is inactive: queries find it, but no line can refer to it.
    pub inactive: bool,
}

/// Kinds of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Goods: `inventoryItem`.
    Inventory,
    /// Shipping, fees, and taxes that the shop has calculated: `otherChargeSaleItem`.
    OtherCharge,
    /// A reduction of an order: `discountItem`.
    Discount,
}

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The list, such as `subsidiary` or `location`.
    pub list: String,
    /// Internal id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    pub(super) record: String,
    pub(super) name: String,
    pub(super) kind: PropertyKind,
    pub(super) bytes: usize,
}

impl CustomField {
    /// Creates a text field of at most this many bytes, such as `custbody_shop_order` of
    /// `salesOrder`. The record name of orders' lines is `item`.
    pub fn text(record: impl Into<String>, name: impl Into<String>, bytes: usize) -> Self {
        Self {
            record: record.into(),
            name: name.into(),
            kind: PropertyKind::Text,
            bytes,
        }
    }

    /// Creates a check box.
    pub fn checkbox(record: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: PropertyKind::Boolean,
            ..Self::text(record, name, 0)
        }
    }

    /// Creates a field for a number.
    pub fn number(record: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: PropertyKind::Number,
            ..Self::text(record, name, 0)
        }
    }
}

impl Item {
    /// Creates an active item.
    #[must_use]
    pub const fn new(id: u64, product: Product, kind: ItemKind) -> Self {
        Self {
            id,
            product,
            kind,
            upc_code: None,
            inactive: false,
        }
    }
}

impl Default for Options {
    /// Creates the options of a small account that sells the products of the documentation's sample
    /// orders, as items from id 1501 on.
    fn default() -> Self {
        let items = (1501..).zip(product::samples()).map(|(id, product)| {
            let kind = match product.code.as_str() {
                "DISCOUNT" => ItemKind::Discount,
                "SHIPPING" | "TAX" | "FEE" => ItemKind::OtherCharge,
                _ => ItemKind::Inventory,
            };
            Item::new(id, product, kind)
        });
        Self {
            account_id: "1234567_SB1".into(),
            items: items.collect(),
            custom_fields: Vec::new(),
            list_entries: Vec::new(),
            required: Vec::new(),
            one_world: false,
            out_of_reach: Vec::new(),
            auto_number: false,
            language: "en".into(),
            concurrency: 5,
            credentials: None,
            token_lifetime: Duration::from_hours(1),
            latency: Duration::ZERO,
            per_record: Duration::ZERO,
            async_processors: 2,
            place: Place::default(),
            companion: Companion::Speaks(1),
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("account_id", &self.account_id)
            .field("items", &self.items)
            .field("custom_fields", &self.custom_fields)
            .field("one_world", &self.one_world)
            .field("auto_number", &self.auto_number)
            .field("language", &self.language)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
