//! The one-machine server: HTTP in front, workers behind, SQLite between.

mod alerts;
mod arrival;
mod compare;
mod concern;
mod crowd;
mod descriptors;
mod door;
mod generation;
mod health;
mod heard;
mod plain;
mod webhook;
mod wire;

use crate::{assemble, cli::ServeArgs, console::Opened, report, report::Failed, scrape::Metrics};
pub(crate) use alerts::Alerts;
use arrival::Arrivals;
use axum::{
    Router,
    routing::{get, post},
};
pub(crate) use compare::Comparisons;
use config::Server as HttpSettings;
use deliver::{Breaker, Engine, Event, Sign, Takes, Worker};
pub(crate) use door::Door;
use generation::Hangups;
use health::Health;
use heard::Tally;
use ingest::{Gate, Silence};
use platform_sqlite::{LEDGER_RETENTION, SqliteStore};
use ports::Clock;
use socket2::SockRef;
use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, lookup_host},
    sync::watch,
    task::JoinSet,
};
use webhook::Desk;

/// The exit status of a program that Ctrl-C has ended (128 and the number of SIGINT).
const INTERRUPTED: i32 = 130;
/// Longest time that a stop waits for work in flight; what is left comes back after the next start.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Pause before a worker that failed starts again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// The pause between two removals of data that is past its time.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// The pause between two checks whether a store has fallen silent.
const LISTEN_EVERY: Duration = Duration::from_secs(60);

/// The parts of a server, before it runs.
pub(crate) struct Server {
    pub(crate) gate: Arc<Gate>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: SqliteStore,
    pub(crate) clock: Arc<dyn Clock>,
    /// Names of the stores.
    pub(crate) stores: Vec<String>,
    pub(crate) destinations: Vec<config::Destination>,
    /// Names of the destinations whose secrets cannot be used: they are not called until a start
    /// with better secrets.
    pub(crate) unready: BTreeSet<String>,
    pub(crate) http: HttpSettings,
    pub(crate) silence: Arc<Silence>,
    pub(crate) comparisons: Arc<Comparisons>,
    pub(crate) alerts: Option<Alerts>,
    pub(crate) observe: Arc<dyn Fn(&Event) + Send + Sync>,
    pub(crate) metrics: Metrics,
    /// What it runs, for its log: the configuration and each route's mapping, with their hashes.
    pub(crate) running: Vec<String>,
    /// What the operator looks at.
    pub(crate) desk: ::console::Desk,
}

/// The listeners of a server.
pub(crate) struct Listeners {
    /// The listener for shops.
    pub(crate) webhooks: TcpListener,
    /// The listener for a scraper of metrics, where one is wanted.
    pub(crate) metrics: Option<TcpListener>,
    /// The console, where one is wanted.
    pub(crate) console: Option<Opened>,
}

/// Runs `orderbridge serve`.
pub(crate) async fn run(args: &ServeArgs) -> Result<(), Failed> {
    // From the beginning: by default this signal ends a process.
    let hangups = Hangups::new();
    let loaded = assemble::load(&args.config)?;
    let data = args.data.folder(Some(&loaded.config));
    let server = assemble::server_of(loaded, &data, Arc::new(|_| {})).await?;
    let webhooks = listen(&args.listen).await?;
    report::line(&format!("listening on {}", url(&webhooks)));
    let metrics = match &args.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    if let Some(metrics) = &metrics {
        report::line(&format!("metrics on {}/metrics", url(metrics)));
    }
    let console = match &args.console {
        Some(address) => Some(Opened::at(address, args.console_read_only).await?),
        None => None,
    };
    if let Some(console) = &console {
        report::line(&console.line());
    }
    let listeners = Listeners {
        webhooks,
        metrics,
        console,
    };
    generation::serve(args, &data, server, listeners, hangups).await
}

impl Listeners {
    /// Returns listeners at the same sockets, for a server that takes over from another.
    fn again(&self) -> Result<Self, Failed> {
        Ok(Self {
            webhooks: again(&self.webhooks)?,
            metrics: self.metrics.as_ref().map(again).transpose()?,
            console: self.console.as_ref().map(Opened::again).transpose()?,
        })
    }
}

/// Returns another listener at the same socket.
pub(crate) fn again(listener: &TcpListener) -> Result<TcpListener, Failed> {
    let failed = |error| Failed::new(format!("a listener cannot be shared: {error}"));
    let same = SockRef::from(listener).try_clone().map_err(failed)?;
    TcpListener::from_std(same.into()).map_err(failed)
}

/// Creates a listener at an address, which may have a name. Of the addresses of a name the first of
/// IPv4 is taken, which is where proxies look.
pub(crate) async fn listen(address: &str) -> Result<TcpListener, Failed> {
    let failed = |error| Failed::new(format!("cannot listen on {address}: {error}"));
    let mut all: Vec<SocketAddr> = lookup_host(address).await.map_err(failed)?.collect();
    all.sort_by_key(SocketAddr::is_ipv6);
    TcpListener::bind(all.as_slice()).await.map_err(failed)
}

/// Ends the program where somebody who has stopped it presses Ctrl-C again. What is in flight comes
/// back, as after a kill.
pub(crate) async fn second_ctrl_c() {
    if tokio::signal::ctrl_c().await.is_ok() {
        tracing::warn!("ended at once; what was in flight comes back after the next start");
        std::process::exit(INTERRUPTED);
    }
}

