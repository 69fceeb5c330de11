use super::lock;
use crate::{Clock, PortError, Refresh, RefreshLimit, Token, TokenStore, was_ahead};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Tokens in memory.
pub struct MemoryTokens {
    clock: Arc<dyn Clock>,
    slots: Mutex<BTreeMap<String, Slot>>,
}

/// The tokens and leases of one destination.
#[derive(Default)]
struct Slot {
    token: Option<Token>,
    last_lease: u64,
    /// The lease of the refresh that is under way, if any.
    leased: Option<Lease>,
    /// The times at which refreshes were granted, the last [`KEPT`].
    granted: VecDeque<Timestamp>,
}

#[derive(Clone, Copy)]
struct Lease {
    number: u64,
    begun: Timestamp,
    until: Timestamp,
}

impl Lease {
    fn is_out(&self, now: Timestamp) -> bool {
        self.until > now && !was_ahead(self.begun, now)
    }
}

/// The number of grants that are remembered: more than any limit counts.
const KEPT: usize = 100;

impl Slot {
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
}

impl MemoryTokens {
    /// Creates the store, without tokens.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            slots: Mutex::default(),
        }
    }
}

#[async_trait]
impl TokenStore for MemoryTokens {
    async fn token(&self, destination: &str) -> Result<Option<Token>, PortError> {
        Ok(lock(&self.slots)
            .get(destination)
            .and_then(|slot| slot.token.clone()))
    }

    async fn begin_refresh(
        &self,
        destination: &str,
        refused: u64,
        lease: Duration,
        limit: Option<RefreshLimit>,
    ) -> Result<Refresh, PortError> {
        let now = self.clock.now();
        let mut slots = lock(&self.slots);
        let slot = slots.entry(destination.to_owned()).or_default();
        if let Some(token) = slot
            .token
            .as_ref()
            .filter(|token| token.generation > refused)
        {
            return Ok(Refresh::Renewed(token.clone()));
        }
        if let Some(Lease { until, .. }) = slot.leased.filter(|lease| lease.is_out(now)) {
            return Ok(Refresh::Busy { until });
        }
        slot.granted
            .iter_mut()
            .filter(|granted| was_ahead(**granted, now))
            .for_each(|granted| *granted = now);
        if let Some(until) = limit.and_then(|limit| slot.limited_until(limit, now)) {
            return Ok(Refresh::Limited { until });
        }
        slot.granted.push_back(now);
        if slot.granted.len() > KEPT {
            slot.granted.pop_front();
        }
        slot.last_lease += 1;
        slot.leased = Some(Lease {
            number: slot.last_lease,
            begun: now,
            until: now.saturating_add(lease).unwrap_or(Timestamp::MAX),
        });
        Ok(Refresh::Granted {
            lease: slot.last_lease,
        })
    }

    async fn finish_refresh(
        &self,
        destination: &str,
        lease: u64,
        token: Option<Token>,
    ) -> Result<Option<Token>, PortError> {
        let now = self.clock.now();
        let mut slots = lock(&self.slots);
        let slot = slots.entry(destination.to_owned()).or_default();
        if !slot
            .leased
            .is_some_and(|out| out.number == lease && out.until > now)
        {
            return Ok(slot.token.clone());
        }
        slot.leased = None;
        if let Some(token) = token {
            let generation = slot.token.as_ref().map_or(0, |present| present.generation) + 1;
            slot.token = Some(Token {
                generation,
                ..token
            });
        }
        Ok(slot.token.clone())
    }
}
