//! The fields that the plans write, against the metadata catalogue (what the role may write on a
//! record) and the list of custom fields (what the account has).

use super::{
    custom::{Custom, Place},
    steps,
};
use crate::{client::Client, suiteql::Query};
use ::setup::{Item, Remedy, State};
use mapping::{Plan, plan::Record};
use std::collections::{BTreeMap, BTreeSet};

/// What the account tells of fields.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The properties of records by their kind, in lower case; those that could be asked.
    properties: BTreeMap<String, BTreeSet<String>>,
    /// The types of custom fields by their ids, in lower case; `None` where the role may not see
    /// them.
    custom: Option<BTreeMap<String, String>>,
}

/// Asks for the fields, and returns an item for each that is not as it must be, and for each custom
/// one.
pub(crate) async fn items(client: &Client<'_>, plans: &[&Plan], custom: &[Custom]) -> Vec<Item> {
    let mut known = Known::default();
    let mut items = Vec::new();
    let records: BTreeMap<&str, Vec<&Record>> = by_object(plans);
    for object in records.keys() {
        match client.properties(object).await {
            Ok(properties) => _ = known.properties.insert((*object).to_owned(), properties),
            Err(failure) => items.push(Item::open(
                format!("fields of {object}"),
                State::Advice,
                format!("which fields the role may write could not be asked: {failure}"),
                Remedy::Nothing,
            )),
        }
    }
    known.custom = custom_fields(client, custom).await;
    let standard = records
        .iter()
        .flat_map(|(object, records)| known.judge_standard(object, records, custom));
    items.extend(standard);
    items.extend(custom.iter().map(|field| known.judge_custom(field)));
    items
}

fn by_object<'a>(plans: &[&'a Plan]) -> BTreeMap<&'a str, Vec<&'a Record>> {
    let mut records: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in plans.iter().flat_map(|plan| &plan.records) {
        records.entry(&record.object).or_default().push(record);
    }
    records
}

/// Returns the types of those custom fields that the account has; `None` where the role may not see
/// the list. Its ids are mostly in upper case.
async fn custom_fields(client: &Client<'_>, custom: &[Custom]) -> Option<BTreeMap<String, String>> {
    if custom.is_empty() {
        return Some(BTreeMap::new());
    }
    let marks = vec!["?"; custom.len()].join(", ");
    let query = Query {
        text: format!(
            "SELECT scriptid, fieldvaluetype FROM customfield WHERE LOWER(scriptid) IN ({marks})"
        ),
        params: custom.iter().map(|field| field.id.clone()).collect(),
    };
    let rows = client.query(&query).await.ok()?;
    let entry = |row: &crate::row::Row| {
        let id = row.text("scriptid")?.to_ascii_lowercase();
        Some((id, row.text("fieldvaluetype").unwrap_or_default()))
    };
    Some(rows.iter().filter_map(entry).collect())
}

impl Known {
    /// Judges the fields that are no custom ones; those that are there are not listed.
    fn judge_standard(&self, object: &str, records: &[&Record], custom: &[Custom]) -> Vec<Item> {
        let Some(properties) = self.properties.get(object) else {
            return Vec::new();
        };
        let is_custom = |name: &str| {
            custom
                .iter()
                .any(|field| field.id.eq_ignore_ascii_case(name))
        };
        let missing: BTreeSet<&str> = records
            .iter()
            .flat_map(|record| record.fields.keys())
            .map(String::as_str)
            .filter(|name| !is_custom(name) && !properties.contains(&name.to_ascii_lowercase()))
            .collect();
        let item = |name: &str| {
            Item::open(
                format!("{object}.{name}"),
                State::Wrong,
                "the record has no such field for this role: its name is a mistake, its feature is off (Setup > Company > Enable Features), or the role may not see it",
                Remedy::ByHand(vec![
                    "take it out of the mapping, switch its feature on, or add its permission to the role".to_owned(),
                ]),
            )
        };
        missing.into_iter().map(item).collect()
    }

