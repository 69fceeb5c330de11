//! The products that were bought, each once. A configurable product and a bundle are a row and have
//! rows below them. The money is in the row above, and again in the rows below where a bundle's
//! price is the sum of its parts. So only rows without a parent count.

use super::amounts::Amounts;
use order::{Line, Money};
use source::payload::{Object, Unusable};
use std::collections::{BTreeMap, BTreeSet};

/// The number of decimals of a calculated share.
const DECIMALS: u32 = 2;

/// The rows that carry the money, each with the rows below it.
pub(super) struct Lines<'a>(Vec<Billed<'a>>);

/// The lines after some of their units were cancelled.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) lines: Vec<Line>,
    /// The cancelled amount, after discounts and without tax.
    pub(super) called_off: Money,
    /// The tax on the cancelled amount.
    pub(super) tax_called_off: Money,
}

struct Billed<'a> {
    row: Row<'a>,
    below: Vec<Row<'a>>,
    /// The place in the payload, from 1.
    place: usize,
}

/// A row of `items`.
struct Row<'a> {
    id: Option<String>,
    parent: Parent,
    fields: Object<'a>,
}

enum Parent {
    None,
    /// The parent's `item_id`.
    Known(String),
    /// The parent's data without its id: senders that were set to few fields give no ids.
    Unnamed,
}

impl<'a> Lines<'a> {
    pub(super) fn of(payload: &Object<'a>) -> Result<Self, Unusable> {
        let rows: Vec<Row<'a>> = payload.php_list("items")?.into_iter().map(row).collect();
        let ids: BTreeSet<String> = rows.iter().filter_map(|row| row.id.clone()).collect();
        let mut below: BTreeMap<String, Vec<Row<'a>>> = BTreeMap::new();
        let mut billed = Vec::new();
        // Rows below may come before the row above, so all rows are sorted before any are joined.
        for (place, row) in (1..).zip(rows) {
            match &row.parent {
                Parent::Known(parent) if ids.contains(parent) => {
                    below.entry(parent.clone()).or_default().push(row)
                }
                Parent::Unnamed => {}
                // A row below one that the payload leaves out is not lost.
                Parent::Known(_) | Parent::None => billed.push((place, row)),
            }
        }
        let with_below = |(place, row): (usize, Row<'a>)| {
            let below = row
                .id
                .as_ref()
                .and_then(|id| below.remove(id))
                .unwrap_or_default();
            Billed { row, below, place }
        };
        Ok(Self(billed.into_iter().map(with_below).collect()))
    }

    /// Reads all lines; with `as_sold`, as if nothing had been cancelled. A line of which nothing
    /// is left is left out.
    pub(super) fn read(&self, amounts: Amounts, as_sold: bool) -> Result<Kept, Unusable> {
        let mut kept = Kept::default();
        for billed in &self.0 {
            let sold = billed.line(amounts)?;
            let called_off = billed
                .row
                .fields
                .quantity("qty_canceled")?
                .unwrap_or_default();
            if as_sold || called_off <= Money::ZERO {
                kept.lines.push(sold);
                continue;
            }
            let left = left_of(&sold, sold.quantity - called_off);
            kept.called_off += sold.total - left.total;
            kept.tax_called_off += sold.tax - left.tax;
            if left.quantity > Money::ZERO {
                kept.lines.push(left);
            }
        }
        Ok(kept)
    }

    /// Returns whether every line states its price in the currency of the books.
    pub(super) fn know_base_amounts(&self) -> bool {
        let knows = |billed: &Billed<'_>| {
            billed.row.fields.has("base_row_total") || billed.row.fields.has("base_price")
        };
        self.0.iter().all(knows)
    }

    /// Returns the sum of one amount over all lines.
    pub(super) fn sum(&self, amounts: Amounts, key: &str) -> Result<Money, Unusable> {
        self.0.iter().map(|line| line.amount(amounts, key)).sum()
    }
}

