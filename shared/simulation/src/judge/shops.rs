//! What the shops have, whether they posted it or not: every order of a store that is compared is
//! at its destinations in its newest state.

use super::{
    Judge, Known,
    books::{self, Held},
    truth::known_state,
};
use crate::scenario::{Life, Target};
use jiff::Timestamp;
use reconcile::{Problem, Report, RouteReport};
use sandbox::Double;
use std::time::Duration;

impl Judge {
    /// A store was compared up to this time, by a comparison that began then.
    pub(crate) fn shop_compared(&self, store: usize, until: Timestamp, begun: Duration) {
        self.lock().compared.insert(store, (until, begun));
        self.counted("comparisons of a store".to_owned());
    }

    /// Whether the last comparison of each store could see everything.
    pub(crate) fn are_shops_compared(&self, from: Duration) -> bool {
        let notes = self.lock();
        (0..self.scenario.stores.len()).all(|store| {
            let lives = self
                .scenario
                .orders
                .iter()
                .filter(|life| life.store == store);
            let newest = lives
                .flat_map(|life| &life.states)
                .map(|state| state.modified)
                .max();
            let last = notes.compared.get(&store);
            last.is_some_and(|(until, begun)| {
                *begun > from && newest.is_none_or(|newest| *until > newest)
            })
        })
    }

    /// Compares a destination with the shops' own books. Of states of one second a webhook that
    /// came late may have brought an earlier one, unless all were compared `again` since.
    pub(crate) fn compare_shops(&self, destination: usize, double: &Double, again: bool) {
        let Some(target) = self.scenario.destinations.get(destination) else {
            return;
        };
        let held = books::orders(double, target, self.scenario.long);
        let ways = self.scenario.routes.iter();
        let ways = ways.filter(|way| way.destination == destination);
        let stores: Vec<usize> = ways.map(|way| way.store).collect();
        let lives = self.scenario.orders.iter();
        for life in lives.filter(|life| stores.contains(&life.store)) {
            if life.states.last().is_some_and(|state| !state.silent) {
                self.compare_with_shop((destination, target), life, held.get(&life.id), again);
            }
        }
    }

    fn compare_with_shop(
        &self,
        (destination, target): (usize, &Target),
        life: &Life,
        held: Option<&Held>,
        again: bool,
    ) {
        self.counted("orders of shops that lose webhooks".to_owned());
        let last = life.states.len() - 1;
        let of_last_second: Vec<Known> = (0..=last)
            .filter(|place| life.states[*place].modified == life.states[last].modified)
            .filter_map(|place| known_state(&self.scenario, destination, life, place))
            .filter(|known| !known.silent)
            .collect();
        let is_wanted = |known: &&Known| !again || known.state == last;
        let wanted: Vec<&Known> = of_last_second.iter().filter(is_wanted).collect();
        let is_refused =
            wanted.iter().any(|known| known.poison) || target.cases.is_locked_for_good(life.id);
        if is_refused && self.was_accepted(destination, &of_last_second) {
            return;
        }
        let shows = |held: &Held| {
            let mut wanted = wanted.iter();
            wanted.any(|known| self.shows(destination, known, held))
        };
        if !held.is_some_and(shows) {
            let states: Vec<usize> = wanted.iter().map(|known| known.state).collect();
            let text = format!(
                "destination {destination} shows {held:?}, and the shop has state {last}, and in its last second {states:?}"
            );
            self.violate("no order of the shop is forgotten", Some(life.id), text);
        }
    }

    fn was_accepted(&self, destination: usize, states: &[Known]) -> bool {
        let notes = self.lock();
        states.iter().any(|one| {
            let accepted = notes.known.get(&(destination, one.order));
            accepted
                .into_iter()
                .flatten()
                .any(|known| known.state == one.state)
        })
    }

    /// A further comparison finds nothing to do.
    pub(crate) fn check_agreement(&self, reports: &[Result<Report, Problem>]) {
        for report in reports {
            let text = match report {
                Ok(report) if report.repaired == 0 && report.routes.iter().all(agrees) => continue,
                Ok(report) => format!("{report:?}"),
                Err(problem) => problem.to_string(),
            };
            self.violate("who compares again finds nothing to do", None, text);
        }
    }

    /// The stores were not compared, though everything is well.
    pub(crate) fn never_compared(&self) {
        self.violate(
            "shops are compared in the end",
            None,
            "for a day nobody could".to_owned(),
        );
    }
}

/// Dead letters stay; whether they are rightly dead is judged elsewhere.
fn agrees(route: &RouteReport) -> bool {
    route.missing.is_empty() && route.behind.is_empty() && route.waiting.is_empty()
}
