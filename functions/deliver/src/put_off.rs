use crate::{
    environment::queue_urls,
    event::{Batch, Event, batches, queue_name},
    put_back,
};
use aws_lambda_events::sqs::SqsBatchResponse;
use platform_aws::{SdkConfig, postpone};
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
    for (name, Batch { records, slips }) in batches(event) {
        for slip in &slips {
            response.add_failure(slip.id.clone());
        }
        let Some(url) = by_name.get(name.as_str()) else {
            tracing::error!(
                queue = name,
                "no variable names this queue; its messages come back after the queue's own time"
            );
            continue;
        };
        let pauses = slips
            .iter()
            .map(|slip| put_back::after_failure(A_MINUTE, slip.attempts, &slip.group));
        postpone(aws, url, records.iter().zip(pauses).collect()).await;
    }
    response
}
