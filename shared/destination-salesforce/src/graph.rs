//! Building the writes of one composite graph from one plan and what Salesforce has of it.

use crate::{
    children,
    client::Headers,
    converted,
    lookups::{self, LookupKey, LookupResults},
    node::{Node, Source, harmless, in_order},
    products::{self, Catalogue},
    read::{self, Rows},
    resolve::{Existing, Resolved},
    rules,
};
use destination::{
    Class, Failure,
    rendering::{Dialect, Gap, is_due, render},
};
use mapping::{
    Plan,
    plan::{EmptySet, Key, Lookup, Missing, Record, Scalar, Value, When},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The characters that may stand in a path segment as they are (RFC 3986, 2.3), except the dot.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// The org's records as they were when a batch was read.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) found: &'a LookupResults,
    pub(crate) catalogue: &'a Catalogue,
}

/// The writes that one plan becomes: all of them or none.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// The records of the plan that are no members of a replaced set: name, object, id.
    pub(crate) records: Vec<(String, String, Source)>,
    pub(crate) warnings: Vec<String>,
    /// The fields by which the plan's records are looked for, in lower case.
    pub(crate) looked_for_by: BTreeSet<String>,
    /// The claims on what the graph makes besides the plan's own records; no other graph may make
    /// it too.
    pub(crate) claims: Vec<String>,
    /// The headers of the call that writes it; graphs with other headers go in another call.
    pub(crate) headers: Headers,
}

/// Builds the graph of one plan.
pub(crate) fn build(plan: &Plan, known: Snapshot<'_>) -> Result<Graph, Failure> {
    let mut builder = Builder {
        plan,
        known,
        resolved: Resolved::new(plan, known.rows),
        made: BTreeMap::new(),
        sources: BTreeMap::new(),
        graph: Graph {
            looked_for_by: looked_for_by(plan),
            headers: headers(plan)?,
            ..Graph::default()
        },
    };
    let kept = builder.settle_lookups()?;
    builder.name_sources(&kept);
    let taken_away = children::taken_away(&builder);
    builder.graph.nodes.extend(taken_away);
    for (position, record) in kept.iter().filter(|(_, record)| record.replaces.is_none()) {
        builder.write(*position, record)?;
    }
    let children = children::writes(&builder, &kept)?;
    builder.graph.nodes.extend(children);
    builder
        .graph
        .warnings
        .extend(builder.resolved.warnings.iter().cloned());
    let nodes = in_order(std::mem::take(&mut builder.graph.nodes)).ok_or_else(|| {
        let text = "the records of the mapping refer to each other in a circle, so that none can be made first; drop one of the refs";
        Failure::permanent(Class::Mapping, "map", text)
    })?;
    Ok(Graph {
        nodes,
        ..builder.graph
    })
}

/// The state of building one graph.
pub(crate) struct Builder<'a> {
    plan: &'a Plan,
    pub(crate) known: Snapshot<'a>,
    resolved: Resolved<'a>,
    /// The nodes that make the records that look-ups did not find.
    made: BTreeMap<LookupKey, String>,
    sources: BTreeMap<&'a str, Source>,
    graph: Graph,
}

impl<'a> Builder<'a> {
    /// Decides about look-ups that found nothing. Returns the records that are written, with their
    /// positions.
    fn settle_lookups(&mut self) -> Result<Vec<(usize, &'a Record)>, Failure> {
        let mut kept = Vec::new();
        for (position, record) in self.plan.records.iter().enumerate() {
            let mut is_kept = true;
            for lookup in lookups::of(record) {
                if let Some(choice) = self.known.found.choice(lookup, "Salesforce") {
                    self.warn_once(choice);
                }
                if self.known.found.get(lookup).is_some() {
                    continue;
                }
                if let Some(text) = self.known.found.ambiguity(lookup, "Salesforce") {
                    return Err(refusal(record, text));
                }
                match lookup.missing {
                    _ if !lookups::is_askable(lookup) && lookup.missing != Missing::Skip => {
                        return Err(refusal(
                            record,
                            lookups::nothing_to_look_for(&place(record), lookup),
                        ));
                    }
                    Missing::Reject => return Err(not_found(record, lookup)),
                    Missing::Skip => {
                        is_kept = false;
                        self.graph.warnings.push(format!(
                            "{} was left out: Salesforce has no {}",
                            place(record),
                            lookups::key(lookup)
                        ));
                    }
                    Missing::Create => self.make(lookup)?,
                }
            }
            if is_kept {
                kept.push((position, record));
            }
        }
        Ok(kept)
    }

    fn warn_once(&mut self, warning: String) {
        if !self.graph.warnings.contains(&warning) {
            self.graph.warnings.push(warning);
        }
    }

    fn make(&mut self, lookup: &Lookup) -> Result<(), Failure> {
        let key = lookups::key(lookup);
        if self.made.contains_key(&key) {
            return Ok(());
        }
        let nodes = self.known.catalogue.create(lookup, self.made.len())?;
        if let Some(last) = nodes.last() {
            self.made.insert(key, last.reference.clone());
        }
        self.graph.claims.push(products::claim(lookup));
        self.graph.warnings.push(format!(
            "Salesforce had no {}; it was made",
            lookups::key(lookup)
        ));
        self.graph.nodes.extend(nodes);
        Ok(())
    }

