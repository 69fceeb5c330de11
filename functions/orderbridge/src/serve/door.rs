//! The listener: it accepts connections, within bounds, and speaks HTTP/1 on them, nothing else.

use super::{
    crowd::{Crowd, Guest},
    descriptors, stopped,
    wire::Wire,
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
};
use config::Server;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
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
/// Time for which a stop leaves a silent connection open: a request may be on its way, and whoever
/// sent it would get no answer.
const LINGER: Duration = Duration::from_secs(1);
/// The pause between two looks at a connection during a stop.
const LOOK_AT_STOP: Duration = Duration::from_millis(100);
/// Pause after the system could not accept a connection, as when it has no descriptors left.
const BREATH: Duration = Duration::from_millis(100);
/// The shortest time between two log lines about connections that the system could not accept.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// A listener with everything that its connections need.
pub(crate) struct Door {
    router: Router,
    crowd: Arc<Crowd>,
    settings: Server,
    linger: Duration,
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
            linger: LINGER.min(settings.stop_timeout),
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
        sleep(BREATH).await;
    }

    /// Serves one connection until it ends, is dismissed, or has answered its last request after a
    /// stop.
    fn attend(
        &self,
        stream: TcpStream,
        guest: Arc<Guest>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (router, crowd) = (self.router.clone(), Arc::clone(&self.crowd));
        let (linger, mut stop) = (self.linger, self.stop.clone());
        async move {
            // An answer is small and is written at once: nothing is gained by waiting for more. An
            // error means that the connection is gone.
            let _ = stream.set_nodelay(true);
            let (of_guest, is_stopping) = (Arc::clone(&guest), stop.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (router, working) = (router.clone(), of_guest.works());
                let is_stopping = is_stopping.clone();
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(working.clone());
                request.extensions_mut().insert(Arc::clone(&of_guest));
                async move {
                    let mut response = router.oneshot(request).await;
                    if let (Ok(response), true) = (&mut response, *is_stopping.borrow()) {
                        let close = HeaderValue::from_static("close");
                        response.headers_mut().insert(header::CONNECTION, close);
                    }
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
            let stopping = async {
                stopped(&mut stop).await;
                sleep(linger).await;
                // With half of a further head the connection would be closed as an idle one is.
                while guest.begins_another() {
                    sleep(LOOK_AT_STOP).await;
                }
            };
            let mut stopping = pin!(stopping);
            let mut is_over = false;
            loop {
                tokio::select! {
                    // An error of one connection is between it and its peer.
                    _ = connection.as_mut() => break,
                    () = guest.dismissed() => break,
                    () = stopping.as_mut(), if !is_over => {
                        is_over = true;
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
            crowd.leave(&guest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::net::SocketAddr;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        task::JoinHandle,
    };

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    struct Open {
        address: SocketAddr,
        crowd: Arc<Crowd>,
        stop: watch::Sender<bool>,
        serving: JoinHandle<()>,
    }

    async fn open(linger: Duration) -> Open {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let router = Router::new().route("/", get(|| async { "here" }));
        let address = listener.local_addr().unwrap();
        let door = Door {
            linger,
            ..Door::for_shops(router, Server::default(), stopping)
        };
        Open {
            address,
            crowd: Arc::clone(&door.crowd),
            stop,
            serving: tokio::spawn(door.serve(listener)),
        }
    }

    impl Open {
        /// Returns a connection that was let in.
        async fn connect(&self) -> TcpStream {
            let before = self.crowd.guests().len();
            let stream = TcpStream::connect(self.address).await.unwrap();
            until(|| self.crowd.guests().len() > before).await;
            stream
        }

        /// Returns a connection on which a request was answered.
        async fn served(&self) -> TcpStream {
            let mut stream = self.connect().await;
            let first = answer(&mut stream, REQUEST).await;
            let stays = first.ends_with("here") && !first.contains("close");
            assert!(stays, "{first}");
            stream
        }
    }

    async fn until(mut condition: impl FnMut() -> bool) {
        let waiting = async {
            while !condition() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(30), waiting).await.unwrap();
    }

    async fn answer(stream: &mut TcpStream, request: &[u8]) -> String {
        stream.write_all(request).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).await.unwrap();
        String::from_utf8(answer[..length].to_vec()).unwrap()
    }

    #[tokio::test]
    async fn what_was_on_its_way_at_a_stop_is_answered_and_then_the_connection_ends() {
        let open = open(Duration::from_secs(9)).await;
        let (mut new, mut idle) = (open.connect().await, open.served().await);
        open.stop.send_replace(true);
        sleep(Duration::from_millis(50)).await;
        for stream in [&mut new, &mut idle] {
            let last = answer(stream, REQUEST).await;
            let ends = last.ends_with("here") && last.contains("connection: close");
            assert!(ends, "{last}");
            assert_eq!(answer(stream, b"").await, "");
        }
        open.serving.await.unwrap();
    }

    #[tokio::test]
    async fn a_further_request_whose_head_has_begun_to_arrive_at_a_stop_is_answered() {
        let linger = Duration::from_millis(50);
        let open = open(linger).await;
        let mut stream = open.served().await;
        let (half, rest) = REQUEST.split_at(9);
        stream.write_all(half).await.unwrap();
        until(|| {
            open.crowd
                .guests()
                .iter()
                .all(|guest| guest.begins_another())
        })
        .await;
        open.stop.send_replace(true);
        sleep(linger * 4).await;
        let last = answer(&mut stream, rest).await;
        assert!(last.ends_with("here"), "{last}");
        open.serving.await.unwrap();
    }

    #[tokio::test]
    async fn connections_that_stay_silent_do_not_keep_a_stop() {
        let open = open(Duration::from_millis(50)).await;
        let silent = (open.connect().await, open.served().await);
        open.stop.send_replace(true);
        let soon = timeout(Duration::from_secs(5), open.serving).await;
        soon.expect("no longer than they linger").unwrap();
        drop(silent);
    }
}
