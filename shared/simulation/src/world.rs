//! Runs a seed from its beginning to its end.

use crate::{
    Run,
    clock::SimClock,
    dice::Dice,
    doubles::{doubles, sell_the_unknown},
    judge::Judge,
    machine::{Machine, Shared},
    ports::{SimCheckpoints, SimCircuits, SimLedger, SimQueue, SimTokens, Trouble},
    reconciler::Reconciler,
    sabotage::Sabotage,
    scenario::{self, Delivery, Incident, Life, Losses, Piece, SECRET, Scenario, Store},
    staff,
};
use config::Platform;
use http::{HeaderMap, HeaderName, HeaderValue};
use ingest::{Gate, RouteGate, StoreGate};
use ports::memory::{MemoryCheckpoints, MemoryCircuits, MemoryLedger, MemoryPrivacy, MemoryTokens};
use reconcile::Report;
use sandbox::{Double, Keeps};
use source::{Webhook, WebhookSecrets};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::time::{self, Instant};

/// How a note ends that asks for another comparison.
const AGAIN: &str = "compare again then";
/// So long after everything has healed everything must have been delivered: longer than the engine
/// tries before it gives an order up.
const LONGEST: Duration = Duration::from_secs(4 * 24 * 3600);
const DELIVERY: &str = "x-shopify-webhook-id";
const BODY_LIMIT: usize = 1 << 20;

