//! Writing one record: no call where it already has the wanted values, a change where it exists,
//! else a new one; and whatever NetSuite's answer shows about others who write at the same time.

use crate::{
    client::Client,
    error::{Cause, Refusal},
    lines,
    lookups::LookupKey,
    orders::{self, Held},
    owner::Existing,
    payload::{self, Body, LINES, Link, Targets},
    read, rules,
};
use destination::{Class, Failure, Retry};
use mapping::plan::{Field, Record, Scalar, Value, When};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// A record to be written, and the known facts about it.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) record: &'a Record,
    pub(crate) targets: Targets<'a>,
    /// The record as NetSuite has it, where it is known to exist.
    pub(crate) existing: Option<Existing<'a>>,
    /// The order as NetSuite has it, where it was read.
    pub(crate) held: Option<&'a Held>,
    /// Whether an earlier delivery of this order left it there, as far as the ledger knows. Of
    /// records that are looked for, such as orders, that is known otherwise.
    pub(crate) was_there: bool,
}

/// The result of writing a record.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// The reference to it; `None` where the mapping says to do without it.
    pub(crate) link: Option<Link>,
    pub(crate) warnings: Vec<String>,
}

/// A failure, and the look-ups of the refused record whose ids come from the cache.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    pub(crate) remembered: Vec<LookupKey>,
    /// Whether the customer lacks the order's currency, as far as the answer tells.
    pub(crate) lacks_currency: bool,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            remembered: Vec::new(),
            lacks_currency: false,
        }
    }
}

/// Writes the record in as few calls as possible.
pub(crate) async fn write(client: &Client<'_>, job: Job<'_>) -> Result<Written, Refused> {
    let whole = match payload::body(job.record, job.targets, |_| true)? {
        Ok(body) => body,
        Err(warning) => {
            return Ok(Written {
                link: None,
                warnings: vec![warning],
            });
        }
    };
    let mut warnings = whole.warnings.clone();
    let is_anothers = |existing: Existing<'_>| {
        job.record
            .key
            .as_ref()
            .is_some_and(|key| existing.is_of_another(key))
    };
    let written = match job.existing {
        Some(existing) if is_anothers(existing) => Ok(Link::Id(existing.row.id())),
        Some(existing) => change_known(client, job, &whole, existing).await,
        None if job.held.is_some() || job.was_there => {
            match change(client, job, &whole, job.held, &mut warnings).await {
                Err(refusal) if refusal.cause == Cause::Gone => {
                    create(client, job, &whole, &mut warnings).await
                }
                written => written,
            }
        }
        None => create(client, job, &whole, &mut warnings).await,
    };
    match written {
        Ok(link) => Ok(Written {
            link: Some(link),
            warnings: warnings
                .iter()
                .map(|warning| format!("{}: {warning}", job.record.name))
                .collect(),
        }),
        Err(refusal) => Err(Refused {
            lacks_currency: lacks_currency(&refusal),
            remembered: if matches!(refusal.cause, Cause::BadReference | Cause::Unread) {
                whole.remembered
            } else {
                Vec::new()
            },
            failure: about(
                of_record_or_role(client, job.record, refusal).await,
                job.record,
            ),
        }),
    }
}

/// Returns whether the customer lacks the order's currency. A text that is not understood here
/// counts as saying so where it is about the field `currency`.
fn lacks_currency(refusal: &Refusal) -> bool {
    let is_there = || {
        refusal
            .failure
            .place
            .as_deref()
            .is_some_and(|place| place.eq_ignore_ascii_case("currency"))
    };
    refusal.cause == Cause::Currency || (refusal.cause == Cause::Unread && is_there())
}

