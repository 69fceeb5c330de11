//! The open connections: how many there may be, how long each may stay without a request, and which
//! one makes room when there are too many.

use config::Server;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The shortest time between two log lines about connections that make room.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// All open connections.
pub(super) struct Crowd {
    most: usize,
    /// Whether its metrics are recorded: those of the shops' listener are, those of the scrapers'
    /// listener are not.
    is_told: bool,
    head_timeout: Duration,
    idle_timeout: Duration,
    members: Mutex<Members>,
}

#[derive(Default)]
struct Members {
    next: u64,
    by_number: BTreeMap<u64, Arc<Guest>>,
    told: Option<Instant>,
}

/// One connection.
pub(super) struct Guest {
    number: u64,
    state: Mutex<State>,
    dismissed: Notify,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// Whether a request was answered on it.
    served: bool,
    /// The number of tasks on its request that are not done: answering, and reading on what nobody
    /// wants.
    busy: u32,
}

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// A head has begun to arrive, or the connection is new.
    Head,
    /// It waits for another request.
    Idle,
    /// A body has begun to arrive.
    Body,
    /// The request has arrived and is worked on.
    Answer,
}

impl Crowd {
    pub(super) fn new(most: usize, settings: &Server, is_told: bool) -> Arc<Self> {
        if is_told {
            metrics::gauge!("orderbridge_connections_limit").set(bounded(most));
        }
        Arc::new(Self {
            most,
            is_told,
            head_timeout: settings.head_timeout,
            idle_timeout: settings.idle_timeout,
            members: Mutex::default(),
        })
    }

    /// Returns whether a new connection may come in now. It may not while there are as many as
    /// allowed and all of them are being answered.
    pub(super) fn has_room(&self) -> bool {
        let members = self.members();
        members.by_number.len() < self.most || members.least_missed().is_some()
    }

    /// Lets a new connection in. Where there are too many, the connection that has been without a
    /// request for longest is closed, strangers first.
    pub(super) fn admit(&self) -> Arc<Guest> {
        let mut members = self.members();
        if members.by_number.len() >= self.most {
            self.send_away(&mut members);
        }
        let number = members.next;
        members.next += 1;
        let guest = Arc::new(Guest::new(number));
        members.by_number.insert(number, Arc::clone(&guest));
        guest
    }

    /// Closes one connection for a caller that needs its descriptor.
    pub(super) fn make_room(&self) {
        self.send_away(&mut self.members());
    }

    pub(super) fn leave(&self, guest: &Guest) {
        self.members().by_number.remove(&guest.number);
    }

    /// Dismisses connections that have been without a request for too long, and sets the gauge of
    /// open connections. Call it often: connections have no other clock.
    pub(super) fn look_round(&self) {
        let mut members = self.members();
        let now = Instant::now();
        members
            .by_number
            .retain(|_, guest| match guest.overdue(now, self) {
                Some(why) => {
                    self.dismiss(guest, why);
                    false
                }
                None => true,
            });
        if self.is_told {
            metrics::gauge!("orderbridge_connections").set(bounded(members.by_number.len()));
        }
    }

    fn send_away(&self, members: &mut Members) {
        let Some(guest) = members
            .least_missed()
            .and_then(|number| members.by_number.remove(&number))
        else {
            return;
        };
        self.dismiss(&guest, "crowded_out");
        let now = Instant::now();
        if members.told.is_none_or(|told| now >= told + TOLD_EVERY) {
            members.told = Some(now);
            let open = members.by_number.len();
            tracing::warn!(
                open,
                "there are too many connections: those on which a request has been awaited for longest are closed for new ones (server.connections)"
            );
        }
    }

    fn dismiss(&self, guest: &Guest, why: &'static str) {
        if self.is_told {
            metrics::counter!("orderbridge_connections_cut_total", "why" => why).increment(1);
        }
        guest.dismissed.notify_one();
    }

    #[cfg(test)]
    pub(super) fn guests(&self) -> Vec<Arc<Guest>> {
        self.members().by_number.values().cloned().collect()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    /// Returns the connection that is missed least: never one that is being answered.
    fn least_missed(&self) -> Option<u64> {
        let candidates = self
            .by_number
            .values()
            .filter_map(|guest| Some((guest.standing()?, guest.number)));
        candidates.min().map(|(_, number)| number)
    }
}

impl Guest {
    fn new(number: u64) -> Self {
        Self {
            number,
            state: Mutex::new(State {
                phase: Phase::Head,
                since: Instant::now(),
                served: false,
                busy: 0,
            }),
            dismissed: Notify::new(),
        }
    }

    /// Notes that bytes have arrived: on an idle connection a head begins.
    pub(super) fn heard(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle {
            state.enter(Phase::Head);
        }
    }