/// Runs one seed. The story is written down only where that is asked for: it changes nothing but
/// takes time. With some pieces of the world only, where those are given.
pub(crate) fn run(
    seed: u64,
    with_cases: bool,
    is_recording: bool,
    sabotage: Option<Sabotage>,
    only: Option<&BTreeSet<Piece>>,
) -> Run {
    let drawn = scenario::draw(seed, with_cases);
    let scenario = match only {
        Some(kept) => drawn.with_only(kept),
        None => drawn,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime
        .expect("a runtime without threads and sockets")
        .block_on(async {
            let world = World::new(scenario, is_recording, sabotage);
            world.live().await
        })
}

struct World {
    shared: Shared,
    gate: Arc<Gate>,
    machines: Vec<Option<Machine>>,
    start: Instant,
    sabotage: Option<Sabotage>,
}

impl World {
    fn new(scenario: Scenario, is_recording: bool, sabotage: Option<Sabotage>) -> Self {
        let clock = Arc::new(SimClock::new());
        let scenario = Arc::new(scenario);
        let judge = Arc::new(Judge::new(
            Arc::clone(&scenario),
            Arc::clone(&clock),
            is_recording,
        ));
        let dice = Arc::new(Dice::new(scenario.seed, 2));
        let trouble = Trouble {
            dice: Arc::clone(&dice),
            judge: Arc::clone(&judge),
        };
        let ledger = Arc::new(MemoryLedger::new());
        let queue = SimQueue::new(
            Arc::clone(&clock),
            trouble.clone(),
            Arc::clone(&ledger),
            scenario.hands_out_several,
            sabotage,
        );
        let (doubles, secrets) = doubles(&scenario, &clock);
        for (target, double) in scenario.destinations.iter().zip(&doubles) {
            let hidden = target.cases.hidden.iter();
            let barriers = hidden.flat_map(|order| target.barriers(*order, Keeps::OutOfSight));
            barriers.for_each(|barrier| double.put_up(barrier));
        }
        sabotage
            .into_iter()
            .for_each(|sabotage| sabotage.begin(&scenario, &doubles));
        let shared = Shared {
            judge,
            dice,
            queue: Arc::new(queue),
            ledger: Arc::new(SimLedger::new(ledger, trouble.clone(), sabotage)),
            tokens: Arc::new(SimTokens {
                inner: Arc::new(MemoryTokens::new(Arc::clone(&clock) as _)),
                trouble: trouble.clone(),
            }),
            circuits: Arc::new(SimCircuits {
                inner: Arc::new(MemoryCircuits::new(Arc::clone(&clock) as _)),
                trouble: trouble.clone(),
            }),
            checkpoints: Arc::new(SimCheckpoints {
                inner: MemoryCheckpoints::new(),
                trouble,
                sabotage,
            }),
            sabotage,
            recall: Arc::default(),
            privacy: Arc::new(MemoryPrivacy::default()),
            secrets: Arc::new(secrets),
            doubles,
            client: client(),
            clock,
            scenario,
        };
        Self {
            gate: Arc::new(gate(&shared)),
            machines: (0..shared.scenario.machines)
                .map(|place| Some(Machine::start(&shared, place)))
                .collect(),
            start: Instant::now(),
            sabotage,
            shared,
        }
    }

    async fn live(mut self) -> Run {
        let scenario = Arc::clone(&self.shared.scenario);
        let (mut deliveries, mut incidents) = (
            scenario.deliveries.iter().peekable(),
            scenario.incidents.iter().peekable(),
        );
        loop {
            let delivery = deliveries.peek().map(|delivery| delivery.at);
            let incident = incidents.peek().map(|(at, _)| *at);
            match (delivery, incident) {
                (None, None) => break,
                (Some(at), other) if other.is_none_or(|other| at <= other) => {
                    time::sleep_until(self.start + at).await;
                    deliveries
                        .next()
                        .into_iter()
                        .for_each(|delivery| self.post(*delivery));
                }
                (_, Some(at)) => {
                    time::sleep_until(self.start + at).await;
                    let struck = incidents.next();
                    let happens = |incident: &Incident| {
                        !self
                            .sabotage
                            .is_some_and(|sabotage| sabotage.prevents(incident))
                    };
                    if let Some((_, incident)) = struck.filter(|(_, incident)| happens(incident)) {
                        self.strike(*incident).await;
                    }
                }
                (Some(_), None) => break,
            }
        }
        self.end().await
    }

    /// The shop posts a webhook. Nobody repeats it if it is not taken.
    fn post(&self, delivery: Delivery) {
        let (gate, scenario, judge) = (
            Arc::clone(&self.gate),
            Arc::clone(&self.shared.scenario),
            Arc::clone(&self.shared.judge),
        );
        if self.machines.iter().all(Option::is_none) {
            return;
        }
        tokio::spawn(async move {
            let (life, store) = (
                &scenario.orders[delivery.order],
                &scenario.stores[scenario.orders[delivery.order].store],
            );
            let body = life.states[delivery.state].body.clone();
            let headers = headers(store.platform, life.id, delivery.state, &body);
            let webhook = Webhook {
                headers: &headers,
                query: "",
                body: &body,
            };
            let answer = gate.accept(&store.name, webhook).await;
            judge.note(Some(life.id), || {
                format!("the shop posts state {}: {}", delivery.state, answer.word())
            });
            if !matches!(answer.status(), 200 | 503) {
                judge.violate(
                    "a signed order is accepted",
                    Some(life.id),
                    format!("answer {}", answer.status()),
                );
            }
        });
    }

    async fn strike(&mut self, incident: Incident) {
        self.shared.judge.note(None, || format!("{incident:?}"));
        match incident {
            Incident::Kill { machine } => {
                if self.machines[machine].take().is_some() {
                    self.shared.judge.killed();
                }
            }
            Incident::Start { machine } => {
                if self.machines[machine].is_none() {
                    self.machines[machine] = Some(Machine::start(&self.shared, machine));
                }
            }
            Incident::Stall { machine, time } => self.stall(machine, time),
            Incident::Step { milliseconds } => self.step(milliseconds),
            Incident::Leap { milliseconds } => {
                while !self.shared.judge.is_quiet() {
                    time::sleep(Duration::from_millis(500)).await;
                }
                self.shared.judge.leapt();
                self.step(milliseconds);
            }
            Incident::Inspect { whose } => {
                for (place, double) in self.shared.doubles.iter().enumerate() {
                    self.shared.judge.inspect(place, double, whose);
                }
            }
            Incident::Lock {
                destination,
                is_locked,
            } => self.lock(destination, is_locked),
            Incident::Storage {
                destination,
                is_full,
            } => self.shared.doubles[destination].fill_storage(is_full),
            Incident::Rename { destination, old } => {
                if let Double::Salesforce(double) = self.shared.doubles[destination].as_ref() {
                    let name = &self.shared.scenario.destinations[destination].name;
                    double.rename(&format!("https://{name}-renamed.example.com"), old);
                }
            }
            Incident::Staff { destination } => staff::writes(
                &self.shared.judge,
                destination,
                &self.shared.doubles[destination],
            ),
            Incident::ExpireTokens { destination } => {
                match self.shared.doubles[destination].as_ref() {
                    Double::Salesforce(double) => double.expire_tokens(),
                    Double::Zoho(double) => double.expire_tokens(),
                    Double::NetSuite(double) => double.expire_tokens(),
                }
            }
        }
    }

    /// Locks the orders of a destination that are to be locked, or opens them.
    fn lock(&self, destination: usize, is_locked: bool) {
        let (target, double) = (
            &self.shared.scenario.destinations[destination],
            &self.shared.doubles[destination],
        );
        for barrier in target
            .cases
            .locked
            .keys()
            .flat_map(|order| target.barriers(*order, Keeps::Locked))
        {
            if is_locked {
                double.put_up(barrier);
            } else {
                double.take_down(&barrier);
            }
        }
    }

    fn step(&self, milliseconds: i64) {
        self.shared.clock.step(milliseconds);
        self.shared.queue.look_again();
    }

    fn stall(&self, machine: usize, time: Duration) {
        let Some(machine) = &self.machines[machine] else {
            return;
        };
        self.shared.judge.stalled();
        let (stall, judge) = (Arc::clone(&machine.stall), Arc::clone(&self.shared.judge));
        stall.begin();
        tokio::spawn(async move {
            time::sleep(time).await;
            judge.woke();
            stall.end();
        });
    }

    /// Everything heals, the queue runs empty, and the books are compared.
    async fn end(mut self) -> Run {
        for (place, machine) in self.machines.iter_mut().enumerate() {
            machine.get_or_insert_with(|| Machine::start(&self.shared, place));
        }
        let judge = &self.shared.judge;
        if self.shared.scenario.is_mended {
            self.drain().await;
            self.shared
                .doubles
                .iter()
                .for_each(|double| sell_the_unknown(double, self.shared.scenario.long));
            judge.note(None, || "the unknown product is on sale now".to_owned());
            self.shared.queue.replay();
        }
        self.drain().await;
        if self.shared.scenario.losses.is_some() {
            self.compare_shops().await;
        }
        let dead = self.shared.queue.dead();
        judge.check_dead(&dead);
        judge.check_calls();
        for (place, double) in self.shared.doubles.iter().enumerate() {
            let name = &self.shared.scenario.destinations[place].name;
            let mut dead: Vec<_> = dead
                .iter()
                .filter(|letter| letter.message.destination == *name)
                .cloned()
                .collect();
            self.sabotage
                .into_iter()
                .for_each(|sabotage| sabotage.end(judge, double, &mut dead));
            judge.compare(place, double, &dead);
        }
        Run {
            seed: self.shared.scenario.seed,
            counts: judge.counts(),
            violations: judge.violations(),
            simulated: self.shared.clock.elapsed(),
            judge: Arc::clone(judge),
        }
    }

    /// Waits for comparisons that see everything, and for what they put on its way; then compares
    /// once more.
    async fn compare_shops(&self) {
        let judge = &self.shared.judge;
        let scenario = &self.shared.scenario;
        let shown = scenario.losses.as_ref().map(Losses::all_shown);
        let now = self.shared.clock.elapsed().max(scenario.healed);
        let from = now.max(shown.unwrap_or_default());
        while !judge.are_shops_compared(from) {
            if self.shared.clock.elapsed() > from + LONGEST {
                return judge.never_compared();
            }
            time::sleep(Duration::from_secs(60)).await;
        }
        self.drain().await;
        self.look_at_shops(false);
        let clock = Arc::clone(&self.shared.clock) as _;
        let auditor = Reconciler::new(&self.shared, &clock);
        // Where a clock that was ahead noted something, a comparison says that it is to be made again.
        let is_told = |report: &Report| report.notes.iter().any(|note| note.ends_with(AGAIN));
        for _ in 0..3 {
            if !auditor.audit().await.iter().flatten().any(is_told) {
                break;
            }
            time::sleep(Duration::from_secs(60)).await;
        }
        self.drain().await;
        self.look_at_shops(true);
        judge.check_agreement(&auditor.audit().await);
    }

    fn look_at_shops(&self, again: bool) {
        for (place, double) in self.shared.doubles.iter().enumerate() {
            self.shared.judge.compare_shops(place, double, again);
        }
    }

    /// Waits until nothing is left to do.
    async fn drain(&self) {
        let judge = &self.shared.judge;
        let limit = self.shared.clock.elapsed().max(self.shared.scenario.healed) + LONGEST;
        while !self.shared.queue.left().is_empty()
            || self.shared.clock.elapsed() < Duration::from_secs(60)
        {
            if self.shared.clock.elapsed() > limit {
                judge.never_drained(&self.shared.queue.left());
                break;
            }
            time::sleep(Duration::from_secs(20)).await;
        }
        while !judge.is_quiet() {
            time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Building one takes longer than a seed; it sends nothing by itself.
fn client() -> reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    CLIENT.get_or_init(reqwest::Client::new).clone()
}

fn webhook_secrets() -> WebhookSecrets {
    WebhookSecrets::new(vec![SECRET.to_owned()]).expect("one secret")
}

fn headers(platform: Platform, order: u64, state: usize, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in
        sources::source(platform).sign(Life::topic(platform, state), body, &webhook_secrets())
    {
        let value = HeaderValue::try_from(value).expect("a header of our own");
        headers.insert(
            HeaderName::try_from(name).expect("a header of our own"),
            value,
        );
    }
    if headers.contains_key(DELIVERY) {
        // Shopify names the delivery, and the same again when it repeats it; the same content later
        // is another delivery.
        let value = HeaderValue::try_from(format!("{order}-{state}")).expect("digits");
        headers.insert(DELIVERY, value);
    }
    headers
}

fn gate(shared: &Shared) -> Gate {
    let scenario = &shared.scenario;
    let store = |(place, store): (usize, &Store)| {
        let routes = scenario
            .routes
            .iter()
            .filter(|route| route.store == place)
            .map(|route| RouteGate {
                name: route.name.clone(),
                destination: scenario.destinations[route.destination].name.clone(),
                topics: None,
            });
        let gate = StoreGate {
            source: shared.recall.source(store.platform),
            secrets: webhook_secrets().into(),
            routes: routes.collect(),
        };
        (store.name.clone(), gate)
    };
    let stores: BTreeMap<String, StoreGate> =
        scenario.stores.iter().enumerate().map(store).collect();
    Gate::new(
        stores,
        BODY_LIMIT,
        Arc::clone(&shared.queue) as _,
        Arc::clone(&shared.clock) as _,
    )
}
