use aws_sdk_sqs::Client;

/// What a batch takes (Amazon SQS, "Message quotas").
pub(crate) const BATCH: usize = 10;

/// The client of all queues.
#[derive(Clone)]
pub(crate) struct Sqs(pub(crate) Client);
