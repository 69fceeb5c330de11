//! Orders that a duplicate rule has refused although the call said to save them all the same.
//! Whether the header of a graph reaches its nodes is documented nowhere (Composite Graph, REST API
//! Developer Guide: nodes have no `httpHeaders`), and orgs were seen where a rule that only warns
//! refuses (jsforce#1055). A composite request does take headers for each of its sub-requests, and
//! may be all or nothing too ("Composite", `httpHeaders`, `allOrNone`). So what was refused goes
//! that way: one call more for such an order, and none for any other.
//!
//! A composite request has 25 sub-requests at most. A larger order with a refused node is therefore
//! not all or nothing: the nodes up to the refused one go first (the customer's come before the
//! order's lines), then the rest in a graph that refers to them by their ids. Writing some records
//! twice that way is harmless: every try reads first, finds the records of the first part by their
//! keys, and goes on with them; and no part empties what another one fills.

use crate::{
    client::{Client, Headers},
    error,
    graph::Graph,
    payload::{self, MOST_NODES, Refused, Written},
};
use std::collections::BTreeMap;

/// The number of sub-requests of one composite request.
pub(crate) const MOST_TOGETHER: usize = 25;
const HEADER: &str = "Sforce-Duplicate-Rule-Header";

/// Writes a graph again as a composite request, where it was refused for a duplicate that the
/// mapping wants saved; any other result is returned as it is.
pub(crate) async fn save_all_the_same(
    client: &Client<'_>,
    graph: &Graph,
    written: Written,
) -> Written {
    match written {
        Written::No(Refused {
            culprit: Some(culprit),
            failure,
            ..
        }) if error::is_duplicate(&failure) && is_to_be_saved(&graph.headers) => {
            write(client, graph, culprit).await
        }
        written => written,
    }
}

/// Returns whether the mapping leaves the header at its usual value, or sets one that says the
/// same.
fn is_to_be_saved(headers: &Headers) -> bool {
    let says_so = |text: &String| {
        text.replace(' ', "")
            .to_ascii_lowercase()
            .contains("allowsave=true")
    };
    headers.get(HEADER).is_none_or(says_so)
}

async fn write(client: &Client<'_>, graph: &Graph, culprit: usize) -> Written {
    let mut nodes = graph.nodes.clone();
    let mut ids = BTreeMap::new();
    let mut with_headers = if nodes.len() <= MOST_TOGETHER {
        nodes.len()
    } else {
        culprit + 1
    };
    while !nodes.is_empty() {
        let most = if with_headers > 0 {
            MOST_TOGETHER
        } else {
            MOST_NODES
        };
        let rest = nodes.split_off(nodes.len().min(most));
        let written = if with_headers > 0 {
            payload::write_together(client, &nodes, &graph.headers).await
        } else {
            payload::write(client, &[&nodes], &graph.headers)
                .await
                .map(|mut written| written.pop().unwrap_or_else(payload::unanswered))
        };
        let made = match written {
            Ok(Written::Yes(made)) => made,
            Ok(refused) => return refused,
            Err(failure) => return Written::No(failure.into()),
        };
        with_headers = with_headers.saturating_sub(nodes.len());
        nodes = rest;
        nodes
            .iter_mut()
            .for_each(|node| node.replace_references(&made));
        ids.extend(made);
    }
    Written::Yes(ids)
}
