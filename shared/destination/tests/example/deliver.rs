use crate::{
    client::{self, Client},
    error,
};
use destination::{Failure, Outcome, RequestPreview};
use mapping::{Plan, plan::Record, plan::Value as Planned};
use ports::RecordRef;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The number of records that a batch takes.
const MOST_RECORDS: usize = 100;

/// Delivers plans: the first records of all of them together, then the second ones, which may refer
/// to the first. Each batch is an upsert by key, so that writing it again changes nothing.
pub(crate) async fn deliver(client: &Client<'_>, plans: &[&Plan]) -> Vec<Outcome> {
    let mut works: Vec<Work<'_>> = plans.iter().map(|plan| Work::new(plan)).collect();
    let levels = plans.iter().map(|plan| plan.records.len()).max();
    for level in 0..levels.unwrap_or_default() {
        let mut batches: BTreeMap<&str, Vec<(usize, &Record)>> = BTreeMap::new();
        for (place, plan) in plans.iter().enumerate() {
            if let Some(record) = plan.records.get(level) {
                let batch = batches.entry(&record.object).or_default();
                batch.extend(works[place].failure.is_none().then_some((place, record)));
            }
        }
        for (object, records) in batches {
            for batch in records.chunks(MOST_RECORDS) {
                write(client, object, batch, &mut works).await;
            }
        }
    }
    works.into_iter().map(Work::outcome).collect()
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
struct Work<'a> {
    plan: &'a Plan,
    records: Vec<RecordRef>,
    failure: Option<Failure>,
}

impl<'a> Work<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self {
            plan,
            records: Vec::new(),
            failure: None,
        }
    }

    fn id_of(&self, name: &str) -> Option<String> {
        let found = self.records.iter().find(|record| record.name == name);
        found.map(|record| record.id.clone())
    }

    fn outcome(self) -> Outcome {
        match self.failure {
            Some(failure) => Outcome::from(failure).of_order(&self.plan.order),
            None => Outcome::Delivered {
                records: self.records,
                warnings: Vec::new(),
            },
        }
    }
}

async fn write(
    client: &Client<'_>,
    object: &str,
    batch: &[(usize, &Record)],
    works: &mut [Work<'_>],
) {
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
                let request = Some(format!("POST {}\n{body:#}", client::path(object)));
                works[*place].failure = Some(Failure { request, ..failure });
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
    let value = |planned: &Planned| match planned {
        Planned::Literal(scalar) => serde_json::to_value(scalar).ok(),
        Planned::Ref(name) => id_of(name).map(Value::from),
        Planned::Lookup(_) | Planned::Object(_) | Planned::List(_) => None,
    };
    let fields = record.fields.iter();
    let properties: BTreeMap<&String, Value> = fields
        .filter_map(|(name, field)| Some((name, value(&field.value)?)))
        .collect();
    let key = record.key.as_ref();
    json!({
        "id": key.map(|key| &key.value),
        "idProperty": key.map(|key| &key.field),
        "objectWriteTraceId": number.to_string(),
        "properties": properties,
    })
}
