use crate::PortError;
use async_trait::async_trait;
use jiff::Timestamp;
use std::{fmt, time::Duration};

/// An access token of one destination, shared by all workers. `Debug` does not print its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The value for the `Authorization` header.
    pub value: String,
    /// The address for calls with this token (`instance_url`, `api_domain`).
    pub base_url: String,
    /// The time at which the token expires, where the destination tells it.
    pub expires: Option<Timestamp>,
    /// The number of this token among the destination's tokens, given by the store. It tells "my
    /// token was refused" from "somebody has already renewed it".
    pub generation: u64,
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Token")
            .field("generation", &self.generation)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// The answer to whoever wants to renew a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The caller renews the token and calls [`TokenStore::finish_refresh`] with this lease.
    Granted {
        /// The number of the lease.
        lease: u64,
    },
    /// Somebody has renewed the token meanwhile: use this one.
    Renewed(Token),
    /// Somebody else is renewing the token, until this time at the latest: ask again soon.
    Busy {
        /// The time at which the other lease ends.
        until: Timestamp,
    },
    /// The limit is reached by the refreshes that were granted lately.
    Limited {
        /// The time at which the next refresh may be granted.
        until: Timestamp,
    },
}

/// The limit on how often a destination hands out tokens, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshLimit {
    /// The largest number of refreshes, successful or not, that are granted within the time
    /// `within`.
    pub most: u32,
    /// The time within which refreshes are counted.
    pub within: Duration,
}

/// One token per destination for all workers, renewed by one of them while the others wait.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Reads the present token; `None` where there is none.
    ///
    /// # Errors
    /// Fails where the store cannot be read.
    async fn token(&self, destination: &str) -> Result<Option<Token>, PortError>;

    /// Asks to renew the token. `refused` is the generation that no longer works (0: there was
    /// none). The lease ends by itself after its time. Each refresh that is granted counts towards
    /// the `limit` of later calls, whether its own call had a limit or not. A lease whose beginning
    /// is still to come was written by a clock that was ahead ([`crate::was_ahead`]), and is over;
    /// a grant that is still to come counts as made now.
    ///
    /// # Errors
    /// Fails where the store cannot be read or written; then nothing is granted.
    async fn begin_refresh(
        &self,
        destination: &str,
        refused: u64,
        lease: Duration,
        limit: Option<RefreshLimit>,
    ) -> Result<Refresh, PortError>;

    /// Ends a refresh with the new token (the store sets its `generation`), or with `None` when the
    /// refresh failed, and returns the present token. A lease that has ended stores nothing.
    ///
    /// # Errors
    /// Fails where the store cannot be read or written.
    async fn finish_refresh(
        &self,
        destination: &str,
        lease: u64,
        token: Option<Token>,
    ) -> Result<Option<Token>, PortError>;
}
