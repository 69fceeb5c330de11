//! The arrival of bodies: in bounded time, at a rate, and within a bound on what all of them hold
//! together.

use super::stopped;
use axum::body::Body;
use bytes::Bytes;
use config::Server;
use http_body_util::BodyExt as _;
use ingest::{Allowance, Answer};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout, timeout_at},
};

/// Time that a body may take to begin before it must arrive at its rate.
const BEGINNING: Duration = Duration::from_secs(5);
/// Time and bytes for which a client is listened to that sends a whole body before it reads the
/// answer: if the connection were closed at once, the client would see a failure of the network in
/// place of the answer.
const LISTEN_ON: Duration = Duration::from_secs(5);
const LISTEN_ON_BYTES: usize = 16 * 1024 * 1024;

/// The limits of bodies that arrive.
pub(super) struct Arrivals {
    settings: Server,
    stop: watch::Receiver<bool>,
    in_flight: InFlight,
}

impl Arrivals {
    pub(super) fn new(settings: Server, stop: watch::Receiver<bool>) -> Self {
        Self {
            settings,
            stop,
            in_flight: InFlight::new(settings.bytes_in_flight),
        }
    }

    /// Reads the whole body, as far as it is worth reading.
    pub(super) async fn whole(
        &self,
        body: &mut Body,
        allowance: Allowance,
    ) -> Result<Bytes, Answer> {
        let (mut stop, mut arriving) = (self.stop.clone(), self.in_flight.begin());
        let begun = Instant::now();
        let mut latest = begun + self.settings.body_timeout;
        let (mut whole, mut is_stopping) = (Whole::Nothing, false);
        loop {
            let frame = tokio::select! {
                biased;
                frame = timeout_at(self.due(begun, whole.len()).min(latest), body.frame()) => frame,
                () = arriving.given_up() => return Err(Answer::Overloaded),
                () = stopped(&mut stop), if !is_stopping => {
                    is_stopping = true;
                    latest = latest.min(Instant::now() + self.settings.stop_timeout);
                    continue;
                }
            };
            let Ok(frame) = frame else {
                return Err(Answer::TooSlow);
            };
            let Some(frame) = frame else {
                return Ok(whole.into_bytes());
            };
            let Ok(data) = frame.map_err(|_| Answer::BrokenOff)?.into_data() else {
                continue;
            };
            if whole.len() + data.len() > allowance.most() {
                return Err(allowance.exceeded());
            }
            if !arriving.holds(data.len()) {
                return Err(Answer::Overloaded);
            }
            whole.push(data);
        }
    }

    /// Returns when the next bytes must have arrived, given how many have arrived so far.
    fn due(&self, begun: Instant, received: usize) -> Instant {
        let received = u32::try_from(received).unwrap_or(u32::MAX);
        begun + BEGINNING + Duration::from_secs(1) * (received / self.settings.slowest_rate)
    }

    /// Sets the gauge of the bytes in flight.
    pub(super) fn tell(&self) {
        let held = u32::try_from(self.in_flight.state().held).unwrap_or(u32::MAX);
        metrics::gauge!("orderbridge_bytes_in_flight").set(held);
    }
}

/// Reads on for a bounded time, keeping nothing of what it reads; `working` is dropped at the end.
pub(super) fn listen_on(mut body: Body, working: impl Send + 'static) {
    let listen = async move {
        let mut bytes = 0_usize;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
            if bytes > LISTEN_ON_BYTES {
                return;
            }
        }
    };
    tokio::spawn(async move {
        let _ = timeout(LISTEN_ON, listen).await;
        drop(working);
    });
}

/// The part of a body that has arrived. Most bodies arrive in one piece, which is not copied.
enum Whole {
    Nothing,
    Piece(Bytes),
    Pieces(Vec<u8>),
}

