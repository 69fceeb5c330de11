use crate::{
    client::Client,
    duplicates,
    error::{self, Holder},
    graph::{self, Graph, Snapshot},
    lookups::{self, LookupCache, LookupResults},
    payload::{self, MOST_NODES, Refused, Written},
    products::{self, Catalogue},
    read::{Questions, Rows},
};
use destination::{Class, Failure, Making, Outcome};
use mapping::{
    Plan,
    plan::{Lookup, Missing},
};
use std::collections::{BTreeMap, BTreeSet};

/// The number of times that a batch looks for what it needs while others are making products.
const MOST_LOOKS: usize = 8;

/// The result of one round for a plan.
enum RoundOutcome {
    Done(Outcome),
    /// Another try at once may well succeed, because the obstacle is known by now.
    Again(Failure),
}

/// The data that a round has read.
pub(crate) struct Read<'a> {
    /// The right to make what is missing, until all is written.
    _making: Option<Making<'a>>,
    pub(crate) rows: Rows,
    pub(crate) found: LookupResults,
    pub(crate) catalogue: Catalogue,
}

/// Delivers plans: one call reads, one writes. Where the first round failed for a reason that
/// reading again resolves, the plans concerned get a second one.
pub(crate) async fn deliver(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Vec<Outcome> {
    let mut outcomes = BTreeMap::new();
    let mut again = Vec::new();
    for (place, result) in round(client, cache, plans).await.into_iter().enumerate() {
        match result {
            RoundOutcome::Done(outcome) => _ = outcomes.insert(place, outcome),
            RoundOutcome::Again(_) => again.push(place),
        }
    }
    if !again.is_empty() {
        let rest: Vec<&Plan> = again
            .iter()
            .filter_map(|place| plans.get(*place).copied())
            .collect();
        let results = round(client, cache, &rest).await;
        outcomes.extend(
            again
                .into_iter()
                .zip(results)
                .map(|(place, result)| match result {
                    RoundOutcome::Done(outcome) => (place, outcome),
                    RoundOutcome::Again(failure) => (place, after_another_look(failure).into()),
                }),
        );
    }
    outcomes
        .into_iter()
        .zip(plans)
        .map(|((_, outcome), plan)| outcome.of_order(&plan.order))
        .collect()
}

/// Makes one read and one write for plans that do not fail together: where Salesforce refuses a
/// whole call for good, each plan is tried alone, so that only the bad one suffers.
async fn round(client: &Client<'_>, cache: &LookupCache, plans: &[&Plan]) -> Vec<RoundOutcome> {
    match try_round(client, cache, plans).await {
        Ok(results) => results,
        // Reading back may ask for a field that no query shows.
        Err(failure) if !failure.is_transient() && plans.iter().any(|plan| plan.in_doubt) => {
            let plans: Vec<Plan> = plans.iter().map(|plan| written_anew(plan)).collect();
            Box::pin(round(client, cache, &plans.iter().collect::<Vec<_>>())).await
        }
        Err(failure) if failure.is_transient() || plans.len() < 2 => plans
            .iter()
            .map(|_| RoundOutcome::Done(failure.clone().into()))
            .collect(),
        Err(_) => {
            let mut results = Vec::new();
            for plan in plans {
                match try_round(client, cache, &[*plan]).await {
                    Ok(alone) => results.extend(alone),
                    Err(failure) => results.push(RoundOutcome::Done(failure.into())),
                }
            }
            results
        }
    }
}

async fn try_round(
    client: &Client<'_>,
    cache: &LookupCache,
    plans: &[&Plan],
) -> Result<Vec<RoundOutcome>, Failure> {
    let mut results = BTreeMap::new();
    let mut sound = Vec::new();
    for (place, plan) in plans.iter().enumerate() {
        // A plan that cannot even be asked about does not spoil the query of the others.
        match Questions::default().ask(plan, &LookupResults::default()) {
            Ok(()) => sound.push((place, *plan)),
            Err(failure) => _ = results.insert(place, RoundOutcome::Done(failure.into())),
        }
    }
    let read = read(client, cache, &sound).await?;
    let known = Snapshot {
        rows: &read.rows,
        found: &read.found,
        catalogue: &read.catalogue,
    };
    let mut graphs = Vec::new();
    let mut claimed = BTreeSet::new();
    for (place, plan) in sound {
        match graph::build(plan, known) {
            Err(failure) => _ = results.insert(place, RoundOutcome::Done(failure.into())),
            Ok(graph) if graph.claims.iter().any(|claim| claimed.contains(claim)) => {
                _ = results.insert(place, RoundOutcome::Again(being_made()))
            }
            // A graph without nodes is refused, and with it the whole call.
            Ok(graph) if graph.nodes.is_empty() => {
                _ = results.insert(
                    place,
                    round_outcome(cache, &graph, Written::Yes(BTreeMap::new())),
                )
            }
            Ok(graph) => {
                claimed.extend(graph.claims.iter().cloned());
                graphs.push((place, graph));
            }
        }
    }
    for group in payload::groups(&graphs) {
        let group: Vec<&(usize, Graph)> = group
            .into_iter()
            .filter_map(|place| graphs.get(place))
            .collect();
        results.extend(write(client, cache, &group).await);
    }
    Ok(results.into_values().collect())
}

/// Reads everything that the plans need in one call; in two where missing products are to be made.
async fn read<'a>(
    client: &Client<'_>,
    cache: &'a LookupCache,
    plans: &[(usize, &Plan)],
) -> Result<Read<'a>, Failure> {
    read_with(client, cache, plans, |_| Ok(())).await
}

