//! Asynchronous jobs: `Prefer: respond-async` with a collection of up to 100 records of one kind.
//! The records of a job are saved one after the other, by one of the account's asynchronous
//! processors, and take none of the pool of concurrent requests. NetSuite Help, article_0127092747,
//! subsect_161278579295 (job), subsect_161252896355 (task), subsect_161252889998 (result),
//! subsect_164494900632 (idempotency).

use super::{
    account::Account,
    answer::Answer,
    error::Problem,
    request::{Call, JOBS},
};
use crate::exchange::Incoming;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// The most records of one job.
const MOST_RECORDS: usize = 100;
/// The number of records that a job saves at a time where it is to save them in parallel.
const IN_PARALLEL: usize = 2;
const IDEMPOTENCY_KEY: &str = "x-netsuite-idempotency-key";

/// All jobs of the account.
#[derive(Debug)]
pub(super) struct Jobs {
    jobs: Vec<Job>,
    /// The place of the job that was accepted under each idempotency key.
    keys: BTreeMap<String, usize>,
    /// When each processor is free.
    processors: Vec<Timestamp>,
    pub(super) per_record: Duration,
    /// Whether the jobs that are accepted from now on never begin.
    pub(super) stall: bool,
}

#[derive(Debug)]
struct Job {
    tasks: Vec<Task>,
    /// Whether the account has forgotten it.
    is_lost: bool,
}

/// The saving of one record.
#[derive(Debug)]
struct Task {
    request: Incoming,
    /// When it is done; `None` where that is never.
    due: Option<Timestamp>,
    answer: Option<Answer>,
}

impl Jobs {
    pub(super) fn new(processors: usize, per_record: Duration) -> Self {
        Self {
            jobs: Vec::new(),
            keys: BTreeMap::new(),
            processors: vec![Timestamp::MIN; processors.max(1)],
            per_record,
            stall: false,
        }
    }

    /// Forgets all jobs, and what they have not saved yet.
    pub(super) fn lose(&mut self) {
        for job in &mut self.jobs {
            job.is_lost = true;
            job.tasks.retain(|task| task.answer.is_some());
        }
    }

    /// Returns a task whose time has come, the earliest first.
    fn next_due(&mut self, now: Timestamp) -> Option<&mut Task> {
        let open = self.jobs.iter_mut().flat_map(|job| &mut job.tasks);
        open.filter(|task| task.answer.is_none() && task.due.is_some_and(|due| due <= now))
            .min_by_key(|task| task.due)
    }

    /// Plans when each of these requests is carried out, by the processor that is free first.
    fn accept(&mut self, requests: Vec<Incoming>, at_a_time: usize, now: Timestamp) -> usize {
        let per_record = self.per_record;
        let after = |begin: Timestamp, place: usize| {
            let rounds = u32::try_from(place / at_a_time.max(1) + 1).unwrap_or(u32::MAX);
            begin
                .saturating_add(per_record.saturating_mul(rounds))
                .unwrap_or(Timestamp::MAX)
        };
        let mut begin = None;
        if let Some(free) = self.processors.iter_mut().min().filter(|_| !self.stall) {
            let begins = now.max(*free);
            *free = after(begins, requests.len().saturating_sub(1));
            begin = Some(begins);
        }
        let task = |(place, request)| Task {
            request,
            due: begin.map(|begin| after(begin, place)),
            answer: None,
        };
        self.jobs.push(Job {
            tasks: requests.into_iter().enumerate().map(task).collect(),
            is_lost: false,
        });
        self.jobs.len()
    }
}

/// Returns whether a request asks for a job with many records.
pub(super) fn is_batch(request: &Incoming) -> bool {
    request
        .header("prefer")
        .is_some_and(|prefer| prefer.contains("respond-async"))
        && request
            .header("content-type")
            .is_some_and(|kind| kind.contains("type=collection"))
}

/// Carries out the tasks whose time has come.
pub(super) fn run(account: &mut Account, now: Timestamp) {
    while let Some(task) = account.jobs.next_due(now) {
        let request = task.request.clone();
        let answer = account.carry_out(&request);
        if let Some(task) = account.jobs.next_due(now) {
            task.answer = Some(answer);
        }
    }
}

/// Answers the request for a job with a 202, or with the job that was accepted under its key.
pub(super) fn accept(account: &mut Account, call: &Call<'_>) -> Result<Answer, Problem> {
    let key = call.request.header(IDEMPOTENCY_KEY).map(String::from);
    if let Some(number) = key.as_ref().and_then(|key| account.jobs.keys.get(key)) {
        let problem = Problem::idempotency_conflict().in_header("X-NetSuite-Idempotency-Key");
        return Ok(Answer::from(problem).header(header::LOCATION, location(account, *number)));
    }
    let requests = requests(call)?;
    let is_parallel = call
        .request
        .headers
        .get_all("prefer")
        .iter()
        .any(|value| value.as_bytes().ends_with(b"batch-processing=\"parallel\""));
    let at_a_time = if is_parallel { IN_PARALLEL } else { 1 };
    let now = account.now();
    let number = account.jobs.accept(requests, at_a_time, now);
    if let Some(key) = key {
        account.jobs.keys.insert(key, number);
    }
    Ok(Answer::accepted()
        .header(
            HeaderName::from_static("preference-applied"),
            "respond-async",
        )
        .header(header::LOCATION, location(account, number)))
}