    fn name_sources(&mut self, kept: &[(usize, &'a Record)]) {
        for (position, record) in kept.iter().filter(|(_, record)| record.replaces.is_none()) {
            let source = match self.resolved.get(record) {
                Some(existing) => Source::Id(existing.id.to_owned()),
                None => Source::Node(reference(*position, record)),
            };
            let became = self.resolved.get(record).and_then(Existing::became);
            let listed = match became {
                Some((object, id)) => (
                    record.name.clone(),
                    object.to_owned(),
                    Source::Id(id.to_owned()),
                ),
                None => (record.name.clone(), record.object.clone(), source.clone()),
            };
            self.graph.records.push(listed);
            self.sources.entry(&record.name).or_insert(source);
        }
    }

    fn write(&mut self, position: usize, record: &'a Record) -> Result<(), Failure> {
        let node = match self.resolved.get(record) {
            Some(existing) if existing.became().is_some() => {
                let warning = existing
                    .became()
                    .map(|became| converted::warning(&record.name, existing.id, became));
                self.graph.warnings.extend(warning);
                None
            }
            Some(existing) => self.update(reference(position, record), record, existing)?,
            None => Some(self.create(reference(position, record), record)?),
        };
        self.graph.nodes.extend(node);
        Ok(())
    }

    /// Returns the write to a record that exists; `None` where there is nothing to write, or where
    /// an earlier try wrote it.
    pub(crate) fn update(
        &self,
        reference: String,
        record: &Record,
        existing: &Existing<'_>,
    ) -> Result<Option<Node>, Failure> {
        let body = self.body(record, Some(existing))?;
        let is_there = self.plan.in_doubt
            && body.iter().all(|(field, value)| existing.has(field, value))
            && !children::loses_all(self, &record.name);
        if body.is_empty() || is_there {
            return Ok(None);
        }
        let node = self.node(reference, record, body);
        Ok(Some(Node {
            method: "PATCH",
            rest: format!("/{}", existing.id),
            ..node
        }))
    }

    /// Returns the write of a new record. Where all its fields may be written again, an upsert
    /// makes a race with another writer harmless; where some may be written only once, a race must
    /// fail.
    fn create(&self, reference: String, record: &Record) -> Result<Node, Failure> {
        let body = self.body(record, None)?;
        let upsert = record.key.as_ref().filter(|key| is_upsertable(record, key));
        let Some(key) = upsert else {
            return Ok(self.create_with_key(reference, record, body));
        };
        let rest = format!(
            "/{}/{}",
            key.field,
            utf8_percent_encode(&key.value, UNRESERVED)
        );
        Ok(Node {
            method: "PATCH",
            rest,
            ..self.node(reference, record, body)
        })
    }

    /// Returns the write of a new child.
    pub(crate) fn create_child(&self, reference: String, record: &Record) -> Result<Node, Failure> {
        let body = self.body(record, None)?;
        Ok(self.create_with_key(reference, record, body))
    }

    fn create_with_key(
        &self,
        reference: String,
        record: &Record,
        mut body: Map<String, Json>,
    ) -> Node {
        if let Some(key) = &record.key {
            body.insert(key.field.clone(), harmless(json!(key.value)));
        }
        self.node(reference, record, body)
    }

    fn node(&self, reference: String, record: &Record, body: Map<String, Json>) -> Node {
        let remembered = lookups::of(record).filter(|lookup| {
            self.known
                .found
                .get(lookup)
                .is_some_and(|found| found.remembered)
        });
        Node {
            remembered: remembered.map(lookups::key).collect(),
            ..Node::create(reference, &record.object, &place(record), body)
        }
    }

    /// Returns the fields to write. The key is not among them, unless it is to be written to a
    /// record that was found without it.
    fn body(
        &self,
        record: &Record,
        existing: Option<&Existing<'_>>,
    ) -> Result<Map<String, Json>, Failure> {
        let mut body = Map::new();
        for (name, field) in &record.fields {
            let is_written = match existing {
                // The field has nothing in it that could be emptied.
                None => !field.value.is_null(),
                Some(existing) => {
                    is_due(record, name, |part| existing.is_blank(part))
                        && !(field.on == When::Always
                            && rules::is_create_only(&record.object, name))
                }
            };
            let is_key = record
                .key
                .as_ref()
                .is_some_and(|key| key.field.eq_ignore_ascii_case(name));
            if !is_written
                || is_key
                || rules::gives_way(&record.object, name, |other| {
                    record.fields.contains_key(other)
                })
            {
                continue;
            }
            if let Some(value) = self.value(record, name, &field.value)? {
                body.insert(name.clone(), value);
            }
        }
        if let (Some(key), Some(existing)) = (&record.key, existing)
            && existing.wants_key(key)
        {
            body.insert(key.field.clone(), harmless(json!(key.value)));
        }
        Ok(body)
    }

    /// Returns the value as JSON; `None` for a reference to a record that the plan leaves out.
    pub(crate) fn value(
        &self,
        record: &Record,
        name: &str,
        value: &Value,
    ) -> Result<Option<Json>, Failure> {
        match render(
            &mut Rendering(self),
            &format!("{}.{name}", record.name),
            value,
        ) {
            Ok(json) => Ok(Some(json)),
            // A record whose look-up found nothing is left out as a whole.
            Err(Gap::Absent | Gap::LeftOut(_)) => Ok(None),
            Err(Gap::Refused(failure)) => Err(failure),
        }
    }

    /// Returns the sets of children that lose all their members.
    pub(crate) fn emptied(&self) -> &'a [EmptySet] {
        &self.plan.emptied
    }

    pub(crate) fn source(&self, name: &str) -> Option<&Source> {
        self.sources.get(name)
    }

    fn looked_up(&self, lookup: &Lookup) -> Option<Source> {
        let found = self
            .known
            .found
            .get(lookup)
            .map(|found| Source::Id(found.id.clone()));
        found.or_else(|| {
            self.made
                .get(&lookups::key(lookup))
                .map(|reference| Source::Node(reference.clone()))
        })
    }
}

/// What the values of a record point to.
struct Rendering<'b, 'a>(&'b Builder<'a>);

impl Dialect for Rendering<'_, '_> {
    fn reference(&mut self, record: &str) -> Option<Json> {
        self.0.source(record).map(Source::json)
    }

