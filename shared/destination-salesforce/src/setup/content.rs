//! What an org must hold besides fields and rights: price books, products, values of picklists; and
//! what would refuse every order.

use super::{
    Change, Entry, metadata,
    refusal::said,
    steps,
    survey::{Seen, Survey},
};
use crate::{
    check,
    client::Client,
    fit,
    lookups::{self, LookupResults},
    needs::{Need, ObjectNeed},
    soql::{Question, quoted},
};
use ::setup::State;
use destination::{Failure, Finding};
use mapping::plan::{Lookup, Missing, Scalar};
use serde_json::Value;

/// Fields that are required, of which another one takes the place.
const ALTERNATIVES: &[(&str, &str)] = &[
    ("Account", "Name"),
    ("Account", "LastName"),
    ("OpportunityLineItem", "UnitPrice"),
    ("OpportunityLineItem", "TotalPrice"),
];

/// Returns the items.
pub(super) async fn entries(own: &Client<'_>, maker: &Client<'_>, survey: &Survey) -> Vec<Entry> {
    let mut entries = Vec::new();
    if survey.sees(&["Pricebook2", "Product2", "PricebookEntry"]) {
        entries.extend(price_books(own, survey).await);
        entries.extend(products(own, survey).await);
    }
    for (object, described) in survey.described() {
        let need = survey.needs.objects.get(object);
        let Some(need) = need.filter(|need| need.is_of_records()) else {
            continue;
        };
        entries.extend(values(object, need, described));
        entries.extend(required(object, need, described));
        let findings = check::about(own, object, need, described).await;
        entries.extend(
            findings
                .into_iter()
                .map(|finding| of_finding(object, finding)),
        );
    }
    let shared = check::shared_codes(own, &survey.needs).await;
    entries.extend(shared.map(|finding| of_finding("product codes", finding)));
    entries.extend(duplicate_rules(maker, survey).await);
    entries
}

