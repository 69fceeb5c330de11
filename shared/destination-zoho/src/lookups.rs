use crate::{
    coql::{self, Query},
    row::Row,
    table::Table,
};
pub(crate) use destination::lookups::{Candidate, LookupCache, LookupKey, LookupResults, key, of};
use destination::{Class, Failure};
use mapping::plan::{Lookup, Missing, Record, Scalar};

/// Returns whether the look-up can find anything, and COQL has words for it.
pub(crate) fn is_askable(lookup: &Lookup) -> bool {
    destination::lookups::is_askable(lookup)
        && distinctive(lookup).is_none_or(|(_, value)| coql::can_ask(value))
}

/// Fields of products: a product's name, and whether it is still sold.
const NAME: &str = "Product_Name";
const ACTIVE: &str = "Product_Active";

/// Adds the candidates among the rows of the look-up's module, which come oldest first: those that
/// spell the wanted texts the same way, else those that Zoho considers the same. A product that is
/// no longer sold counts only where no other one answers.
pub(crate) fn learn(found: &mut LookupResults, lookup: &Lookup, table: &Table) {
    let Some((field, wanted)) = distinctive(lookup) else {
        return;
    };
    let is_match = |row: &&Row| {
        lookup
            .conditions
            .iter()
            .all(|(field, wanted)| row.holds(field, wanted))
    };
    let is_exact = |row: &&Row| {
        lookup
            .conditions
            .iter()
            .all(|(field, wanted)| row.spells(field, wanted))
    };
    let is_sold = |row: &&Row| row.get(ACTIVE).as_bool() != Some(false);
    let mut rows: Vec<&Row> = table.with(field, wanted).filter(is_match).collect();
    for better in [&is_exact as &dyn Fn(&&Row) -> bool, &is_sold] {
        if rows.iter().any(better) {
            rows.retain(better);
        }
    }
    let candidate = |row: &Row| Candidate {
        id: row.id().to_owned(),
        name: row.text(NAME).map(str::to_owned),
    };
    found.add_candidates(lookup, rows.into_iter().map(candidate).collect());
}

/// Adds the look-up to the query of its module. The query is by one field; the other conditions are
/// compared with the answer.
pub(crate) fn ask(lookup: &Lookup, query: &mut Query) -> Result<(), Failure> {
    lookup
        .conditions
        .keys()
        .try_for_each(|field| query.select(field))?;
    if lookup.object == "Products" {
        [NAME, ACTIVE]
            .into_iter()
            .try_for_each(|field| query.select(field))?;
    }
    match distinctive(lookup) {
        Some((field, value)) => query.or_where(field, value),
        None => Ok(()),
    }
}

/// Returns why a plan cannot go on with what the look-up found; `None` where it can, or where the
/// record is to be made or left out.
pub(crate) fn obstacle(record: &Record, lookup: &Lookup, found: &LookupResults) -> Option<Failure> {
    let ambiguity = found.ambiguity(lookup, "Zoho");
    if found.get(lookup).is_some() || (ambiguity.is_none() && lookup.missing == Missing::Skip) {
        return None;
    }
    let text = if let Some(text) = ambiguity {
        text
    } else if !destination::lookups::is_askable(lookup) {
        destination::lookups::nothing_to_look_for(&record.name, lookup)
    } else if !is_askable(lookup) {
        format!(
            "Zoho cannot be asked for {}, which {} needs: its query language has no words for a backslash before a quote or at the end of a text. Correct the SKU in the shop and in \
             Zoho, or set vars.missing_product = \"skip\" on the route, then replay",
            key(lookup),
            record.name
        )
    } else if lookup.missing == Missing::Reject {
        let remedy = "add the product in Zoho";
        destination::lookups::nothing_found("Zoho", &record.name, lookup, remedy)
    } else {
        return None;
    };
    Some(Failure {
        place: Some(record.name.clone()),
        ..Failure::permanent(Class::Mapping, "read", text)
    })
}

/// Returns the condition that tells most records apart.
fn distinctive(lookup: &Lookup) -> Option<(&String, &Scalar)> {
    let is_text = |value: &Scalar| matches!(value, Scalar::Text(_));
    let found = lookup.conditions.iter().find(|(_, value)| is_text(value));
    found.or_else(|| lookup.conditions.first())
}
