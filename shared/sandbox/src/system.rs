//! The part of a double that is the same for every system: it counts a request, lets a fault
//! strike, does the work under one lock, and delays the answer.

use crate::{
    exchange::{Fate, Incoming},
    fault::{Effect, Faults},
    journal::{Calls, Journal},
};
use bytes::Bytes;
use http::Response;
use std::{
    collections::BTreeSet,
    fmt::Debug,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// An outside system, as its connections see it. Requests are handled one after the other.
pub(crate) trait System: Debug + Send + 'static {
    /// The kinds of requests.
    type Kind: Copy + Debug + Ord + Send;

    /// Returns the desk that counts its callers.
    fn desk(&mut self) -> &mut Desk<Self::Kind>;

    /// Returns the kind of a request.
    fn kind(request: &Incoming) -> Self::Kind;

    /// Returns whether this is the kind of the token endpoint, which counts against no limit.
    fn is_login(kind: Self::Kind) -> bool;

    /// Does what the system does without being asked, and has come to be due.
    fn catch_up(&mut self) {}

    /// Carries out the request, and appends its changes to the journal.
    fn work(&mut self, request: &Incoming, kind: Self::Kind) -> Response<Bytes>;

    /// Returns the answer to a request that a fault has struck.
    fn refuse(&mut self, refusal: Refusal, kind: Self::Kind) -> Response<Bytes>;

    /// Returns whether nobody is at the address to which the request goes.
    fn is_gone(&self, _request: &Incoming, _kind: Self::Kind) -> bool {
        false
    }

    /// Ends every token.
    fn expire_tokens(&mut self);

    /// Sets whether the next record that is written fails as locked.
    fn lock_next_row(&mut self, locked: bool);
}

/// The way in which a request is refused without being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Status(u16),
    /// A page in HTML.
    Html,
    RequestLimit,
    Login,
}

/// The state of a system's callers: counts, faults, journal and open requests.
#[derive(Debug)]
pub(crate) struct Desk<Kind> {
    pub(crate) calls: Calls<Kind>,
    pub(crate) faults: Faults<Kind>,
    pub(crate) journal: Journal,
    /// Numbers of the requests (logins aside) whose answers have not been sent yet, the present one
    /// included.
    pub(crate) open: BTreeSet<u64>,
    /// Number of the request that is being handled; requests are counted from 1.
    pub(crate) present: u64,
}

impl<Kind: Copy + Ord> Desk<Kind> {
    pub(crate) fn new() -> Self {
        Self {
            calls: Calls::default(),
            faults: Faults::new(),
            journal: Journal::default(),
            open: BTreeSet::new(),
            present: 0,
        }
    }
}

/// The state that the server and the handle share.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    system: Mutex<S>,
    newest_change: watch::Sender<u64>,
    latency: Duration,
    /// Microseconds for each record that a request writes.
    per_record: AtomicU64,
    arrived: AtomicU64,
}

impl<S: System> Shared<S> {
    pub(crate) fn new(system: S, latency: Duration) -> Self {
        Self {
            system: Mutex::new(system),
            newest_change: watch::Sender::new(0),
            latency,
            per_record: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
        }
    }

    /// Locks the system. A request that panicked is a bug, but it must not stop the other requests.
    pub(crate) fn lock(&self) -> MutexGuard<'_, S> {
        self.system.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn newest_change(&self) -> watch::Receiver<u64> {
        self.newest_change.subscribe()
    }

    /// Makes each record that a request writes take this time, so that a request with many records
    /// takes longer than its client waits. Its work is done all the same.
    pub(crate) fn slow_down(&self, per_record: Duration) {
        let micros = u64::try_from(per_record.as_micros()).unwrap_or(u64::MAX);
        self.per_record.store(micros, Ordering::Relaxed);
    }

    /// Carries out a request under the lock, then waits until its answer would arrive: the double's
    /// own work is part of the latency, as a real system's is.
    pub(crate) async fn handle(self: &Arc<Self>, request: Incoming) -> Fate {
        let arrived = Instant::now();
        let worked = self.work(&request, None);
        let records = worked.wrote.end.saturating_sub(worked.wrote.start);
        let writing = Duration::from_micros(
            self.per_record
                .load(Ordering::Relaxed)
                .saturating_mul(records),
        );
        let travel = self
            .latency
            .saturating_add(worked.delay)
            .saturating_add(writing);
        if !travel.is_zero() {
            tokio::time::sleep_until(arrived + travel).await;
        }
        worked.fate
    }

