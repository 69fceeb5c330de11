//! A batch on its way through the companion.

use super::{
    Companion, VERSION,
    pack::{self, Packed, Queries, Step, Write},
    presence::{ABSENT, FAILING, is_absent, other_version},
    protocol::{Answered, Delivery, Guard, Inner, Said, Status},
};
use crate::{
    client::{self, Client},
    error::Refusal,
    read::Items,
    row::Row,
    write::Written,
};
use destination::{Class, Failure};
use mapping::{Plan, plan::Record};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::Instant;

/// The longest time after which the script begins no further order.
const LONGEST: Duration = Duration::from_secs(200);

/// What the companion made of an order.
pub(crate) enum Carried<'a> {
    /// NetSuite holds its records.
    Written(Vec<(&'a Record, Written)>),
    /// It is not known what became of it, or nothing may be sent now.
    Failed(Failure),
}

/// What one call says of its orders, by their places.
#[derive(Default)]
struct Sorted<'a> {
    carried: BTreeMap<usize, Carried<'a>>,
    /// The orders that were not begun, about which more is known now.
    again: Vec<usize>,
    /// Whether no further call makes sense.
    is_over: bool,
}

/// Gives the companion the orders that are new, and returns what became of those that it could
/// write. The others are for the way of one call per record.
pub(crate) async fn carry<'a>(
    client: &Client<'_>,
    companion: &Companion,
    items: &Items,
    plans: &[&'a Plan],
) -> BTreeMap<usize, Carried<'a>> {
    let mut carried = BTreeMap::new();
    let is_new = |(_, plan): &(usize, &&Plan)| plan.known.is_empty() && items.know_all_of(plan);
    let new = plans.iter().enumerate().filter(is_new);
    let mut open: Vec<usize> = new.map(|(place, _)| place).collect();
    // First as expected, then as the rows say.
    for _ in 0..2 {
        let mut again = Vec::new();
        while !open.is_empty() {
            let rest = open.split_off(companion.orders_per_call().min(open.len()));
            let plans: Vec<(usize, &'a Plan)> = open
                .iter()
                .filter_map(|place| Some((*place, *plans.get(*place)?)))
                .collect();
            let result = call(client, companion, items, &plans).await;
            carried.extend(result.carried);
            if result.is_over {
                return carried;
            }
            again.extend(result.again);
            open = rest;
        }
        open = again;
    }
    carried
}

/// Makes one call for these plans.
async fn call<'a>(
    client: &Client<'_>,
    companion: &Companion,
    items: &Items,
    plans: &[(usize, &'a Plan)],
) -> Sorted<'a> {
    let now = client.connection.clock.now();
    let all: Vec<&Plan> = plans.iter().map(|(_, plan)| *plan).collect();
    let Ok(queries) = Queries::of(client, &all) else {
        return Sorted::default();
    };
    let packed = plans
        .iter()
        .filter_map(|plan| pack::pack(*plan, &queries, &companion.seen, items, now));
    let packed = of_different_customers(packed);
    if packed.is_empty() {
        return Sorted::default();
    }
    let half = client.connection.settings.request_timeout / 2;
    let delivery = Delivery {
        v: VERSION,
        seconds: half.min(LONGEST).as_secs().max(1),
        headers: client.headers_of_writes(),
        queries: queries.all.iter().map(|(.., query)| query.json()).collect(),
        orders: packed.iter().map(Packed::parcel).collect(),
        after: true,
    };
    let begun = Instant::now();
    match client.give(&delivery).await {
        Ok(said) if said.v != VERSION || said.refused.is_some() => {
            companion.away(client, &other_version(said.v), ABSENT);
            Sorted::over()
        }
        Ok(said) => {
            companion.took(packed.len(), Some(begun.elapsed()));
            remember(companion, &queries, &packed, &said, now);
            judge(packed, said)
        }
        Err(refusal) => fail(client, companion, &packed, &refusal),
    }
}