    fn found(&mut self, lookup: &Lookup) -> Result<Json, Gap> {
        let source = self.0.looked_up(lookup);
        source.map(|source| source.json()).ok_or(Gap::Absent)
    }

    fn scalar(&mut self, scalar: &Scalar) -> Json {
        harmless(serde_json::to_value(scalar).unwrap_or_default())
    }

    fn list(
        &mut self,
        place: &str,
        _members: Vec<Json>,
        _left_out: Vec<(usize, String)>,
    ) -> Result<Json, Gap> {
        let text = format!("{place} is a list; a Salesforce field holds one value");
        let failure = Failure::permanent(Class::Mapping, "map", text);
        Err(Gap::Refused(Failure {
            place: Some(place.to_owned()),
            ..failure
        }))
    }
}

fn looked_for_by(plan: &Plan) -> BTreeSet<String> {
    let ways = plan.records.iter().flat_map(read::ways_to_find);
    ways.map(|(field, _)| field.to_ascii_lowercase()).collect()
}

/// Returns the headers that the records' options ask for. Where two records differ the first one
/// counts, as one call writes them all.
fn headers(plan: &Plan) -> Result<Headers, Failure> {
    let mut headers = Headers::new();
    for (record, name, value) in plan.records.iter().flat_map(|record| {
        record
            .options
            .iter()
            .map(move |(name, value)| (record, name, value))
    }) {
        let known = rules::HEADERS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        let text = match value {
            Value::Literal(Scalar::Text(text)) => Some(text.clone()),
            Value::Literal(Scalar::Bool(truth)) => Some(truth.to_string()),
            _ => None,
        };
        let text = text.filter(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        let (Some((known, _)), Some(text)) = (known, text) else {
            let known: Vec<&str> = rules::HEADERS.iter().map(|(known, _)| *known).collect();
            let text = format!(
                "the option `{name}` is none that can be sent; there are {}, each a text",
                known.join(" and ")
            );
            return Err(refusal(record, text));
        };
        headers.entry(known).or_insert(text);
    }
    Ok(headers)
}

/// Returns the name of a record's node: `r`, its place in the plan, and the record's name without
/// the characters that Salesforce does not allow.
pub(crate) fn reference(position: usize, record: &Record) -> String {
    let name: String = record
        .name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    format!("r{position}_{name}")
}

/// Returns the record's name for a person: `account`, or `lines[2]` for the third of its
/// `for_each`.
fn place(record: &Record) -> String {
    if record.replaces.is_some() || record.index > 0 {
        format!("{}[{}]", record.name, record.index)
    } else {
        record.name.clone()
    }
}

/// Returns whether the record may be upserted by its key: no field may be written only once, and
/// the key has no dot. Salesforce answers 404 to keys that end like the name of a blocked file,
/// such as an e-mail in `.inc`, so keys with a dot are not put into a URL.
fn is_upsertable(record: &Record, key: &Key) -> bool {
    let once = record.fields.iter().any(|(name, field)| {
        field.on == When::Create || rules::is_create_only(&record.object, name)
    });
    !once && !key.value.contains('.')
}

fn not_found(record: &Record, lookup: &Lookup) -> Failure {
    let remedy = "add the product to the price book in Salesforce";
    let text = lookups::nothing_found("Salesforce", &place(record), lookup, remedy);
    refusal(record, text)
}

fn refusal(record: &Record, text: String) -> Failure {
    Failure {
        place: Some(place(record)),
        ..Failure::permanent(Class::Mapping, "read", text)
    }
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
