use crate::AwsError;
use std::collections::BTreeMap;

/// The URLs of one system's queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueUrls {
    /// The FIFO queue.
    pub queue: String,
    /// Its FIFO dead-letter queue.
    pub dead_letters: String,
}

/// The queues of each destination. Destinations of one system share theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queues(BTreeMap<String, QueueUrls>);

impl Queues {
    /// Creates the map from queues by name of the destination.
    #[must_use]
    pub fn new(by_destination: BTreeMap<String, QueueUrls>) -> Self {
        Self(by_destination)
    }

    /// Returns the URL of each destination's queue.
    pub(crate) fn urls(&self) -> BTreeMap<String, String> {
        let url = |(name, urls): (&String, &QueueUrls)| (name.clone(), urls.queue.clone());
        self.0.iter().map(url).collect()
    }

    /// Returns the pair of queues whose main queue has this URL.
    pub(crate) fn of_queue(&self, url: &str) -> Result<&QueueUrls, AwsError> {
        self.0
            .values()
            .find(|urls| urls.queue == url)
            .ok_or_else(|| AwsError::NoQueue {
                destination: url.to_owned(),
            })
    }

    /// Returns each pair of queues once.
    pub(crate) fn all(&self) -> impl Iterator<Item = &QueueUrls> {
        let by_url: BTreeMap<&str, &QueueUrls> = self
            .0
            .values()
            .map(|urls| (urls.queue.as_str(), urls))
            .collect();
        by_url.into_values()
    }
}