/// Returns the item of what the check found, too.
fn of_finding(subject: &str, finding: Finding) -> Entry {
    let state = match finding.ok {
        true => State::Advice,
        false => State::Wrong,
    };
    let subject = match finding.text.split_once(": ") {
        Some((about, _)) if about == subject => format!("{subject} as a whole"),
        _ => subject.to_owned(),
    };
    Entry::by_hand(subject, state, finding.text, Vec::new())
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
        let change = Change::CreateProduct(lookup.clone());
        match lookup.create.is_empty() {
            true => Entry::by_hand(subject, state, missing, steps::of(&change)),
            false => Entry::by_api(
                subject,
                state,
                missing,
                "create the product, with a price of 0 in the price book",
                change,
            ),
        }
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
fn code(lookup: &Lookup) -> String {
    let text = |(path, value): (&String, &Scalar)| match value {
        Scalar::Text(text) if path.ends_with("ProductCode") => Some(text.clone()),
        _ => None,
    };
    let code = lookup.conditions.iter().find_map(text);
    code.unwrap_or_else(|| lookups::conditions(lookup))
}

/// Returns an item for each text that a picklist does not have.
fn values(object: &str, need: &ObjectNeed, described: &Value) -> Vec<Entry> {
    let of_field = |(name, need): (&String, &Need)| {
        let field = fit::field(described, name)?;
        let choices = fit::choices(field);
        let is_picklist = field.get("type").and_then(Value::as_str) == Some("picklist");
        if !is_picklist || choices.is_empty() {
            return None;
        }
        let is_choice =
            |text: &&String| !choices.iter().any(|known| known.eq_ignore_ascii_case(text));
        let lacks: Vec<&str> = need
            .texts
            .iter()
            .filter(is_choice)
            .map(String::as_str)
            .collect();
        if lacks.is_empty() {
            return None;
        }
        let label = field.get("label").and_then(Value::as_str).unwrap_or(name);
        Some(unlisted(object, name, label, &lacks, field))
    };
    need.fields.iter().filter_map(of_field).collect()
}

fn unlisted(object: &str, name: &str, label: &str, lacks: &[&str], field: &Value) -> Entry {
    let is_restricted = field.get("restrictedPicklist").and_then(Value::as_bool) == Some(true);
    let (state, so) = match is_restricted {
        true => (
            State::Wrong,
            "and is restricted: orders with it are refused",
        ),
        false => (State::Advice, "but takes it all the same"),
    };
    let found = format!(
        "the picklist does not have \"{}\", {so}",
        lacks.join("\", \"")
    );
    let by_hand = vec![
        format!(
            "{} > {label} > Values > New: \"{}\"; Save",
            steps::fields_of(object),
            lacks.join("\", \"")
        ),
        "or name values that the org has in the mapping: stages are in [routes.vars.stages]"
            .to_owned(),
    ];
    Entry::by_hand(format!("{object}.{name} values"), state, found, by_hand)
}

/// Returns an item for each field that Salesforce requires and the mapping does not write.
fn required(object: &str, need: &ObjectNeed, described: &Value) -> Vec<Entry> {
    let fields = described.get("fields").and_then(Value::as_array);
    let is = |field: &Value, property: &str, value: bool| {
        field.get(property).and_then(Value::as_bool) == Some(value)
    };
    let name_of = |field: &Value| field.get("name").and_then(Value::as_str).map(str::to_owned);
    let is_required = |field: &&Value| {
        is(field, "createable", true)
            && is(field, "nillable", false)
            && is(field, "defaultedOnCreate", false)
    };
    let is_written = |name: &String| {
        need.written()
            .any(|written| written.eq_ignore_ascii_case(name))
    };
    let has_alternative = |name: &String| ALTERNATIVES.contains(&(object, name.as_str()));
    let unwritten = fields
        .into_iter()
        .flatten()
        .filter(is_required)
        .filter_map(name_of)
        .filter(|name| !is_written(name) && !has_alternative(name));
    let entry = |name: String| {
        Entry::by_hand(
            format!("{object}.{name} required"),
            State::Wrong,
            "Salesforce requires the field, and the mapping does not write it: every order is refused",
            vec![
                format!(
                    "{} > {} > Edit: untick \"Always require a value in this field in order to save a record\", or give it a default value; Save",
                    steps::fields_of(object),
                    metadata::label(&name)
                ),
                format!("or write it: a line {name} = \"...\" in [routes.set.RECORD] of the route"),
            ],
        )
    };
    unwritten.map(entry).collect()
}

/// Returns an item for the active duplicate rules, of which Salesforce does not tell whether they
/// block. Orders go out with the header that saves a duplicate where a rule only warns.
async fn duplicate_rules(maker: &Client<'_>, survey: &Survey) -> Vec<Entry> {
    let Ok(names) = maker.objects().await else {
        return Vec::new();
    };
    if !names.iter().any(|name| name == "DuplicateRule") {
        return Vec::new();
    }
    let query = "SELECT SobjectType, DeveloperName FROM DuplicateRule WHERE IsActive = true";
    let Ok(rows) = maker.query(&[("rules".to_owned(), query.to_owned())]).await else {
        let found = "whether duplicate rules block orders could not be asked";
        return vec![Entry::advice("duplicate rules", found)];
    };
    let is_written = |object: &str| {
        let need = survey.needs.objects.get(object);
        need.is_some_and(ObjectNeed::is_of_records)
    };
    let rules = rows.values().flatten().filter_map(|row| {
        let (object, name) = (row.text("SobjectType")?, row.text("DeveloperName")?);
        is_written(object).then(|| {
            Entry::by_hand(
                format!("duplicate rule {name}"),
                State::Advice,
                format!("it is active for {object}: where its action is Block, an order of a customer who is there twice is refused"),
                vec![format!(
                    "Setup > Duplicate Rules > {name} > Edit: Action On Create and On Edit Allow, or a condition that leaves the integration user out; Save"
                )],
            )
        })
    });
    rules.collect()
}

impl Survey {
    /// Returns whether the integration user sees all of these objects.
    fn sees(&self, objects: &[&str]) -> bool {
        let sees = |object: &&str| matches!(self.seen.get(*object), Some(Seen::Described(_)));
        objects.iter().all(sees)
    }
}
