//! The comparisons of stores by themselves, in each machine: the real ones of `reconcile`, over the
//! ports of all.

use crate::{
    machine::{self, Shared},
    sabotage::Sabotage,
    scenario::Losses,
    shop::SimShop,
};
use jiff::SignedDuration;
use ports::Clock;
use reconcile::{
    Feed, Ports, Problem, Report, Request, Routine, Shop, ShopRoute, reconcile, take_turn,
};
use source::reader::Window;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::{sync::Mutex, time};

/// The time for which a queue that stands still is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of a thousand pages so many are the last that a process compares for now.
const LEFT_OFF: u64 = 100;
const DAY: SignedDuration = SignedDuration::from_hours(24);

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
            source: shared.recall.source(store.platform),
            reader: Arc::new(SimShop {
                store: place,
                source: shared.recall.source(store.platform),
                scenario: Arc::clone(&shared.scenario),
                clock: Arc::clone(&shared.clock),
                dice: Arc::clone(&shared.dice),
                judge: Arc::clone(&shared.judge),
                at_once: Mutex::default(),
                answers: AtomicU64::default(),
                sabotage: shared.sabotage,
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
            let first = losses.first(self.shared.clock.elapsed());
            let shops = self.shops.iter().enumerate();
            for (place, shop) in shops.cycle().skip(first).take(self.shops.len()) {
                let compared = self.pass(place, shop).await;
                self.shared
                    .judge
                    .note(None, || format!("{}: {compared}", shop.name));
            }
            time::sleep(losses.pause(self.shared.clock.elapsed())).await;
        }
    }

    /// One pass of the routine.
    async fn pass(&self, place: usize, shop: &Shop) -> String {
        let (begun, now) = (self.shared.clock.elapsed(), self.ports.clock.now());
        let feed = self.feed();
        let routine = Routine {
            shop,
            feed: &feed,
            settings: self.settings(),
            public_url: None,
            stop: &|| self.shared.dice.chance(LEFT_OFF),
        };
        let compared = match routine.pass().await.result {
            Ok(Some(compared)) => compared,
            Ok(None) => return "another process has the turn".to_owned(),
            Err(problem) => return format!("not compared: {problem}"),
        };
        // What went on from an earlier place may have been read before.
        let settled = now - shop.reader.reach().settle;
        let newest = compared.reports.last().map(|report| report.until);
        if compared.is_whole && compared.stalled.is_empty() && newest >= Some(settled) {
            let until = newest.unwrap_or_default();
            self.shared.judge.shop_compared(place, until, begun);
        }
        let reports: Vec<String> = compared.reports.iter().map(in_short).collect();
        format!("{}; whole: {}", reports.join("; "), compared.is_whole)
    }

    fn settings(&self) -> config::Reconcile {
        config::Reconcile {
            every: Some(losses(&self.shared).every),
            overlap: match self.shared.sabotage {
                Some(Sabotage::ComparesWithoutOverlap) => Duration::ZERO,
                _ => losses(&self.shared).overlap,
            },
            verify: false,
            verify_window: Duration::ZERO,
            deleted: config::Deleted::Leave,
            line: 0,
        }
    }

    fn feed(&self) -> Feed<'_> {
        Feed {
            ports: &self.ports,
            patience: PATIENCE,
        }
    }

    /// Compares everything that a store ever had.
    pub(crate) async fn audit(&self) -> Vec<Result<Report, Problem>> {
        let now = self.ports.clock.now();
        let request = Request {
            window: Window::new(now - DAY * 30, now + DAY),
            verify: false,
            repair: true,
            recreate: false,
            compared_since: None,
        };
        let mut reports = Vec::new();
        for shop in &self.shops {
            reports.push(match take_turn(&self.ports, "audit", &shop.name).await {
                Ok(mut turn) => {
                    let feed = self.feed();
                    let compared = reconcile(shop, &feed, request, &mut turn, &|_| {}).await;
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
