//! Writing one record: nothing where it already says so, a change where it is there, else a new one; whatever NetSuite's answer shows about the others who write.

use crate::{
    client::Client,
    error::{Meaning, Refusal},
    lookups::LookupKey,
    payload::{self, Body, Link, Targets},
    read::Existing,
    rules,
};
use destination::{Class, Failure};
use mapping::plan::{Field, Record, Scalar, Value, When};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// A record to be written, and what is known about it.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) record: &'a Record,
    pub(crate) targets: Targets<'a>,
    /// The record as NetSuite has it, where it is known to be there.
    pub(crate) existing: Option<Existing<'a>>,
    /// Whether an earlier delivery of this order left it there, as far as the ledger knows.
    pub(crate) was_there: bool,
}

/// What became of a record.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// How it is referred to; `None` where the mapping says to do without it.
    pub(crate) link: Option<Link>,
    pub(crate) warnings: Vec<String>,
}

/// A failure, and what the refused record knew from memory only.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    pub(crate) remembered: Vec<LookupKey>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            remembered: Vec::new(),
        }
    }
}

/// Writes the record in as few calls as can be.
pub(crate) async fn write(client: &Client, job: Job<'_>) -> Result<Written, Refused> {
    let whole = match payload::body(job.record, job.targets, |_| true)? {
        Ok(body) => body,
        Err(warning) => {
            return Ok(Written {
                link: None,
                warnings: vec![warning],
            });
        }
    };
    let warnings = whole
        .warnings
        .iter()
        .map(|warning| format!("{}: {warning}", job.record.name))
        .collect();
    let written = match job.existing {
        Some(existing) if existing.is_of_another() => Ok(Link::Id(existing.row.id())),
        Some(existing) => change_known(client, job, &whole, existing).await,
        None if job.was_there => match change(client, job, &whole).await {
            Err(refusal) if refusal.meaning == Meaning::Gone => create(client, job, &whole).await,
            written => written,
        },
        None => create(client, job, &whole).await,
    };
    match written {
        Ok(link) => Ok(Written {
            link: Some(link),
            warnings,
        }),
        Err(refusal) => Err(Refused {
            remembered: if matches!(refusal.meaning, Meaning::BadReference | Meaning::Unread) {
                whole.remembered
            } else {
                Vec::new()
            },
            failure: about(of_record_or_role(client, job.record, refusal).await, job.record),
        }),
    }
}

/// A record that may not be written is out of the role's reach (its subsidiary, a restriction, a script of the account), or all of its kind are: a form that concerns no record tells.
/// Only the latter concerns every order.
async fn of_record_or_role(client: &Client, record: &Record, refusal: Refusal) -> Failure {
    let failure = refusal.failure;
    if refusal.meaning != Meaning::Forbidden {
        return failure;
    }
    match client.begin_form(&record.object).await {
        Err(neutral) if neutral.failure.retry => failure,
        _ => Failure {
            class: Class::Validation,
            retry: false,
            message: format!(
                "{}. The role may write other records of this kind: give it access to this one (its subsidiary, its restrictions), or correct the script that refuses it, then replay",
                failure
                    .message
                    .trim_end_matches(crate::error_table::ROLE)
                    .trim_end_matches([' ', '.'])
            ),
            ..failure
        },
    }
}

/// So many names are tried for a customer whose own is taken.
const NAMES_TRIED: u32 = 5;

/// What is sent to make the record.
pub(crate) fn new_record(record: &Record, body: &Body) -> Json {
    let mut fields = body.fields.clone();
    if let Some(key) = &record.key {
        fields.insert("externalId".to_owned(), json!(key.value));
    }
    Json::Object(fields)
}

/// A record that was read: only what differs is sent, and nothing where nothing does.
async fn change_known(client: &Client, job: Job<'_>, whole: &Body, existing: Existing<'_>) -> Result<Link, Refusal> {
    let id = existing.row.id();
    let differs = |name: &str, json: &Json| !rules::is_comparable(&job.record.object, name) || !existing.row.says(name, json);
    let is_due = |name: &str, on: When| match on {
        When::Always => true,
        When::Create => false,
        When::Blank => rules::is_comparable(&job.record.object, name) && existing.row.text(name).is_none(),
    };
    let mut body = Body {
        fields: whole.fields.clone(),
        ..Body::default()
    };
    body.fields.retain(|name, json| {
        name != "externalId" && job.record.fields.get(name).is_some_and(|field| is_due(name, field.on)) && differs(name, json)
    });
    if let Some(key) = job.record.key.as_ref().filter(|key| existing.wants_key(key)) {
        body.fields.insert("externalId".to_owned(), json!(key.value));
    }
    if body.fields.is_empty() {
        return Ok(Link::Id(id));
    }
    let path = format!("{}/{id}{}", job.record.object, body.replace());
    match send(client, &Method::PATCH, &path, &Json::Object(body.fields)).await {
        Ok(_) => Ok(Link::Id(id)),
        // Somebody made a record under this key since it was read: that one is the customer's.
        Err(refusal) if refusal.meaning == Meaning::Taken => change_taken(client, job, whole, refusal).await,
        Err(refusal) => Err(refusal),
    }
}

