use crate::{
    carried::Carried,
    exchange::Incoming,
    fault::{Effect, Fault},
    journal::{Calls, Change},
    place::Place,
    server,
    system::{Shared, System},
};
use bytes::Bytes;
use http::Request;
use std::{
    io,
    sync::{Arc, MutexGuard},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A system on a loopback port. Dropping it stops it as [`Running::stop`] does, but without
/// waiting.
#[derive(Debug)]
pub(crate) struct Running<S: System> {
    url: String,
    shared: Arc<Shared<S>>,
    /// The task that serves the port; `None` where requests are carried in by hand.
    server: Option<JoinHandle<()>>,
}

impl<S: System> Running<S> {
    /// Binds the place and serves there the system that `make` builds for its URL. Every answer
    /// takes `latency` to arrive.
    pub(crate) async fn start(
        place: &Place,
        latency: Duration,
        make: impl FnOnce(&str) -> io::Result<S>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(place.listen).await?;
        let called = place.url.clone().map_or_else(
            || {
                listener
                    .local_addr()
                    .map(|address| format!("http://{address}"))
            },
            Ok,
        );
        let url = called?;
        let shared = Arc::new(Shared::new(make(&url)?, latency));
        let server = tokio::spawn(server::run(listener, Arc::clone(&shared)));
        Ok(Self {
            url,
            shared,
            server: Some(server),
        })
    }

    /// Creates the system that `make` builds for this URL, without a port: requests come by
    /// [`Running::carry`].
    pub(crate) fn offline(url: &str, make: impl FnOnce(&str) -> io::Result<S>) -> io::Result<Self> {
        Ok(Self {
            url: url.to_owned(),
            shared: Arc::new(Shared::new(make(url)?, Duration::ZERO)),
            server: None,
        })
    }

    /// Carries out a request that came on no connection.
    pub(crate) fn carry(&self, request: Request<Bytes>, fault: Option<Effect>) -> Carried {
        let worked = self.shared.work(&Incoming::from(request), fault);
        let changes = self.lock().desk().journal.between(worked.wrote.clone());
        Carried::new(worked, changes)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, S> {
        self.shared.lock()
    }

    pub(crate) fn calls(&self) -> Calls<S::Kind> {
        self.lock().desk().calls.clone()
    }

    /// Returns all changes after the one with this sequence number.
    pub(crate) fn changes(&self, sequence: u64) -> Vec<Change> {
        self.lock().desk().journal.since(sequence)
    }

    /// Waits until there are changes after this sequence number, and returns them.
    pub(crate) async fn changes_since(&self, sequence: u64) -> Vec<Change> {
        let mut newest = self.shared.newest_change();
        // The sender lives as long as this handle, so waiting does not fail.
        let _ = newest.wait_for(|newest| *newest > sequence).await;
        self.changes(sequence)
    }

    pub(crate) fn fault(&self, fault: Fault<S::Kind>) {
        self.lock().desk().faults.push(fault);
    }

    pub(crate) fn slow_down(&self, per_record: Duration) {
        self.shared.slow_down(per_record);
    }

    pub(crate) fn clear_faults(&self) {
        self.lock().desk().faults.clear();
    }

    /// Closes the port and all connections.
    pub(crate) async fn stop(mut self) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        server.abort();
        // The task was cancelled on purpose, and its result could say only that.
        let _ = (&mut server).await;
    }
}

impl<S: System> Drop for Running<S> {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}
