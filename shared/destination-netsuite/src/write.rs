//! Writing one record: no call where it already has the wanted values, a change where it exists,
//! else a new one ([`crate::prepared`]); and whatever NetSuite's answer shows about others who
//! write at the same time.

use crate::{
    client::Client,
    error::{Cause, Refusal},
    lookups::LookupKey,
    orders::{self, Held},
    owner::Existing,
    payload::{Body, Link, Targets},
    prepared::{self, Prepared, Request, Way, external_id},
    read, rules,
};
use destination::{Class, Failure, Retry};
use mapping::plan::{Record, Scalar, Value};
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
    let request = match prepared::prepare(job)? {
        Prepared::Nothing(written) => return Ok(written),
        Prepared::Send(request) => *request,
    };
    let remembered = request.remembered.clone();
    let refusal = match carry_out(client, job, request).await {
        Ok(written) => return Ok(written),
        Err(refusal) => refusal,
    };
    Err(Refused {
        lacks_currency: lacks_currency(&refusal),
        remembered: if matches!(refusal.cause, Cause::BadReference | Cause::Unread) {
            remembered
        } else {
            Vec::new()
        },
        failure: of_record_or_role(client, job.record, refusal)
            .await
            .within(&job.record.name),
    })
}

/// Sends the first request, and whatever its answer leads to.
async fn carry_out(
    client: &Client<'_>,
    job: Job<'_>,
    request: Request,
) -> Result<Written, Refusal> {
    match request.way {
        Way::Create => create(client, job, request).await,
        Way::ChangeKnown => match send(client, &request).await {
            Ok(id) => Ok(request.written(job.record, id)),
            // Somebody made a record under this key since it was read: that one is the customer's.
            Err(refusal) if refusal.cause == Cause::Taken => {
                change_taken(client, job, &request.whole, refusal).await
            }
            Err(refusal) => Err(refusal),
        },
        Way::Change => {
            let new = prepared::create(job.record, request.whole.clone());
            match change(client, job, request, job.held).await {
                Err(refusal) if refusal.cause == Cause::Gone => create(client, job, new).await,
                written => written,
            }
        }
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
    let written = send_to(client, &Method::PATCH, &path, &Json::Object(list)).await;
    written
        .map(|_| ())
        .map_err(|refusal| Refused::from(refusal.failure.within(&customer.name)))
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

/// Changes the record that exists under its external id. Where changes of its lines are refused
/// because some are fulfilled or billed, the rest is written.
async fn change(
    client: &Client<'_>,
    job: Job<'_>,
    mut request: Request,
    held: Option<&Held>,
) -> Result<Written, Refusal> {
    let mut sent = send(client, &request).await;
    if let Err(refusal) = &sent
        && held.is_some_and(Held::is_at_work)
        && is_about_data(refusal)
        && let Some(count) = request.leave_lines()
    {
        let reason = refusal.failure.message.clone();
        sent = send(client, &request).await;
        request.warnings.push(format!(
            "NetSuite did not take the changes of its lines ({count}), of which some are fulfilled or billed, so that they are as they were; everything else was written. {reason}"
        ));
    }
    Ok(request.written(job.record, sent?))
}

/// Returns whether NetSuite refuses the data, and not who writes, how often, or what it refers to.
fn is_about_data(refusal: &Refusal) -> bool {
    !refusal.failure.is_transient() && matches!(refusal.cause, Cause::Plain | Cause::Unread)
}

/// Creates a record that does not exist as far as we know. The external id is unique, so whoever
/// was faster has made the same record, which is then changed.
async fn create(client: &Client<'_>, job: Job<'_>, request: Request) -> Result<Written, Refusal> {
    let mut sent = send(client, &request).await;
    if sent
        .as_ref()
        .is_err_and(|refusal| refusal.cause == Cause::Unread)
    {
        // The text may say that the external id is taken; then there is a record to be changed.
        match change_read(client, job, &request.whole).await {
            Err(gone) if gone.cause == Cause::Gone => {}
            changed => return changed,
        }
    }
    for number in 1..=NAMES_TRIED {
        match &sent {
            Err(refusal)
                if request.body.get("entityId").is_none()
                    && may_be_the_name(refusal, job.record, number) => {}
            _ => break,
        }
        let body = with_distinct_name(job.record, request.body.clone(), number);
        sent = send_to(client, &request.method, &request.path, &body).await;
    }
    match sent {
        Ok(id) => Ok(request.written(job.record, id)),
        Err(refusal) if refusal.cause == Cause::Taken => {
            change_taken(client, job, &request.whole, refusal).await
        }
        Err(refusal) => Err(refusal),
    }
}

/// Changes a record that turned out to exist, after reading it if it is an order.
async fn change_read(client: &Client<'_>, job: Job<'_>, whole: &Body) -> Result<Written, Refusal> {
    let held = if orders::is_order(job.record) {
        read::read_order(client, job.record).await?
    } else {
        None
    };
    let request = prepared::change(job.record, whole, held.as_ref());
    change(client, job, request, held.as_ref()).await
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
) -> Result<Written, Refusal> {
    match change_read(client, job, whole).await {
        Err(gone) if gone.cause == Cause::Gone => Err(taken_by_another(refusal)),
        written => written,
    }
}

async fn send(client: &Client<'_>, request: &Request) -> Result<Option<String>, Refusal> {
    send_to(client, &request.method, &request.path, &request.body).await
}

async fn send_to(
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
    let path = format!("{}/{path}", crate::client::RECORDS);
    written.map_err(|refusal| Refusal {
        failure: refusal.failure.with_request(method.as_str(), &path, body),
        ..refusal
    })
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