/// Returns a line with only this quantity of its units.
fn left_of(sold: &Line, quantity: Money) -> Line {
    let share = |amount: Money| {
        let share = amount
            .checked_mul(quantity)
            .and_then(|product| product.checked_div(sold.quantity));
        share
            .map(|share| share.round_dp(DECIMALS))
            .unwrap_or_default()
    };
    let total = share(sold.total);
    Line {
        quantity,
        total,
        subtotal: share(sold.subtotal),
        tax: share(sold.tax),
        unit_price: Line::even_unit_price(total, quantity),
        ..sold.clone()
    }
}

impl Billed<'_> {
    fn line(&self, amounts: Amounts) -> Result<Line, Unusable> {
        let fields = &self.row.fields;
        let quantity = fields.quantity("qty_ordered")?.unwrap_or(Money::ONE);
        let subtotal = row_total(amounts, fields, quantity)?;
        // The discount also removes the tax inside the discounted price; this part of it must be
        // added back (where prices include tax).
        let compensation = self.amount(amounts, "discount_tax_compensation_amount")?;
        let total = subtotal - self.amount(amounts, "discount_amount")?.abs() + compensation;
        let variant = self.variant();
        let sku = fields.text("sku");
        let product_id = fields.id("product_id").unwrap_or_default();
        let variant_id = variant.and_then(|variant| variant.id("product_id"));
        let code = first_of([
            sku.clone(),
            variant_id.clone().unwrap_or_default(),
            product_id.clone(),
        ]);
        let variant_name = variant
            .map(|variant| variant.text("name"))
            .unwrap_or_default();
        Ok(Line {
            id: self
                .row
                .id
                .clone()
                .unwrap_or_else(|| format!("n{}", self.place)),
            code,
            name: first_of([variant_name, fields.text("name"), String::new()]),
            quantity,
            total,
            subtotal,
            tax: self.amount(amounts, "tax_amount")?,
            unit_price: Line::even_unit_price(total, quantity),
            sku,
            product_id,
            variant_id,
        })
    }

    /// Returns the chosen variant of a configurable product: the only row below it. The row above
    /// has the variant's SKU already (magento/magento2#21231).
    fn variant(&self) -> Option<&Object<'_>> {
        match self.below.as_slice() {
            [only] if self.row.fields.text("product_type") == "configurable" => Some(&only.fields),
            _ => None,
        }
    }

    /// Returns an amount. For a bundle whose price is the sum of its parts, discount and tax are in
    /// the parts only.
    fn amount(&self, amounts: Amounts, key: &str) -> Result<Money, Unusable> {
        let own = amounts.or_zero(&self.row.fields, key)?;
        if own.is_zero() {
            self.below
                .iter()
                .map(|part| amounts.or_zero(&part.fields, key))
                .sum()
        } else {
            Ok(own)
        }
    }
}

fn row(fields: Object<'_>) -> Row<'_> {
    let id = id_of(&fields);
    let embedded = fields.object("parent_item");
    let known = fields
        .id("parent_item_id")
        .or_else(|| id_of(&embedded))
        .or_else(|| fields.id("quote_parent_item_id"));
    let parent = match known {
        Some(parent) if id.as_ref() != Some(&parent) => Parent::Known(parent),
        None if !embedded.is_empty() => Parent::Unnamed,
        _ => Parent::None,
    };
    Row { id, parent, fields }
}

/// Returns the row's id, else the id of the cart's row from which it came.
fn id_of(fields: &Object<'_>) -> Option<String> {
    fields.id("item_id").or_else(|| fields.id("quote_item_id"))
}

/// Returns the line's amount before discounts and without tax. Small payloads have only the price
/// of one unit.
fn row_total(amounts: Amounts, fields: &Object<'_>, quantity: Money) -> Result<Money, Unusable> {
    if let Some(total) = amounts.of(fields, "row_total")? {
        return Ok(total);
    }
    let price = amounts.or_zero(fields, "price")?;
    let product = price
        .checked_mul(quantity)
        .map(|product| product.to_string());
    product
        .and_then(|digits| order::amount::parse_quantity(&digits).ok())
        .ok_or_else(|| {
            fields.unusable(
                "price",
                "too large: it and qty_ordered make an amount of 10,000,000,000,000 or more",
            )
        })
}

fn first_of(texts: [String; 3]) -> String {
    texts
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}
