use jiff::Timestamp;
use ports::PortError;
use source::reader::ReadError;

/// The reason why both ends could not be read to their end.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The shop did not answer.
    #[error("store {store}: {source}")]
    Shop {
        /// Name of the store.
        store: String,
        /// The shop's answer.
        source: ReadError,
    },
    /// The ledger, the queue or the checkpoints could not be read or written.
    #[error("the orders' own store failed")]
    Store(#[from] PortError),
    /// Somebody else compares this store now.
    #[error(
        "store {store} is being compared by another process, until {until} at the latest; wait for it, or try again then"
    )]
    Busy {
        /// Name of the store.
        store: String,
        /// The time at which the other one's turn ends by itself.
        until: Timestamp,
    },
    /// Nobody takes messages from the queue.
    #[error(
        "{waiting} messages wait for destination {destination} and nobody takes them; start the server (orderbridge serve), or look whether the destination is left alone (orderbridge check --live), and run this again: it goes on where it was"
    )]
    Stalled {
        /// Name of the destination.
        destination: String,
        /// The number of messages that wait.
        waiting: u64,
    },
}

impl Problem {
    /// Creates the problem of a store that did not answer.
    pub(crate) fn shop(store: &str, source: ReadError) -> Self {
        Self::Shop {
            store: store.to_owned(),
            source,
        }
    }
}
