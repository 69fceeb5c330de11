//! A batch of orders, level by level: the first records of all plans (the customers), then the
//! second ones (the orders). A plan whose record is no new one, or is not there afterwards, is left.

use super::{Bulk, MOST, job, look};
use crate::{
    client::Client,
    deliver::{Parts, Task, Work, find_existing, job_of, tasks},
    lookups::LookupCache,
    orders,
    payload::Link,
    prepared::{self, Prepared, Request, Way, external_id},
    read::{self, Snapshot},
    write::Written,
};
use destination::{Failure, Outcome, rounds::Tried};
use mapping::{Plan, plan::Record};
use std::collections::{BTreeMap, BTreeSet};

/// The plans of a batch that were not left so far.
pub(super) struct Batch<'a> {
    known: Snapshot,
    works: Vec<Work<'a>>,
    /// The position of each work's plan.
    places: Vec<usize>,
    /// The ids of the customers that the batch has made.
    made: BTreeSet<String>,
}

/// A new record, and the works that it is for.
struct New<'a> {
    record: &'a Record,
    request: Box<Request>,
    works: Vec<usize>,
    warning: Option<String>,
}

/// A record of a job that is there.
struct Found {
    id: String,
    /// The customer of an order.
    customer: Option<String>,
}

impl<'a> Batch<'a> {
    /// Reads what must be known about the plans.
    pub(super) async fn begin(parts: &Parts<'_>, plans: &[&'a Plan]) -> Result<Self, Failure> {
        let (places, plans): (Vec<usize>, Vec<&Plan>) = plans
            .iter()
            .enumerate()
            .filter(|(_, plan)| read::check(plan).is_ok())
            .map(|(place, plan)| (place, *plan))
            .unzip();
        Ok(Self {
            known: read::read(&parts.client, parts.cache, &plans).await?,
            works: plans.into_iter().map(Work::new).collect(),
            places,
            made: BTreeSet::new(),
        })
    }

    /// Makes what is new.
    pub(super) async fn deliver(
        &mut self,
        client: &Client<'_>,
        bulk: &Bulk,
    ) -> Result<(), Failure> {
        let levels = self.works.iter().map(|work| work.plan.records.len()).max();
        for level in 0..levels.unwrap_or_default() {
            let mut by_object: BTreeMap<&str, Vec<New<'a>>> = BTreeMap::new();
            for new in self.prepare(level) {
                by_object.entry(&new.record.object).or_default().push(new);
            }
            let mut left = BTreeSet::new();
            for news in by_object.into_values() {
                let news = self.without_present(client, news, &mut left).await?;
                let mut waiting = news.into_iter().peekable();
                while waiting.peek().is_some() {
                    let some: Vec<New<'a>> = waiting.by_ref().take(MOST).collect();
                    self.make(client, bulk, some, &mut left).await?;
                }
            }
            self.leave(&left);
        }
        Ok(())
    }

    /// Returns the outcomes by the positions of their plans.
    pub(super) fn finish(self, cache: &LookupCache) -> BTreeMap<usize, Outcome> {
        let outcome = |(place, work): (usize, Work<'_>)| {
            let order = &work.plan.order;
            match work.finish(cache) {
                Tried::Done(outcome) => Some((place, outcome.of_order(order))),
                Tried::Again { .. } => None,
            }
        };
        self.places
            .into_iter()
            .zip(self.works)
            .filter_map(outcome)
            .collect()
    }

    /// Takes what needs no request, leaves what is there already or cannot be written, and returns
    /// the new records.
    fn prepare(&mut self, level: usize) -> Vec<New<'a>> {
        let mut tasks: Vec<Task<'a, '_>> = tasks(&self.works, level);
        find_existing(&mut tasks, &self.known, &self.works);
        let (mut news, mut done, mut left) = (Vec::new(), Vec::new(), BTreeSet::new());
        for task in tasks {
            let job = task.works.last().and_then(|place| self.works.get(*place));
            let Some(job) = job.map(|work| job_of(&self.known, work, &task)) else {
                continue;
            };
            match prepared::prepare(job) {
                Ok(Prepared::Nothing(written)) => {
                    done.push((task.record, task.works, task.warning, written));
                }
                Ok(Prepared::Send(request)) if request.way == Way::Create => news.push(New {
                    record: task.record,
                    request,
                    works: task.works,
                    warning: task.warning,
                }),
                Ok(Prepared::Send(_)) | Err(_) => left.extend(task.works),
            }
        }
        for (record, works, warning, written) in done {
            self.take(record, &works, warning, written);
        }
        self.leave_and_renumber(&left, &mut news);
        news
    }

    /// Leaves out the orders that NetSuite has already, whatever the ledger knows. Those of a
    /// customer whom the batch has made cannot be there.
    async fn without_present(
        &self,
        client: &Client<'_>,
        news: Vec<New<'a>>,
        left: &mut BTreeSet<usize>,
    ) -> Result<Vec<New<'a>>, Failure> {
        let may_be_there = |new: &New<'a>| {
            orders::is_order(new.record)
                && !self
                    .customer_of(new)
                    .is_some_and(|customer| self.made.contains(customer))
        };
        let asked: Vec<String> = news
            .iter()
            .filter(|new| may_be_there(new))
            .map(|new| external_id(new.record).to_owned())
            .collect();
        let mut present = BTreeSet::new();
        for chunk in asked.chunks(MOST) {
            let question = look::question("transaction", true, chunk)?;
            if let Some(query) = question.query() {
                let rows = client.query(&query).await?;
                present.extend(rows.iter().filter_map(|row| row.text("externalid")));
            }
        }
        let (there, news): (Vec<_>, Vec<_>) = news
            .into_iter()
            .partition(|new| present.contains(external_id(new.record)));
        left.extend(there.into_iter().flat_map(|new| new.works));
        Ok(news)
    }

    /// Makes records of one kind by a job, and takes those that are there afterwards.
    async fn make(
        &mut self,
        client: &Client<'_>,
        bulk: &Bulk,
        news: Vec<New<'a>>,
        left: &mut BTreeSet<usize>,
    ) -> Result<(), Failure> {
        let Some(first) = news.first() else {
            return Ok(());
        };
        let (object, is_order) = (first.record.object.clone(), orders::is_order(first.record));
        let bodies: Vec<_> = news.iter().map(|new| new.request.body.clone()).collect();
        let job::Sent::Accepted(job) = job::send(client, bulk, &object, &bodies).await? else {
            left.extend(news.into_iter().flat_map(|new| new.works));
            return Ok(());
        };
        let ids: Vec<String> = news
            .iter()
            .map(|new| external_id(new.record).to_owned())
            .collect();
        let question = look::question(&object, is_order, &ids)?;
        let rows = look::wait(client, bulk, &job, &question, news.len()).await?;
        job::forget(bulk, &job).await;
        let found: BTreeMap<String, Found> = rows
            .iter()
            .filter_map(|row| {
                let found = Found {
                    id: row.id(),
                    customer: row.text("entity"),
                };
                Some((row.text("externalid")?, found))
            })
            .collect();
        for new in news {
            let found = found.get(external_id(new.record));
            let own = self.customer_of(&new);
            let is_its =
                |found: &&Found| own.is_none_or(|own| found.customer.as_deref() == Some(own));
            match found.filter(is_its) {
                Some(found) => {
                    if !is_order {
                        self.made.insert(found.id.clone());
                    }
                    let written = new.request.written(new.record, Some(found.id.clone()));
                    self.take(new.record, &new.works, new.warning, written);
                }
                None => left.extend(new.works),
            }
        }
        Ok(())
    }

    /// Returns the id of the customer of a new order.
    fn customer_of(&self, new: &New<'a>) -> Option<&str> {
        let work = self.works.get(*new.works.last()?)?;
        let customer = work
            .plan
            .records
            .iter()
            .find(|record| record.object.eq_ignore_ascii_case("customer"))?;
        match work.links.get(&customer.name)? {
            Link::Id(id) => Some(id),
            Link::ExternalId(_) => None,
        }
    }

    fn take(
        &mut self,
        record: &Record,
        works: &[usize],
        warning: Option<String>,
        written: Written,
    ) {
        let written = Ok(written);
        for place in works {
            if let Some(work) = self.works.get_mut(*place) {
                work.warnings.extend(warning.clone());
                work.take(record, &written);
            }
        }
    }

    /// Leaves works to the usual way.
    fn leave(&mut self, left: &BTreeSet<usize>) {
        self.leave_and_renumber(left, &mut Vec::new());
    }

    /// Leaves works, and gives those that stay their new positions in the new records. A record
    /// without a work is dropped.
    fn leave_and_renumber(&mut self, left: &BTreeSet<usize>, news: &mut Vec<New<'a>>) {
        if left.is_empty() {
            return;
        }
        let stay: Vec<usize> = (0..self.works.len())
            .filter(|place| !left.contains(place))
            .collect();
        let number: BTreeMap<usize, usize> = stay.iter().copied().zip(0..).collect();
        for new in news.iter_mut() {
            let moved = new.works.iter().filter_map(|place| number.get(place));
            new.works = moved.copied().collect();
        }
        news.retain(|new| !new.works.is_empty());
        let mut place = 0..;
        self.works.retain(|_| {
            place
                .next()
                .is_some_and(|place| number.contains_key(&place))
        });
        let mut place = 0..;
        self.places.retain(|_| {
            place
                .next()
                .is_some_and(|place| number.contains_key(&place))
        });
    }
}
