//! The comparisons of stores by themselves, in each machine: the real ones of `reconcile`, over the
//! ports of all.

use crate::{
    machine::{self, Shared},
    sabotage::Sabotage,
    scenario::Losses,
    shop::SimShop,
};
use jiff::{SignedDuration, Timestamp};
use ports::Clock;
use reconcile::{Feed, Ports, Problem, Report, Request, Shop, ShopRoute, reconcile, take_turn};
use source::reader::Window;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::{sync::Mutex, time};

/// The time for which a queue that stands still is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How far a comparison reaches back that knows of none before it.
const FIRST_REACH: SignedDuration = SignedDuration::from_hours(24);

/// The comparisons of one process.
pub(crate) struct Reconciler {
    shared: Shared,
    ports: Ports,
    shops: Vec<Shop>,
}

impl Reconciler {
    /// Those of a process with this clock.
    pub(crate) fn new(shared: &Shared, clock: &Arc<dyn Clock>) -> Self {
        let routes: BTreeMap<_, _> = machine::routes(shared, clock)
            .into_iter()
            .map(|(name, route)| (name, Arc::new(route)))
            .collect();
        let shop = |(place, store): (usize, &crate::scenario::Store)| Shop {
            name: store.name.clone(),
            source: sources::source(store.platform),
            reader: Arc::new(SimShop {
                store: place,
                scenario: Arc::clone(&shared.scenario),
                clock: Arc::clone(&shared.clock),
                dice: Arc::clone(&shared.dice),
                judge: Arc::clone(&shared.judge),
                at_once: Mutex::default(),
                answers: AtomicU64::default(),
            }),
            routes: shared
                .scenario
                .routes
                .iter()
                .filter(|way| way.store == place)
                .map(|way| ShopRoute {
                    name: way.name.clone(),
                    topics: None,
                    delivery: Arc::clone(&routes[&way.name]),
                    most_waiting: losses(shared).most_waiting,
                })
                .collect(),
        };
        Self {
            shops: shared
                .scenario
                .stores
                .iter()
                .enumerate()
                .map(shop)
                .collect(),
            ports: Ports {
                ledger: Arc::clone(&shared.ledger) as _,
                queue: Arc::clone(&shared.queue) as _,
                letters: Arc::clone(&shared.queue) as _,
                checkpoints: Arc::clone(&shared.checkpoints) as _,
                clock: Arc::clone(clock),
            },
            shared: shared.clone(),
        }
    }

    /// Compares all stores again and again. Some machines begin at the same moment.
    pub(crate) async fn run(self) {
        let (losses, dice) = (losses(&self.shared), &self.shared.dice);
        if !dice.chance(400) {
            time::sleep(dice.span(losses.pause(self.shared.clock.elapsed()))).await;
        }
        loop {
            for (place, shop) in self.shops.iter().enumerate() {
                let compared = self.pass(place, shop).await;
                self.shared.judge.note(None, || match compared {
                    Ok(report) => format!("{} was compared: {}", shop.name, in_short(&report)),
                    Err(problem) => format!("{} was not compared: {problem}", shop.name),
                });
            }
            time::sleep(losses.pause(self.shared.clock.elapsed())).await;
        }
    }

    /// One comparison, which reaches back behind the end of the last one.
    async fn pass(&self, place: usize, shop: &Shop) -> Result<Report, Problem> {
        let mut turn = take_turn(&self.ports, "reconcile", &shop.name).await?;
        let (begun, reach) = (self.shared.clock.elapsed(), shop.reader.reach());
        let until = earlier(self.ports.clock.now(), reach.settle);
        if turn.place.compared_until.is_some_and(|last| last > until) {
            // A clock that was ahead noted it, nobody knows when.
            turn.place.compared_until = Some(until - FIRST_REACH);
        }
        let overlap = match self.shared.sabotage {
            Some(Sabotage::ComparesWithoutOverlap) => Duration::ZERO,
            _ => reach.overlap.max(losses(&self.shared).overlap),
        };
        let last = turn.place.compared_until.unwrap_or(until - FIRST_REACH);
        let window = Window::new(earlier(last, overlap), until);
        if self.shared.sabotage == Some(Sabotage::NotesWindowsFirst) {
            turn.place.compared_until = Some(window.until());
        }
        let compared = self.compare(shop, window, &mut turn).await;
        if compared.is_ok() {
            turn.place.compared_until = Some(window.until());
        }
        turn.end().await?;
        if compared.is_ok() {
            self.shared
                .judge
                .shop_compared(place, window.until(), begun);
        }
        compared
    }

    async fn compare(
        &self,
        shop: &Shop,
        window: Window,
        turn: &mut reconcile::Turn<'_>,
    ) -> Result<Report, Problem> {
        let feed = Feed {
            ports: &self.ports,
            patience: PATIENCE,
        };
        let request = Request {
            window,
            verify: false,
            repair: true,
            recreate: false,
            compared_since: None,
        };
        reconcile(shop, &feed, request, turn, &|_| {}).await
    }

    /// Compares everything that a store ever had.
    pub(crate) async fn audit(&self) -> Vec<Result<Report, Problem>> {
        let now = self.ports.clock.now();
        let window = Window::new(now - FIRST_REACH * 30, now + FIRST_REACH);
        let mut reports = Vec::new();
        for shop in &self.shops {
            reports.push(match take_turn(&self.ports, "audit", &shop.name).await {
                Ok(mut turn) => {
                    let compared = self.compare(shop, window, &mut turn).await;
                    turn.end().await.and(compared)
                }
                Err(problem) => Err(problem),
            });
        }
        reports
    }
}

fn losses(shared: &Shared) -> &Losses {
    let losses = shared.scenario.losses.as_ref();
    losses.expect("stores are compared where webhooks get lost")
}

fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}

fn in_short(report: &Report) -> String {
    let routes = report.routes.iter().map(|route| {
        format!(
            "{}: {} agree, {} missing, {} behind, {} waiting, {} rejected",
            route.route,
            route.agree.len(),
            route.missing.len(),
            route.behind.len(),
            route.waiting.len(),
            route.rejected.len()
        )
    });
    let routes: Vec<String> = routes.collect();
    format!(
        "from {} until {}: {}",
        report.since,
        report.until,
        routes.join("; ")
    )
}