/// Reads everything that the plans need, and what `more` asks for besides. Where something is
/// missing and is to be made, no other batch of this process makes it meanwhile: Salesforce would
/// keep both, and refuse to say which one is meant.
pub(crate) async fn read_with<'a>(
    client: &Client<'_>,
    cache: &'a LookupCache,
    plans: &[(usize, &Plan)],
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
    plans: &[(usize, &'p Plan)],
    more: &(impl Fn(&mut Questions) -> Result<(), Failure> + Sync),
) -> Result<(Rows, LookupResults, Vec<&'p Lookup>), Failure> {
    let lookups = || plans.iter().flat_map(|(_, plan)| plan.lookups());
    let now = client.connection.clock.now();
    let mut found = cache.known(lookups(), now);
    let mut questions = Questions::default();
    for (_, plan) in plans {
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
) -> Vec<(usize, RoundOutcome)> {
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
    match written {
        Ok(written) => {
            let mut results = Vec::new();
            for ((place, graph), written) in group.iter().zip(written) {
                let written = duplicates::save_all_the_same(client, graph, written).await;
                results.push((*place, round_outcome(cache, graph, written)));
            }
            results
        }
        Err(failure) if failure.is_transient() || group.len() < 2 => group
            .iter()
            .map(|(place, _)| (*place, RoundOutcome::Done(failure.clone().into())))
            .collect(),
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
                results.push((*place, round_outcome(cache, graph, written)));
            }
            results
        }
    }
}

fn round_outcome(cache: &LookupCache, graph: &Graph, written: Written) -> RoundOutcome {
    match written {
        Written::Yes(ids) => RoundOutcome::Done(Outcome::Delivered {
            records: payload::records(graph, &ids),
            warnings: graph.warnings.clone(),
        }),
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
                    RoundOutcome::Done(error::held_for_good(failure, &Holder::Field(field)).into())
                }
                Some(_) => RoundOutcome::Again(failure),
                // Somebody converted the lead since it was read, and another look tells what it
                // became.
                None if error::is_converted_lead(&failure) => RoundOutcome::Again(failure),
                None if may_be_outdated => RoundOutcome::Again(failure),
                None => RoundOutcome::Done(failure.into()),
            }
        }
    }
}

fn written_anew(plan: &Plan) -> Plan {
    Plan {
        in_doubt: false,
        ..plan.clone()
    }
}

/// Returns the failure that is left when looking again has not helped: a record that exists but was
/// not found twice is hidden. One that may be found is found by the next try.
fn after_another_look(failure: Failure) -> Failure {
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

fn being_made() -> Failure {
    Failure::transient(
        Class::Conflict,
        "write",
        "another order of the same batch is making a product that this order needs too",
    )
}
