use crate::Standing;
use jiff::Timestamp;
use order::Money;
use serde::{Serialize, Serializer};
use source::reader::Summary;
use std::{collections::BTreeMap, fmt};

/// The result of comparing a store with its destinations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Name of the store.
    pub store: String,
    /// The beginning of the window: orders that were changed at this time or later.
    pub since: Timestamp,
    /// The end of the window, which is not in it.
    pub until: Timestamp,
    /// The orders of the shop.
    pub shop: ShopTotals,
    /// Each route that starts at the store.
    pub routes: Vec<RouteReport>,
    /// The number of orders that were put into the queue, once for each route.
    pub repaired: u64,
    /// Notes: what the shop does not show, entries of its lists that are no orders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The orders of a shop in a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShopTotals {
    /// Their number.
    pub orders: u64,
    /// The sum of their totals by the code of the currency.
    #[serde(serialize_with = "amounts")]
    pub totals: BTreeMap<String, Money>,
}

/// The standing of the shop's orders on one route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RouteReport {
    /// Name of the route.
    pub route: String,
    /// Name of its destination.
    pub destination: String,
    /// The destination holds the shop's newest state.
    pub agree: Vec<Entry>,
    /// Never seen here.
    pub missing: Vec<Entry>,
    /// The shop has a newer state.
    pub behind: Vec<Entry>,
    /// On their way.
    pub waiting: Vec<Entry>,
    /// Dead letters.
    pub rejected: Vec<Entry>,
    /// Rightly nothing to deliver.
    pub skipped: Vec<Entry>,
    /// Records that are gone from the destination; `None` where it was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Vec<Entry>>,
    /// Fields that are otherwise in the destination; `None` where it was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differs: Option<Vec<Differing>>,
    /// Orders that the destination did not show, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// An order in a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The shop's id of the order.
    pub order: String,
    /// The number that the shop's customer sees.
    pub number: String,
    /// The total as the shop states it; `None` where it states none.
    #[serde(serialize_with = "amount")]
    pub total: Option<Money>,
    /// Code of the currency of the total.
    pub currency: String,
    /// The user who deleted the record, on the operator's screen only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The time of the deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A field that is not as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// The shop's id of the order.
    pub order: String,
    /// The number that the shop's customer sees.
    pub number: String,
    /// The record and its field, such as `opportunity.StageName`.
    pub field: String,
    /// The planned value.
    pub expected: String,
    /// The value in the destination.
    pub found: String,
    /// The user who changed the record last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The time of that change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl From<&Summary> for Entry {
    fn from(order: &Summary) -> Self {
        Self {
            order: order.order.clone(),
            number: order.number.clone(),
            total: order.total,
            currency: order.currency.clone(),
            ..Self::default()
        }
    }
}

impl ShopTotals {
    /// Adds an order.
    pub(crate) fn add(&mut self, order: &Summary) {
        self.orders = self.orders.saturating_add(1);
        if let Some(total) = order.total {
            add(&mut self.totals, &order.currency, total);
        }
    }
}

impl RouteReport {
    /// Adds an order to the list of its standing.
    pub(crate) fn add(&mut self, standing: Standing, order: &Summary) {
        let list = match standing {
            Standing::Agrees => &mut self.agree,
            Standing::Missing => &mut self.missing,
            Standing::Behind => &mut self.behind,
            Standing::Waits => &mut self.waiting,
            Standing::Rejected => &mut self.rejected,
            Standing::Skipped => &mut self.skipped,
        };
        list.push(Entry::from(order));
    }

    /// Returns whether nothing is left but what agrees and what is rightly not delivered.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let lists = [&self.missing, &self.behind, &self.waiting, &self.rejected];
        lists.into_iter().all(Vec::is_empty)
            && self.gone.iter().all(Vec::is_empty)
            && self.differs.iter().all(Vec::is_empty)
            && self.unread.is_empty()
    }

    /// Returns the totals of the orders that the destination holds as far as is known.
    #[must_use]
    pub fn held(&self) -> ShopTotals {
        let mut held = ShopTotals::default();
        let gone = |order: &Entry| {
            self.gone
                .iter()
                .flatten()
                .any(|gone| gone.order == order.order)
        };
        for order in self.agree.iter().filter(|order| !gone(order)) {
            held.orders = held.orders.saturating_add(1);
            if let Some(total) = order.total {
                add(&mut held.totals, &order.currency, total);
            }
        }
        held
    }
}

impl Report {
    /// Returns whether shop and destinations agree.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.routes.iter().all(RouteReport::agrees)
    }
}

/// `300 orders / 15,025.49 USD`.
impl fmt::Display for ShopTotals {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} orders", self.orders)?;
        for (place, (currency, total)) in self.totals.iter().enumerate() {
            let link = if place == 0 { " / " } else { " + " };
            write!(out, "{link}{} {currency}", grouped(*total))?;
        }
        Ok(())
    }
}

fn add(totals: &mut BTreeMap<String, Money>, currency: &str, total: Money) {
    let sum = totals.entry(currency.to_owned()).or_default();
    *sum = sum.saturating_add(total);
}

/// Returns an amount with at least two decimals and its thousands apart.
fn grouped(amount: Money) -> String {
    let text = plain(amount);
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let count = digits.len();
    let mut out = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (count - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{out}.{decimals}")
}

/// Returns an amount with at least two decimals.
fn plain(amount: Money) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

#[expect(clippy::ref_option, reason = "serde asks for a reference")]
fn amount<S: Serializer>(amount: &Option<Money>, out: S) -> Result<S::Ok, S::Error> {
    amount.map(plain).serialize(out)
}

fn amounts<S: Serializer>(totals: &BTreeMap<String, Money>, out: S) -> Result<S::Ok, S::Error> {
    out.collect_map(
        totals
            .iter()
            .map(|(currency, total)| (currency, plain(*total))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_by_people_and_by_programs() {
        let mut totals = ShopTotals::default();
        for (total, currency) in [("15025.49", "USD"), ("-0.5", "EUR"), ("1000000", "JPY")] {
            totals.add(&Summary {
                total: Some(total.parse().unwrap()),
                currency: currency.to_owned(),
                ..Summary::default()
            });
        }
        assert_eq!(
            totals.to_string(),
            "3 orders / -0.50 EUR + 1,000,000.00 JPY + 15,025.49 USD"
        );
        let json = serde_json::to_value(&totals).unwrap();
        assert_eq!(json["totals"]["USD"], "15025.49");
        assert_eq!(json["totals"]["EUR"], "-0.50");
    }
}
