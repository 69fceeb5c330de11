//! The listener: it accepts connections, within bounds, and speaks HTTP/1 on them, nothing else.

use super::{
    crowd::{Crowd, Guest},
    descriptors, stopped,
    wire::Wire,
};
use axum::{Router, body::Body, extract::Request};
use config::Server;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout},
};
use tower::ServiceExt as _;

/// The largest head of a request. No shop sends a larger one: WooCommerce sends about one KiB.
const LARGEST_HEAD: usize = 32 * 1024;
/// The most bytes that are read ahead on a connection: half-sent bodies are many, and nothing
/// counts what is in buffers.
const BUFFER: usize = 64 * 1024;
/// The number of connections for the operator's own: a scraper has one, a browser six.
const FEW: usize = 16;
/// The longest pause between two looks at the connections; it is shorter where time-outs are short.
const LOOK: Duration = Duration::from_secs(1);
/// Time that a stop leaves for writing answers, beyond the time for requests to arrive.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// Pause after the system could not accept a connection, as when it has no descriptors left.
const BREATH: Duration = Duration::from_millis(100);
/// The shortest time between two log lines about connections that the system could not accept.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// A listener with everything that its connections need.
pub(crate) struct Door {
    router: Router,
    crowd: Arc<Crowd>,
    settings: Server,
    stop: watch::Receiver<bool>,
}

impl Door {
    /// Creates the listener for shops, and for everybody else on the internet.
    pub(super) fn for_shops(router: Router, settings: Server, stop: watch::Receiver<bool>) -> Self {
        let most = descriptors::connections(settings.connections);
        Self::new(router, Crowd::new(most, &settings, true), settings, stop)
    }

    /// Creates the listener for the operator's own few: scrapers of metrics, a browser.
    pub(crate) fn for_few(router: Router, settings: Server, stop: watch::Receiver<bool>) -> Self {
        Self::new(router, Crowd::new(FEW, &settings, false), settings, stop)
    }

    fn new(
        router: Router,
        crowd: Arc<Crowd>,
        settings: Server,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            router,
            crowd,
            settings,
            stop,
        }
    }

    /// Accepts connections until it is told to stop; then waits for the requests on their way,
    /// within bounds.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let (mut stop, mut connections) = (self.stop.clone(), JoinSet::new());
        let shortest = self.settings.head_timeout.min(self.settings.idle_timeout) / 4;
        let mut look = tokio::time::interval(LOOK.min(shortest));
        let mut told = None;
        loop {
            tokio::select! {
                accepted = listener.accept(), if self.crowd.has_room() => match accepted {
                    Ok((stream, _)) => _ = connections.spawn(self.attend(stream, self.crowd.admit())),
                    Err(error) => self.refused(&error, &mut told).await,
                },
                _ = look.tick() => self.crowd.look_round(),
                Some(_) = connections.join_next() => {}
                () = stopped(&mut stop) => break,
            }
        }
        drop(listener);
        let all_gone = async { while connections.join_next().await.is_some() {} };
        if timeout(self.settings.stop_timeout + LAST_ANSWERS, all_gone)
            .await
            .is_err()
        {
            tracing::warn!(
                "requests that had not arrived to their end are cut off; whoever sent them got no answer and may repeat them"
            );
        }
    }

    /// Makes room when the system cannot accept a connection. A connection that broke off before it
    /// was accepted concerns nobody else.
    async fn refused(&self, error: &io::Error, told: &mut Option<Instant>) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        if matches!(
            error.kind(),
            ConnectionAborted | ConnectionRefused | ConnectionReset
        ) {
            return;
        }
        let now = Instant::now();
        if told.is_none_or(|told| now >= told + TOLD_EVERY) {
            *told = Some(now);
            tracing::error!(%error, "no connection can be taken in; the oldest idle ones are closed for new ones (see the limit of open files of this process)");
        }
        self.crowd.make_room();
        tokio::time::sleep(BREATH).await;
    }

    /// Serves one connection until it ends, is dismissed, or has answered its last request before a
    /// stop.
    fn attend(
        &self,
        stream: TcpStream,
        guest: Arc<Guest>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (router, crowd, mut stop) = (
            self.router.clone(),
            Arc::clone(&self.crowd),
            self.stop.clone(),
        );
        async move {
            // An answer is small and is written at once: nothing is gained by waiting for more. An
            // error means that the connection is gone.
            let _ = stream.set_nodelay(true);
            let of_guest = Arc::clone(&guest);
            let service = service_fn(move |request: Request<Incoming>| {
                let (router, working) = (router.clone(), of_guest.works());
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(working.clone());
                request.extensions_mut().insert(Arc::clone(&of_guest));
                async move {
                    let response = router.oneshot(request).await;
                    drop(working);
                    response
                }
            });
            let wire = Wire {
                stream,
                guest: Arc::clone(&guest),
            };
            let mut http = http1::Builder::new();
            // The crowd sees to time-outs.
            http.header_read_timeout(None)
                .max_header_size(LARGEST_HEAD)
                .max_buf_size(BUFFER);
            let mut connection = pin!(http.serve_connection(TokioIo::new(wire), service));
            let mut is_stopping = false;
            loop {
                tokio::select! {
                    // An error of one connection is between it and its peer.
                    _ = connection.as_mut() => break,
                    () = guest.dismissed() => break,
                    () = stopped(&mut stop), if !is_stopping => {
                        is_stopping = true;
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
            crowd.leave(&guest);
        }
    }
}
