use crate::{
    client::Client,
    duplicates,
    error::{self, Holder},
    graph::{self, Graph, Snapshot},
    lookups::{self, LookupCache, LookupResults},
    payload::{self, MOST_GRAPHS, MOST_NODES, Refused, Written},
    products::{self, Catalogue},
    read::{Questions, Rows},
};
use async_trait::async_trait;
use destination::{
    Class, Failure, Making, Outcome,
    rounds::{Attempt, Rounds, Tried},
};
use mapping::{
    Plan,
    plan::{Lookup, Missing},
};
use std::collections::{BTreeMap, BTreeSet};

/// The number of times that a batch looks for what it needs while others are making products.
const MOST_LOOKS: usize = 8;

/// The data that a round has read.
pub(crate) struct Read<'a> {
    /// The right to make what is missing, until all is written.
    _making: Option<Making<'a>>,
    pub(crate) rows: Rows,
    pub(crate) found: LookupResults,
    pub(crate) catalogue: Catalogue,
}

/// What one round works with.
pub(crate) struct Parts<'a> {
    pub(crate) client: Client<'a>,
    pub(crate) cache: &'a LookupCache,
    /// The most orders that one call writes.
    pub(crate) most_graphs: usize,
}

/// One call reads, one writes.
#[async_trait]
impl Rounds for Parts<'_> {
    type Hints = ();

    /// A plan that cannot even be asked about does not spoil the query of the others.
    fn refusals(&self, plans: &[&Plan]) -> BTreeMap<usize, Failure> {
        let refusal = |(place, plan): (usize, &&Plan)| {
            let asked = Questions::default().ask(plan, &LookupResults::default());
            Some((place, asked.err()?))
        };
        plans.iter().enumerate().filter_map(refusal).collect()
    }

    async fn round(&self, attempts: &[Attempt<'_, ()>]) -> Result<Vec<Tried<()>>, Failure> {
        let plans: Vec<&Plan> = attempts.iter().map(|attempt| attempt.plan).collect();
        let read = read(&self.client, self.cache, &plans).await?;
        let known = Snapshot {
            rows: &read.rows,
            found: &read.found,
            catalogue: &read.catalogue,
        };
        let mut results = BTreeMap::new();
        let mut graphs = Vec::new();
        let mut claimed = BTreeSet::new();
        for (place, plan) in plans.into_iter().enumerate() {
            match graph::build(plan, known) {
                Err(failure) => _ = results.insert(place, failure.into()),
                Ok(graph) if graph.claims.iter().any(|claim| claimed.contains(claim)) => {
                    _ = results.insert(place, again(being_made()))
                }
                // A graph without nodes is refused, and with it the whole call.
                Ok(graph) if graph.nodes.is_empty() => {
                    let written = Written::Yes(BTreeMap::new());
                    _ = results.insert(place, tried(self.cache, &graph, written))
                }
                Ok(graph) => {
                    claimed.extend(graph.claims.iter().cloned());
                    graphs.push((place, graph));
                }
            }
        }
        for group in payload::groups(&graphs, self.most_graphs) {
            let group: Vec<&(usize, Graph)> = group
                .into_iter()
                .filter_map(|place| graphs.get(place))
                .collect();
            results.extend(write(&self.client, self.cache, &group).await);
        }
        Ok(results.into_values().collect())
    }

    /// A record that exists but was not found twice is hidden. One that may be found is found by
    /// the next try.
    fn after_another_look(&self, failure: Failure) -> Failure {
        match error::holder(&failure) {
            Some(holder @ Holder::Unseen) => error::held_for_good(failure, &holder),
            Some(_) => Failure {
                message: format!(
                    "{}. Somebody made the same record meanwhile, and the next try finds it",
                    failure.message
                ),
                ..failure
            },
            None => failure,
        }
    }
}

fn again(failure: Failure) -> Tried<()> {
    Tried::Again {
        failure,
        hints: (),
        alone: false,
    }
}

/// Reads everything that the plans need in one call; in two where missing products are to be made.
async fn read<'a>(
    client: &Client<'_>,
    cache: &'a LookupCache,
    plans: &[&Plan],
) -> Result<Read<'a>, Failure> {
    read_with(client, cache, plans, |_| Ok(())).await
}

/// Reads everything that the plans need, and what `more` asks for besides. Where something is
/// missing and is to be made, no other batch of this process makes it meanwhile: Salesforce would
/// keep both, and refuse to say which one is meant.
pub(crate) async fn read_with<'a>(
    client: &Client<'_>,
    cache: &'a LookupCache,
    plans: &[&Plan],
    more: impl Fn(&mut Questions) -> Result<(), Failure> + Sync,
) -> Result<Read<'a>, Failure> {
    for _ in 0..MOST_LOOKS {
        let looked = cache.makers.finished();
        let (rows, found, to_make) = look(client, cache, plans, &more).await?;
        let mut making = None;
        if !to_make.is_empty() {
            let claims = to_make.iter().map(|lookup| products::claim(lookup));
            making = cache.makers.claim(claims, looked).await;
            if making.is_none() {
                continue;
            }
        }
        let catalogue = Catalogue::new(client.query(&products::questions(&to_make)?).await?);
        return Ok(Read {
            _making: making,
            rows,
            found,
            catalogue,
        });
    }
    Err(Failure::transient(
        Class::Conflict,
        "read",
        "other batches were making products each time that this one looked for its own",
    ))
}