impl Server {
    /// Serves until `stop` turns true, then finishes the work in flight, within bounds.
    pub(crate) async fn run(mut self, listeners: Listeners, stop: watch::Receiver<bool>) {
        descriptors::raise();
        let mut workers = self.start_workers(&stop).await;
        workers.spawn(self.metrics.clone().tidy(stop.clone()));
        workers.spawn(prune(self.store.clone(), stop.clone()));
        workers.spawn(listen_for(Arc::clone(&self.silence), stop.clone()));
        workers.spawn(Arc::clone(&self.comparisons).run(stop.clone()));
        if let Some(alerts) = self.alerts.take() {
            workers.spawn(alerts.run(stop.clone()));
        }
        let stores = self.stores.iter().cloned();
        let tally = Arc::new(Tally::new(stores, Arc::clone(&self.clock)));
        let kept = Arc::new(self.store.clone());
        workers.spawn(Arc::clone(&tally).keep(kept, stop.clone()));
        let desk = Arc::new(Desk {
            tally,
            gate: Arc::clone(&self.gate),
            arrivals: Arrivals::new(self.http, stop.clone()),
        });
        if let Some(listener) = listeners.metrics {
            let (desk, metrics) = (Arc::clone(&desk), self.metrics.clone());
            let answer = move || {
                desk.arrivals.tell();
                metrics.clone().answer()
            };
            let router = Router::new().route("/metrics", get(answer));
            let door = Door::for_few(router.fallback(plain::other), self.http, stop.clone());
            workers.spawn(door.serve(listener));
        }
        if let Some(console) = listeners.console {
            let desk = ::console::Desk {
                address: Some(url(&listeners.webhooks)),
                ..self.desk.clone()
            };
            workers.spawn(console.serve(desk, stop.clone()));
        }
        let door = Door::for_shops(self.router(desk), self.http, stop.clone());
        let finished = async move {
            door.serve(listeners.webhooks).await;
            while workers.join_next().await.is_some() {}
        };
        let mut limit = stop;
        tokio::select! {
            () = finished => {}
            () = async { stopped(&mut limit).await; tokio::time::sleep(STOP_LIMIT).await } => {
                tracing::warn!("not everything in flight could be finished in time; it is delivered after the next start");
            }
        }
    }

    fn router(&self, desk: Arc<Desk>) -> Router {
        let health = get(plain::health).with_state(Arc::new(Health::new(self.store.clone())));
        Router::new()
            .route(
                "/webhooks/{store}",
                post(webhook::receive).fallback(plain::other),
            )
            .with_state(desk)
            .route("/healthz", health.fallback(plain::other))
            .fallback(plain::other)
    }

    async fn start_workers(&self, stop: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut workers = JoinSet::new();
        for destination in &self.destinations {
            let delivery = &destination.delivery;
            let settings =
                routes::circuit_settings(delivery, Worker::batch_limit(delivery.request_timeout));
            let breaker = Breaker::new(&destination.name, settings, Arc::new(self.store.clone()));
            let breaker = breaker
                .paced(routes::pace(delivery))
                .of_system(destination.system.as_str());
            let breaker = Arc::new(breaker);
            if self.unready.contains(&destination.name) {
                breaker.record(Sign::Locked, self.clock.now()).await;
            }
            let posted_only = Worker::posted_only_of(delivery.concurrency);
            let ordinary = (0..delivery.concurrency).map(|number| match number < posted_only {
                true => Takes::Posted,
                false => Takes::Anything,
            });
            let in_bulk = self.engine.bulk(&destination.name).map(|_| Takes::Read);
            for takes in ordinary.chain(in_bulk) {
                let worker = Worker {
                    queue: Arc::new(self.store.clone()),
                    engine: Arc::clone(&self.engine),
                    clock: Arc::clone(&self.clock),
                    breaker: Arc::clone(&breaker),
                    destination: destination.name.clone(),
                    takes,
                    batch: delivery.batch,
                    request_timeout: delivery.request_timeout,
                    observe: Arc::clone(&self.observe),
                };
                workers.spawn(supervise(Arc::new(worker), stop.clone()));
            }
        }
        workers
    }
}

/// Runs a worker, and starts it again if it ends by a panic: one defect must not stop the delivery
/// of everything.
async fn supervise(worker: Arc<Worker>, stop: watch::Receiver<bool>) {
    loop {
        let (running, stop) = (Arc::clone(&worker), stop.clone());
        let Err(error) = tokio::spawn(async move { running.run(stop).await }).await else {
            return;
        };
        tracing::error!(destination = worker.destination, %error, "a worker failed, which is a defect of orderbridge; it starts again, and what it had in hand comes back");
        worker.breaker.nothing_to_probe().await;
        tokio::time::sleep(RESTART_PAUSE).await;
    }
}

/// Checks now and then whether a store has fallen silent.
async fn listen_for(silence: Arc<Silence>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        silence.look();
        tokio::select! {
            () = tokio::time::sleep(LISTEN_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Removes data that is past its time, now and then.
async fn prune(store: SqliteStore, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = store.prune(LEDGER_RETENTION).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old ledger entries could not be removed; it is tried again"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(PRUNE_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Waits until the server is told to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stop.wait_for(|stopping| *stopping).await;
}

/// Waits for SIGTERM or Ctrl-C.
pub(crate) async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Returns a listener's address as a URL.
pub(crate) fn url(listener: &TcpListener) -> String {
    listener.local_addr().map_or_else(
        |_| "an unknown address".to_owned(),
        |address| format!("http://{address}"),
    )
}
