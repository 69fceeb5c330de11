use config::Config;
use jiff::Timestamp;
use reconcile::{Feed, Health, Passed, Ports, Routine, Shop};
use serde::Serialize;
use std::{sync::Mutex, sync::PoisonError, time::Duration};

/// The time before the function's end at which work is left off after the page in hand.
const LEAVE_OFF: Duration = Duration::from_mins(1);
/// The time before its end at which work is cut off, so that its figures are told.
const CUT_OFF: Duration = Duration::from_secs(5);
/// The time for which a queue may stand still before the rest is left for later. It is less than
/// the turn lasts.
const PATIENCE: Duration = Duration::from_secs(10);
/// The span of time after which another store is the first one, so that a slow one does not always
/// come before the others.
const ROUND: i64 = 15 * 60;

/// The stores that are compared by themselves.
pub struct Comparisons {
    shops: Vec<Shop>,
    config: Config,
    ports: Ports,
}

/// The answer of a run, for whoever invokes it by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// Names of the stores that were compared.
    pub compared: Vec<String>,
    /// Names of the stores that were not: it is not their time, or another process compares them.
    pub left: Vec<String>,
    /// Names of the stores that could not be compared; the log says why.
    pub failed: Vec<String>,
    /// Whether the function's time was over before all were.
    pub cut_off: bool,
}

impl Comparisons {
    /// Creates the comparisons of those of the stores that do not switch them off.
    #[must_use]
    pub fn new(mut shops: Vec<Shop>, config: Config, ports: Ports) -> Self {
        let every = |shop: &Shop| config.store(&shop.name)?.reconcile.every;
        shops.retain(|shop| every(shop).is_some());
        Self {
            shops,
            config,
            ports,
        }
    }

    /// Compares all stores for which it is time, one after the other, and tells how they are.
    /// Never fails as a whole, and never runs beyond the deadline: what is not done by then is done
    /// by the next run.
    pub async fn run(&self, deadline: Timestamp) -> Ran {
        let (health, ran) = (Mutex::new(Health::default()), Mutex::new(Ran::default()));
        let left = deadline.duration_since(self.ports.clock.now());
        let left = Duration::try_from(left).unwrap_or_default();
        let work = self.compare(deadline, &health, &ran);
        let is_cut = tokio::time::timeout(left.saturating_sub(CUT_OFF), work)
            .await
            .is_err();
        if is_cut {
            tracing::error!("the function's time is over; the next run goes on where this one was");
        }
        let health = health.into_inner().unwrap_or_else(PoisonError::into_inner);
        let now = self.ports.clock.now();
        reconcile::tell(&health, &self.config, now);
        reconcile::tell_silence(&health, &self.config, now);
        let mut ran = ran.into_inner().unwrap_or_else(PoisonError::into_inner);
        ran.cut_off = is_cut;
        ran
    }

    async fn compare(&self, deadline: Timestamp, health: &Mutex<Health>, ran: &Mutex<Ran>) {
        let clock = &self.ports.clock;
        let end = deadline.saturating_sub(LEAVE_OFF).unwrap_or(deadline);
        let stop = || clock.now() >= end;
        for shop in in_turn(&self.shops, clock.now()) {
            if stop() {
                return;
            }
            let passed = self.pass(shop, &stop).await;
            let mut ran = ran.lock().unwrap_or_else(PoisonError::into_inner);
            let list = match &passed.result {
                Ok(Some(_)) => &mut ran.compared,
                Ok(None) => &mut ran.left,
                Err(_) => &mut ran.failed,
            };
            list.push(shop.name.clone());
            let mut health = health.lock().unwrap_or_else(PoisonError::into_inner);
            health.note(&shop.name, &passed);
        }
    }

    async fn pass(&self, shop: &Shop, stop: &(dyn Fn() -> bool + Sync)) -> Passed {
        let feed = Feed {
            ports: &self.ports,
            patience: PATIENCE,
        };
        let store = self.config.store(&shop.name);
        let routine = Routine {
            shop,
            feed: &feed,
            settings: store.map(|store| store.reconcile).unwrap_or_default(),
            public_url: self.config.public_url.as_deref(),
            stop,
        };
        routine.pass_when_due().await
    }
}

/// Returns the stores, another one first in each round.
fn in_turn(shops: &[Shop], now: Timestamp) -> impl Iterator<Item = &Shop> {
    let count = i64::try_from(shops.len()).unwrap_or(1).max(1);
    let first = usize::try_from((now.as_second() / ROUND).rem_euclid(count)).unwrap_or_default();
    let (before, behind) = shops.split_at(first.min(shops.len()));
    behind.iter().chain(before)
}
