use crate::{key::Key, table::Table};
use async_trait::async_trait;
use jiff::Timestamp;
use ports::{PortError, Refresh, RefreshLimit, Token, TokenStore, was_ahead};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, time::Duration};

/// The number of grants that are kept, more than any limit counts.
const KEPT: usize = 100;

/// The state of one destination. The token is in the table as it is; the table is encrypted at
/// rest, and only the role of `deliver` reads it.
#[derive(Default, Serialize, Deserialize)]
struct Slot {
    token: Option<Stored>,
    last_lease: u64,
    /// The lease that is out, if any, and when it ends.
    leased: Option<(u64, Timestamp)>,
    /// When the lease began; `None` where an earlier program wrote it.
    #[serde(default)]
    leased_at: Option<Timestamp>,
    /// The times when refreshes were granted, the last [`KEPT`].
    #[serde(default)]
    granted: VecDeque<Timestamp>,
}

/// The stored form of a [`Token`].
#[derive(Serialize, Deserialize)]
struct Stored {
    value: String,
    base_url: String,
    expires: Option<Timestamp>,
    generation: u64,
}

#[async_trait]
impl TokenStore for Table {
    async fn token(&self, destination: &str) -> Result<Option<Token>, PortError> {
        let slot = self
            .read::<Slot>("tokens: read", &Key::token(destination))
            .await?;
        Ok(slot.and_then(|slot| slot.value.present()))
    }

    async fn begin_refresh(
        &self,
        destination: &str,
        refused: u64,
        lease: Duration,
        limit: Option<RefreshLimit>,
    ) -> Result<Refresh, PortError> {
        let now = self.now();
        let change = |slot: Option<Slot>| {
            let mut slot = slot.unwrap_or_default();
            let before = slot.granted.clone();
            let told = slot.begin(refused, now, lease, limit);
            (Some(slot).filter(|slot| slot.granted != before), told)
        };
        self.update("tokens: begin refresh", &Key::token(destination), change)
            .await
    }

    async fn finish_refresh(
        &self,
        destination: &str,
        lease: u64,
        token: Option<Token>,
    ) -> Result<Option<Token>, PortError> {
        let now = self.now();
        let change = |slot: Option<Slot>| {
            let mut slot = slot.unwrap_or_default();
            let ended = slot.finish(lease, now, token.clone());
            let present = slot.present();
            (ended.then_some(slot), present)
        };
        self.update("tokens: finish refresh", &Key::token(destination), change)
            .await
    }
}

impl Slot {
    fn present(&self) -> Option<Token> {
        self.token.as_ref().map(Stored::token)
    }

    fn begin(
        &mut self,
        refused: u64,
        now: Timestamp,
        lease: Duration,
        limit: Option<RefreshLimit>,
    ) -> Refresh {
        if let Some(token) = self.present().filter(|token| token.generation > refused) {
            return Refresh::Renewed(token);
        }
        // A lease of a clock that was ahead is over.
        let is_ahead = self.leased_at.is_some_and(|begun| was_ahead(begun, now));
        if let Some((_, until)) = self.leased.filter(|(_, until)| *until > now && !is_ahead) {
            return Refresh::Busy { until };
        }
        self.granted
            .iter_mut()
            .filter(|granted| was_ahead(**granted, now))
            .for_each(|granted| *granted = now);
        if let Some(until) = limit.and_then(|limit| self.limited_until(limit, now)) {
            return Refresh::Limited { until };
        }
        self.granted.push_back(now);
        if self.granted.len() > KEPT {
            self.granted.pop_front();
        }
        self.last_lease = self.last_lease.saturating_add(1);
        self.leased = Some((
            self.last_lease,
            now.saturating_add(lease).unwrap_or(Timestamp::MAX),
        ));
        self.leased_at = Some(now);
        Refresh::Granted {
            lease: self.last_lease,
        }
    }

    /// Returns when the next refresh may be granted, if not now.
    fn limited_until(&self, limit: RefreshLimit, now: Timestamp) -> Option<Timestamp> {
        let most = usize::try_from(limit.most).unwrap_or(usize::MAX);
        let first = self
            .granted
            .len()
            .checked_sub(most)
            .and_then(|index| self.granted.get(index))?;
        let until = first.saturating_add(limit.within).unwrap_or(Timestamp::MAX);
        (until > now).then_some(until)
    }

    /// Ends a lease, with a token or without; returns false when it has ended already.
    fn finish(&mut self, lease: u64, now: Timestamp, token: Option<Token>) -> bool {
        if !self
            .leased
            .is_some_and(|(out, until)| out == lease && until > now)
        {
            return false;
        }
        self.leased = None;
        if let Some(token) = token {
            let generation = self
                .token
                .as_ref()
                .map_or(0, |present| present.generation)
                .saturating_add(1);
            self.token = Some(Stored::of(Token {
                generation,
                ..token
            }));
        }
        true
    }
}

impl Stored {
    fn of(token: Token) -> Self {
        Self {
            value: token.value,
            base_url: token.base_url,
            expires: token.expires,
            generation: token.generation,
        }
    }

    fn token(&self) -> Token {
        Token {
            value: self.value.clone(),
            base_url: self.base_url.clone(),
            expires: self.expires,
            generation: self.generation,
        }
    }
}
