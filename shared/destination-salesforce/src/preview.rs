use crate::{
    client::{self, Connection, Headers},
    graph::{self, Snapshot},
    lookups::LookupResults,
    payload::MOST_NODES,
    products::Catalogue,
    read::{Questions, Rows},
};
use destination::{Failure, RequestPreview};
use mapping::Plan;
use serde_json::{Value, json};

/// Returns the calls that a plan would become in an org that holds nothing of it yet. Look-ups
/// stand in angle brackets in the place of their ids.
pub(crate) fn preview(connection: &Connection, plan: &Plan) -> Vec<RequestPreview> {
    requests(connection, plan).unwrap_or_else(|failure| vec![refusal(connection, &failure)])
}

fn requests(connection: &Connection, plan: &Plan) -> Result<Vec<RequestPreview>, Failure> {
    let version = &connection.settings.api_version;
    let mut questions = Questions::default();
    questions.ask(plan, &LookupResults::default())?;
    let queries = questions.queries();
    let read = RequestPreview {
        method: "POST",
        path: format!("/services/data/{version}/composite"),
        body: Some(connection.query_body("query", &queries)),
        note: Some(format!(
            "asks, for up to ten orders at once: {}",
            queries
                .iter()
                .map(|(_, query)| query.as_str())
                .collect::<Vec<_>>()
                .join("; ")
        )),
    };
    let found = LookupResults::placeholders(plan.lookups());
    let graph = graph::build(
        plan,
        Snapshot {
            rows: &Rows::new(),
            found: &found,
            catalogue: &Catalogue::default(),
        },
    )?;
    let parts = graph.nodes.chunks(MOST_NODES);
    let count = parts.len();
    let write = |nodes: &[crate::node::Node]| {
        let nodes: Vec<Value> = nodes.iter().map(|node| node.json(version)).collect();
        RequestPreview {
            method: "POST",
            path: format!("/services/data/{version}/composite/graph"),
            body: Some(json!({"graphs": [client::graph_json(0, &nodes)]})),
            note: note(count, &graph.headers),
        }
    };
    Ok(std::iter::once(read).chain(parts.map(write)).collect())
}

fn note(parts: usize, headers: &Headers) -> Option<String> {
    let headers = headers
        .iter()
        .map(|(name, text)| format!("with the header {name}: {text}"));
    let in_parts = (parts > 1).then(|| {
        format!("the order has more than {MOST_NODES} records and is written in {parts} parts")
    });
    let notes: Vec<String> = headers.chain(in_parts).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn refusal(connection: &Connection, failure: &Failure) -> RequestPreview {
    let path = format!(
        "/services/data/{}/composite/graph",
        connection.settings.api_version
    );
    RequestPreview {
        method: "POST",
        path,
        body: None,
        note: Some(format!("would not be sent: {failure}")),
    }
}
