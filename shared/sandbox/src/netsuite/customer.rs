//! The rules of a customer. No page lists them: rules and messages are those that integrators have
//! met.

use super::{
    account::{Books, Policy},
    error::Problem,
    value::{Cell, Cells, is_set, text},
};

/// Completes a customer before it is stored, or refuses it.
pub(super) fn complete(
    books: &Books,
    policy: &Policy,
    cells: &mut Cells,
    own: u64,
) -> Result<(), Problem> {
    let is_person = is_set(cells, "isPerson");
    cells.insert("isPerson".into(), Cell::Flag(is_person));
    let labels = [
        ("firstName", "First Name"),
        ("lastName", "Last Name"),
        ("subsidiary", "Primary Subsidiary"),
    ];
    let needed = labels.iter().filter(|(name, _)| {
        if *name == "subsidiary" {
            policy.one_world
        } else {
            is_person
        }
    });
    let missing: Vec<&str> = needed
        .filter(|(name, _)| is_blank(cells, name))
        .map(|(_, label)| *label)
        .collect();
    if !is_person && is_blank(cells, "companyName") {
        return Err(Problem::user("You must enter a value for Company Name."));
    }
    if !missing.is_empty() {
        return Err(Problem::missing(&missing.join(", ")));
    }
    let entity_id = entity_id(policy, cells, own);
    // Where NetSuite gives the numbers, names may repeat; otherwise the name is the number.
    if !policy.auto_number
        && books
            .store
            .customer_called(&entity_id)
            .is_some_and(|holder| holder != own)
    {
        let detail = "A customer record with this ID already exists. You must enter a unique customer ID for each record you create.";
        return Err(Problem::user(detail).at("entityId"));
    }
    cells.insert("entityId".into(), Cell::Text(entity_id));
    Ok(())
}

/// Merges the currencies of a customer, each of which is identified by the currency itself.
pub(super) fn currencies(old: &[Cells], sent: &[Cells]) -> Result<Cell, Problem> {
    let mut lines = old.to_vec();
    for (place, line) in sent.iter().enumerate() {
        if is_blank(line, "currency") {
            return Err(
                Problem::missing("Currency").at(&format!("currencyList.items[{place}].currency"))
            );
        }
        lines.retain(|known| known.get("currency") != line.get("currency"));
        lines.push(line.clone());
    }
    Ok(Cell::Lines(lines))
}

/// Returns whether the customer may order in this currency. NetSuite Help, section_4698168642.
pub(super) fn has_currency(customer: &Cells, currency: &str) -> bool {
    let listed = customer
        .get("currencyList")
        .map(Cell::lines)
        .unwrap_or_default();
    currency == primary_currency(customer)
        || listed
            .iter()
            .any(|line| text(line, "currency") == Some(currency))
}

pub(super) fn primary_currency(customer: &Cells) -> &str {
    text(customer, "currency").unwrap_or("1")
}

pub(super) fn is_blank(cells: &Cells, name: &str) -> bool {
    match cells.get(name) {
        Some(Cell::Text(text)) => text.is_empty(),
        Some(Cell::Lines(lines)) => lines.is_empty(),
        other => other.is_none(),
    }
}

fn entity_id(policy: &Policy, cells: &Cells, own: u64) -> String {
    if let Some(given) = text(cells, "entityId").filter(|given| !given.is_empty()) {
        return given.to_owned();
    }
    if policy.auto_number {
        return format!("CUST{own:05}");
    }
    let names: &[&str] = if is_set(cells, "isPerson") {
        &["firstName", "middleName", "lastName"]
    } else {
        &["companyName"]
    };
    let parts: Vec<&str> = names.iter().filter_map(|name| text(cells, name)).collect();
    parts.join(" ")
}
