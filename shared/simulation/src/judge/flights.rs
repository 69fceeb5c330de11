//! Requests under way: writes of one customer must not overlap.
//!
//! A request is under way from when it leaves until the destination has done its work and either
//! the answer has arrived or the client has gone; no later, in any case, than the time that one
//! call may take. What counts is the destination, not the client: a machine that stands still does
//! not read an answer that is there, and nothing that it has sent can change anything any more.
//! What it sends when it wakes up is another request.

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

/// A request whose client waits for the answer.
pub(crate) struct Flight {
    judge: Arc<Judge>,
    pub(crate) number: usize,
}

impl Judge {
    /// A request leaves.
    pub(crate) fn sent(
        self: &Arc<Self>,
        destination: usize,
        is_login: bool,
        what: impl FnOnce() -> String,
    ) -> Flight {
        let now = self.clock.elapsed();
        self.note(DETAIL, || {
            let name = self
                .scenario
                .destinations
                .get(destination)
                .map(|target| target.name.as_str());
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
            let Some(track) = flights.all.get_mut(number) else {
                return;
            };
            track.is_done = true;
            if track.is_orphan {
                track.ended = Some(now);
            }
            let (destination, sent) = (track.destination, track.sent);
            for subject in subjects {
                let others = flights
                    .by_subject
                    .entry((destination, subject.clone()))
                    .or_default();
                let under_way = |other: &&usize| {
                    flights
                        .all
                        .get(**other)
                        .is_some_and(|other| other.ended.is_none_or(|ended| ended > sent))
                };
                if others
                    .iter()
                    .filter(|other| **other != number)
                    .any(|other| under_way(&other))
                {
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

    /// The answer of a request has arrived, or came too late to be waited for.
    pub(crate) fn answered(&self, number: usize) {
        let now = self.clock.elapsed();
        if let Some(track) = self.lock().flights.all.get_mut(number) {
            track.ended.get_or_insert(now);
        }
    }

    /// Whether anything is under way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.lock()
            .flights
            .all
            .iter()
            .all(|track| track.ended.is_some())
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let now = self.judge.clock.elapsed();
        if let Some(track) = self.judge.lock().flights.all.get_mut(self.number) {
            if track.is_done {
                track.ended.get_or_insert(now);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SimClock, scenario};
    use tokio::time::sleep;

    const SECOND: Duration = Duration::from_secs(1);

    fn judge() -> Arc<Judge> {
        Arc::new(Judge::new(
            Arc::new(scenario::draw(1, false)),
            Arc::new(SimClock::new()),
            false,
        ))
    }

    fn about_kim() -> Vec<String> {
        vec!["kim@example.com".to_owned()]
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_answer_is_not_there_yet_is_under_way() {
        let judge = judge();
        let first = judge.sent(0, false, String::new);
        judge.done(first.number, &about_kim());
        sleep(SECOND).await;
        let second = judge.sent(0, false, String::new);
        judge.done(second.number, &about_kim());
        assert_eq!(judge.violations().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_reads_ends_it() {
        let judge = judge();
        let first = judge.sent(0, false, String::new);
        judge.done(first.number, &about_kim());
        judge.answered(first.number);
        sleep(SECOND).await;
        let second = judge.sent(0, false, String::new);
        judge.done(second.number, &about_kim());
        assert!(judge.violations().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_goes_does_not_end_what_the_destination_still_works_on() {
        let judge = judge();
        let number = judge.sent(0, false, String::new).number;
        assert!(!judge.is_quiet());
        judge.done(number, &[]);
        assert!(judge.is_quiet());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_request_ends_with_its_client() {
        let judge = judge();
        let flight = judge.sent(0, false, String::new);
        judge.nobody_there(flight.number);
        drop(flight);
        assert!(judge.is_quiet());
    }
}
