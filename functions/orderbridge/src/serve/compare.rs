//! Stores compared by themselves: one at a time, each at its own pace.

use config::Config;
use reconcile::{Feed, Health, Passed, Ports, Routine, Shop};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// The pause before the first comparison after a start.
const FIRST: Duration = Duration::from_secs(2);
/// The longest pause between the first comparisons of two stores, which keeps them apart later, too.
const APART: Duration = Duration::from_secs(30);
/// The time for which a queue may stand still before the rest is left for later. It is less than
/// the turn lasts.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause after a turn that another process had, such as this one before it was killed.
const AGAIN: Duration = Duration::from_secs(31);
/// The pause after a defect.
const RESTART: Duration = Duration::from_secs(60);
/// The time that a stop leaves to the page that is in hand.
const GRACE: Duration = Duration::from_secs(10);

/// The stores that are compared by themselves.
pub(crate) struct Comparisons {
    shops: Vec<Shop>,
    config: Config,
    ports: Ports,
    health: Mutex<Health>,
}

impl Comparisons {
    /// Creates the comparisons of those of the stores that do not switch them off.
    pub(crate) fn new(mut shops: Vec<Shop>, config: Config, ports: Ports) -> Self {
        let every = |shop: &Shop| config.store(&shop.name)?.reconcile.every;
        shops.retain(|shop| every(shop).is_some());
        Self {
            shops,
            config,
            ports,
            health: Mutex::default(),
        }
    }

    /// Calls a function with what is known of the stores.
    pub(crate) fn with_health<T>(&self, look: impl FnOnce(&Health, &Config) -> T) -> T {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        look(&health, &self.config)
    }

    /// Compares each store when it is its time, until `stop` turns true. A defect does not end it.
    pub(crate) async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        loop {
            let (running, stop) = (Arc::clone(&self), stop.clone());
            let Err(error) = tokio::spawn(async move { running.take_turns(stop).await }).await
            else {
                return;
            };
            tracing::error!(%error, "comparing stores failed, which is a defect of orderbridge; it starts again");
            tokio::time::sleep(RESTART).await;
        }
    }

    async fn take_turns(&self, mut stop: watch::Receiver<bool>) {
        let apart = |place: usize| APART.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX));
        let mut due: Vec<Instant> = (0..self.shops.len())
            .map(|place| Instant::now() + FIRST + apart(place))
            .collect();
        while let Some((place, at)) = due.iter().copied().enumerate().min_by_key(|(_, at)| *at) {
            tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = super::stopped(&mut stop) => return,
            }
            let Some(shop) = self.shops.get(place) else {
                return;
            };
            let pause = self.pass_in_time(shop, &mut stop).await;
            if let Some(due) = due.get_mut(place) {
                *due = Instant::now() + pause;
            }
        }
    }

    /// Compares a store, and returns the pause until the next time. A stop leaves some time to the
    /// page that is in hand; what is cut off then is done by the next start.
    async fn pass_in_time(&self, shop: &Shop, stop: &mut watch::Receiver<bool>) -> Duration {
        let stopping = stop.clone();
        let is_stopping = || *stopping.borrow();
        tokio::select! {
            pause = self.pass(shop, &is_stopping) => pause,
            () = async { super::stopped(stop).await; tokio::time::sleep(GRACE).await } => AGAIN,
        }
    }

    async fn pass(&self, shop: &Shop, stop: &(dyn Fn() -> bool + Sync)) -> Duration {
        let Some(store) = self.config.store(&shop.name) else {
            return RESTART;
        };
        let feed = Feed {
            ports: &self.ports,
            patience: PATIENCE,
        };
        let routine = Routine {
            shop,
            feed: &feed,
            settings: store.reconcile,
            public_url: self.config.public_url.as_deref(),
            stop,
        };
        let passed = routine.pass().await;
        self.note(&shop.name, &passed);
        match passed.result {
            Ok(None) => AGAIN,
            _ => store.reconcile.every.unwrap_or(RESTART),
        }
    }

    fn note(&self, store: &str, passed: &Passed) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.note(store, passed);
        reconcile::tell(&health, &self.config, self.ports.clock.now());
    }
}