    /// Judges a custom field. One on lines is in no record's list of properties.
    fn judge_custom(&self, field: &Custom) -> Item {
        let shown = match field.place {
            Place::Line => None,
            Place::Body | Place::Entity => self
                .properties
                .get(&field.object)
                .map(|properties| properties.contains(&field.id)),
        };
        let held = self.custom.as_ref().map(|held| held.get(&field.id));
        match (held, shown) {
            (Some(Some(told)), _) if !field.kind.fits(told) => Item::open(
                field.subject(),
                State::Wrong,
                format!(
                    "it is of the type {told}, and the mapping writes what belongs into {}",
                    field.kind.screen_name()
                ),
                Remedy::ByHand(vec![
                    "name another custom field in the mapping; the type of one that holds values does not change".to_owned(),
                ]),
            ),
            (Some(Some(_)), Some(false)) => Item::open(
                field.subject(),
                State::Wrong,
                "the account has it, but not on this kind of record, or hidden from the role",
                Remedy::ByHand(steps::show(
                    &field.id,
                    field.place.page(),
                    field.place.applies_to(),
                )),
            ),
            (Some(Some(_)), _) | (_, Some(true)) => {
                Item::good(field.subject(), "the custom field is there")
            }
            (Some(None), _) | (None, Some(false)) => Item::open(
                field.subject(),
                State::Missing,
                "the account has no such custom field, and no API makes one",
                Remedy::ByHand(field.steps()),
            ),
            (None, None) => Item::open(
                field.subject(),
                State::Advice,
                "whether the custom field is there could not be asked with this role",
                Remedy::ByHand(steps::show(
                    &field.id,
                    field.place.page(),
                    field.place.applies_to(),
                )),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::custom::Kind, *};

    fn field(id: &str, place: Place) -> Custom {
        Custom {
            id: id.to_owned(),
            place,
            kind: Kind::Text,
            object: "salesOrder".to_owned(),
        }
    }

    fn known(properties: &[&str], custom: Option<&[(&str, &str)]>) -> Known {
        let texts = properties.iter().map(|name| (*name).to_owned()).collect();
        let custom = custom.map(|custom| {
            let entry = |(id, kind): &(&str, &str)| ((*id).to_owned(), (*kind).to_owned());
            custom.iter().map(entry).collect()
        });
        Known {
            properties: [("salesOrder".to_owned(), texts)].into(),
            custom,
        }
    }

    #[test]
    fn a_custom_field_is_judged_by_the_list_and_by_what_the_role_sees() {
        let body = field("custbody_shop", Place::Body);
        let line = field("custcol_shop", Place::Line);
        let text = [
            ("custbody_shop", "Free-Form Text"),
            ("custcol_shop", "Free-Form Text"),
        ];
        let flag = [("custbody_shop", "Check Box")];
        let cases = [
            (
                &body,
                known(&["custbody_shop"], Some(&text)),
                State::Good,
                "is there",
            ),
            (
                &body,
                known(&["custbody_shop"], None),
                State::Good,
                "is there",
            ),
            (&body, known(&[], Some(&text)), State::Wrong, "Access"),
            (
                &body,
                known(&["custbody_shop"], Some(&flag)),
                State::Wrong,
                "of the type Check Box",
            ),
            (
                &body,
                known(&[], Some(&[])),
                State::Missing,
                "the ID \"_shop\"",
            ),
            (
                &body,
                known(&[], None),
                State::Missing,
                "Transaction Body Fields > New",
            ),
            (&line, known(&[], Some(&text)), State::Good, "is there"),
            (
                &line,
                known(&[], Some(&[])),
                State::Missing,
                "Transaction Line Fields",
            ),
            (&line, known(&[], None), State::Advice, "could not be asked"),
        ];
        for (field, known, state, part) in cases {
            let item = known.judge_custom(field);
            assert!(
                item.state == state && item.to_string().contains(part),
                "{known:?}: {item:?}"
            );
        }
    }
}
