//! From plans to one call of the companion.

use super::{
    protocol::{Guard, Holding, Parcel, Sent},
    seen::Seen,
};
use crate::{
    client::{Client, RECORDS},
    orders,
    payload::Targets,
    prepared::{self, Prepared, Request},
    read::{self, Items, Rows, Snapshot},
    rules,
    suiteql::{Query, Question},
    write::{Job, Written},
};
use destination::Failure;
use jiff::Timestamp;
use mapping::{
    Plan,
    plan::{Find, Record},
};
use reqwest::Method;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The queries of a call, each with its table and the columns that it asks for.
pub(super) struct Queries {
    pub(super) all: Vec<(String, Vec<String>, Query)>,
}

/// An order that is ready to be given to the companion.
pub(super) struct Packed<'a> {
    /// The place of its plan in the batch.
    pub(super) place: usize,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) guards: Vec<Guard>,
}

/// One record of a plan.
pub(super) struct Step<'a> {
    pub(super) record: &'a Record,
    /// A warning for an operator about how it was found.
    pub(super) warning: Option<String>,
    pub(super) write: Write,
}

pub(super) enum Write {
    /// Nothing is sent.
    Nothing(Written),
    Send(Box<Request>),
}

/// The table of orders, which is asked where an earlier try may have written one.
const ORDERS: &str = "transaction";

impl Queries {
    /// Returns the queries for these plans: those that are asked for customers before any write, and
    /// one for the orders that may be there.
    pub(super) fn of(client: &Client<'_>, plans: &[&Plan]) -> Result<Self, Failure> {
        let mut questions = read::questions(plans, read::asked_of(client, plans))?;
        let doubtful = plans.iter().filter(|plan| plan.in_doubt);
        let keys: Vec<String> = doubtful
            .flat_map(|plan| &plan.records)
            .filter(|record| orders::is_order(record))
            .map(|record| prepared::external_id(record).to_owned())
            .collect();
        let mut question = Question::new(ORDERS)?;
        question.select(rules::EXTERNAL_ID)?;
        question.or_in(rules::EXTERNAL_ID, false, &keys)?;
        questions.push((ORDERS.to_owned(), question));
        let asked = questions.into_iter().filter_map(|(table, question)| {
            let query = question.query()?;
            Some((table, question.columns().to_vec(), query))
        });
        Ok(Self {
            all: asked.collect(),
        })
    }

    fn about(&self, table: &str) -> Option<(usize, &[String])> {
        let mut all = self.all.iter().enumerate();
        let (place, (_, columns, _)) = all.find(|(_, (known, ..))| known == table)?;
        Some((place, columns))
    }
}

/// Makes the requests of a plan under the assumption that what is read first is as it was last
/// seen. Returns `None` where the plan is nothing for the companion: its records are not new, or it
/// takes another request than one that makes a record.
pub(super) fn pack<'a>(
    (place, plan): (usize, &'a Plan),
    queries: &Queries,
    seen: &Seen,
    items: &Items,
    now: Timestamp,
) -> Option<Packed<'a>> {
    let guards = guards(plan, queries, seen, now)?;
    let known = assumed(&guards, queries);
    let (mut links, mut steps) = (BTreeMap::new(), Vec::new());
    for record in &plan.records {
        let (existing, warning) = known.existing(record, plan, &BTreeSet::new());
        let job = Job {
            record,
            targets: Targets {
                links: &links,
                found: &items.found,
                shared: &items.shared,
            },
            existing,
            held: None,
            was_there: false,
        };
        let write = match prepared::prepare(job).ok()? {
            Prepared::Nothing(written) => Write::Nothing(written),
            Prepared::Send(request) if request.method == Method::POST => Write::Send(request),
            Prepared::Send(_) => return None,
        };
        let link = match &write {
            Write::Nothing(written) => written.link.clone(),
            // The id is not known before the call; the external id is unique, too.
            Write::Send(request) => Some(request.link.clone()),
        };
        links.extend(link.map(|link| (record.name.clone(), link)));
        steps.push(Step {
            record,
            warning,
            write,
        });
    }
    Some(Packed {
        place,
        steps,
        guards,
    })
}

/// Returns what the queries must answer for the plan.
fn guards(plan: &Plan, queries: &Queries, seen: &Seen, now: Timestamp) -> Option<Vec<Guard>> {
    let mut guards = Vec::new();
    for record in &plan.records {
        if let Some((table, _)) = rules::read_first(&record.object) {
            let (query, columns) = queries.about(table)?;
            let of = holding(record);
            let rows = seen.rows(table, &of, columns, now);
            guards.push(Guard { query, of, rows });
        } else if plan.in_doubt && orders::is_order(record) {
            let (query, columns) = queries.about(ORDERS)?;
            let of = holding(record);
            let rows = seen.rows(ORDERS, &of, columns, now);
            // What an earlier try has written is compared and changed, not made.
            if !rows.is_empty() {
                return None;
            }
            guards.push(Guard { query, of, rows });
        }
    }
    Some(guards)
}

/// Returns the texts by which a record is looked for, by their columns.
fn holding(record: &Record) -> Holding {
    let mut of = Holding::new();
    let mut add = |column: &str, text: &str| {
        let texts = of.entry(column.to_ascii_lowercase()).or_default();
        texts.push(text.to_lowercase());
    };
    if let Some(key) = &record.key {
        add(rules::EXTERNAL_ID, &key.value);
        if !key.field.eq_ignore_ascii_case(rules::EXTERNAL_ID) {
            add(&key.field, &key.value);
        }
    }
    for find in &record.find {
        if let Find::Field { field, value } = find {
            add(field, value);
        }
    }
    of
}

fn assumed(guards: &[Guard], queries: &Queries) -> Snapshot {
    let mut rows = Rows::new();
    for guard in guards {
        if let Some((table, ..)) = queries.all.get(guard.query) {
            let known = rows.entry(table.clone()).or_default();
            known.extend(guard.rows.iter().cloned());
        }
    }
    Snapshot::assumed(rows)
}

impl Packed<'_> {
    /// Returns the texts by which its customers are looked for, each with its column: two orders
    /// that share one may be of one customer, and do not go in one call.
    pub(super) fn names(&self) -> BTreeSet<(usize, String, String)> {
        let of = |guard: &Guard| {
            let (query, of) = (guard.query, guard.of.clone());
            of.into_iter().flat_map(move |(column, texts)| {
                let name = move |text| (query, column.clone(), text);
                texts.into_iter().map(name)
            })
        };
        self.guards.iter().flat_map(of).collect()
    }

    /// Returns the order as it is sent.
    pub(super) fn parcel(&self) -> Parcel {
        let requests = self.steps.iter().filter_map(|step| match &step.write {
            Write::Nothing(_) => None,
            Write::Send(request) => Some(Sent {
                method: request.method.to_string(),
                path: format!("{RECORDS}/{}", request.path),
                body: Json::to_string(&request.body),
            }),
        });
        Parcel {
            guard: self.guards.clone(),
            requests: requests.collect(),
        }
    }
}
