//! Requests under way: writes of one customer must not overlap.

use super::{DETAIL, Judge};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// All that ever were under way, and who they wrote about.
#[derive(Default)]
pub(super) struct Flights {
    all: Vec<Track>,
    by_subject: BTreeMap<(usize, String), Vec<usize>>,
}

struct Track {
    destination: usize,
    sent: Duration,
    ended: Option<Duration>,
    /// The client has gone, but the destination has not done its work yet.
    is_orphan: bool,
    is_done: bool,
}

/// A request under way. It ends when this goes, but not before the destination has done its work.
pub(crate) struct Flight {
    judge: Arc<Judge>,
    pub(crate) number: usize,
}

impl Judge {
    /// A request leaves.
    pub(crate) fn sent(self: &Arc<Self>, destination: usize, is_login: bool, what: impl FnOnce() -> String) -> Flight {
        let now = self.clock.elapsed();
        self.note(DETAIL, || {
            let name = self.scenario.destinations.get(destination).map(|target| target.name.as_str());
            format!("request to {}: {}", name.unwrap_or_default(), what())
        });
        let number = {
            let mut notes = self.lock();
            notes.counts.requests += 1;
            notes.flights.all.push(Track {
                destination,
                sent: now,
                ended: None,
                is_orphan: false,
                is_done: false,
            });
            notes.flights.all.len() - 1
        };
        self.check_circuit(destination, now);
        if is_login {
            self.check_logins(destination, now);
        }
        Flight {
            judge: Arc::clone(self),
            number,
        }
    }

    /// The destination has done the work of a request, and it wrote about these.
    pub(super) fn done(&self, number: usize, subjects: &[String]) {
        let now = self.clock.elapsed();
        let mut overlaps = Vec::new();
        {
            let mut notes = self.lock();
            let flights = &mut notes.flights;
            let Some(track) = flights.all.get_mut(number) else { return };
            track.is_done = true;
            if track.is_orphan {
                track.ended = Some(now);
            }
            let (destination, sent) = (track.destination, track.sent);
            for subject in subjects {
                let others = flights.by_subject.entry((destination, subject.clone())).or_default();
                let under_way = |other: &&usize| {
                    flights
                        .all
                        .get(**other)
                        .is_some_and(|other| other.ended.is_none_or(|ended| ended > sent))
                };
                if others.iter().filter(|other| **other != number).any(|other| under_way(&other)) {
                    overlaps.push(subject.clone());
                }
                others.push(number);
            }
        }
        for subject in overlaps {
            let order = subject.parse().ok();
            self.violate(
                "writes of one customer do not overlap",
                order,
                format!("two requests that write about {subject} were under way at once"),
            );
        }
    }

    /// Whether anything is under way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.lock().flights.all.iter().all(|track| track.ended.is_some())
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let now = self.judge.clock.elapsed();
        if let Some(track) = self.judge.lock().flights.all.get_mut(self.number) {
            if track.is_done {
                track.ended = Some(now);
            } else {
                track.is_orphan = true;
            }
        }
    }
}

impl Judge {
    /// A request that no destination will ever see.
    pub(crate) fn nobody_there(&self, number: usize) {
        self.done(number, &[]);
    }
}
