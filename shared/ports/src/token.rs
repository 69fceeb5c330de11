use crate::PortError;
use async_trait::async_trait;
use jiff::Timestamp;
use std::{fmt, time::Duration};

/// An access token of one destination, shared by all workers. `Debug` does not print its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What goes into the `Authorization` header.
    pub value: String,
    /// Where calls with this token go (`instance_url`, `api_domain`).
    pub base_url: String,
    /// When it ends, where the destination tells.
    pub expires: Option<Timestamp>,
    /// Counts the tokens of this destination, given by the store: tells "my token was refused" from
    /// "somebody has already renewed it".
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
    /// Renew it and call [`TokenStore::finish_refresh`] with this lease.
    Granted {
        /// Names the lease.
        lease: u64,
    },
    /// Somebody has renewed it meanwhile: use this one.
    Renewed(Token),
    /// Somebody is at it until then at the latest: ask again soon.
    Busy {
        /// When the other's lease ends.
        until: Timestamp,
    },
    /// So many were granted lately that another one would be too many.
    Limited {
        /// When the next one may be granted.
        until: Timestamp,
    },
}

/// How often a destination hands out tokens, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshLimit {
    /// So many refreshes are granted, successful or not,
    pub most: u32,
    /// within this time.
    pub within: Duration,
}

/// One token per destination for all workers, renewed by one of them while the others wait.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// The present token.
    async fn token(&self, destination: &str) -> Result<Option<Token>, PortError>;

    /// Asks to renew the token. `refused` is the generation that no longer works (0: there was
    /// none). The lease dies with its time. Whatever was granted counts for the `limit` of later
    /// calls, with or without one of their own. A lease that begins later than now is of a clock
    /// that was ahead ([`crate::was_ahead`]), and over; a grant that is still to come counts as
    /// made now.
    async fn begin_refresh(
        &self,
        destination: &str,
        refused: u64,
        lease: Duration,
        limit: Option<RefreshLimit>,
    ) -> Result<Refresh, PortError>;

    /// Ends a refresh with the new token (its `generation` is set by the store and returned) or
    /// with `None` when it failed. A lease that has ended stores nothing and returns the present
    /// token.
    async fn finish_refresh(
        &self,
        destination: &str,
        lease: u64,
        token: Option<Token>,
    ) -> Result<Option<Token>, PortError>;
}