    /// Notes that a head has arrived and its body begins. The connection is at work until the last
    /// clone of the returned value is gone.
    pub(super) fn works(self: &Arc<Self>) -> Working {
        let mut state = self.state();
        state.busy += 1;
        state.enter(Phase::Body);
        drop(state);
        Working(Arc::clone(self))
    }

    /// Notes that the body has arrived completely.
    pub(super) fn arrived(&self) {
        self.state().enter(Phase::Answer);
    }

    /// Returns whether the head of a further request has begun to arrive.
    pub(super) fn begins_another(&self) -> bool {
        let state = self.state();
        state.served && state.phase == Phase::Head
    }

    /// Waits until the connection must be closed.
    pub(super) async fn dismissed(&self) {
        self.dismissed.notified().await;
    }

    fn overdue(&self, now: Instant, crowd: &Crowd) -> Option<&'static str> {
        let state = self.state();
        let (limit, why) = match state.phase {
            Phase::Head => (crowd.head_timeout, "head_too_slow"),
            Phase::Idle => (crowd.idle_timeout, "idle"),
            Phase::Body | Phase::Answer => return None,
        };
        (now >= state.since + limit).then_some(why)
    }

    /// Returns the rank by which connections are closed: first those that never sent a request,
    /// then those that may send another, then those whose request does not end; among equals the
    /// oldest.
    fn standing(&self) -> Option<(bool, Phase, Instant)> {
        let state = self.state();
        (state.phase != Phase::Answer).then_some((
            state.served || state.phase == Phase::Body,
            state.phase,
            state.since,
        ))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, phase: Phase) {
        (self.phase, self.since) = (phase, Instant::now());
    }
}

/// Work on a connection's request, which ends with the last clone of this.
pub(super) struct Working(Arc<Guest>);

impl Drop for Working {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.busy = state.busy.saturating_sub(1);
        if state.busy == 0 {
            state.served = true;
            state.enter(Phase::Idle);
        }
    }
}

impl Clone for Working {
    fn clone(&self) -> Self {
        self.0.state().busy += 1;
        Self(Arc::clone(&self.0))
    }
}

fn bounded(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(most: usize) -> Arc<Crowd> {
        Crowd::new(most, &Server::default(), true)
    }

    fn is_in(crowd: &Crowd, guest: &Guest) -> bool {
        crowd.members().by_number.contains_key(&guest.number)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_let_a_request_be_awaited_for_longest_makes_room_and_strangers_first() {
        let crowd = crowd(3);
        let served = crowd.admit();
        drop(served.works());
        tokio::time::advance(Duration::from_secs(1)).await;
        let (stranger, busy) = (crowd.admit(), crowd.admit());
        let working = busy.works();
        busy.arrived();
        let new = crowd.admit();
        assert!(!is_in(&crowd, &stranger) && is_in(&crowd, &served));
        drop(new.works());
        crowd.admit();
        assert!(!is_in(&crowd, &served) && is_in(&crowd, &busy) && is_in(&crowd, &new));
        drop(working);
    }

    #[tokio::test(start_paused = true)]
    async fn while_all_are_being_answered_there_is_no_room() {
        let crowd = crowd(1);
        let busy = crowd.admit();
        let working = busy.works();
        assert!(crowd.has_room(), "its body could be given up");
        busy.arrived();
        assert!(!crowd.has_room());
        drop(working);
        assert!(crowd.has_room());
        crowd.leave(&busy);
        assert_eq!(crowd.members().by_number.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_ten_seconds_and_an_idle_connection_sixty() {
        let crowd = crowd(9);
        let (slow, idle, busy) = (crowd.admit(), crowd.admit(), crowd.admit());
        drop(idle.works());
        let _working = busy.works();
        tokio::time::advance(Duration::from_secs(10)).await;
        crowd.look_round();
        assert!(!is_in(&crowd, &slow) && is_in(&crowd, &idle));
        slow.dismissed().await;
        tokio::time::advance(Duration::from_secs(45)).await;
        idle.heard();
        tokio::time::advance(Duration::from_secs(9)).await;
        crowd.look_round();
        assert!(is_in(&crowd, &idle), "its head began nine seconds ago");
        tokio::time::advance(Duration::from_secs(1)).await;
        crowd.look_round();
        assert!(!is_in(&crowd, &idle) && is_in(&crowd, &busy));
    }

    #[tokio::test(start_paused = true)]
    async fn reading_on_what_nobody_wants_is_work_too() {
        let crowd = crowd(9);
        let guest = crowd.admit();
        let answering = guest.works();
        let reading_on = answering.clone();
        drop(answering);
        tokio::time::advance(Duration::from_secs(3600)).await;
        crowd.look_round();
        assert!(is_in(&crowd, &guest));
        drop(reading_on);
        tokio::time::advance(Duration::from_secs(60)).await;
        crowd.look_round();
        assert!(!is_in(&crowd, &guest));
    }
}
