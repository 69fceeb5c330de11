//! What would refuse every order besides fields and rights: values that a picklist lacks, fields
//! that are required, rules; and what the check finds.

use super::{Entry, catalogue, metadata, steps, survey::Survey};
use crate::{
    check,
    client::Client,
    fit,
    needs::{Need, ObjectNeed},
};
use ::setup::State;
use destination::Finding;
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
    entries.extend(catalogue::entries(own, survey).await);
    for (object, described) in survey.described() {
        let need = survey.needs.objects.get(object);
        let Some(need) = need.filter(|need| need.is_of_records()) else {
            continue;
        };
        entries.extend(values(object, need, described));
        entries.extend(required(object, need, described));
        let findings = check::about(own, object, need, described).await;
        let entry = |(topic, finding)| of_finding(format!("{object} {topic}"), finding);
        entries.extend(findings.into_iter().map(entry));
    }
    let shared = check::shared_codes(own, &survey.needs).await;
    entries.extend(shared.map(|finding| of_finding("product codes".to_owned(), finding)));
    entries.extend(duplicate_rules(maker, survey).await);
    entries
}

/// Returns the item of what the check found, too. Its sentence begins with the object, and ends with
/// what to do.
fn of_finding(subject: String, finding: Finding) -> Entry {
    let state = match finding.ok {
        true => State::Advice,
        false => State::Wrong,
    };
    let text = finding.text;
    let text = text
        .split_once(": ")
        .map_or(text.as_str(), |(_, rest)| rest);
    let (found, step) = text.rsplit_once(": ").unwrap_or((text, ""));
    let steps = Some(step.to_owned()).filter(|step| !step.is_empty());
    Entry::by_hand(subject, state, found, steps.into_iter().collect())
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
