use super::series::Taken;
use crate::Metric;
use jiff::Timestamp;
use metrics::{Key, Unit};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most values that a metric holds at once (CloudWatch Logs, "Specification: Embedded metric
/// format", "Target members").
const MOST_VALUES: usize = 100;
/// The prefix that CloudWatch's names do without: the namespace says it.
const PREFIX: &str = "orderbridge_";

/// The values of each metric by its labels, in the order of their names.
type Groups<'a> = BTreeMap<Vec<(&'a str, &'a str)>, Vec<(&'a str, Value)>>;

/// Creates as few documents as possible, because CloudWatch bills logs by the byte: a document
/// holds several sets of labels as long as they do not contradict each other, and each metric once.
/// There are more documents where a metric has more values than one may hold.
pub(super) fn documents<'a>(
    namespace: &str,
    now: Timestamp,
    recorded: impl Iterator<Item = (&'a Key, Taken)>,
) -> Vec<String> {
    let mut groups = Groups::new();
    let mut more = Vec::new();
    for (key, taken) in recorded {
        let mut labels: Vec<(&str, &str)> = key
            .labels()
            .map(|label| (label.key(), label.value()))
            .collect();
        labels.sort_unstable();
        let mut values = values(taken).into_iter().map(|value| (key.name(), value));
        if let Some(first) = values.next() {
            groups.entry(labels.clone()).or_default().push(first);
        }
        more.extend(values.map(|value| (labels.clone(), vec![value])));
    }
    let mut documents: Vec<Document> = Vec::new();
    for (labels, metrics) in groups.into_iter().chain(more) {
        match documents
            .iter_mut()
            .find(|document| document.admits(&labels, &metrics))
        {
            Some(document) => document.take(&labels, metrics),
            None => documents.push(Document::of(&labels, metrics)),
        }
    }
    documents
        .into_iter()
        .map(|document| document.text(namespace, now))
        .collect()
}

fn values(taken: Taken) -> Vec<Value> {
    match taken {
        Taken::Nothing => Vec::new(),
        Taken::Count(count) => vec![json!(count)],
        Taken::Values(values) => values
            .chunks(MOST_VALUES)
            .map(|chunk| match chunk {
                [value] => json!(value),
                several => json!(several),
            })
            .collect(),
    }
}

/// The content of a line: sets of labels with their metrics, and the values of both.
#[derive(Default)]
struct Document<'a> {
    labels: BTreeMap<&'a str, &'a str>,
    sets: Vec<(Vec<&'a str>, Vec<Value>)>,
    metrics: BTreeMap<&'a str, Value>,
}

impl<'a> Document<'a> {
    fn of(labels: &[(&'a str, &'a str)], metrics: Vec<(&'a str, Value)>) -> Self {
        let mut document = Self::default();
        document.take(labels, metrics);
        document
    }

    /// Returns whether every name would still have one value.
    fn admits(&self, labels: &[(&'a str, &'a str)], metrics: &[(&'a str, Value)]) -> bool {
        labels
            .iter()
            .all(|(key, value)| self.labels.get(key).is_none_or(|present| present == value))
            && metrics
                .iter()
                .all(|(name, _)| !self.metrics.contains_key(short(name)))
    }

    fn take(&mut self, labels: &[(&'a str, &'a str)], mut metrics: Vec<(&'a str, Value)>) {
        metrics.sort_unstable_by_key(|(name, _)| *name);
        let definitions = metrics.iter().map(|(name, _)| match unit(name) {
            Some(unit) => json!({ "Name": short(name), "Unit": unit }),
            None => json!({ "Name": short(name) }),
        });
        self.sets.push((
            labels.iter().map(|(key, _)| *key).collect(),
            definitions.collect(),
        ));
        self.labels.extend(labels.iter().copied());
        self.metrics.extend(
            metrics
                .into_iter()
                .map(|(name, value)| (short(name), value)),
        );
    }

    fn text(self, namespace: &str, now: Timestamp) -> String {
        let directive = |(keys, definitions)| json!({ "Namespace": namespace, "Dimensions": [keys], "Metrics": definitions });
        let directives: Vec<Value> = self.sets.into_iter().map(directive).collect();
        let metadata =
            json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": directives });
        let mut document = Map::new();
        document.insert("_aws".to_owned(), metadata);
        document.extend(
            self.labels
                .into_iter()
                .map(|(key, value)| (key.to_owned(), json!(value))),
        );
        document.extend(
            self.metrics
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        Value::Object(document).to_string()
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// Returns CloudWatch's word for the unit. A count goes without one: it would say nothing in
/// every line.
fn unit(name: &str) -> Option<&'static str> {
    match Metric::of(name)?.unit {
        Unit::Seconds => Some("Seconds"),
        Unit::Percent => Some("Percent"),
        _ => None,
    }
}
