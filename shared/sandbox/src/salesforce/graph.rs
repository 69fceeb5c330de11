//! `POST /composite/graph`. Rules: REST API Developer Guide, "Composite Graph".

use super::{
    answer::Answer,
    error::ApiError,
    request::Call,
    subrequest::{self, Place, Subrequest, invalid},
    world::World,
};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

const MOST_GRAPHS: usize = 75;
const MOST_NODES: usize = 500;
const MOST_KINDS: usize = 15;
const MOST_LEVELS: usize = 15;
/// The largest number of failures: after one more, the remaining graphs are not processed.
const MOST_FAILURES: usize = 14;

struct Graph {
    id: String,
    nodes: Vec<Subrequest>,
}

/// Carries out each graph wholly or not at all, whatever the outcome of the others.
pub(super) fn handle(world: &mut World, call: &Call) -> Result<Answer, ApiError> {
    if call.version < 50 {
        return Err(ApiError::not_found());
    }
    let graphs = read(call)?;
    check_limits(&graphs)?;
    let mut failures = 0;
    let mut answers = Vec::new();
    for graph in &graphs {
        let (nodes, good) = if failures > MOST_FAILURES {
            (
                subrequest::halted(&graph.nodes, &too_many_failures()),
                false,
            )
        } else {
            subrequest::run(world, call, &graph.nodes, true, Place::Graph)
        };
        failures += usize::from(!good);
        answers.push(json!({"graphId": graph.id, "graphResponse": {"compositeResponse": nodes}, "isSuccessful": good}));
    }
    Ok(Answer::ok(json!({"graphs": answers})))
}

fn read(call: &Call) -> Result<Vec<Graph>, ApiError> {
    let graphs = call
        .fields()?
        .get("graphs")
        .and_then(Value::as_array)
        .filter(|graphs| !graphs.is_empty());
    let graphs = graphs.ok_or_else(|| invalid("graphs must be a list with at least one graph"))?;
    let mut seen = HashSet::new();
    let mut read = Vec::new();
    for graph in graphs {
        let id = graph
            .get("graphId")
            .and_then(Value::as_str)
            .unwrap_or_default();
        check_id(id)?;
        if !seen.insert(id) {
            return Err(invalid(format!("Duplicate graphId: {id}")));
        }
        read.push(Graph {
            id: id.to_owned(),
            nodes: subrequest::read(graph.get("compositeRequest"), Place::Graph)?,
        });
    }
    Ok(read)
}

fn check_id(id: &str) -> Result<(), ApiError> {
    let valid = id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && id.chars().count() < 40
        && !id.contains('.');
    if valid {
        return Ok(());
    }
    Err(invalid(format!(
        "Invalid graphId: {id}. It must begin with a letter or a number, have fewer than 40 characters and no period."
    )))
}

fn check_limits(graphs: &[Graph]) -> Result<(), ApiError> {
    if graphs.len() > MOST_GRAPHS {
        return Err(invalid("The request can't contain more than 75 graphs."));
    }
    if graphs.iter().map(|graph| graph.nodes.len()).sum::<usize>() > MOST_NODES {
        return Err(invalid("The request can't contain more than 500 nodes."));
    }
    let kinds: HashSet<_> = graphs
        .iter()
        .flat_map(|graph| &graph.nodes)
        .map(kind)
        .collect();
    if kinds.len() > MOST_KINDS {
        return Err(invalid(
            "The request can't contain more than 15 different nodes.",
        ));
    }
    let deep = graphs
        .iter()
        .find(|graph| levels(&graph.nodes) > MOST_LEVELS);
    deep.map_or(Ok(()), |graph| {
        Err(invalid(format!(
            "Graph {} is deeper than 15 levels.",
            graph.id
        )))
    })
}

/// Returns the kind of a node. Nodes are different when their version, method or object differs.
fn kind(node: &Subrequest) -> (String, String, String) {
    let path = node.path();
    let segment = |index: usize| path.get(index).map(ToString::to_string).unwrap_or_default();
    (segment(3), node.method.clone(), segment(5))
}

/// Counts the levels. A node without references is on level 1, any other one below the deepest node
/// to which it refers.
fn levels(nodes: &[Subrequest]) -> usize {
    let mut level: HashMap<&str, usize> = HashMap::new();
    for node in nodes {
        let above = node
            .uses()
            .iter()
            .filter_map(|name| level.get(name.as_str()).copied())
            .max()
            .unwrap_or_default();
        level.insert(&node.reference_id, above + 1);
    }
    level.into_values().max().unwrap_or_default()
}

/// Creates the error for this case, whose text is not documented.
fn too_many_failures() -> ApiError {
    ApiError::request(
        "PROCESSING_HALTED",
        "Processing was halted since too many graphs of the request failed.",
    )
}
