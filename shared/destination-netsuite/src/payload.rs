//! The part of a record that goes over the wire: its fields as NetSuite's JSON.

use crate::lookups::{self, LookupKey, LookupResults, Shared};
use destination::{
    Class, Failure,
    rendering::{Dialect, Gap, render},
};
use mapping::plan::{Field, Lookup, Missing, Record};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A reference to another record of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// By NetSuite's id.
    Id(String),
    /// By our external id, where NetSuite did not tell its own.
    ExternalId(String),
}

/// The records that the values of a record point to.
#[derive(Clone, Copy)]
pub(crate) struct Targets<'a> {
    /// The records of the plan that exist, by name.
    pub(crate) links: &'a BTreeMap<String, Link>,
    pub(crate) found: &'a LookupResults,
    pub(crate) shared: &'a Shared,
}

/// The fields of one write.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Body {
    pub(crate) fields: Map<String, Json>,
    /// Whether the lines are changes of existing ones, so that none of these goes away.
    pub(crate) lines_stay: bool,
    /// Warnings about lines that were left out.
    pub(crate) warnings: Vec<String>,
    /// The look-ups whose ids come from the cache and may be out of date.
    pub(crate) remembered: Vec<LookupKey>,
}

/// The sublist of an order's lines.
pub(crate) const LINES: &str = "item";

/// The body that is being made, and what its values point to.
struct Rendering<'a> {
    targets: Targets<'a>,
    body: Body,
}

impl Link {
    /// Returns the reference as it is written.
    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Id(id) => json!({ "id": id }),
            Self::ExternalId(id) => json!({ "externalId": id }),
        }
    }

    /// Returns the record's name in an address: `647` or `eid:WOO_CUST_56`.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Id(id) => id.clone(),
            Self::ExternalId(id) => format!("eid:{id}"),
        }
    }
}

impl Body {
    /// Returns `?replace=item`, with which the sublists of the body replace those of the record.
    /// Without it their lines are added to the existing ones (NetSuite help, "Updating Sublists").
    pub(crate) fn replace(&self) -> String {
        let is_sublist = |json: &Json| json.get("items").is_some_and(Json::is_array);
        let names: Vec<&str> = self
            .fields
            .iter()
            .filter(|(name, json)| is_sublist(json) && !(self.lines_stay && *name == LINES))
            .map(|(name, _)| name.as_str())
            .collect();
        if names.is_empty() {
            String::new()
        } else {
            format!("?replace={}", names.join(","))
        }
    }
}

/// Returns the wanted fields of a record; `Ok(Err(warning))` where the mapping says to do without
/// the whole record.
pub(crate) fn body(
    record: &Record,
    targets: Targets<'_>,
    wanted: impl Fn(&Field) -> bool,
) -> Result<Result<Body, String>, Failure> {
    let mut rendering = Rendering {
        targets,
        body: Body::default(),
    };
    let mut fields = Map::new();
    for (name, field) in record.fields.iter().filter(|(_, field)| wanted(field)) {
        let place = format!("{}.{name}", record.name);
        match render(&mut rendering, &place, &field.value) {
            Ok(json) => _ = fields.insert(name.clone(), json),
            Err(Gap::Absent) => {}
            Err(Gap::LeftOut(warning)) => return Ok(Err(format!("{}: {warning}", record.name))),
            Err(Gap::Refused(failure)) => return Err(failure.within(&place)),
        }
    }
    Ok(Ok(Body {
        fields,
        ..rendering.body
    }))
}

impl Dialect for Rendering<'_> {
    fn reference(&mut self, record: &str) -> Option<Json> {
        self.targets.links.get(record).map(Link::json)
    }

    fn found(&mut self, lookup: &Lookup) -> Result<Json, Gap> {
        if let Some(ids) = self.targets.shared.get(&lookups::key(lookup)) {
            return Err(several(lookup, ids).into());
        }
        if let Some(found) = self.targets.found.get(lookup) {
            if found.remembered {
                self.body.remembered.push(lookups::key(lookup));
            }
            return Ok(json!({ "id": found.id }));
        }
        let what = if lookups::is_askable(lookup) {
            format!(
                "NetSuite has no {} with {}",
                lookup.object,
                lookups::conditions(lookup)
            )
        } else {
            format!(
                "the order does not say which {} it is ({})",
                lookup.object,
                lookups::conditions(lookup)
            )
        };
        let text = match lookup.missing {
            Missing::Skip => return Err(Gap::LeftOut(what)),
            Missing::Reject => format!("{what}. {WAYS_OUT}"),
            Missing::Create => format!(
                "{what}, and orderbridge makes none: an item needs an income account and a tax schedule that no shop knows. {WAYS_OUT}"
            ),
        };
        Err(Failure::permanent(Class::Mapping, "map", text).into())
    }

    fn list(
        &mut self,
        _place: &str,
        members: Vec<Json>,
        left_out: Vec<(usize, String)>,
    ) -> Result<Json, Gap> {
        let line = |(position, why)| format!("line {} was left out: {why}", position + 1);
        let left_out: Vec<String> = left_out.into_iter().map(line).collect();
        if members.is_empty() && !left_out.is_empty() {
            return Err(nothing_left(&left_out).into());
        }
        self.body.warnings.extend(left_out);
        Ok(Json::Array(members))
    }
}

/// Returns the failure of an order that loses all its lines: NetSuite takes no order without lines,
/// and with other lines it would be another order.
fn nothing_left(left_out: &[String]) -> Failure {
    let (count, first) = (
        left_out.len(),
        left_out
            .iter()
            .take(3)
            .cloned()
            .collect::<Vec<_>>()
            .join("; "),
    );
    let text = format!(
        "missing = \"skip\" leaves out all its lines ({count}), and NetSuite makes no order without one: {first}. Add an item in NetSuite (active, visible to the role, spelt the \
         same), or name its internal id in the mapping's variables; then replay"
    );
    Failure::permanent(Class::Mapping, "map", text)
}

/// Returns the failure of a look-up that several records answer: whichever was taken, another one
/// might be meant, and nobody would notice.
fn several(lookup: &Lookup, ids: &[String]) -> Failure {
    let (count, object, conditions) = (ids.len(), &lookup.object, lookups::conditions(lookup));
    let ids = ids
        .iter()
        .take(5)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let text = format!(
        "NetSuite has {count} records of {object} with {conditions} (internal ids {ids}), and orderbridge does not guess which is meant: give each a name of its own, make the others \
         inactive, or name the right one's internal id in the mapping's variables; then replay"
    );
    Failure::permanent(Class::Mapping, "map", text)
}

const WAYS_OUT: &str = "Three ways out: add it in NetSuite (active, visible to the role, spelt the same), name its internal id in the mapping's variables, \
                        or let such lines be left out with missing = \"skip\"; then replay";
