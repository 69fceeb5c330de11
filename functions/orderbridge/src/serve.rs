//! The one-machine server: HTTP in front, workers behind, SQLite between.

use crate::{assemble, cli::ServeArgs, report, report::Failed, scrape::Metrics};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use deliver::{Breaker, Engine, Event, Sign, Worker};
use ingest::{Answer, Gate};
use platform_sqlite::{LEDGER_RETENTION, SqliteStore};
use ports::Clock;
use source::Webhook;
use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// How long a stop waits for what is in flight before it gives up on it; what is left comes back after the next start.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Pause before a worker that failed starts again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// How often what is past its time is removed.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Everything that a running server consists of, before it runs.
pub(crate) struct Server {
    pub(crate) gate: Arc<Gate>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: SqliteStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) destinations: Vec<config::Destination>,
    /// Names of those whose secrets can not be used: they are left alone until a start with better ones.
    pub(crate) unready: BTreeSet<String>,
    pub(crate) observe: Arc<dyn Fn(&Event) + Send + Sync>,
}

/// `orderbridge serve`.
pub(crate) async fn run(args: &ServeArgs) -> Result<(), Failed> {
    let server = assemble::server(&args.config, &args.data.data, Arc::new(|_| {})).await?;
    let listener = TcpListener::bind(args.listen)
        .await
        .map_err(|error| Failed::new(format!("can not listen on {}: {error}", args.listen)))?;
    let address = listener.local_addr().unwrap_or(args.listen);
    report::print(&format!("listening on {}", url(address)));
    let (stopper, stop) = watch::channel(false);
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: what is in flight is finished");
        stopper.send_replace(true);
    });
    server.run(listener, stop).await
}

impl Server {
    /// Serves until `stop` turns true, then finishes what is in flight, within bounds.
    pub(crate) async fn run(self, listener: TcpListener, stop: watch::Receiver<bool>) -> Result<(), Failed> {
        let metrics = Metrics::start(self.store.clone(), &self.destinations)?;
        let mut workers = self.start_workers(&stop).await;
        workers.spawn(metrics.clone().tidy(stop.clone()));
        workers.spawn(prune(self.store.clone(), stop.clone()));
        let router = Router::new()
            .route("/webhooks/{store}", post(webhook))
            .route("/healthz", get(|| async { axum::Json(serde_json::json!({ "status": "ok" })) }))
            .route("/metrics", get(move || metrics.clone().answer()))
            .with_state(Arc::clone(&self.gate));
        let mut until = stop.clone();
        let served = axum::serve(listener, router).with_graceful_shutdown(async move {
            // An error means that the sender is gone, which is a stop as well.
            let _ = until.wait_for(|stopping| *stopping).await;
        });
        let finished = async move {
            served.await?;
            while workers.join_next().await.is_some() {}
            std::io::Result::Ok(())
        };
        let mut limit = stop;
        tokio::select! {
            result = finished => result.map_err(|error| Failed::new(format!("the server failed: {error}"))),
            () = async { let _ = limit.wait_for(|stopping| *stopping).await; tokio::time::sleep(STOP_LIMIT).await } => {
                tracing::warn!("not everything in flight could be finished in time; it is delivered after the next start");
                Ok(())
            }
        }
    }

    async fn start_workers(&self, stop: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut workers = JoinSet::new();
        for destination in &self.destinations {
            let delivery = &destination.delivery;
            let settings = routes::circuit_settings(delivery, Worker::batch_limit(delivery.request_timeout));
            let breaker = Breaker::new(&destination.name, settings, Arc::new(self.store.clone()));
            let breaker = breaker.paced(routes::pace(delivery)).of_system(destination.system.as_str());
            let breaker = Arc::new(breaker);
            if self.unready.contains(&destination.name) {
                breaker.record(Sign::Locked, self.clock.now()).await;
            }
            for _ in 0..delivery.concurrency {
                let worker = Worker {
                    queue: Arc::new(self.store.clone()),
                    engine: Arc::clone(&self.engine),
                    clock: Arc::clone(&self.clock),
                    breaker: Arc::clone(&breaker),
                    destination: destination.name.clone(),
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

/// Runs a worker, and again should it end by a panic: one defect must not stop the delivery of everything.
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

/// Forgets what is past its time, now and then.
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

async fn webhook(State(gate): State<Arc<Gate>>, Path(store): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let length = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let answer = match body_or_refusal(&gate, &store, length, body).await {
        Ok(body) => {
            let webhook = Webhook {
                headers: &parts.headers,
                query: parts.uri.query().unwrap_or_default(),
                body: &body,
            };
            gate.accept(&store, webhook).await
        }
        Err(answer) => answer,
    };
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(answer.body())).into_response();
    if let Some(seconds) = answer.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The whole body, or the answer to a request that is refused before its body is read.
async fn body_or_refusal(gate: &Gate, store: &str, length: Option<usize>, body: Body) -> Result<bytes::Bytes, Answer> {
    match gate.refuse_unread(store, length) {
        Some(answer) => Err(answer),
        None => {
            let body = read(body, gate.body_limit()).await;
            body.inspect_err(|answer| gate.note_unread(store, answer))
        }
    }
}

/// The whole body, or the answer to one that is too long or broke off.
async fn read(body: Body, limit: usize) -> Result<bytes::Bytes, Answer> {
    use http_body_util::LengthLimitError;
    use std::error::Error as _;
    to_bytes(body, limit).await.map_err(|error| {
        let too_large = error.source().is_some_and(|cause| cause.is::<LengthLimitError>());
        if too_large {
            Answer::TooLarge { limit }
        } else {
            Answer::NotJson("the connection broke off before its end".to_owned())
        }
    })
}

/// SIGTERM or Ctrl-C.
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

/// The address as a URL.
pub(crate) fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