/// Leaves out the orders that may be of a customer of an earlier one: whoever is new to both would
/// be made twice.
fn of_different_customers<'a>(packed: impl Iterator<Item = Packed<'a>>) -> Vec<Packed<'a>> {
    let mut taken = BTreeSet::new();
    let is_other = |packed: &Packed<'_>| {
        let names = packed.names();
        let is_free = names.is_disjoint(&taken);
        taken.extend(names);
        is_free
    };
    packed.filter(is_other).collect()
}

/// Remembers the newest rows about each customer.
fn remember(
    companion: &Companion,
    queries: &Queries,
    packed: &[Packed<'_>],
    said: &Said,
    now: jiff::Timestamp,
) {
    let answered = said.after.as_ref().unwrap_or(&said.rows);
    for guard in packed.iter().flat_map(|packed| &packed.guards) {
        let (Some((table, columns, _)), Some(rows)) =
            (queries.all.get(guard.query), answered.get(guard.query))
        else {
            continue;
        };
        let rows = rows.iter().filter(|row| is_meant(row, guard));
        let rows: Vec<Row> = rows.cloned().collect();
        companion
            .seen
            .remember(table, &guard.of, columns, rows, now);
    }
}

fn is_meant(row: &Row, guard: &Guard) -> bool {
    guard.of.iter().any(|(column, texts)| {
        let held = row.text(column).map(|held| held.to_lowercase());
        held.is_some_and(|held| texts.contains(&held))
    })
}

/// Sorts the orders of an answered call.
fn judge<'a>(packed: Vec<Packed<'a>>, said: Said) -> Sorted<'a> {
    let mut result = Sorted {
        // A query that is refused is refused again; one order at a time shows whose it is.
        is_over: said.failure.is_some(),
        ..Sorted::default()
    };
    for (packed, answered) in packed.into_iter().zip(said.orders) {
        let place = packed.place;
        match answered.status {
            Status::Done => {
                let written = written(packed.steps, answered);
                let written = written.map(|written| (place, Carried::Written(written)));
                result.carried.extend(written);
            }
            Status::Guard | Status::Deferred => result.again.push(place),
            Status::Stuck => {}
        }
    }
    result
}

/// Returns the written records of an order; `None` where the answers do not belong to the requests.
fn written(steps: Vec<Step<'_>>, answered: Answered) -> Option<Vec<(&Record, Written)>> {
    let mut answers = answered.answers.into_iter();
    let mut all = Vec::new();
    for step in steps {
        let mut written = match step.write {
            Write::Nothing(written) => written,
            Write::Send(request) => {
                let answer = answers.next().filter(is_of_a_write)?;
                let id = answer.location.as_deref().and_then(client::id_in);
                request.written(step.record, id)
            }
        };
        written.warnings.splice(0..0, step.warning);
        all.push((step.record, written));
    }
    Some(all)
}

/// Returns whether the answer is one to a write: it has no body, or JSON.
fn is_of_a_write(answer: &Inner) -> bool {
    answer.body.is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(&answer.body).is_ok()
}

/// Decides what becomes of the orders of a refused call.
fn fail<'a>(
    client: &Client<'_>,
    companion: &Companion,
    packed: &[Packed<'a>],
    refusal: &Refusal,
) -> Sorted<'a> {
    let failure = &refusal.failure;
    if is_absent(refusal) {
        companion.away(client, &failure.message, ABSENT);
    } else if failure.class != Class::RateLimit {
        companion.took(packed.len(), None);
    }
    let is_over = companion.fails_always();
    if is_over {
        companion.away(client, &failure.message, FAILING);
    }
    // An answer that is final means that the script has ended, so that what it has written is there.
    if !failure.is_transient() || (is_absent(refusal) && !client.connection.is_kept_out()) {
        return Sorted::over();
    }
    let failed = |packed: &Packed<'a>| (packed.place, Carried::Failed(failure.clone()));
    Sorted {
        carried: packed.iter().map(failed).collect(),
        is_over,
        ..Sorted::default()
    }
}

impl Sorted<'_> {
    fn over() -> Self {
        Self {
            is_over: true,
            ..Self::default()
        }
    }
}