/// Adds a currency to those of a customer.
pub(crate) async fn add_currency(
    client: &Client<'_>,
    customer: &Record,
    link: &Link,
    currency: &str,
) -> Result<(), Refused> {
    let path = format!("{}/{}", customer.object, link.address());
    let mut list = serde_json::Map::new();
    list.insert(
        rules::CURRENCIES.to_owned(),
        json!({"items": [{"currency": {"id": currency}}]}),
    );
    let written = send(client, &Method::PATCH, &path, &Json::Object(list)).await;
    written
        .map(|_| ())
        .map_err(|refusal| Refused::from(about(refusal.failure, customer)))
}

/// Finds out what the refusal to write a record is about: the record is out of the role's reach
/// (its subsidiary, a restriction, a script of the account), or all of its kind are, which a form
/// that concerns no record shows. Only the latter concerns every order.
async fn of_record_or_role(client: &Client<'_>, record: &Record, refusal: Refusal) -> Failure {
    let failure = refusal.failure;
    if refusal.cause != Cause::Forbidden {
        return failure;
    }
    match client.begin_form(&record.object, &json!({})).await {
        Err(neutral) if neutral.failure.is_transient() => failure,
        _ => Failure {
            class: Class::Validation,
            retry: Retry::Never,
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

/// The number of names that are tried for a customer whose own is taken.
const NAMES_TRIED: u32 = 5;

/// Returns the body of the call that makes the record.
pub(crate) fn new_record(record: &Record, body: &Body) -> Json {
    let mut fields = body.fields.clone();
    if let Some(key) = &record.key {
        // A custom field does not keep two records from having the same key, so the external id is
        // sent too.
        for field in [rules::EXTERNAL_ID, &key.field] {
            fields.insert(field.to_owned(), json!(key.value));
        }
    }
    Json::Object(fields)
}

/// Changes a record that was read: only the fields that differ are sent, and nothing where none
/// does.
async fn change_known(
    client: &Client<'_>,
    job: Job<'_>,
    whole: &Body,
    existing: Existing<'_>,
) -> Result<Link, Refusal> {
    let id = existing.row.id();
    let differs = |name: &str, json: &Json| {
        !rules::is_comparable(&job.record.object, name) || !existing.row.says(name, json)
    };
    let is_due = |name: &str, on: When| match on {
        When::Always => true,
        When::Create => false,
        When::Blank => {
            rules::is_comparable(&job.record.object, name) && existing.row.text(name).is_none()
        }
    };
    let mut body = Body {
        fields: whole.fields.clone(),
        ..Body::default()
    };
    body.fields.retain(|name, json| {
        !is_left_alone(job.record, name)
            && job
                .record
                .fields
                .get(name)
                .is_some_and(|field| is_due(name, field.on))
            && differs(name, json)
    });
    if let Some(key) = job
        .record
        .key
        .as_ref()
        .filter(|key| existing.wants_key(key))
    {
        body.fields.insert(key.field.clone(), json!(key.value));
    }
    if body.fields.is_empty() {
        return Ok(Link::Id(id));
    }
    let path = format!("{}/{id}{}", job.record.object, body.replace());
    match send(client, &Method::PATCH, &path, &Json::Object(body.fields)).await {
        Ok(_) => Ok(Link::Id(id)),
        // Somebody made a record under this key since it was read: that one is the customer's.
        Err(refusal) if refusal.cause == Cause::Taken => {
            change_taken(client, job, whole, refusal, &mut Vec::new()).await
        }
        Err(refusal) => Err(refusal),
    }
}

/// Returns whether a field is not written to an existing record along with the others: its key,
/// which is added where it is wanted, and the currencies.
fn is_left_alone(record: &Record, name: &str) -> bool {
    name.eq_ignore_ascii_case(rules::CURRENCIES)
        || name == rules::EXTERNAL_ID
        || record
            .key
            .as_ref()
            .is_some_and(|key| key.field.eq_ignore_ascii_case(name))
}

/// Changes the record that exists under its external id. Of the lines of an order that was read,
/// only those that differ are written.
async fn change(
    client: &Client<'_>,
    job: Job<'_>,
    whole: &Body,
    held: Option<&Held>,
    warnings: &mut Vec<String>,
) -> Result<Link, Refusal> {
    let key = external_id(job.record);
    let is_due = |name: &str, field: Option<&Field>| {
        !is_left_alone(job.record, name) && field.is_some_and(|field| field.on == When::Always)
    };
    let mut body = Body {
        fields: whole.fields.clone(),
        ..Body::default()
    };
    body.fields
        .retain(|name, _| is_due(name, job.record.fields.get(name)));
    if let Some(held) = held {
        change_lines(&mut body, held, warnings);
    } else if orders::is_order(job.record) && body.fields.contains_key(LINES) {
        warnings.push("the lines could not be read, so all of them were made anew, and what was entered on them in NetSuite (locations, dates) is lost".to_owned());
    }
    let path = |body: &Body| format!("{}/eid:{key}{}", job.record.object, body.replace());
    let mut written = send(
        client,
        &Method::PATCH,
        &path(&body),
        &Json::Object(body.fields.clone()),
    )
    .await;
    if let Err(refusal) = &written
        && held.is_some_and(Held::is_at_work)
        && is_about_data(refusal)
        && let Some(lines) = body.fields.remove(LINES)
    {
        let reason = refusal.failure.message.clone();
        written = send(
            client,
            &Method::PATCH,
            &path(&body),
            &Json::Object(body.fields.clone()),
        )
        .await;
        let count = lines
            .get("items")
            .and_then(Json::as_array)
            .map_or(0, Vec::len);
        warnings.push(format!(
            "NetSuite did not take the changes of its lines ({count}), of which some are fulfilled or billed, so that they are as they were; everything else was written. {reason}"
        ));
    }
    Ok(link(written?, key))
}

/// Removes the lines from the body where they are as they should be, else leaves only their changes
/// in it.
fn change_lines(body: &mut Body, held: &Held, warnings: &mut Vec<String>) {
    let Some(wanted) = body
        .fields
        .get(LINES)
        .and_then(|lines| lines.get("items"))
        .and_then(Json::as_array)
    else {
        return;
    };
    let about = held.circumstances(&body.fields);
    let Some(change) = lines::change(&held.lines, wanted, about) else {
        warnings.push("a line does not name its item by the id, so all lines were made anew, and what was entered on them in NetSuite (locations, dates) is lost".to_owned());
        return;
    };
    let opens = wanted
        .iter()
        .any(|line| line.get("isClosed") != Some(&json!(true)));
    if held.is_closed() && opens && !about.reopens {
        warnings
            .push("the order was closed in NetSuite, not by the shop, and was left so".to_owned());
    }
    warnings.extend(change.warnings);
    body.lines_stay = !change.replaces;
    if change.items.is_empty() {
        body.fields.remove(LINES);
    } else {
        body.fields
            .insert(LINES.to_owned(), json!({ "items": change.items }));
    }
}

/// Returns whether NetSuite refuses the data, and not who writes, how often, or what it refers to.
fn is_about_data(refusal: &Refusal) -> bool {
    !refusal.failure.is_transient() && matches!(refusal.cause, Cause::Plain | Cause::Unread)
}

/// Creates a record that does not exist as far as we know. The external id is unique, so whoever
/// was faster has made the same record, which is then changed.
async fn create(
    client: &Client<'_>,
    job: Job<'_>,
    whole: &Body,
    warnings: &mut Vec<String>,
) -> Result<Link, Refusal> {
    let body = new_record(job.record, whole);
    let mut written = post(client, job.record, &body).await;
    if written
        .as_ref()
        .is_err_and(|refusal| refusal.cause == Cause::Unread)
    {
        // The text may say that the external id is taken; then there is a record to be changed.
        match change_read(client, job, whole, warnings).await {
            Err(gone) if gone.cause == Cause::Gone => {}
            changed => return changed,
        }
    }
    for number in 1..=NAMES_TRIED {
        match &written {
            Err(refusal)
                if body.get("entityId").is_none()
                    && may_be_the_name(refusal, job.record, number) => {}
            _ => break,
        }
        written = post(
            client,
            job.record,
            &with_distinct_name(job.record, body.clone(), number),
        )
        .await;
    }
    let refusal = match written {
        Ok(link) => return Ok(link),
        Err(refusal) => refusal,
    };
    if refusal.cause != Cause::Taken {
        return Err(refusal);
    }
    change_taken(client, job, whole, refusal, warnings).await
}

/// Changes a record that turned out to exist, after reading it if it is an order.
async fn change_read(
    client: &Client<'_>,
    job: Job<'_>,
    whole: &Body,
    warnings: &mut Vec<String>,
) -> Result<Link, Refusal> {
    let held = if orders::is_order(job.record) {
        read::read_order(client, job.record).await?
    } else {
        None
    };
    let known = warnings.len();
    let changed = change(client, job, whole, held.as_ref(), warnings).await;
    if changed.is_err() {
        warnings.truncate(known);
    }
    changed
}

/// Returns whether the name may be taken. A text that is not understood here may say so, which one
/// try with a distinct name shows.
fn may_be_the_name(refusal: &Refusal, record: &Record, number: u32) -> bool {
    let is_named = rules::read_first(&record.object).is_some();
    refusal.cause == Cause::NameTaken || (refusal.cause == Cause::Unread && is_named && number == 1)
}

/// Changes the record that has taken the external id. That is the same record, or one of another
/// kind, for which the refusal stands.
async fn change_taken(
    client: &Client<'_>,
    job: Job<'_>,
    whole: &Body,
    refusal: Refusal,
    warnings: &mut Vec<String>,
) -> Result<Link, Refusal> {
    match change_read(client, job, whole, warnings).await {
        Err(gone) if gone.cause == Cause::Gone => Err(taken_by_another(refusal)),
        written => written,
    }
}

async fn post(client: &Client<'_>, record: &Record, body: &Json) -> Result<Link, Refusal> {
    let id = send(client, &Method::POST, &record.object, body).await?;
    Ok(link(id, external_id(record)))
}

async fn send(
    client: &Client<'_>,
    method: &Method,
    path: &str,
    body: &Json,
) -> Result<Option<String>, Refusal> {
    let mut written = client.write(method, path, body).await;
    // A text that is not understood here may say that somebody else saved the record at the same
    // moment, which is over by now.
    if *method == Method::PATCH
        && written
            .as_ref()
            .is_err_and(|refusal| refusal.cause == Cause::Unread)
    {
        written = client.write(method, path, body).await;
    }
    written.map_err(|mut refusal| {
        let body = serde_json::to_string_pretty(body).unwrap_or_default();
        refusal.failure.request = Some(format!(
            "{method} {}/{path}\n{body}",
            crate::client::RECORDS
        ));
        refusal
    })
}

fn link(id: Option<String>, external_id: &str) -> Link {
    id.map_or_else(|| Link::ExternalId(external_id.to_owned()), Link::Id)
}

fn external_id(record: &Record) -> &str {
    record
        .key
        .as_ref()
        .map(|key| key.value.as_str())
        .unwrap_or_default()
}

/// Gives a customer a distinct name. Where NetSuite does not number customers, it names them after
/// themselves, and a second John Smith is refused. A record that was made for a guest keeps its
/// name when it becomes a registered customer's, so that the external id alone need not make the
/// name of the next one distinct.
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
        fields.insert(
            "entityId".to_owned(),
            json!(rules::distinct_name(usual, &distinct)),
        );
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

/// Adds to a failure which record and field it was, in the mapping's words:
/// `sales_order.item.items[0].item`.
pub(crate) fn about(failure: Failure, record: &Record) -> Failure {
    let place = match &failure.place {
        Some(path) => format!("{}.{path}", record.name),
        None => record.name.clone(),
    };
    payload::at(failure, &place)
}
