use aws_sdk_sqs::Client;

/// The most entries of a batch (Amazon SQS, "Message quotas").
pub(crate) const BATCH: usize = 10;

/// The client of all queues.
#[derive(Clone)]
pub(crate) struct Sqs(pub(crate) Client);
