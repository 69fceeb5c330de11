//! Opportunity lines: their price book entry and their prices. Rules: Object Reference,
//! OpportunityLineItem.

use super::{
    error::ApiError,
    prepare::Sent,
    store::{Record, Store},
    value::Cell,
};
use rust_decimal::{Decimal, RoundingStrategy};

const INTEGRITY: &str = "FIELD_INTEGRITY_EXCEPTION";

/// Completes a line, new or changed.
pub(super) fn before(
    store: &mut Store,
    record: &mut Record,
    previous: Option<&Record>,
    sent: &Sent,
) -> Result<(), ApiError> {
    let has = |field: &str| sent.get(field).is_some_and(Option::is_some);
    let (unit, total) = (has("UnitPrice"), has("TotalPrice"));
    if previous.is_some() {
        check_update(sent)?;
        if ["Quantity", "Discount", "UnitPrice", "TotalPrice"]
            .iter()
            .all(|field| !sent.contains_key(*field))
        {
            return Ok(());
        }
    } else {
        take_from_entry(store, record, sent)?;
        check_creation(unit, total)?;
    }
    // On creation one price is given. On an update neither may be given: then the total stays and
    // the unit price follows.
    if unit {
        price_from_unit(record)
    } else {
        price_from_total(record)
    }
}

fn check_creation(unit: bool, total: bool) -> Result<(), ApiError> {
    match (unit, total) {
        (true, true) => {
            let message = "field integrity exception: unknown (only one of unit price or total price may be specified)";
            Err(ApiError::row(INTEGRITY, message, ["unknown"]))
        }
        (false, false) => Err(ApiError::required(&["UnitPrice".to_owned()])),
        _ => Ok(()),
    }
}

fn check_update(sent: &Sent) -> Result<(), ApiError> {
    if sent.contains_key("UnitPrice") && sent.contains_key("TotalPrice") {
        return Err(ApiError::row(
            "INVALID_FIELD",
            "Cannot change both 'UnitPrice' and 'TotalPrice' in update call",
            ["UnitPrice"],
        ));
    }
    let cleared: Vec<String> = ["UnitPrice", "TotalPrice"]
        .iter()
        .filter(|name| sent.get(**name) == Some(&None))
        .map(|name| (*name).into())
        .collect();
    if cleared.is_empty() {
        Ok(())
    } else {
        Err(ApiError::required(&cleared))
    }
}

fn take_from_entry(store: &mut Store, record: &mut Record, sent: &Sent) -> Result<(), ApiError> {
    let entry = record
        .text("PricebookEntryId")
        .and_then(|id| store.get("PricebookEntry", id))
        .cloned()
        .ok_or_else(no_entry)?;
    if entry.cell("IsActive") != Some(&Cell::Flag(true)) {
        return Err(integrity("pricebook entry is inactive"));
    }
    if sent
        .get("Product2Id")
        .is_some_and(|product| product.is_some() && product.as_ref() != entry.cell("Product2Id"))
    {
        return Err(integrity(
            "pricebook entry is for another product than Product2Id",
        ));
    }
    settle_price_book(store, record, &entry)?;
    for (field, from) in [
        ("Product2Id", "Product2Id"),
        ("ProductCode", "ProductCode"),
        ("ListPrice", "UnitPrice"),
    ] {
        record.set(field, entry.cell(from).cloned());
    }
    let opportunity = record
        .text("OpportunityId")
        .and_then(|id| store.get("Opportunity", id))
        .and_then(|record| record.text("Name"));
    let name = format!(
        "{} {}",
        opportunity.unwrap_or_default(),
        entry.text("Name").unwrap_or_default()
    );
    record.set("Name", Some(Cell::Text(name)));
    Ok(())
}

/// Checks the price book. The first line of an opportunity without a price book gives it its own;
/// later lines must be from the same one.
fn settle_price_book(store: &mut Store, record: &Record, entry: &Record) -> Result<(), ApiError> {
    let Some(opportunity) = record
        .text("OpportunityId")
        .and_then(|id| store.get("Opportunity", id))
    else {
        return Ok(());
    };
    let book = entry.cell("Pricebook2Id").cloned();
    match opportunity.cell("Pricebook2Id") {
        Some(assigned) if Some(assigned) == book.as_ref() => return Ok(()),
        Some(_) => {
            return Err(integrity(
                "pricebook entry is in a different pricebook than the one assigned to the opportunity",
            ));
        }
        None => {}
    }
    let active = entry
        .text("Pricebook2Id")
        .and_then(|id| store.get("Pricebook2", id))
        .and_then(|book| book.cell("IsActive"));
    if active != Some(&Cell::Flag(true)) {
        return Err(integrity(
            "the price book of the pricebook entry is inactive",
        ));
    }
    let id = opportunity.id.clone();
    store.amend("Opportunity", &id, |opportunity| {
        opportunity.set("Pricebook2Id", book)
    });
    Ok(())
}

fn no_entry() -> ApiError {
    let message = "field integrity exception: PricebookEntryId, unknown (versions 3.0 and higher must specify pricebook entry id; others must specify product id)";
    ApiError::row(INTEGRITY, message, ["PricebookEntryId", "unknown"])
}

fn integrity(reason: &str) -> ApiError {
    ApiError::row(
        INTEGRITY,
        format!("field integrity exception: PricebookEntryId ({reason})"),
        ["PricebookEntryId"],
    )
}

fn price_from_unit(record: &mut Record) -> Result<(), ApiError> {
    let factor = factor(record).ok_or_else(out_of_range)?;
    let unit = number(record, "UnitPrice").unwrap_or_default();
    let total = unit.checked_mul(factor).ok_or_else(out_of_range)?;
    record.set("TotalPrice", Some(cents(total)));
    Ok(())
}

fn price_from_total(record: &mut Record) -> Result<(), ApiError> {
    let factor = factor(record).ok_or_else(out_of_range)?;
    let total = number(record, "TotalPrice").unwrap_or_default();
    // A line with the quantity 0 has no price per unit.
    let unit = if factor.is_zero() {
        Decimal::ZERO
    } else {
        total.checked_div(factor).ok_or_else(out_of_range)?
    };
    record.set("UnitPrice", Some(cents(unit)));
    Ok(())
}

/// Returns the quantity, less the discount in percent.
fn factor(record: &Record) -> Option<Decimal> {
    let discount = number(record, "Discount").unwrap_or_default();
    let share = Decimal::ONE_HUNDRED
        .checked_sub(discount)?
        .checked_div(Decimal::ONE_HUNDRED)?;
    number(record, "Quantity")
        .unwrap_or_default()
        .checked_mul(share)
}

fn number(record: &Record, field: &str) -> Option<Decimal> {
    record.cell(field).and_then(Cell::number)
}

fn cents(amount: Decimal) -> Cell {
    Cell::Number(amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

fn out_of_range() -> ApiError {
    ApiError::row(
        "NUMBER_OUTSIDE_VALID_RANGE",
        "Total Price: value outside of valid range on numeric field",
        ["TotalPrice"],
    )
}
