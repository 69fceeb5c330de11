use crate::{
    coql::{self, Query},
    row::Row,
    table::Table,
};
pub(crate) use destination::lookups::{Found, LookupCache, LookupKey, key, of};
use destination::{Class, Failure};
use mapping::plan::{Lookup, Missing, Record, Scalar};

/// Whether the look-up can find anything, and COQL has words for it.
pub(crate) fn is_askable(lookup: &Lookup) -> bool {
    destination::lookups::is_askable(lookup) && distinctive(lookup).is_none_or(|(_, value)| coql::can_ask(value))
}

/// Takes what the rows of the look-up's module answer, the oldest first.
pub(crate) fn learn(found: &mut Found, lookup: &Lookup, table: &Table) {
    let Some((field, wanted)) = distinctive(lookup) else { return };
    let is_match = |row: &&Row| lookup.conditions.iter().all(|(field, wanted)| row.holds(field, wanted));
    let is_exact = |row: &&Row| lookup.conditions.iter().all(|(field, wanted)| row.spells(field, wanted));
    let mut matches = table.with(field, wanted).filter(is_match);
    let best = matches.clone().find(is_exact).or_else(|| matches.next());
    if let Some(row) = best {
        found.add(lookup, row.id().to_owned());
    }
}

/// Adds the look-up to the question about its module. Asked for is by one field; the other conditions are compared with the answer.
pub(crate) fn ask(lookup: &Lookup, query: &mut Query) -> Result<(), Failure> {
    lookup.conditions.keys().try_for_each(|field| query.select(field))?;
    match distinctive(lookup) {
        Some((field, value)) => query.or_where(field, value),
        None => Ok(()),
    }
}

/// Why a plan can not go on with what the look-up found; `None` where it can, or where the record is to be made or left out.
pub(crate) fn obstacle(record: &Record, lookup: &Lookup, found: &Found) -> Option<Failure> {
    if found.get(lookup).is_some() || lookup.missing == Missing::Skip {
        return None;
    }
    let text = if !destination::lookups::is_askable(lookup) {
        format!(
            "{} has nothing to look for: {}. Three ways out: give the product a SKU in the shop, set vars.missing_product = \"skip\" on the route, or map another field of the line",
            record.name,
            key(lookup)
        )
    } else if !is_askable(lookup) {
        format!(
            "Zoho cannot be asked for {}, which {} needs: its query language has no words for a backslash before a quote or at the end of a text. Correct the SKU in the shop and in \
             Zoho, or set vars.missing_product = \"skip\" on the route, then replay",
            key(lookup),
            record.name
        )
    } else if lookup.missing == Missing::Reject {
        format!(
            "Zoho has no {}, which {} needs. Three ways out: add the product in Zoho (or whatever is looked up), then replay; set vars.missing_product = \"skip\" (deliver \
             without it) or \"create\" (make it) on the route; or correct the SKU in the shop",
            key(lookup),
            record.name
        )
    } else {
        return None;
    };
    Some(Failure {
        place: Some(record.name.clone()),
        ..Failure::permanent(Class::Mapping, "read", text)
    })
}

/// The condition that tells most records apart.
fn distinctive(lookup: &Lookup) -> Option<(&String, &Scalar)> {
    let is_text = |value: &Scalar| matches!(value, Scalar::Text(_));
    let found = lookup.conditions.iter().find(|(_, value)| is_text(value));
    found.or_else(|| lookup.conditions.first())
}
