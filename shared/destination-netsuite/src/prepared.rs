//! The first request of a write, made without I/O: what is sent where nobody else writes at the
//! same time and nothing is refused. Any way to send it will do; whatever comes back as anything
//! but a success is for [`crate::write`], which knows what an odd answer leads to.

use crate::{
    lines,
    lookups::LookupKey,
    orders::{self, Held},
    owner::Existing,
    payload::{self, Body, LINES, Link},
    rules,
    write::{Job, Written},
};
use destination::{Failure, rendering::is_due};
use mapping::plan::{Field, Record, When};
use reqwest::Method;
use serde_json::{Value as Json, json};

/// A write, before anything is sent.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    /// Nothing has to be sent: NetSuite holds the record as it should be, or the mapping says to do
    /// without it.
    Nothing(Written),
    /// This is sent first.
    Send(Box<Request>),
}

/// The request that is sent first, and what it takes to judge its answer.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The path below [`crate::client::RECORDS`], with its query.
    pub(crate) path: String,
    pub(crate) body: Json,
    pub(crate) way: Way,
    /// The reference to the record after a success that does not tell its id.
    pub(crate) link: Link,
    /// Warnings for an operator, where the request succeeds; without the record's name.
    pub(crate) warnings: Vec<String>,
    /// The look-ups whose ids come from the cache and may be out of date.
    pub(crate) remembered: Vec<LookupKey>,
    /// All that the plan says of the record, for whatever has to be sent next.
    pub(crate) whole: Body,
}

/// The kind of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The record is made.
    Create,
    /// A record that was read before is changed, by its id.
    ChangeKnown,
    /// A record is changed by its external id.
    Change,
}

impl Request {
    /// Leaves the lines out. Returns how many changes of lines there were, if any.
    pub(crate) fn leave_lines(&mut self) -> Option<usize> {
        let fields = self.body.as_object_mut()?;
        let lines = fields.remove(LINES)?;
        let rest = Body {
            fields: fields.clone(),
            ..Body::default()
        };
        let (path, _) = self.path.split_once('?').unwrap_or((&self.path, ""));
        self.path = format!("{path}{}", rest.replace());
        let items = lines.get("items").and_then(Json::as_array);
        Some(items.map_or(0, Vec::len))
    }

    /// Returns the result of the write where the request succeeded and told this id.
    pub(crate) fn written(self, record: &Record, id: Option<String>) -> Written {
        let link = match (self.way, id) {
            (Way::Create | Way::Change, Some(id)) => Link::Id(id),
            _ => self.link,
        };
        Written {
            link: Some(link),
            warnings: named(record, &self.warnings),
        }
    }
}

/// Returns the first request of a write.
///
/// # Errors
/// When the record cannot be written as it is planned.
pub(crate) fn prepare(job: Job<'_>) -> Result<Prepared, Failure> {
    let whole = match payload::body(job.record, job.targets, |_| true)? {
        Ok(body) => body,
        Err(warning) => {
            return Ok(Prepared::Nothing(Written {
                link: None,
                warnings: vec![warning],
            }));
        }
    };
    let is_anothers = |existing: Existing<'_>| {
        job.record
            .key
            .as_ref()
            .is_some_and(|key| existing.is_of_another(key))
    };
    Ok(match job.existing {
        Some(existing) if is_anothers(existing) => as_it_is(job.record, &whole, existing),
        Some(existing) => change_known(job.record, whole, existing),
        None if job.held.is_some() || job.was_there => {
            Prepared::Send(Box::new(change(job.record, &whole, job.held)))
        }
        None => Prepared::Send(Box::new(create(job.record, whole))),
    })
}

/// Returns the warnings with the record's name before them.
pub(crate) fn named(record: &Record, warnings: &[String]) -> Vec<String> {
    let named = |warning: &String| format!("{}: {warning}", record.name);
    warnings.iter().map(named).collect()
}

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

/// Returns the request that changes the record that exists under its external id. Of the lines of
/// an order that was read, only those that differ are written.
pub(crate) fn change(record: &Record, whole: &Body, held: Option<&Held>) -> Request {
    let is_due = |name: &str, field: Option<&Field>| {
        !is_left_alone(record, name) && field.is_some_and(|field| field.on == When::Always)
    };
    let mut body = Body {
        fields: whole.fields.clone(),
        ..Body::default()
    };
    body.fields
        .retain(|name, _| is_due(name, record.fields.get(name)));
    let mut warnings = whole.warnings.clone();
    if let Some(held) = held {
        change_lines(&mut body, held, &mut warnings);
    } else if orders::is_order(record) && body.fields.contains_key(LINES) {
        warnings.push("the lines could not be read, so all of them were made anew, and what was entered on them in NetSuite (locations, dates) is lost".to_owned());
    }
    Request {
        method: Method::PATCH,
        path: format!(
            "{}/eid:{}{}",
            record.object,
            external_id(record),
            body.replace()
        ),
        body: Json::Object(body.fields),
        way: Way::Change,
        link: Link::ExternalId(external_id(record).to_owned()),
        warnings,
        remembered: whole.remembered.clone(),
        whole: whole.clone(),
    }
}

/// Returns the request that makes the record.
pub(crate) fn create(record: &Record, whole: Body) -> Request {
    Request {
        method: Method::POST,
        path: record.object.clone(),
        body: new_record(record, &whole),
        way: Way::Create,
        link: Link::ExternalId(external_id(record).to_owned()),
        warnings: whole.warnings.clone(),
        remembered: whole.remembered.clone(),
        whole,
    }
}

/// Leaves a record alone that was read.
fn as_it_is(record: &Record, whole: &Body, existing: Existing<'_>) -> Prepared {
    Prepared::Nothing(Written {
        link: Some(Link::Id(existing.row.id())),
        warnings: named(record, &whole.warnings),
    })
}

/// Changes a record that was read: only the fields that differ are sent, and nothing where none
/// does.
fn change_known(record: &Record, whole: Body, existing: Existing<'_>) -> Prepared {
    let id = existing.row.id();
    // Of a custom field that is empty in the row it is not known whether it was asked for.
    let is_known = |name: &str| {
        rules::is_comparable(&record.object, name)
            || (rules::is_custom(&record.object, name) && existing.row.text(name).is_some())
    };
    let differs = |name: &str, json: &Json| !is_known(name) || !existing.row.says(name, json);
    let is_blank = |name: &str| {
        rules::is_comparable(&record.object, name) && existing.row.text(name).is_none()
    };
    let mut body = Body {
        fields: whole.fields.clone(),
        ..Body::default()
    };
    body.fields.retain(|name, json| {
        !is_left_alone(record, name) && is_due(record, name, is_blank) && differs(name, json)
    });
    if let Some(key) = record.key.as_ref().filter(|key| existing.wants_key(key)) {
        body.fields.insert(key.field.clone(), json!(key.value));
    }
    if body.fields.is_empty() {
        return as_it_is(record, &whole, existing);
    }
    Prepared::Send(Box::new(Request {
        method: Method::PATCH,
        path: format!("{}/{id}{}", record.object, body.replace()),
        body: Json::Object(body.fields),
        way: Way::ChangeKnown,
        link: Link::Id(id),
        warnings: whole.warnings.clone(),
        remembered: whole.remembered.clone(),
        whole,
    }))
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

/// Returns the external id of a record; the empty text where it has no key.
pub(crate) fn external_id(record: &Record) -> &str {
    record
        .key
        .as_ref()
        .map(|key| key.value.as_str())
        .unwrap_or_default()
}
