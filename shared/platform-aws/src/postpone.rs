use crate::{intake::Record, sqs::Sqs};
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use std::time::Duration;

/// Sets when messages of an event come back that could not even be looked at. A message for which
/// this fails comes back after the queue's visibility timeout.
pub async fn postpone(config: &SdkConfig, queue: &str, records: Vec<(&Record, Duration)>) {
    Sqs(Client::new(config)).postpone(queue, records).await;
}

impl Sqs {
    /// Sets when messages come back, over this client.
    pub(crate) async fn postpone(&self, queue: &str, records: Vec<(&Record, Duration)>) {
        let hidden: Vec<(String, Duration)> = records
            .into_iter()
            .map(|(record, pause)| (record.handle.clone(), pause))
            .collect();
        if let Err(error) = self.hide("queue: postpone", queue, &hidden).await {
            tracing::error!(
                error = ports::in_one_line(&error),
                "messages could not be postponed; they come back after the queue's own time"
            );
        }
    }
}