/// Asks once, and returns the answer with the look-ups whose records are to be made.
async fn look<'p>(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&'p Plan],
    more: &(impl Fn(&mut Questions) -> Result<(), Failure> + Sync),
) -> Result<(Rows, LookupResults, Vec<&'p Lookup>), Failure> {
    let lookups = || plans.iter().flat_map(|plan| plan.lookups());
    let now = client.connection.clock.now();
    let mut found = cache.known(lookups(), now);
    let mut questions = Questions::default();
    for plan in plans {
        questions.ask(plan, &found)?;
    }
    more(&mut questions)?;
    let rows = client.query(&questions.queries()).await?;
    let unknown: Vec<&Lookup> = lookups()
        .filter(|lookup| found.get(lookup).is_none() && lookups::is_askable(lookup))
        .collect();
    for lookup in &unknown {
        lookups::learn(
            &mut found,
            lookup,
            rows.get(&lookup.object.to_ascii_lowercase())
                .map(Vec::as_slice)
                .unwrap_or_default(),
        );
    }
    cache.remember(&found, now);
    let to_make = unknown
        .into_iter()
        .filter(|lookup| lookup.missing == Missing::Create && found.is_unknown(lookup))
        .collect();
    Ok((rows, found, to_make))
}

async fn write(
    client: &Client<'_>,
    cache: &LookupCache,
    group: &[&(usize, Graph)],
) -> Vec<(usize, Tried<()>)> {
    let written = match group {
        [(_, graph)] if graph.nodes.len() > MOST_NODES => {
            Ok(vec![payload::write_in_parts(client, graph).await])
        }
        _ => {
            let headers = group
                .first()
                .map(|(_, graph)| graph.headers.clone())
                .unwrap_or_default();
            payload::write(
                client,
                &group
                    .iter()
                    .map(|(_, graph)| graph.nodes.as_slice())
                    .collect::<Vec<_>>(),
                &headers,
            )
            .await
        }
    };
    let is_large = group.len() > MOST_GRAPHS;
    match written {
        Ok(written) => {
            let (mut results, mut halted) = (Vec::new(), Vec::new());
            for (one, written) in group.iter().zip(written) {
                let (place, graph) = one;
                if is_large && matches!(written, Written::Halted(_)) {
                    halted.push(*one);
                    continue;
                }
                let written = duplicates::save_all_the_same(client, graph, written).await;
                results.push((*place, tried(cache, graph, written)));
            }
            results.extend(write_apart(client, cache, &halted).await);
            results
        }
        Err(failure) if failure.is_transient() || group.len() < 2 => group
            .iter()
            .map(|(place, _)| (*place, failure.clone().into()))
            .collect(),
        Err(_) if is_large => write_apart(client, cache, group).await,
        Err(_) => {
            let mut results = Vec::new();
            for (place, graph) in group {
                let written = payload::write(client, &[&graph.nodes], &graph.headers)
                    .await
                    .map(|mut written| written.pop());
                let written = match written {
                    Ok(Some(written)) => {
                        duplicates::save_all_the_same(client, graph, written).await
                    }
                    Ok(None) => payload::unanswered(),
                    Err(failure) => Written::No(failure.into()),
                };
                results.push((*place, tried(cache, graph, written)));
            }
            results
        }
    }
}

/// Writes graphs by calls so small that what is wrong with some of them halts no others.
async fn write_apart(
    client: &Client<'_>,
    cache: &LookupCache,
    graphs: &[&(usize, Graph)],
) -> Vec<(usize, Tried<()>)> {
    let mut results = Vec::new();
    for group in graphs.chunks(MOST_GRAPHS) {
        results.extend(Box::pin(write(client, cache, group)).await);
    }
    results
}

fn tried(cache: &LookupCache, graph: &Graph, written: Written) -> Tried<()> {
    match written {
        Written::Yes(ids) => Tried::Done(Outcome::Delivered {
            records: payload::records(graph, &ids),
            warnings: graph.warnings.clone(),
        }),
        Written::Halted(failure) => failure.into(),
        Written::No(Refused {
            failure,
            remembered,
            ..
        }) => {
            let may_be_outdated = !failure.is_transient() && !remembered.is_empty();
            cache.forget(&remembered);
            match error::holder(&failure) {
                // Looking again only finds a record by a field that is searched.
                Some(Holder::Field(field))
                    if !graph.looked_for_by.contains(&field.to_ascii_lowercase()) =>
                {
                    Tried::Done(error::held_for_good(failure, &Holder::Field(field)).into())
                }
                Some(_) => again(failure),
                // Somebody converted the lead since it was read, and another look tells what it
                // became.
                None if error::is_converted_lead(&failure) => again(failure),
                None if may_be_outdated => again(failure),
                None => failure.into(),
            }
        }
    }
}

fn being_made() -> Failure {
    Failure::transient(
        Class::Conflict,
        "write",
        "another order of the same batch is making a product that this order needs too",
    )
}
