//! Zoho gives ten tokens in ten minutes, and no more.

use super::Judge;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(600);
const MOST: usize = 10;

impl Judge {
    /// Clocks leapt by hours: whoever counts by the clock has lost count.
    pub(crate) fn leapt(&self) {
        self.lock().logins.clear();
        // The lease of a probe that was granted before is over.
        self.all_circuits_unknown();
    }

    /// A request for a token leaves.
    pub(super) fn check_logins(&self, destination: usize, now: Duration) {
        if self
            .scenario
            .destinations
            .get(destination)
            .is_none_or(|target| target.system != "zoho")
        {
            return;
        }
        let number = {
            let mut notes = self.lock();
            let recent = notes.logins.entry(destination).or_default();
            while recent.front().is_some_and(|at| *at + WINDOW <= now) {
                recent.pop_front();
            }
            recent.push_back(now);
            recent.len()
        };
        if number > MOST {
            self.violate(
                "at most ten token requests in ten minutes",
                None,
                format!("{number} requests to Zoho's token endpoint in ten minutes"),
            );
        }
    }
}
