use super::series::Taken;
use crate::Metric;
use jiff::Timestamp;
use metrics::{Key, Unit};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A metric holds so many values at once (ibid., "Target members").
const MOST_VALUES: usize = 100;
/// What CloudWatch's names do without: the namespace says it.
const PREFIX: &str = "orderbridge_";

/// Labels, in the order of their names, and the values of each metric that has just these.
type Groups<'a> = BTreeMap<Vec<(&'a str, &'a str)>, Vec<(&'a str, Value)>>;

/// One document for each set of labels, because a document has one value for each dimension; more of them where a metric has more values than one may hold.
pub(super) fn documents<'a>(namespace: &str, now: Timestamp, recorded: impl Iterator<Item = (&'a Key, Taken)>) -> Vec<String> {
    let mut groups = Groups::new();
    let mut more = Vec::new();
    for (key, taken) in recorded {
        let mut labels: Vec<(&str, &str)> = key.labels().map(|label| (label.key(), label.value())).collect();
        labels.sort_unstable();
        let mut values = values(taken).into_iter().map(|value| (key.name(), value));
        if let Some(first) = values.next() {
            groups.entry(labels.clone()).or_default().push(first);
        }
        more.extend(values.map(|value| (labels.clone(), vec![value])));
    }
    groups
        .into_iter()
        .chain(more)
        .map(|(labels, metrics)| document(namespace, now, &labels, metrics))
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

fn document(namespace: &str, now: Timestamp, labels: &[(&str, &str)], mut metrics: Vec<(&str, Value)>) -> String {
    metrics.sort_unstable_by_key(|(name, _)| *name);
    let definitions: Vec<Value> = metrics
        .iter()
        .map(|(name, _)| json!({ "Name": short(name), "Unit": unit(name) }))
        .collect();
    let keys: Vec<&str> = labels.iter().map(|(key, _)| *key).collect();
    let directive = json!({ "Namespace": namespace, "Dimensions": [keys], "Metrics": definitions });
    let metadata = json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive] });
    let mut document = Map::new();
    document.insert("_aws".to_owned(), metadata);
    document.extend(labels.iter().map(|(key, value)| ((*key).to_owned(), json!(value))));
    document.extend(metrics.into_iter().map(|(name, value)| (short(name).to_owned(), value)));
    Value::Object(document).to_string()
}

fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

/// CloudWatch's word for the unit.
fn unit(name: &str) -> &'static str {
    match Metric::of(name).map(|metric| metric.unit) {
        Some(Unit::Count) => "Count",
        Some(Unit::Seconds) => "Seconds",
        Some(Unit::Percent) => "Percent",
        _ => "None",
    }
}
