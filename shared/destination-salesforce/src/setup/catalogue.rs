//! The price books and products that an org must hold.

use super::{
    Change, Entry,
    refusal::said,
    survey::{Seen, Survey},
};
use crate::{
    client::Client,
    lookups::{self, LookupResults},
    soql::{Question, quoted},
};
use ::setup::State;
use destination::Failure;
use mapping::plan::{Lookup, Missing, Scalar};
use rust_decimal::Decimal;

/// Returns the items, where the integration user sees products at all.
pub(super) async fn entries(own: &Client<'_>, survey: &Survey) -> Vec<Entry> {
    if !survey.sees(&["Pricebook2", "Product2", "PricebookEntry"]) {
        return Vec::new();
    }
    let mut entries = price_books(own, survey).await;
    entries.extend(products(own, survey).await);
    entries
}

/// Returns an item for each price book: may orders use it?
async fn price_books(own: &Client<'_>, survey: &Survey) -> Vec<Entry> {
    let mut entries = Vec::new();
    for book in &survey.needs.books {
        let (subject, condition) = match book {
            None => (
                "standard price book".to_owned(),
                "IsStandard = true".to_owned(),
            ),
            Some(id) => (format!("price book {id}"), format!("Id = {}", quoted(id))),
        };
        let query = format!("SELECT Id, Name, IsActive FROM Pricebook2 WHERE {condition}");
        let rows = match own.query(&[("pricebook2".to_owned(), query)]).await {
            Ok(rows) => rows,
            Err(failure) => {
                entries.push(Entry::unknown(subject, said(&failure)));
                continue;
            }
        };
        let row = rows.values().flatten().next();
        entries.push(match row.map(|row| (row, row.get("IsActive").as_bool())) {
            Some((_, Some(true))) => Entry::good(subject, "it is active"),
            Some((row, _)) => Entry::by_api(
                subject,
                State::Wrong,
                "it is not active: Salesforce refuses lines of its products",
                "make the price book active",
                Change::ActivateBook(row.id().to_owned()),
            ),
            None => Entry::by_hand(
                subject,
                State::Missing,
                "the integration user sees no such price book",
                vec![
                    "look whether pricebook_id in [routes.vars] is the id of a price book of this org".to_owned(),
                    "Setup > Sharing Settings > Price Book: let the integration user use it".to_owned(),
                ],
            ),
        });
    }
    entries
}

/// Returns an item for each product that stands for an amount beside the lines.
async fn products(own: &Client<'_>, survey: &Survey) -> Vec<Entry> {
    let found = match find(own, &survey.needs.products).await {
        Ok(found) => found,
        Err(failure) => return vec![Entry::unknown("products", said(&failure))],
    };
    let entry = |lookup: &Lookup| {
        let subject = format!("product {}", code(lookup));
        if found.get(lookup).is_some() {
            return Entry::good(subject, "it is there, with a price in the price book");
        }
        if let Some(text) = found.ambiguity(lookup, "Salesforce") {
            return Entry::by_hand(subject, State::Wrong, text, Vec::new());
        }
        let missing = format!("Salesforce has no {}", lookups::key(lookup));
        let state = match lookup.missing {
            Missing::Create => {
                return Entry::good(subject, "it is made by the first order that needs it");
            }
            Missing::Reject => State::Missing,
            Missing::Skip => State::Advice,
        };
        let change = Change::CreateProduct(with_fields(lookup));
        let remedy = "create the product, with a price of 0 in the price book";
        Entry::by_api(subject, state, missing, remedy, change)
    };
    survey.needs.products.iter().map(entry).collect()
}

async fn find(own: &Client<'_>, products: &[Lookup]) -> Result<LookupResults, Failure> {
    let mut found = LookupResults::default();
    for lookup in products {
        let mut question = Question::new(&lookup.object)?;
        lookups::ask(lookup, &mut question)?;
        let queries = question.queries().into_iter();
        let queries: Vec<_> = queries
            .map(|query| (lookup.object.clone(), query))
            .collect();
        let rows = own.query(&queries).await?;
        let rows = rows.get(&lookup.object).map(Vec::as_slice);
        lookups::learn(&mut found, lookup, rows.unwrap_or_default());
    }
    Ok(found)
}

/// Returns the code of a product, by which people know it.
pub(super) fn code(lookup: &Lookup) -> String {
    let text = |(path, value): (&String, &Scalar)| match value {
        Scalar::Text(text) if path.ends_with("ProductCode") => Some(text.clone()),
        _ => None,
    };
    let code = lookup.conditions.iter().find_map(text);
    code.unwrap_or_else(|| lookups::conditions(lookup))
}

/// Returns the look-up with the fields that make its product. A mapping that makes none has none.
fn with_fields(lookup: &Lookup) -> Lookup {
    let mut lookup = lookup.clone();
    if lookup.create.is_empty() {
        let code = code(&lookup);
        let fields = [
            ("Name", Scalar::Text(code.clone())),
            ("ProductCode", Scalar::Text(code)),
            ("UnitPrice", Scalar::Number(Decimal::ZERO)),
        ];
        let is_entry = lookup.object.eq_ignore_ascii_case("PricebookEntry");
        let fields = fields
            .into_iter()
            .filter(|(name, _)| is_entry || *name != "UnitPrice");
        lookup.create = fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
    }
    lookup
}

impl Survey {
    /// Returns whether the integration user sees all of these objects.
    fn sees(&self, objects: &[&str]) -> bool {
        let sees = |object: &&str| matches!(self.seen.get(*object), Some(Seen::Described(_)));
        objects.iter().all(sees)
    }
}
