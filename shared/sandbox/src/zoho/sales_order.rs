//! The fields that Zoho computes in a sales order: the totals of its lines, `Sub_Total` and
//! `Grand_Total`. Rules: CRM API v8, the fields of `Sales_Orders` and `Ordered_Items`; the
//! arithmetic is that of the order form in the product, which is not documented.

use super::{
    store::Store,
    value::{cents, decimal, json_number},
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

const HUNDRED: Decimal = Decimal::ONE_HUNDRED;

/// Writes the computed fields of an order and of its lines.
pub(super) fn compute(store: &Store, values: &mut Map<String, Value>) {
    let mut sub_total = Decimal::ZERO;
    let lines = values
        .get_mut("Ordered_Items")
        .and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        sub_total = sub_total.saturating_add(compute_line(store, line));
    }
    let amount = |name: &str| number(values, name).unwrap_or_default();
    let grand_total = sub_total
        .saturating_sub(amount("Discount"))
        .saturating_add(amount("Tax"))
        .saturating_add(amount("Adjustment"));
    values.insert("Sub_Total".into(), json_number(sub_total));
    values.insert("Grand_Total".into(), json_number(grand_total));
}

/// Computes a line and returns its net total. A line without a price has its product's.
fn compute_line(store: &Store, line: &mut Map<String, Value>) -> Decimal {
    let product = line
        .get("Product_Name")
        .and_then(|link| link.get("id"))
        .and_then(Value::as_str);
    let list_price = || {
        store
            .get("Products", product?)
            .and_then(|product| number(&product.values, "Unit_Price"))
    };
    let quantity = number(line, "Quantity").unwrap_or(Decimal::ONE);
    let price = number(line, "List_Price")
        .or_else(list_price)
        .unwrap_or_default();
    let total = cents(quantity.saturating_mul(price));
    let after_discount = total.saturating_sub(number(line, "Discount").unwrap_or_default());
    let taxes = line
        .get("Line_Tax")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let percentages = taxes.filter_map(|tax| tax.get("percentage").and_then(decimal));
    let percent = percentages.fold(Decimal::ZERO, Decimal::saturating_add);
    let tax = cents(
        after_discount
            .saturating_mul(percent)
            .checked_div(HUNDRED)
            .unwrap_or_default(),
    );
    let net = after_discount.saturating_add(tax);
    for (name, number) in [
        ("Quantity", quantity),
        ("List_Price", price),
        ("Total", total),
        ("Tax", tax),
        ("Net_Total", net),
    ] {
        line.insert(name.to_owned(), json_number(number));
    }
    net
}

fn number(values: &Map<String, Value>, name: &str) -> Option<Decimal> {
    values.get(name).and_then(decimal)
}
