//! One job at a time. Its idempotency key is noted before it is sent, so that whoever goes on after
//! a crash sends under the same key: where the first request arrived, NetSuite answers with its job
//! instead of making another one.

use super::Bulk;
use crate::client::Client;
use destination::{Class, Failure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// The number of times that a job is sent whose answer does not arrive.
const TRIES: u32 = 3;
/// The age at which a job that is not done is given up: whatever it still makes is found by its
/// external ids.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(30 * 60);
/// The pauses between looks at the job of an earlier batch.
const PAUSES: [u64; 5] = [0, 2, 4, 8, 15];
/// The path of jobs.
const JOBS: &str = "/services/rest/async/";

/// A job that was sent, or is about to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Pending {
    key: String,
    /// Where it is found; `None` while no answer told.
    job: Option<String>,
    sent: Timestamp,
}

/// The note of the job under way, and the number of times that it was written.
struct Note {
    pending: Option<Pending>,
    revision: u64,
}

/// The answer to a batch.
pub(super) enum Sent {
    /// NetSuite makes the records: the path of the job.
    Accepted(String),
    /// An earlier batch was sent under this key; its job is done by now. Nothing was sent.
    AnotherIsDone,
    /// NetSuite takes no batches, or the job could not be noted.
    Refused,
}

/// Finds out what became of the job that an earlier batch left. Returns whether another one can be
/// sent.
pub(super) async fn resume(client: &Client<'_>, bulk: &Bulk) -> Result<bool, Failure> {
    let Some(note) = Note::read(bulk).await else {
        return Ok(false);
    };
    match note
        .pending
        .as_ref()
        .and_then(|pending| pending.job.as_deref())
    {
        None => Ok(true),
        Some(job) => {
            let is_old = note.is_old(client.connection.clock.now());
            let can_go_on = is_old || ends(client, job).await?;
            Ok(can_go_on && note.write(bulk, None).await)
        }
    }
}

/// Sends a batch of new records.
pub(super) async fn send(
    client: &Client<'_>,
    bulk: &Bulk,
    object: &str,
    records: &[Value],
) -> Result<Sent, Failure> {
    let now = client.connection.clock.now();
    let Some(note) = Note::read(bulk).await else {
        return Ok(Sent::Refused);
    };
    let is_fresh = !note.is_old(now);
    let pending = match note.pending.clone().filter(|_| is_fresh) {
        Some(pending) => pending,
        None => Pending {
            key: new_key()?,
            job: None,
            sent: now,
        },
    };
    if !note.write(bulk, Some(&pending)).await {
        return Ok(Sent::Refused);
    }
    let body = json!({ "items": records });
    let answer = repeat(client, object, &pending.key, &body).await?;
    let job = answer.headers.get(reqwest::header::LOCATION);
    let job = job.and_then(|job| path_of(job.to_str().ok()?));
    let is_conflict = answer.status == 400 && answer.quote().contains("IDEMPOTENCY_ERROR");
    let Some(job) = job.filter(|_| answer.status == 202 || is_conflict) else {
        let why = format!("status {}, {}", answer.status, code_of(&answer));
        bulk.switch_off(now, &why);
        note.after_write().write(bulk, None).await;
        return Ok(Sent::Refused);
    };
    let pending = Pending {
        job: Some(job.clone()),
        sent: now,
        ..pending
    };
    note.after_write().write(bulk, Some(&pending)).await;
    if !is_conflict {
        return Ok(Sent::Accepted(job));
    }
    match resume(client, bulk).await? {
        true => Ok(Sent::AnotherIsDone),
        false => Ok(Sent::Refused),
    }
}

/// Forgets the job, which is done, unless another process has noted another one.
pub(super) async fn forget(bulk: &Bulk, job: &str) {
    let is_its = |note: &Note| {
        let pending = note.pending.as_ref();
        pending.is_some_and(|pending| pending.job.as_deref() == Some(job))
    };
    if let Some(note) = Note::read(bulk).await.filter(is_its) {
        note.write(bulk, None).await;
    }
}

/// Returns whether a job is done. One that NetSuite does not know any more is.
pub(super) async fn is_done(client: &Client<'_>, job: &str) -> Result<bool, Failure> {
    let answer = client.job(job).await?;
    let body = answer.json().unwrap_or_default();
    Ok(answer.status == 404 || body.get("completed").and_then(Value::as_bool) == Some(true))
}

/// Waits for a while until a job is done. Returns whether it is.
async fn ends(client: &Client<'_>, job: &str) -> Result<bool, Failure> {
    for pause in PAUSES {
        sleep(Duration::from_secs(pause)).await;
        if is_done(client, job).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Sends a batch until an answer arrives: under the same key, no second job is made.
async fn repeat(
    client: &Client<'_>,
    object: &str,
    key: &str,
    body: &Value,
) -> Result<destination::Answer, Failure> {
    let mut tries = 0;
    loop {
        tries += 1;
        match client.batch(object, key, body).await {
            Err(failure) if failure.class == Class::Unavailable && tries < TRIES => {}
            answered => return answered,
        }
    }
}

impl Note {
    /// Reads the note; `None` where it cannot be read now.
    async fn read(bulk: &Bulk) -> Option<Self> {
        let read = bulk.notes.checkpoint(&name(bulk)).await;
        let found = read.inspect_err(|error| warn(bulk, error)).ok()?;
        Some(Self {
            revision: found.as_ref().map_or(0, |found| found.revision),
            pending: found.and_then(|found| serde_json::from_str(&found.text).ok()),
        })
    }

    /// Returns the note as it is once it was written.
    fn after_write(&self) -> Self {
        Self {
            pending: None,
            revision: self.revision + 1,
        }
    }

    /// Writes what is pending now. Returns whether it is written.
    async fn write(&self, bulk: &Bulk, pending: Option<&Pending>) -> bool {
        let text = serde_json::to_string(&pending).unwrap_or_default();
        let written = bulk
            .notes
            .set_checkpoint(&name(bulk), text, self.revision)
            .await;
        written
            .inspect_err(|error| warn(bulk, error))
            .unwrap_or_default()
    }

    fn is_old(&self, now: Timestamp) -> bool {
        self.pending.as_ref().is_some_and(|pending| {
            now.duration_since(pending.sent).unsigned_abs() >= GIVEN_UP_AFTER
        })
    }
}

fn name(bulk: &Bulk) -> String {
    format!("batch {}", bulk.destination)
}

fn warn(bulk: &Bulk, error: &ports::PortError) {
    tracing::warn!(
        destination = bulk.destination,
        error = error as &dyn std::error::Error,
        "the note of the batch under way is out of reach, so that orders go one by one"
    );
}

/// Returns a random key.
fn new_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        let text =
            format!("the machine gives no random numbers, which a batch's key needs: {error}");
        Failure::transient(Class::Unavailable, "batch", text)
    })?;
    Ok(hex::encode(bytes))
}

/// Returns the path of a job, where its address may have a host before it.
fn path_of(location: &str) -> Option<String> {
    let place = location.find(JOBS)?;
    location.get(place..).map(str::to_owned)
}

fn code_of(answer: &destination::Answer) -> String {
    let refusal = crate::error::refusal("batch", answer.status, answer.json().as_ref(), None);
    refusal
        .failure
        .code
        .unwrap_or_else(|| "without a code".to_owned())
}
