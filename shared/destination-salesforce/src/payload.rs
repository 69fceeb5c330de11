//! The grouping of graphs into calls, and the meaning of the answers (Composite Graph, Limits, in
//! the REST API Developer Guide).

use crate::{
    client::{self, Client, Headers},
    error,
    graph::Graph,
    lookups::LookupKey,
    node::{Node, Source},
};
use destination::{Class, Failure, json::list};
use ports::RecordRef;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The number of nodes per payload.
pub(crate) const MOST_NODES: usize = 500;
/// Most nodes that are written for one order, in several payloads. More would take longer than a
/// message may be held, and no shop sells so many lines in one order.
const MOST_NODES_IN_PARTS: usize = 2000;
/// The number of different nodes per payload, by method and object.
const MOST_KINDS: usize = 15;
/// Most graphs per call. After more than 14 failed graphs Salesforce stops; with no more than that,
/// a bad order never halts a good one.
pub(crate) const MOST_GRAPHS: usize = 14;
/// Most graphs per call where nobody waits for them: as many as Salesforce takes. Those that are
/// halted are sent again by [`MOST_GRAPHS`].
pub(crate) const MOST_GRAPHS_IN_BULK: usize = 75;

/// The result of writing one graph.
#[derive(Debug)]
pub(crate) enum Written {
    /// It was written: the id of each node that made or upserted something.
    Yes(BTreeMap<String, String>),
    /// It was not written.
    No(Refused),
    /// It was not even tried, because too many others of its call had failed.
    Halted(Failure),
}

/// A failure, and the look-ups of the refused node whose ids come from the cache.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    pub(crate) remembered: Vec<LookupKey>,
    /// The position of the refused node, where nothing of its graph was written.
    pub(crate) culprit: Option<usize>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            remembered: Vec::new(),
            culprit: None,
        }
    }
}

/// Groups graphs so that each group fits into one call of at most so many, with one set of headers. A
/// graph that is too large even alone is a group of its own.
pub(crate) fn groups(graphs: &[(usize, Graph)], most: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let (mut nodes, mut kinds) = (0, BTreeSet::new());
    for (place, (_, graph)) in graphs.iter().enumerate() {
        let own: BTreeSet<(&str, &str)> = graph
            .nodes
            .iter()
            .map(|node| (node.method, node.object.as_str()))
            .collect();
        let together = kinds.union(&own).count();
        let first = groups.last().and_then(|group| graphs.get(*group.first()?));
        let is_alike = first.is_some_and(|(_, first)| first.headers == graph.headers);
        match groups.last_mut() {
            Some(group)
                if is_alike
                    && nodes + graph.nodes.len() <= MOST_NODES
                    && together <= MOST_KINDS
                    && group.len() < most =>
            {
                group.push(place);
                nodes += graph.nodes.len();
                kinds.extend(own);
            }
            _ => {
                groups.push(vec![place]);
                nodes = graph.nodes.len();
                kinds = own;
            }
        }
    }
    groups
}

/// Writes graphs in one call and returns the result of each.
pub(crate) async fn write(
    client: &Client<'_>,
    graphs: &[&[Node]],
    headers: &Headers,
) -> Result<Vec<Written>, Failure> {
    let version = &client.connection.settings.api_version;
    let bodies: Vec<Value> = graphs
        .iter()
        .enumerate()
        .map(|(number, nodes)| body(number, nodes, version))
        .collect();
    let answers = client
        .write(&json!({ "graphs": bodies }), headers)
        .await
        .map_err(|failure| with_request(failure, &bodies))?;
    let by_name = |number: usize| {
        answers.iter().find(|answer| {
            answer.get("graphId").and_then(Value::as_str) == Some(&format!("g{number}"))
        })
    };
    let judged = graphs
        .iter()
        .zip(&bodies)
        .enumerate()
        .map(|(number, (nodes, body))| judge(nodes, body, by_name(number)));
    Ok(judged.collect())
}

