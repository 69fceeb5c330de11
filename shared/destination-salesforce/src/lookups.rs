use crate::{row::Row, soql::Question};
use destination::Failure;
pub(crate) use destination::lookups::{Found, LookupCache, LookupKey, conditions, is_askable, key, of};
use mapping::plan::{Lookup, Scalar};

/// Takes what the rows of the look-up's object answer.
pub(crate) fn learn(found: &mut Found, lookup: &Lookup, rows: &[Row]) {
    let is_match = |row: &&Row| lookup.conditions.iter().all(|(path, wanted)| row.holds(path, wanted));
    let is_exact = |row: &&Row| {
        let mut conditions = lookup.conditions.iter();
        conditions.all(|(path, wanted)| !matches!(wanted, Scalar::Text(text) if row.text(path) != Some(text)))
    };
    let mut matches = rows.iter().filter(is_match);
    let best = matches.clone().find(is_exact).or_else(|| matches.next());
    if let Some(row) = best {
        found.add(lookup, row.id().to_owned());
    }
}

/// Adds the look-up to the question about its object.
pub(crate) fn ask(lookup: &Lookup, question: &mut Question) -> Result<(), Failure> {
    let Some((path, value)) = distinctive(lookup) else { return Ok(()) };
    let common: Vec<(&str, &Scalar)> = lookup
        .conditions
        .iter()
        .filter(|(other, _)| *other != path)
        .map(|(path, value)| (path.as_str(), value))
        .collect();
    for path in lookup.conditions.keys() {
        question.select(path)?;
    }
    question.or_where(path, value, &common)
}

/// The condition that differs from look-up to look-up: a text, rather one that is no id (the price book's id is common to all).
fn distinctive(lookup: &Lookup) -> Option<(&String, &Scalar)> {
    let rank = |path: &str, value: &Scalar| match value {
        Scalar::Text(_) if !crate::row::is_reference(path) => 0,
        Scalar::Text(_) => 1,
        _ => 2,
    };
    lookup.conditions.iter().min_by_key(|(path, value)| rank(path, value))
}
