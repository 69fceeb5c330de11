use crate::{
    client::Client,
    companion::{self, Carried, Companion},
    lookups::LookupCache,
    orders,
    owner::Existing,
    payload::{Link, Targets},
    read::{self, Snapshot},
    rules,
    write::{self, Job, Refused, Written},
};
use async_trait::async_trait;
use destination::{
    Failure, Outcome,
    rounds::{Attempt, Rounds, Tried},
};
use futures::future::join_all;
use mapping::{
    Plan,
    plan::{Record, When},
};
use ports::RecordRef;
use std::collections::{BTreeMap, BTreeSet};

/// A plan in progress.
pub(crate) struct Work<'a> {
    pub(crate) plan: &'a Plan,
    /// Its records that exist, by name.
    pub(crate) links: BTreeMap<String, Link>,
    records: Vec<RecordRef>,
    pub(crate) warnings: Vec<String>,
    refused: Option<Refused>,
}

/// One write, and the plans in progress that it is for: two orders of one new customer make the
/// customer once.
pub(crate) struct Task<'a, 'k> {
    pub(crate) record: &'a Record,
    pub(crate) works: Vec<usize>,
    existing: Option<Existing<'k>>,
    /// A warning for an operator about how it was found.
    pub(crate) warning: Option<String>,
}

/// What one round works with.
pub(crate) struct Parts<'a> {
    pub(crate) client: Client<'a>,
    pub(crate) cache: &'a LookupCache,
    pub(crate) companion: &'a Companion,
}

/// A query or two for the batch, then each record that is new or differs. Where a cached item turns
/// out to be gone, the plan is tried once more after a new look-up.
#[async_trait]
impl Rounds for Parts<'_> {
    type Hints = ();

    fn refusals(&self, plans: &[&Plan]) -> BTreeMap<usize, Failure> {
        let refusal = |(place, plan): (usize, &&Plan)| Some((place, read::check(plan).err()?));
        plans.iter().enumerate().filter_map(refusal).collect()
    }

    async fn round(&self, attempts: &[Attempt<'_, ()>]) -> Result<Vec<Tried<()>>, Failure> {
        let plans: Vec<&Plan> = attempts.iter().map(|attempt| attempt.plan).collect();
        if self.companion.is_there(&self.client).await {
            return self.together(&plans).await;
        }
        let known = read::read(&self.client, self.cache, &plans).await?;
        Ok(self.one_by_one(&known, &plans).await)
    }
}

impl Parts<'_> {
    /// Writes the plans with one call per record.
    async fn one_by_one(&self, known: &Snapshot, plans: &[&Plan]) -> Vec<Tried<()>> {
        let mut works: Vec<Work<'_>> = plans.iter().map(|plan| Work::new(plan)).collect();
        write_all(&self.client, known, &mut works).await;
        let finished = works.into_iter().map(|work| work.finish(self.cache));
        finished.collect()
    }

    /// Writes the plans through the companion RESTlet, as far as it can write them.
    async fn together(&self, plans: &[&Plan]) -> Result<Vec<Tried<()>>, Failure> {
        let items = read::items(&self.client, self.cache, plans).await?;
        let carried = companion::carry(&self.client, self.companion, &items, plans).await;
        let rest = plans.iter().enumerate();
        let rest = rest.filter(|(place, _)| !carried.contains_key(place));
        let (places, rest): (Vec<usize>, Vec<&Plan>) = rest.unzip();
        let mut tried: BTreeMap<usize, Tried<()>> = carried
            .into_iter()
            .filter_map(|(place, carried)| Some((place, self.taken(plans.get(place)?, carried))))
            .collect();
        if !rest.is_empty() {
            let left = match read::read_records(&self.client, &rest).await {
                Ok(known) => self.one_by_one(&known.with(items), &rest).await,
                Err(failure) if tried.is_empty() => return Err(failure),
                // What is written stays so; each of the others asks for itself then.
                Err(failure) => rest.iter().map(|_| alone(&failure)).collect(),
            };
            tried.extend(places.into_iter().zip(left));
        }
        Ok(tried.into_values().collect())
    }

    fn taken(&self, plan: &Plan, carried: Carried<'_>) -> Tried<()> {
        let mut work = Work::new(plan);
        match carried {
            Carried::Failed(failure) => return failure.into(),
            Carried::Written(written) => written
                .into_iter()
                .for_each(|(record, written)| work.take(record, &Ok(written))),
        }
        work.finish(self.cache)
    }
}

fn alone(failure: &Failure) -> Tried<()> {
    match failure.is_transient() {
        true => failure.clone().into(),
        false => Tried::Again {
            failure: failure.clone(),
            hints: (),
            alone: true,
        },
    }
}

/// Writes the first records of all plans (the customers) at the same time, then the second ones
/// (the orders), and so on: a record may refer to those above it.
async fn write_all(client: &Client<'_>, known: &Snapshot, works: &mut [Work<'_>]) {
    let levels = works
        .iter()
        .map(|work| work.plan.records.len())
        .max()
        .unwrap_or_default();
    for level in 0..levels {
        let mut tasks = tasks(works, level);
        find_existing(&mut tasks, known, works);
        let written = join_all(tasks.iter().map(|task| run(client, known, works, task))).await;
        for (task, written) in tasks.iter().zip(written) {
            for place in &task.works {
                if let Some(work) = works.get_mut(*place) {
                    work.warnings.extend(task.warning.clone());
                    work.take(task.record, &written);
                }
            }
        }
    }
}