impl Whole {
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Piece(piece) => piece.len(),
            Self::Pieces(pieces) => pieces.len(),
        }
    }

    fn push(&mut self, data: Bytes) {
        let mut pieces = match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => {
                *self = Self::Piece(data);
                return;
            }
            Self::Piece(piece) => piece.to_vec(),
            Self::Pieces(pieces) => pieces,
        };
        if pieces.capacity() < pieces.len() + data.len() {
            // Grows by a quarter, not to twice the size, so that the memory of a body stays close
            // to the bytes that are counted for it.
            pieces.reserve_exact(data.len().max(pieces.len() / 4));
        }
        pieces.extend_from_slice(&data);
        *self = Self::Pieces(pieces);
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::Piece(piece) => piece,
            Self::Pieces(pieces) => Bytes::from(pieces),
        }
    }
}

/// All bodies that have not arrived completely. Where they hold too much together, the one that has
/// been arriving for longest is given up: an honest one arrives within a moment.
struct InFlight {
    limit: usize,
    state: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    held: usize,
    next: u64,
    bodies: BTreeMap<u64, (usize, Arc<Notify>)>,
}

impl InFlight {
    fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Arc::default(),
        }
    }

    fn begin(&self) -> Arriving<'_> {
        let mut state = self.state();
        let (number, given_up) = (state.next, Arc::new(Notify::new()));
        state.next += 1;
        state.bodies.insert(number, (0, Arc::clone(&given_up)));
        Arriving {
            number,
            given_up,
            of: self,
        }
    }

    fn state(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn forget(&mut self, number: u64) -> Option<Arc<Notify>> {
        let (bytes, given_up) = self.bodies.remove(&number)?;
        self.held -= bytes;
        Some(given_up)
    }
}

/// One of the bodies in flight.
struct Arriving<'a> {
    number: u64,
    given_up: Arc<Notify>,
    of: &'a InFlight,
}

impl Arriving<'_> {
    /// Returns whether this many more bytes may be kept.
    fn holds(&mut self, bytes: usize) -> bool {
        let mut state = self.of.state();
        let Some((held, _)) = state.bodies.get_mut(&self.number) else {
            return false;
        };
        *held += bytes;
        state.held += bytes;
        while state.held > self.of.limit {
            let Some(oldest) = state
                .bodies
                .iter()
                .find(|(_, (held, _))| *held > 0)
                .map(|(number, _)| *number)
            else {
                return false;
            };
            let given_up = state.forget(oldest);
            if oldest == self.number {
                return false;
            }
            given_up.iter().for_each(|given_up| given_up.notify_one());
        }
        true
    }

    async fn given_up(&self) {
        self.given_up.notified().await;
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.of.state().forget(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_bodies_hold_too_much_the_oldest_goes_and_what_is_gone_counts_no_more() {
        let bodies = InFlight::new(100);
        let (mut first, mut second, mut third) = (bodies.begin(), bodies.begin(), bodies.begin());
        assert!(first.holds(40) && second.holds(40) && third.holds(20));
        assert!(third.holds(30), "the first goes");
        assert_eq!(bodies.state().held, 90);
        assert!(!first.holds(1));
        drop(second);
        assert!(third.holds(50));
        assert!(!third.holds(1), "it is the oldest itself");
        drop((first, third));
        let state = bodies.state();
        assert_eq!((state.held, state.bodies.len()), (0, 0));
    }

    #[test]
    fn a_body_in_pieces_is_put_together_and_one_in_one_piece_is_not_copied() {
        let piece = Bytes::from_static(b"whole");
        let mut whole = Whole::Nothing;
        whole.push(piece.clone());
        assert_eq!(whole.into_bytes().as_ptr(), piece.as_ptr());
        let mut whole = Whole::Nothing;
        for piece in [&b"in "[..], b"three ", b"pieces"] {
            whole.push(Bytes::from_static(piece));
        }
        assert_eq!(
            (whole.len(), whole.into_bytes()),
            (15, Bytes::from_static(b"in three pieces"))
        );
    }
}
