//! The part of a record that goes over the wire: its fields as NetSuite's JSON.

use crate::lookups::{self, LookupKey, LookupResults, Shared};
use destination::{Class, Failure};
use mapping::plan::{Field, Lookup, Missing, Record, Scalar, Value};
use serde_json::{Map, Number, Value as Json, json};
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

/// The reason why a value is missing.
enum Gap {
    /// It refers to a record that is not part of this order.
    Absent,
    /// It refers to nothing that NetSuite has, and the mapping says to leave out the line or record
    /// with it.
    Skipped(String),
    Refused(Failure),
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
    let mut body = Body::default();
    let mut fields = Map::new();
    for (name, field) in record.fields.iter().filter(|(_, field)| wanted(field)) {
        match body.value(&field.value, targets) {
            Ok(json) => _ = fields.insert(name.clone(), json),
            Err(Gap::Absent) => {}
            Err(Gap::Skipped(warning)) => return Ok(Err(format!("{}: {warning}", record.name))),
            Err(Gap::Refused(failure)) => {
                return Err(at(failure, &format!("{}.{name}", record.name)));
            }
        }
    }
    body.fields = fields;
    Ok(Ok(body))
}

impl Body {
    fn value(&mut self, value: &Value, targets: Targets<'_>) -> Result<Json, Gap> {
        match value {
            Value::Literal(scalar) => scalar_json(scalar).map_err(Gap::Refused),
            Value::Ref(name) => targets.links.get(name).map(Link::json).ok_or(Gap::Absent),
            Value::Lookup(lookup) => self.found(lookup, targets),
            Value::Object(fields) => {
                let mut object = Map::new();
                for (name, value) in fields {
                    match self.value(value, targets) {
                        Ok(json) => _ = object.insert(name.clone(), json),
                        Err(Gap::Absent) => {}
                        Err(gap) => return Err(gap),
                    }
                }
                Ok(Json::Object(object))
            }
            Value::List(items) => {
                let (mut list, mut left_out) = (Vec::new(), Vec::new());
                for (item, line) in items.iter().zip(1..) {
                    match self.value(item, targets) {
                        Ok(json) => list.push(json),
                        Err(Gap::Absent) => {}
                        Err(Gap::Skipped(warning)) => {
                            left_out.push(format!("line {line} was left out: {warning}"))
                        }
                        Err(refused @ Gap::Refused(_)) => return Err(refused),
                    }
                }
                if list.is_empty() && !left_out.is_empty() {
                    return Err(Gap::Refused(nothing_left(&left_out)));
                }
                self.warnings.append(&mut left_out);
                Ok(Json::Array(list))
            }
        }
    }

    fn found(&mut self, lookup: &Lookup, targets: Targets<'_>) -> Result<Json, Gap> {
        if let Some(ids) = targets.shared.get(&lookups::key(lookup)) {
            return Err(Gap::Refused(several(lookup, ids)));
        }
        if let Some(found) = targets.found.get(lookup) {
            if found.remembered {
                self.remembered.push(lookups::key(lookup));
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
        match lookup.missing {
            Missing::Skip => Err(Gap::Skipped(what)),
            Missing::Reject => Err(Gap::Refused(Failure::permanent(
                Class::Mapping,
                "map",
                format!("{what}. {WAYS_OUT}"),
            ))),
            Missing::Create => {
                let text = format!(
                    "{what}, and orderbridge makes none: an item needs an income account and a tax schedule that no shop knows. {WAYS_OUT}"
                );
                Err(Gap::Refused(Failure::permanent(
                    Class::Mapping,
                    "map",
                    text,
                )))
            }
        }
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

/// Adds to a failure which record and field it was.
pub(crate) fn at(failure: Failure, place: &str) -> Failure {
    Failure {
        message: format!("{place}: {}", failure.message),
        place: Some(place.to_owned()),
        ..failure
    }
}

fn scalar_json(scalar: &Scalar) -> Result<Json, Failure> {
    Ok(match scalar {
        Scalar::Null => Json::Null,
        Scalar::Bool(value) => Json::Bool(*value),
        // The number's own digits: no float touches money.
        Scalar::Number(number) => Json::Number(
            serde_json::from_str::<Number>(&number.to_string()).map_err(|error| {
                let text = format!("the number {number} cannot be written: {error}");
                Failure::permanent(Class::Mapping, "map", text)
            })?,
        ),
        Scalar::Text(text) => Json::String(text.clone()),
    })
}