    /// Carries out a request under the lock. A given fault strikes it in place of a queued one.
    pub(crate) fn work(self: &Arc<Self>, request: &Incoming, fault: Option<Effect>) -> Worked<S> {
        let number = self.arrived.fetch_add(1, Ordering::Relaxed) + 1;
        let open = (!S::is_login(S::kind(request))).then(|| Open::new(self, number));
        let (fate, delay, before, newest) = {
            let mut system = self.lock();
            system.catch_up();
            let before = system.desk().journal.newest();
            system.desk().present = number;
            let (fate, delay) = serve(&mut *system, request, fault);
            (fate, delay, before, system.desk().journal.newest())
        };
        self.newest_change
            .send_if_modified(|seen| std::mem::replace(seen, newest.max(*seen)) < newest);
        Worked {
            fate,
            delay,
            wrote: before..newest,
            _open: open,
        }
    }
}

/// A request that was carried out. It counts as open until this value is dropped.
pub(crate) struct Worked<S: System> {
    pub(crate) fate: Fate,
    /// The additional time that the answer takes.
    pub(crate) delay: Duration,
    /// The journal's newest change before it and after it.
    pub(crate) wrote: Range<u64>,
    _open: Option<Open<S>>,
}

/// Counts a request among the open ones for as long as this value lives; it is dropped, too, when
/// the client goes away.
struct Open<S: System> {
    shared: Arc<Shared<S>>,
    number: u64,
}

impl<S: System> Open<S> {
    fn new(shared: &Arc<Shared<S>>, number: u64) -> Self {
        shared.lock().desk().open.insert(number);
        Self {
            shared: Arc::clone(shared),
            number,
        }
    }
}

impl<S: System> Drop for Open<S> {
    fn drop(&mut self) {
        self.shared.lock().desk().open.remove(&self.number);
    }
}

/// Handles a request; returns the reaction on its connection and the additional time that it takes.
fn serve<S: System>(system: &mut S, request: &Incoming, fault: Option<Effect>) -> (Fate, Duration) {
    let kind = S::kind(request);
    let is_login = S::is_login(kind);
    let desk = system.desk();
    desk.calls.count(kind, is_login);
    let effect = fault.or_else(|| desk.faults.strike(kind, is_login));
    tracing::debug!(?kind, ?effect, "request");
    match effect {
        Some(Effect::Delay(delay)) => (Fate::Reply(system.work(request, kind)), delay),
        effect => (fate(system, request, kind, effect), Duration::ZERO),
    }
}

fn fate<S: System>(
    system: &mut S,
    request: &Incoming,
    kind: S::Kind,
    effect: Option<Effect>,
) -> Fate {
    if system.is_gone(request, kind) {
        return Fate::Drop;
    }
    let reply = match effect {
        None | Some(Effect::Delay(_)) => system.work(request, kind),
        Some(Effect::DropBeforeWork) => return Fate::Drop,
        Some(Effect::DropAfterCommit) => {
            system.work(request, kind);
            return Fate::Drop;
        }
        Some(Effect::TruncateAnswer) => return Fate::Truncate(system.work(request, kind)),
        Some(Effect::StatusAfterCommit(status)) => {
            system.work(request, kind);
            system.refuse(Refusal::Status(status), kind)
        }
        Some(Effect::Status(status)) => system.refuse(Refusal::Status(status), kind),
        Some(Effect::Html) => system.refuse(Refusal::Html, kind),
        Some(Effect::RequestLimit) => system.refuse(Refusal::RequestLimit, kind),
        Some(Effect::RefuseLogin) => system.refuse(Refusal::Login, kind),
        Some(Effect::ExpireTokens) => {
            system.expire_tokens();
            system.work(request, kind)
        }
        Some(Effect::LockRow) => {
            system.lock_next_row(true);
            let reply = system.work(request, kind);
            system.lock_next_row(false);
            reply
        }
    };
    Fate::Reply(reply)
}