/// Answers `GET /services/rest/async/v1/job/...`.
pub(super) fn read(account: &Account, path: &str) -> Result<Answer, Problem> {
    let mut segments = path.split('/');
    let number = match (segments.next(), segments.next()) {
        (Some("job"), Some(number)) => number.parse::<usize>().ok(),
        _ => None,
    };
    let number = number.ok_or_else(Problem::no_resource)?;
    let job = number
        .checked_sub(1)
        .and_then(|place| account.jobs.jobs.get(place))
        .filter(|job| !job.is_lost)
        .ok_or_else(Problem::no_record)?;
    let own = location(account, number);
    match segments.collect::<Vec<_>>().as_slice() {
        [] => Ok(Answer::singular(job.view(number, &own))),
        ["task"] => Ok(Answer::collection(job.tasks_view(&own))),
        ["task", task] => Ok(Answer::singular(job.task(task)?.view(task, &own))),
        ["task", task, "result"] => {
            let answer = job.task(task)?.answer.clone();
            answer.ok_or_else(Problem::no_record)
        }
        _ => Err(Problem::no_resource()),
    }
}

impl Job {
    fn task(&self, number: &str) -> Result<&Task, Problem> {
        let place = number.parse::<usize>().ok();
        place
            .and_then(|number| self.tasks.get(number.checked_sub(1)?))
            .ok_or_else(Problem::no_record)
    }

    fn view(&self, number: usize, own: &str) -> Value {
        let completed = self.tasks.iter().all(|task| task.answer.is_some());
        let begun = self.tasks.iter().any(|task| task.answer.is_some());
        let failed = self.tasks.iter().any(Task::is_refused);
        let progress = match (completed, begun, failed) {
            (true, _, true) => "failed",
            (true, _, false) => "succeeded",
            (false, true, _) => "processing",
            (false, false, _) => "pending",
        };
        json!({
            "completed": completed, "id": number.to_string(), "progress": progress,
            "task": {"links": [{"rel": "self", "href": format!("{own}/task")}]},
            "links": [{"rel": "self", "href": own}],
        })
    }

    /// Returns the list of the tasks. All links stand in one item.
    fn tasks_view(&self, own: &str) -> Value {
        let link = |number| json!({"rel": "self", "href": format!("{own}/task/{number}")});
        let links: Vec<Value> = (1..=self.tasks.len()).map(link).collect();
        json!({"count": 1, "items": [{"links": links}], "links": [{"rel": "self", "href": format!("{own}/task")}]})
    }
}

impl Task {
    fn is_refused(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| !answer.is_good())
    }

    fn view(&self, number: &str, own: &str) -> Value {
        let progress = match &self.answer {
            None => "pending",
            Some(answer) if answer.is_good() => "succeeded",
            Some(_) => "failed",
        };
        json!({
            "completed": self.answer.is_some(), "id": number, "progress": progress,
            "links": [
                {"rel": "self", "href": format!("{own}/task/{number}")},
                {"rel": "related", "href": format!("{own}/task/{number}/result")},
            ],
        })
    }
}

/// Returns the request of each record as it would have come by itself.
fn requests(call: &Call<'_>) -> Result<Vec<Incoming>, Problem> {
    if call.request.method != "POST" {
        let detail = "The sandbox takes batches of new records only.";
        return Err(Problem::new(400, "INVALID_REQUEST", detail));
    }
    let body: Value = serde_json::from_slice(&call.request.body).map_err(Problem::invalid_body)?;
    let items = body.get("items").and_then(Value::as_array);
    let items = items.ok_or_else(|| Problem::invalid_body("the property items is missing."))?;
    if items.is_empty() || items.len() > MOST_RECORDS {
        let detail = format!("a batch has 1 to {MOST_RECORDS} records.");
        return Err(Problem::invalid_body(detail));
    }
    let mut headers = call.request.headers.clone();
    headers.remove("prefer");
    headers.remove(IDEMPOTENCY_KEY);
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    let request = |item: &Map<String, Value>| Incoming {
        method: call.request.method.clone(),
        target: call.request.target.clone(),
        headers: headers.clone(),
        body: Bytes::from(Value::Object(item.clone()).to_string()),
    };
    let object = |item: &Value| {
        let fields = item.as_object();
        fields
            .map(request)
            .ok_or_else(|| Problem::invalid_body("a JSON object is expected."))
    };
    items.iter().map(object).collect()
}

fn location(account: &Account, number: usize) -> String {
    format!("{}{JOBS}/job/{number}", account.url)
}
