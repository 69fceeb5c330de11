use super::lock;
use crate::{Clock, PortError, Refresh, Token, TokenStore};
use async_trait::async_trait;
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Tokens in memory.
pub struct MemoryTokens {
    clock: Arc<dyn Clock>,
    slots: Mutex<BTreeMap<String, Slot>>,
}

/// What is known of one destination.
#[derive(Default)]
struct Slot {
    token: Option<Token>,
    last_lease: u64,
    /// The lease that is out, if any, and when it ends.
    leased: Option<(u64, Timestamp)>,
}

impl MemoryTokens {
    /// No tokens yet.
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
        Ok(lock(&self.slots).get(destination).and_then(|slot| slot.token.clone()))
    }

    async fn begin_refresh(&self, destination: &str, refused: u64, lease: Duration) -> Result<Refresh, PortError> {
        let now = self.clock.now();
        let mut slots = lock(&self.slots);
        let slot = slots.entry(destination.to_owned()).or_default();
        if let Some(token) = slot.token.as_ref().filter(|token| token.generation > refused) {
            return Ok(Refresh::Renewed(token.clone()));
        }
        if let Some((_, until)) = slot.leased.filter(|(_, until)| *until > now) {
            return Ok(Refresh::Busy { until });
        }
        slot.last_lease += 1;
        slot.leased = Some((slot.last_lease, now.saturating_add(lease).unwrap_or(Timestamp::MAX)));
        Ok(Refresh::Granted { lease: slot.last_lease })
    }

    async fn finish_refresh(&self, destination: &str, lease: u64, token: Option<Token>) -> Result<Option<Token>, PortError> {
        let now = self.clock.now();
        let mut slots = lock(&self.slots);
        let slot = slots.entry(destination.to_owned()).or_default();
        if !slot.leased.is_some_and(|(out, until)| out == lease && until > now) {
            return Ok(slot.token.clone());
        }
        slot.leased = None;
        if let Some(token) = token {
            let generation = slot.token.as_ref().map_or(0, |present| present.generation) + 1;
            slot.token = Some(Token { generation, ..token });
        }
        Ok(slot.token.clone())
    }
}