/// Returns the writes of one level.
pub(crate) fn tasks<'a, 'k>(works: &[Work<'a>], level: usize) -> Vec<Task<'a, 'k>> {
    let mut tasks: Vec<Task<'a, 'k>> = Vec::new();
    let mut shared: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (place, work) in works
        .iter()
        .enumerate()
        .filter(|(_, work)| work.refused.is_none())
    {
        let Some(record) = work.plan.records.get(level) else {
            continue;
        };
        let key = record
            .key
            .as_ref()
            .filter(|_| rules::read_first(&record.object).is_some());
        let known = key.and_then(|key| {
            shared
                .get(&(record.object.as_str(), key.value.to_ascii_lowercase()))
                .copied()
        });
        match known.and_then(|number| tasks.get_mut(number)) {
            // The later order knows the customer better.
            Some(task) => {
                task.record = record;
                task.works.push(place);
            }
            None => {
                if let Some(key) = key {
                    shared.insert(
                        (&record.object, key.value.to_ascii_lowercase()),
                        tasks.len(),
                    );
                }
                tasks.push(Task {
                    record,
                    works: vec![place],
                    existing: None,
                    warning: None,
                });
            }
        }
    }
    tasks
}

/// Finds the existing record of each task, one by one, because a record that gets the key of one
/// customer is no longer free for another.
pub(crate) fn find_existing<'k>(
    tasks: &mut [Task<'_, 'k>],
    known: &'k Snapshot,
    works: &[Work<'_>],
) {
    let mut taken = BTreeSet::new();
    for task in tasks {
        let Some(work) = task.works.last().and_then(|place| works.get(*place)) else {
            continue;
        };
        (task.existing, task.warning) = known.existing(task.record, work.plan, &taken);
        if let (Some(existing), Some(key)) = (&task.existing, &task.record.key)
            && existing.wants_key(key)
        {
            taken.insert(existing.row.id());
        }
    }
}

async fn run(
    client: &Client<'_>,
    known: &Snapshot,
    works: &[Work<'_>],
    task: &Task<'_, '_>,
) -> Result<Written, Refused> {
    let Some(work) = task.works.last().and_then(|place| works.get(*place)) else {
        return Ok(Written {
            link: None,
            warnings: Vec::new(),
        });
    };
    let job = job_of(known, work, task);
    let refused = match write::write(client, job).await {
        Err(refused) if refused.lacks_currency => refused,
        written => return written,
    };
    let Some((customer, link, currency)) = missing_currency(work, task.record) else {
        return Err(refused);
    };
    write::add_currency(client, customer, link, currency).await?;
    let mut written = write::write(client, job).await?;
    written.warnings.push(format!(
        "{}: the customer did not have the order's currency ({currency}), which was added",
        task.record.name
    ));
    Ok(written)
}

/// Returns what is known about a write.
pub(crate) fn job_of<'x>(
    known: &'x Snapshot,
    work: &'x Work<'_>,
    task: &'x Task<'_, 'x>,
) -> Job<'x> {
    Job {
        record: task.record,
        targets: Targets {
            links: &work.links,
            found: &known.found,
            shared: &known.shared,
        },
        existing: task.existing,
        held: known.order(task.record),
        // A record that was looked for is known by now.
        was_there: rules::read_first(&task.record.object).is_none()
            && !orders::is_order(task.record)
            && work.plan.known.contains_key(&task.record.name),
    }
}

/// Returns the customer that lacks the order's currency, where the mapping lets it be added.
fn missing_currency<'a>(
    work: &'a Work<'_>,
    order: &'a Record,
) -> Option<(&'a Record, &'a Link, &'a str)> {
    let currency = orders::literal_id(&order.fields.get("currency")?.value)?;
    let may_be_added = |record: &&Record| {
        record
            .fields
            .get(rules::CURRENCIES)
            .is_some_and(|field| field.on == When::Always)
    };
    let customer = work.plan.records.iter().find(may_be_added)?;
    Some((customer, work.links.get(&customer.name)?, currency))
}

impl<'a> Work<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            links: BTreeMap::new(),
            records: Vec::new(),
            warnings: Vec::new(),
            refused: None,
        }
    }

    fn refuse(&mut self, refused: &Refused) {
        self.refused.get_or_insert_with(|| refused.clone());
    }

    pub(crate) fn take(&mut self, record: &Record, written: &Result<Written, Refused>) {
        let written = match written {
            Ok(written) => written,
            Err(refused) => return self.refuse(refused),
        };
        self.warnings.extend(written.warnings.iter().cloned());
        if let Some(link) = &written.link {
            self.links.insert(record.name.clone(), link.clone());
            self.records.push(RecordRef {
                name: record.name.clone(),
                object: record.object.clone(),
                id: link.address(),
            });
        }
    }

    /// Returns the result of the round, and forgets the look-ups that may have led astray.
    pub(crate) fn finish(self, cache: &LookupCache) -> Tried<()> {
        match self.refused {
            None => Tried::Done(Outcome::Delivered {
                records: self.records,
                warnings: self.warnings,
            }),
            Some(refused) if refused.remembered.is_empty() => refused.failure.into(),
            Some(refused) => {
                cache.forget(&refused.remembered);
                Tried::Again {
                    failure: refused.failure,
                    hints: (),
                    alone: false,
                }
            }
        }
    }
}