/// A record that is there under its external id.
async fn change(client: &Client, job: Job<'_>, whole: &Body) -> Result<Link, Refusal> {
    let key = external_id(job.record);
    let is_due = |name: &str, field: Option<&Field>| name != "externalId" && field.is_some_and(|field| field.on == When::Always);
    let mut body = Body {
        fields: whole.fields.clone(),
        ..Body::default()
    };
    body.fields.retain(|name, _| is_due(name, job.record.fields.get(name)));
    let path = format!("{}/eid:{key}{}", job.record.object, body.replace());
    let id = send(client, &Method::PATCH, &path, &Json::Object(body.fields)).await?;
    Ok(link(id, key))
}

/// A record that is not there, as far as we know. The external id is unique, so whoever was faster has made the same one, and it is changed.
async fn create(client: &Client, job: Job<'_>, whole: &Body) -> Result<Link, Refusal> {
    let body = new_record(job.record, whole);
    let mut written = post(client, job.record, &body).await;
    if written.as_ref().is_err_and(|refusal| refusal.meaning == Meaning::Unread) {
        // It may say that the external id is taken; then the record is there to be changed.
        match change(client, job, whole).await {
            Err(gone) if gone.meaning == Meaning::Gone => {}
            changed => return changed,
        }
    }
    for number in 1..=NAMES_TRIED {
        match &written {
            Err(refusal) if body.get("entityId").is_none() && may_be_the_name(refusal, job.record, number) => {}
            _ => break,
        }
        written = post(client, job.record, &with_distinct_name(job.record, body.clone(), number)).await;
    }
    let refusal = match written {
        Ok(link) => return Ok(link),
        Err(refusal) => refusal,
    };
    if refusal.meaning != Meaning::Taken {
        return Err(refusal);
    }
    change_taken(client, job, whole, refusal).await
}

/// A text that nobody here can read may say that the name is taken, which one try with a distinct name shows.
fn may_be_the_name(refusal: &Refusal, record: &Record, number: u32) -> bool {
    let is_named = rules::read_first(&record.object).is_some();
    refusal.meaning == Meaning::NameTaken || (refusal.meaning == Meaning::Unread && is_named && number == 1)
}

/// The external id is taken: by the same record, or by one of another kind.
async fn change_taken(client: &Client, job: Job<'_>, whole: &Body, refusal: Refusal) -> Result<Link, Refusal> {
    match change(client, job, whole).await {
        Err(gone) if gone.meaning == Meaning::Gone => Err(taken_by_another(refusal)),
        written => written,
    }
}

async fn post(client: &Client, record: &Record, body: &Json) -> Result<Link, Refusal> {
    let id = send(client, &Method::POST, &record.object, body).await?;
    Ok(link(id, external_id(record)))
}

async fn send(client: &Client, method: &Method, path: &str, body: &Json) -> Result<Option<String>, Refusal> {
    let mut written = client.write(method, path, body).await;
    // A text that nobody here can read may say that somebody else saved the record at the same moment, which is over by now.
    if *method == Method::PATCH && written.as_ref().is_err_and(|refusal| refusal.meaning == Meaning::Unread) {
        written = client.write(method, path, body).await;
    }
    written.map_err(|mut refusal| {
        let body = serde_json::to_string_pretty(body).unwrap_or_default();
        refusal.failure.request = Some(format!("{method} {}/{path}\n{body}", crate::client::RECORDS));
        refusal
    })
}

fn link(id: Option<String>, external_id: &str) -> Link {
    id.map_or_else(|| Link::ExternalId(external_id.to_owned()), Link::Id)
}

fn external_id(record: &Record) -> &str {
    record.key.as_ref().map(|key| key.value.as_str()).unwrap_or_default()
}

/// Where NetSuite does not number customers, it names them after themselves, and a second John Smith is refused. A record that was made for a guest keeps its name when it
/// becomes a registered customer's, so that the external id alone need not make the name of the next one distinct.
fn with_distinct_name(record: &Record, mut body: Json, number: u32) -> Json {
    let text = |name: &str| match record.fields.get(name).map(|field| &field.value) {
        Some(Value::Literal(Scalar::Text(text))) => text.trim(),
        _ => "",
    };
    let person = format!("{} {}", text("firstName"), text("lastName"));
    let is_person = body.get("isPerson").and_then(Json::as_bool) == Some(true);
    let usual = if is_person || text("companyName").is_empty() {
        person.trim()
    } else {
        text("companyName")
    };
    let distinct = match number {
        1 => external_id(record).to_owned(),
        _ => format!("{} {number}", external_id(record)),
    };
    if let Json::Object(fields) = &mut body {
        fields.insert("entityId".to_owned(), json!(rules::distinct_name(usual, &distinct)));
    }
    body
}

fn taken_by_another(refusal: Refusal) -> Refusal {
    Refusal {
        failure: Failure {
            class: Class::Validation,
            ..refusal.failure
        },
        ..refusal
    }
}

/// Says in a failure which record and field it was, in the mapping's words: `sales_order.item.items[0].item`.
fn about(failure: Failure, record: &Record) -> Failure {
    let place = match &failure.place {
        Some(path) => format!("{}.{path}", record.name),
        None => record.name.clone(),
    };
    payload::at(failure, &place)
}
