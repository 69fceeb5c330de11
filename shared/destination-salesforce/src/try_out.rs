//! What Salesforce would say of an order, without keeping it: the whole order goes out as one
//! composite request, all or none, whose last sub-request must fail ("Composite", `allOrNone`, in
//! the REST API Developer Guide). So everything before it is rolled back. Only numbers that Salesforce
//! counts up by itself are spent, and what an automation sends out within the request.

use crate::{
    client::Client,
    deliver,
    duplicates::MOST_TOGETHER,
    graph::{self, Snapshot},
    lookups::LookupCache,
    node::Node,
    payload::{self, Refused, Written},
};
use destination::{Class, Failure, Trial};
use mapping::Plan;
use serde_json::Map;

/// Hands the order to Salesforce and takes it back.
pub(crate) async fn try_order(client: &Client<'_>, plan: &Plan) -> Result<Trial, Failure> {
    let cache = LookupCache::default();
    let read = match deliver::read_with(client, &cache, &[plan], |_| Ok(())).await {
        Ok(read) => read,
        Err(failure) if failure.is_transient() => return Err(failure),
        Err(failure) => return Ok(Trial::Refused(failure)),
    };
    let known = Snapshot {
        rows: &read.rows,
        found: &read.found,
        catalogue: &read.catalogue,
    };
    let graph = match graph::build(plan, known) {
        Ok(graph) => graph,
        Err(failure) => return Ok(Trial::Refused(failure)),
    };
    let mut remarks = graph.warnings.clone();
    if graph.nodes.is_empty() {
        remarks.push("Salesforce holds all of it as planned: nothing would be written".to_owned());
        return Ok(Trial::Taken { remarks });
    }
    let mut nodes = graph.nodes;
    let count = nodes.len();
    nodes.truncate(MOST_TOGETHER - 1);
    if nodes.len() < count {
        remarks.push(format!(
            "only the first {} of the order's {count} writes were tried: Salesforce takes no more at once in a way that it takes back",
            nodes.len()
        ));
    }
    // A new account without any field.
    nodes.push(Node::create(
        "dry_run".to_owned(),
        "Account",
        "dry run",
        Map::new(),
    ));
    match payload::write_together(client, &nodes, &graph.headers).await? {
        Written::Yes(_) => Err(kept(plan)),
        Written::No(Refused {
            culprit: Some(culprit),
            ..
        }) if culprit + 1 == nodes.len() => Ok(Trial::Taken { remarks }),
        Written::Halted(failure) => Err(failure),
        Written::No(Refused { failure, .. }) if failure.is_transient() => Err(failure),
        Written::No(Refused { failure, .. }) => Ok(Trial::Refused(failure)),
    }
}

/// Returns the failure for an org that takes even an account without a name, because an automation
/// gives it one.
fn kept(plan: &Plan) -> Failure {
    let text = format!(
        "Salesforce took an account without any field, so that nothing was rolled back: order {} is in Salesforce now, and an account that the org named by itself, which you may delete",
        plan.order
    );
    Failure::permanent(Class::Unknown, "write", text)
}
