use crate::{
    client::{self, Client},
    error,
};
use async_trait::async_trait;
use destination::{
    Failure, Outcome, RequestPreview,
    rendering::{Dialect, Gap, render},
    rounds::{Attempt, Rounds, Tried},
};
use mapping::{
    Plan,
    plan::{Lookup, Record},
};
use ports::RecordRef;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The number of records that a batch takes.
const MOST_RECORDS: usize = 100;

/// One round: the first records of all plans together, then the second ones, which may refer to the
/// first. Each batch is an upsert by key, so that writing it again changes nothing, and nothing has
/// to be known before.
#[async_trait]
impl Rounds for Client<'_> {
    type Hints = ();

    async fn round(&self, attempts: &[Attempt<'_, ()>]) -> Result<Vec<Tried<()>>, Failure> {
        let mut works: Vec<Work> = attempts.iter().map(|_| Work::default()).collect();
        let plans = || attempts.iter().map(|attempt| attempt.plan);
        let levels = plans().map(|plan| plan.records.len()).max();
        for level in 0..levels.unwrap_or_default() {
            let mut batches: BTreeMap<&str, Vec<(usize, &Record)>> = BTreeMap::new();
            for (place, plan) in plans().enumerate() {
                if let Some(record) = plan.records.get(level) {
                    let batch = batches.entry(&record.object).or_default();
                    batch.extend(works[place].failure.is_none().then_some((place, record)));
                }
            }
            for (object, records) in batches {
                for batch in records.chunks(MOST_RECORDS) {
                    write(self, object, batch, &mut works).await;
                }
            }
        }
        Ok(works.into_iter().map(Work::finish).collect())
    }
}

/// Returns the requests that a plan would become.
pub(crate) fn preview(plan: &Plan) -> Vec<RequestPreview> {
    let request = |record: &Record| RequestPreview {
        method: "POST",
        path: client::path(&record.object),
        body: Some(
            json!({ "inputs": [input(record, 0, &|name| Some(format!("<id of {name}>")))] }),
        ),
        note: None,
    };
    plan.records.iter().map(request).collect()
}

/// A plan in progress.
#[derive(Default)]
struct Work {
    records: Vec<RecordRef>,
    failure: Option<Failure>,
}

impl Work {
    fn id_of(&self, name: &str) -> Option<String> {
        let found = self.records.iter().find(|record| record.name == name);
        found.map(|record| record.id.clone())
    }

    fn finish(self) -> Tried<()> {
        match self.failure {
            Some(failure) => failure.into(),
            None => Tried::Done(Outcome::Delivered {
                records: self.records,
                warnings: Vec::new(),
            }),
        }
    }
}

async fn write(client: &Client<'_>, object: &str, batch: &[(usize, &Record)], works: &mut [Work]) {
    let inputs: Vec<Value> = batch
        .iter()
        .map(|(place, record)| input(record, *place, &|name| works[*place].id_of(name)))
        .collect();
    let body = json!({ "inputs": inputs });
    let answered = client.upsert(object, &body).await;
    for (place, record) in batch {
        match answered.clone().and_then(|answer| id_in(&answer, *place)) {
            Ok(id) => works[*place].records.push(RecordRef {
                name: record.name.clone(),
                object: record.object.clone(),
                id,
            }),
            Err(failure) => {
                let failure = failure.within(&record.name);
                works[*place].failure =
                    Some(failure.with_request("POST", &client::path(object), &body));
            }
        }
    }
}

/// Returns the id of the record that was sent under this number.
fn id_in(answer: &Value, number: usize) -> Result<String, Failure> {
    let named = |list: &str, pointer: &str| {
        let entries = answer[list]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let is_it = |entry: &&Value| entry.pointer(pointer) == Some(&json!(number.to_string()));
        entries.iter().find(is_it)
    };
    let written = named("results", "/objectWriteTraceId").and_then(|entry| entry["id"].as_str());
    match (written, named("errors", "/context/objectWriteTraceId/0")) {
        (Some(id), _) => Ok(id.to_owned()),
        (None, Some(error)) => Err(error::of_record(error)),
        (None, None) => {
            let text = "the CRM says nothing of the record; it is sent again";
            Err(Failure::transient(
                destination::Class::Unavailable,
                "write",
                text,
            ))
        }
    }
}

fn input(record: &Record, number: usize, id_of: &dyn Fn(&str) -> Option<String>) -> Value {
    let mut dialect = TinyDialect { id_of };
    let properties: BTreeMap<&String, Value> = record
        .fields
        .iter()
        .filter_map(|(name, field)| Some((name, render(&mut dialect, name, &field.value).ok()?)))
        .collect();
    let key = record.key.as_ref();
    json!({
        "id": key.map(|key| &key.value),
        "idProperty": key.map(|key| &key.field),
        "objectWriteTraceId": number.to_string(),
        "properties": properties,
    })
}

/// A property of this CRM holds one value, or the id of another record. It has no look-ups.
struct TinyDialect<'a> {
    id_of: &'a dyn Fn(&str) -> Option<String>,
}

impl Dialect for TinyDialect<'_> {
    fn reference(&mut self, record: &str) -> Option<Value> {
        (self.id_of)(record).map(Value::from)
    }

    fn found(&mut self, _: &Lookup) -> Result<Value, Gap> {
        Err(Gap::Absent)
    }

    fn list(&mut self, _: &str, _: Vec<Value>, _: Vec<(usize, String)>) -> Result<Value, Gap> {
        Err(Gap::Absent)
    }
}
