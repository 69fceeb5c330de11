use crate::lookups::LookupKey;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};

/// One write inside a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// The name of the node within its graph: letters, digits and `_` only.
    pub(crate) reference: String,
    pub(crate) method: &'static str,
    pub(crate) object: String,
    /// The end of the URL after the object: nothing, `/<id>` or `/<field>/<value>`.
    pub(crate) rest: String,
    pub(crate) body: Option<Map<String, Value>>,
    /// The record of the mapping that it writes, for messages.
    pub(crate) place: String,
    /// The look-ups in it whose ids come from the cache and may be out of date.
    pub(crate) remembered: Vec<LookupKey>,
}

/// The origin of a record's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The id is known.
    Id(String),
    /// The node of this name makes the record.
    Node(String),
}

impl Node {
    pub(crate) fn create(
        reference: String,
        object: &str,
        place: &str,
        body: Map<String, Value>,
    ) -> Self {
        Self {
            reference,
            method: "POST",
            object: object.to_owned(),
            rest: String::new(),
            body: Some(body),
            place: place.to_owned(),
            remembered: Vec::new(),
        }
    }

    /// Returns the node as it stands in a composite graph.
    pub(crate) fn json(&self, api_version: &str) -> Value {
        let mut node = json!({"method": self.method, "url": self.url(api_version), "referenceId": self.reference});
        if let (Some(fields), Some(body)) = (node.as_object_mut(), &self.body) {
            fields.insert("body".to_owned(), Value::Object(body.clone()));
        }
        node
    }

    pub(crate) fn url(&self, api_version: &str) -> String {
        format!(
            "/services/data/{api_version}/sobjects/{}{}",
            self.object, self.rest
        )
    }

    /// Replaces references to nodes whose records exist by now.
    pub(crate) fn replace_references(&mut self, ids: &BTreeMap<String, String>) {
        for value in self.body.iter_mut().flat_map(|body| body.values_mut()) {
            let reference = value
                .as_str()
                .and_then(|text| text.strip_prefix("@{"))
                .and_then(|text| text.strip_suffix(".id}"));
            if let Some(id) = reference.and_then(|reference| ids.get(reference)) {
                *value = Value::String(id.clone());
            }
        }
    }
}

impl Source {
    pub(crate) fn json(&self) -> Value {
        Value::String(match self {
            Self::Id(id) => id.clone(),
            Self::Node(reference) => in_json(reference),
        })
    }
}

/// Returns the reference that Salesforce replaces by the id of the node's record.
fn in_json(reference: &str) -> String {
    format!("@{{{reference}.id}}")
}

/// Breaks up every `@{` in a body: in a graph, Salesforce would read it as a reference, whoever
/// wrote it.
pub(crate) fn harmless(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("@{") => Value::String(text.replace("@{", "@ {")),
        Value::Array(items) => Value::Array(items.into_iter().map(harmless).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name, harmless(value)))
                .collect(),
        ),
        other => other,
    }
}

/// Orders the nodes so that each comes after those that it refers to, and otherwise keeps their
/// order; `None` where they refer to each other in a circle.
pub(crate) fn in_order(nodes: Vec<Node>) -> Option<Vec<Node>> {
    let mut waiting = nodes;
    let mut ordered: Vec<Node> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let open: HashSet<String> = waiting
            .iter()
            .map(|node| in_json(&node.reference))
            .collect();
        let is_ready = |node: &Node| {
            !node
                .body
                .iter()
                .flat_map(Map::values)
                .any(|value| value.as_str().is_some_and(|text| open.contains(text)))
        };
        let (ready, rest): (Vec<Node>, Vec<Node>) = waiting.into_iter().partition(is_ready);
        if ready.is_empty() {
            return None;
        }
        ordered.extend(ready);
        waiting = rest;
    }
    Some(ordered)
}
