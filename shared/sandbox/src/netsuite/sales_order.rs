//! The rules and the totals of a sales order. NetSuite Help, section_159793606645 (the smallest
//! body) and section_159665260887 (taxes).

use super::{
    account::Books,
    customer::{self, is_blank},
    error::Problem,
    options::ItemKind,
    value::{Cell, Cells, is_set, money, number, text},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::json;

/// The price level with which a line keeps a rate or an amount of its own.
const CUSTOM_PRICE: &str = "-1";

/// Completes an order before it is stored, or refuses it. Its lines have prices already.
pub(super) fn complete(
    books: &Books,
    today: Date,
    cells: &mut Cells,
    id: u64,
) -> Result<(), Problem> {
    if is_blank(cells, "entity") {
        return Err(Problem::missing("Customer"));
    }
    if is_blank(cells, "item") {
        return Err(
            Problem::user("You must enter at least one line item for this transaction.").at("item"),
        );
    }
    inherit_subsidiary(books, cells)?;
    settle_currency(books, cells)?;
    for (name, default) in [
        ("tranDate", Cell::Text(today.to_string())),
        ("tranId", Cell::Text(format!("SO{id}"))),
        ("orderStatus", Cell::Id("A".into())),
    ] {
        cells.entry(name.into()).or_insert(default);
    }
    add_up(cells)
}

/// Sets the currency: an order is in a currency of its customer, the primary one where it names
/// none.
fn settle_currency(books: &Books, cells: &mut Cells) -> Result<(), Problem> {
    let entity = text(cells, "entity").unwrap_or_default();
    let customer = entity
        .parse()
        .ok()
        .and_then(|id| books.store.get("customer", id));
    match (
        customer.map(|customer| &customer.cells),
        text(cells, "currency"),
    ) {
        (Some(customer), Some(currency)) if !customer::has_currency(customer, currency) => {
            let detail = format!("Invalid currency reference key {currency} for entity {entity}.");
            Err(Problem::user(detail).at("currency"))
        }
        (_, Some(_)) => Ok(()),
        (customer, None) => {
            let primary = customer.map_or("1", customer::primary_currency).to_owned();
            cells.insert("currency".into(), Cell::Id(primary));
            Ok(())
        }
    }
}

/// Sets the subsidiary: an order belongs to the subsidiary of its customer.
fn inherit_subsidiary(books: &Books, cells: &mut Cells) -> Result<(), Problem> {
    let entity = text(cells, "entity").unwrap_or_default();
    let customer = entity
        .parse()
        .ok()
        .and_then(|id| books.store.get("customer", id));
    let Some(subsidiary) = customer.and_then(|customer| text(&customer.cells, "subsidiary")) else {
        return Ok(());
    };
    match text(cells, "subsidiary") {
        Some(given) if given != subsidiary => {
            let detail = format!("Invalid entity reference key {entity} for subsidiary {given}.");
            Err(Problem::user(detail).at("entity"))
        }
        _ => {
            cells.insert("subsidiary".into(), Cell::Id(subsidiary.to_owned()));
            Ok(())
        }
    }
}

/// Sets rate and amount of a line, as observed in accounts; no page documents it. Without the
/// custom price level the item's own price applies, whatever rate is given; with it the rate
/// applies, or the amount where there is no rate.
pub(super) fn price(books: &Books, line: &mut Cells, path: &str) -> Result<(), Problem> {
    let item = text(line, "item").and_then(|id| books.catalog.item(id));
    let Some(item) = item else {
        return Err(Problem::missing("Item").at(&format!("{path}.item")));
    };
    let list_price = (!item.product.price.is_zero()).then_some(item.product.price);
    let is_custom = text(line, "price") == Some(CUSTOM_PRICE);
    let own = number(line, "rate").filter(|_| is_custom || list_price.is_none());
    let own_amount =
        number(line, "amount").filter(|_| own.is_none() && (is_custom || list_price.is_none()));
    let quantity = number(line, "quantity").unwrap_or(Decimal::ONE);
    let too_large = || {
        Problem::invalid_value(
            &json!(quantity.to_string()),
            "quantity",
            &format!("{path}.quantity"),
        )
    };
    let (rate, amount) = match own_amount {
        Some(amount) => (
            amount.checked_div(quantity).unwrap_or_default(),
            money(amount),
        ),
        None => {
            let rate = own.or(list_price).unwrap_or_default();
            (
                rate,
                money(rate.checked_mul(quantity).ok_or_else(too_large)?),
            )
        }
    };
    // A discount applies to the lines above it and has no quantity of its own.
    if item.kind != ItemKind::Discount {
        line.insert("quantity".into(), Cell::Number(quantity));
    }
    for (name, value) in [("rate", rate), ("amount", amount)] {
        line.insert(name.into(), Cell::Number(value));
    }
    Ok(())
}

/// Returns the status of an order: billed or fulfilled quantities come first, an order is closed
/// when all its lines are, and any other has the status in its `orderStatus`.
pub(super) fn status(cells: &Cells) -> &str {
    let lines = cells.get("item").map(Cell::lines).unwrap_or_default();
    let sum = |name: &str| {
        lines
            .iter()
            .filter_map(|line| number(line, name))
            .sum::<Decimal>()
    };
    let (ordered, fulfilled, billed) = (
        sum("quantity"),
        sum("quantityFulfilled"),
        sum("quantityBilled"),
    );
    if !billed.is_zero() && billed >= ordered {
        return "G";
    }
    if lines.iter().all(|line| is_set(line, "isClosed")) {
        return "H";
    }
    match (fulfilled.is_zero(), billed.is_zero()) {
        (true, true) => text(cells, "orderStatus").unwrap_or("A"),
        (false, _) if fulfilled >= ordered => "F",
        (_, false) => "E",
        _ => "D",
    }
}

/// Returns the fulfilled or billed quantity of the line, whichever is larger: such a line cannot be
/// removed, nor have a smaller quantity.
pub(super) fn at_work(line: &Cells) -> Decimal {
    let figure = |name: &str| number(line, name).unwrap_or_default();
    figure("quantityFulfilled").max(figure("quantityBilled"))
}

/// Returns whether any line of the order is fulfilled or billed.
pub(super) fn is_at_work(cells: &Cells) -> bool {
    cells
        .get("item")
        .is_some_and(|lines| lines.lines().iter().any(|line| !at_work(line).is_zero()))
}

/// Calculates subtotal and total. Taxes are NetSuite's own matter and not calculated here.
fn add_up(cells: &mut Cells) -> Result<(), Problem> {
    let amounts = cells.get("item").map(Cell::lines).unwrap_or_default();
    let subtotal = amounts
        .iter()
        .filter_map(|line| number(line, "amount"))
        .try_fold(Decimal::ZERO, Decimal::checked_add);
    let cost = |name: &str| money(number(cells, name).unwrap_or_default());
    let discount = if is_blank(cells, "discountItem") {
        Decimal::ZERO
    } else {
        cost("discountRate")
    };
    let extra = [discount, cost("shippingCost"), cost("handlingCost")];
    let total = extra
        .into_iter()
        .try_fold(subtotal.unwrap_or_default(), Decimal::checked_add);
    let (Some(subtotal), Some(total)) = (subtotal, total) else {
        return Err(Problem::user("The total of this transaction is too large."));
    };
    for (name, amount) in [
        ("subtotal", subtotal),
        ("discountTotal", discount),
        ("taxTotal", Decimal::ZERO),
        ("total", total),
    ] {
        cells.insert(name.into(), Cell::Number(money(amount)));
    }
    Ok(())
}
