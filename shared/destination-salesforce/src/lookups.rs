use crate::{
    row::{self, Row},
    soql::Question,
};
use destination::Failure;
pub(crate) use destination::lookups::{
    Candidate, LookupCache, LookupKey, LookupResults, conditions, is_askable, key,
    nothing_to_look_for, of,
};
use mapping::plan::{Lookup, Scalar};
use std::collections::HashSet;

/// The objects that are looked up for their product, which two entries of one price book may share,
/// each with the field that tells products apart.
const PRODUCTS: &[(&str, &str)] = &[("PricebookEntry", "Product2Id"), ("Product2", "Id")];

/// Adds the candidates among the rows of the look-up's object, which come oldest first: those that
/// spell the wanted texts the same way, else those that Salesforce considers the same.
pub(crate) fn learn(found: &mut LookupResults, lookup: &Lookup, rows: &[Row]) {
    let is_match = |row: &&Row| {
        lookup
            .conditions
            .iter()
            .all(|(path, wanted)| row.holds(path, wanted))
    };
    let is_exact = |row: &&Row| {
        let mut conditions = lookup.conditions.iter();
        conditions.all(
            |(path, wanted)| !matches!(wanted, Scalar::Text(text) if row.text(path) != Some(text)),
        )
    };
    let matches: Vec<&Row> = rows.iter().filter(is_match).collect();
    let exact: Vec<&Row> = matches.iter().copied().filter(is_exact).collect();
    let rows = if exact.is_empty() { matches } else { exact };
    found.add_candidates(lookup, candidates(&lookup.object, &rows));
}

/// Returns one candidate for each product: its oldest entry, where it has some in several
/// currencies and the look-up does not ask for one.
pub(crate) fn candidates(object: &str, rows: &[&Row]) -> Vec<Candidate> {
    let told_by = product_field(object).unwrap_or("Id");
    let mut told = HashSet::new();
    let rows = rows.iter().filter(|row| {
        row.text(told_by)
            .is_none_or(|product| told.insert(row::short_id(product)))
    });
    let candidate = |row: &&Row| Candidate {
        id: row.id().to_owned(),
        name: row.text("Name").map(str::to_owned),
    };
    rows.map(candidate).collect()
}

/// Returns whether such records are looked up for their product.
pub(crate) fn is_product(object: &str) -> bool {
    product_field(object).is_some()
}

/// Returns the objects whose records an entry of a price book joins.
pub(crate) fn objects_behind(object: &str) -> &'static [&'static str] {
    match object.eq_ignore_ascii_case("PricebookEntry") {
        true => &["Product2", "Pricebook2"],
        false => &[],
    }
}

fn product_field(object: &str) -> Option<&'static str> {
    let found = PRODUCTS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(object));
    found.map(|(_, field)| *field)
}

/// Adds the look-up to the question about its object.
pub(crate) fn ask(lookup: &Lookup, question: &mut Question) -> Result<(), Failure> {
    let Some((path, value)) = distinctive(lookup) else {
        return Ok(());
    };
    let common: Vec<(&str, &Scalar)> = lookup
        .conditions
        .iter()
        .filter(|(other, _)| *other != path)
        .map(|(path, value)| (path.as_str(), value))
        .collect();
    for path in lookup.conditions.keys() {
        question.select(path)?;
    }
    if let Some(product) = product_field(&lookup.object) {
        question.select(product)?;
        question.select("Name")?;
    }
    question.or_where(path, value, &common)
}

/// Returns the condition that differs from look-up to look-up: a text, preferably one that is no id
/// (the price book's id is common to all).
fn distinctive(lookup: &Lookup) -> Option<(&String, &Scalar)> {
    let rank = |path: &str, value: &Scalar| match value {
        Scalar::Text(_) if !row::is_reference(path) => 0,
        Scalar::Text(_) => 1,
        _ => 2,
    };
    lookup
        .conditions
        .iter()
        .min_by_key(|(path, value)| rank(path, value))
}
