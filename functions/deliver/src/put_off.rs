use crate::{
    environment::queue_urls,
    event::{Event, queue_name, records_by_queue},
    put_back,
};
use aws_lambda_events::sqs::SqsBatchResponse;
use platform_aws::{Record, SdkConfig, postpone};
use std::{collections::BTreeMap, time::Duration};

/// The pause of a batch that met a function which cannot start. Left alone, the batch would wait
/// for the queue's half hour.
const A_MINUTE: Duration = Duration::from_mins(1);

/// Puts all messages of an event back for a minute, or longer once they came often: nothing could
/// be started that would deliver them. `variable` returns the value of an environment variable.
pub async fn put_off(
    event: Event,
    aws: &SdkConfig,
    variable: impl Fn(&str) -> Option<String>,
) -> SqsBatchResponse {
    let Event::Batch(event) = event else {
        return SqsBatchResponse::default();
    };
    let urls = queue_urls(variable);
    let by_name: BTreeMap<&str, &String> = urls.iter().map(|url| (queue_name(url), url)).collect();
    let mut response = SqsBatchResponse::default();
    for (name, records) in records_by_queue(event) {
        for record in &records {
            response.add_failure(record.id.clone());
        }
        let Some(url) = by_name.get(name.as_str()) else {
            tracing::error!(
                queue = name,
                "no variable names this queue; its messages come back after the queue's own time"
            );
            continue;
        };
        let pause =
            |record: &Record| put_back::after_failure(A_MINUTE, record.attempts, &record.group);
        let postponed = records.iter().map(|record| (record, pause(record)));
        postpone(aws, url, postponed.collect()).await;
    }
    response
}