/// Writes a graph that is larger than Salesforce takes, part after part. This is not all or
/// nothing, but no part empties what it replaces, and when the order comes back after a failed
/// part, it finds what exists already and goes on.
pub(crate) async fn write_in_parts(client: &Client<'_>, graph: &Graph) -> Written {
    if graph.nodes.len() > MOST_NODES_IN_PARTS {
        let text = format!(
            "it becomes {} writes, and at most {MOST_NODES_IN_PARTS} are made for one order; split the order in the shop, or map its lines to fewer records",
            graph.nodes.len()
        );
        return Written::No(Failure::permanent(Class::TooLarge, "write", text).into());
    }
    let mut nodes = graph.nodes.clone();
    let mut ids = BTreeMap::new();
    while !nodes.is_empty() {
        let rest = nodes.split_off(nodes.len().min(MOST_NODES));
        let made = match write(client, &[&nodes], &graph.headers)
            .await
            .map(|mut written| written.pop())
        {
            Ok(Some(Written::Yes(made))) => made,
            Ok(Some(Written::No(refused))) => {
                let culprit = refused.culprit.filter(|_| ids.is_empty());
                return Written::No(Refused { culprit, ..refused });
            }
            Ok(Some(halted @ Written::Halted(_))) => return halted,
            Ok(None) => return unanswered(),
            Err(failure) => return Written::No(failure.into()),
        };
        nodes = rest;
        nodes
            .iter_mut()
            .for_each(|node| node.replace_references(&made));
        ids.extend(made);
    }
    Written::Yes(ids)
}

/// Writes nodes in one composite request, all or none, each with these headers, which nodes of a
/// graph do not take.
pub(crate) async fn write_together(
    client: &Client<'_>,
    nodes: &[Node],
    headers: &Headers,
) -> Result<Written, Failure> {
    let body = client.connection.composite_body(nodes, headers);
    let answers = client
        .write_composite(&body, headers)
        .await
        .map_err(|failure| with_request(failure, std::slice::from_ref(&body)))?;
    let is_good = answers.len() == nodes.len()
        && answers
            .iter()
            .all(|answer| matches!(client::status(answer), 200..=299));
    Ok(judge_nodes(nodes, &body, &answers, is_good))
}

/// Returns the result for a graph that Salesforce's answer leaves out.
pub(crate) fn unanswered() -> Written {
    Written::No(error::failure("write", 200, None, None).into())
}

/// Returns the records of the graph with their ids.
pub(crate) fn records(graph: &Graph, ids: &BTreeMap<String, String>) -> Vec<RecordRef> {
    let id = |source: &Source| match source {
        Source::Id(id) => Some(id.clone()),
        Source::Node(reference) => ids.get(reference).cloned(),
    };
    let records = graph.records.iter().filter_map(|(name, object, source)| {
        Some(RecordRef {
            name: name.clone(),
            object: object.clone(),
            id: id(source)?,
        })
    });
    records.collect()
}

fn body(number: usize, nodes: &[Node], version: &str) -> Value {
    client::graph_json(
        number,
        &nodes
            .iter()
            .map(|node| node.json(version))
            .collect::<Vec<_>>(),
    )
}

fn judge(nodes: &[Node], request: &Value, answer: Option<&Value>) -> Written {
    let Some(answer) = answer else {
        return unanswered();
    };
    let answers = list(
        answer.get("graphResponse").unwrap_or(&Value::Null),
        "compositeResponse",
    );
    let is_good = answer.get("isSuccessful").and_then(Value::as_bool) == Some(true);
    judge_nodes(nodes, request, answers, is_good)
}

fn judge_nodes(nodes: &[Node], request: &Value, answers: &[Value], is_good: bool) -> Written {
    if is_good {
        return Written::Yes(answers.iter().filter_map(made).collect());
    }
    // Every other node of a failed graph says that it was rolled back; the one that says something
    // else is to blame.
    let is_culprit = |entry: &&Value| {
        client::status(entry) >= 300 && !error::is_halted(entry.get("body").unwrap_or(&Value::Null))
    };
    let Some(culprit) = answers.iter().find(is_culprit) else {
        let text =
            "Salesforce halted the order's graph without a fault of its own; it is sent again";
        return Written::Halted(with_request(
            Failure::transient(Class::Conflict, "write", text),
            std::slice::from_ref(request),
        ));
    };
    let reference = culprit
        .get("referenceId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let place = nodes.iter().position(|node| node.reference == reference);
    let node = place.and_then(|place| nodes.get(place));
    let failure = error::failure("write", client::status(culprit), culprit.get("body"), None);
    let failure = match node {
        Some(node) => failure.within(&node.place),
        None => failure,
    };
    let failure = with_request(failure, std::slice::from_ref(request));
    Written::No(Refused {
        failure,
        remembered: node.map(|node| node.remembered.clone()).unwrap_or_default(),
        culprit: place,
    })
}

fn made(entry: &Value) -> Option<(String, String)> {
    let id = entry.get("body")?.get("id")?.as_str()?;
    Some((
        entry.get("referenceId")?.as_str()?.to_owned(),
        id.to_owned(),
    ))
}

fn with_request(failure: Failure, graphs: &[Value]) -> Failure {
    let request = match graphs {
        [graph] => serde_json::to_string_pretty(graph).ok(),
        _ => None,
    };
    Failure {
        request: request.or(failure.request),
        ..failure
    }
}
