//! The comparison of a store by itself: one pass after the other, each of which reaches back behind
//! the end of the last one.

use crate::{
    Feed, Place, Problem, Report, Request, Shop, Turn,
    run::{Walk, Walked, reconcile_from},
    take_turn,
    turn::WORK,
    webhooks,
    window::{earlier, is_verify_due, last_end, newest, since},
};
use config::{Config, Deleted, Reconcile};
use jiff::{SignedDuration, Timestamp};
use source::reader::Window;
use std::collections::BTreeSet;

/// The names under which the position in a window is kept.
const COMPARING: &str = "compares by itself";
const VERIFYING: &str = "reads back by itself";
/// The way in which one store is compared by itself.
#[derive(Clone, Copy)]
pub struct Routine<'a> {
    /// The store.
    pub shop: &'a Shop,
    /// The way into the queue.
    pub feed: &'a Feed<'a>,
    /// The store's settings.
    pub settings: Reconcile,
    /// The address at which shops reach us, without a path, where it is known.
    pub public_url: Option<&'a str>,
    /// Whether the work is to be left off after the page that is in hand.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// The result of one pass.
#[derive(Debug)]
pub struct Passed {
    /// The state that outlives the pass; `None` where another process has the turn, or where it
    /// could not be read.
    pub place: Option<Place>,
    /// What was compared; `None` where another process has the turn.
    pub result: Result<Option<Compared>, Problem>,
}

/// The comparisons of one pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The result of each window: of one that an earlier pass had begun, and of the newest.
    pub reports: Vec<Report>,
    /// Whether each was walked to its end.
    pub is_whole: bool,
    /// The destinations whose queues stood still, so that not everything was put on its way.
    pub stalled: BTreeSet<String>,
}

impl Routine<'_> {
    /// Compares the store once, and puts what is missing or behind on its way. A shop that is away
    /// is tried again by the next pass, which reaches back as far as this one would have.
    pub async fn pass(&self) -> Passed {
        match take_turn(self.feed.ports, WORK, &self.shop.name).await {
            Ok(turn) => self.pass_in(turn).await,
            Err(problem) => Passed::without_turn(problem),
        }
    }

    /// Compares the store as [`Routine::pass`] does, if the last comparison is as old as its
    /// settings say, or was not ended: for who is woken more often than that.
    pub async fn pass_when_due(&self) -> Passed {
        let turn = match take_turn(self.feed.ports, WORK, &self.shop.name).await {
            Ok(turn) => turn,
            Err(problem) => return Passed::without_turn(problem),
        };
        if self.is_due(&turn.place) {
            return self.pass_in(turn).await;
        }
        Passed {
            place: Some(turn.place.clone()),
            result: turn.end().await.map(|()| None),
        }
    }

    /// Returns whether it is time. What was compared until a minute or two before the last pass is
    /// as old as its settings say a little before the next one.
    fn is_due(&self, place: &Place) -> bool {
        let Some(every) = self.settings.every else {
            return false;
        };
        let is_recent = |until: Timestamp| {
            let age = self.now().duration_since(until);
            age >= SignedDuration::ZERO && age.unsigned_abs() < every
        };
        place.unfinished.is_some() || !place.compared_until.is_some_and(is_recent)
    }

    async fn pass_in(&self, mut turn: Turn<'_>) -> Passed {
        let compared = self.compare(&mut turn).await;
        if let Err(problem) = &compared {
            turn.place.last = Some(format!("{}: not compared: {problem}", self.now()));
        }
        let place = turn.place.clone();
        let ended = turn.end().await;
        let result = match compared {
            // Another process took the turn because this one was slow; it goes on.
            Err(Problem::Busy { .. }) => Ok(None),
            Err(problem) => Err(problem),
            Ok(compared) => ended.map(|()| Some(compared)),
        };
        Passed {
            place: Some(place),
            result,
        }
    }

    async fn compare(&self, turn: &mut Turn<'_>) -> Result<Compared, Problem> {
        let mut walks: Vec<Walked> = self.go_on(turn).await?.into_iter().collect();
        if turn.place.unfinished.is_none() && (walks.is_empty() || !(self.stop)()) {
            walks.push(self.newest(turn).await?);
        }
        webhooks::look(self.shop, self.public_url, self.now(), &mut turn.place).await;
        let stalled = walks.iter().flat_map(|walked| &walked.stalled);
        let compared = Compared {
            stalled: stalled.cloned().collect(),
            is_whole: walks.iter().all(|walked| walked.is_whole),
            reports: walks.into_iter().map(|walked| walked.report).collect(),
        };
        turn.place.last = Some(in_one_line(&compared));
        Ok(compared)
    }

    /// Goes on with a window that an earlier pass left.
    async fn go_on(&self, turn: &mut Turn<'_>) -> Result<Option<Walked>, Problem> {
        let ours = |name: &str| [COMPARING, VERIFYING].contains(&name);
        let Some(begun) = turn
            .place
            .unfinished
            .clone()
            .filter(|begun| ours(&begun.request))
        else {
            turn.place.unfinished = None;
            return Ok(None);
        };
        let verify = begun.request == VERIFYING;
        let request = self.request(begun.window, verify, &turn.place);
        self.walk(turn, request, Some(begun.cursor)).await.map(Some)
    }

    /// Compares the newest window.
    async fn newest(&self, turn: &mut Turn<'_>) -> Result<Walked, Problem> {
        let (now, reach) = (self.now(), self.shop.reader.reach());
        // The first one reaches back from now, however many passes it takes. What a clock that was
        // ahead noted is forgotten: it would count once the right time has come there.
        let until = earlier(now, reach.settle);
        let last = last_end(&turn.place, &self.settings, reach, until);
        turn.place.compared_until = Some(last);
        let verify = self.settings.verify && is_verify_due(&turn.place, now);
        let window = newest(
            &turn.place,
            &self.settings,
            self.shop.reader.reach(),
            verify,
            now,
        );
        let request = self.request(window, verify, &turn.place);
        let before = turn.place.clone();
        if verify {
            // Counted anew, over as many passes as it takes, and from the begin on: a destination
            // that cannot be read is not asked for everything at each pass.
            (turn.place.verified, turn.place.gone, turn.place.differs) = (Some(now), 0, 0);
        }
        let walked = self.walk(turn, request, None).await;
        if walked.is_err() && turn.place.unfinished.is_none() {
            // Not even its first page was read.
            turn.place = before;
        }
        walked
    }

    async fn walk(
        &self,
        turn: &mut Turn<'_>,
        request: Request,
        cursor: Option<source::reader::Cursor>,
    ) -> Result<Walked, Problem> {
        let name = if request.verify { VERIFYING } else { COMPARING };
        let walk = Walk {
            kept_as: Some(name),
            cursor,
            stop: self.stop,
            progress: &|_| {},
        };
        let walked = reconcile_from(self.shop, self.feed, request, turn, walk).await?;
        let place = &mut turn.place;
        let known = place.heard.unwrap_or_else(|| self.now());
        place.heard = Some(walked.heard.map_or(known, |heard| heard.max(known)));
        let (gone, differs) = unlike(&walked.report);
        place.gone = place.gone.saturating_add(gone);
        place.differs = place.differs.saturating_add(differs);
        if walked.is_whole && walked.stalled.is_empty() {
            place.compared_until = Some(request.window.until());
        }
        Ok(walked)
    }

    fn request(&self, window: Window, verify: bool, place: &Place) -> Request {
        let reach = self.shop.reader.reach();
        Request {
            window,
            verify,
            repair: true,
            recreate: self.settings.deleted == Deleted::Recreate,
            compared_since: verify.then(|| since(place, &self.settings, reach, window.until())),
        }
    }

    fn now(&self) -> Timestamp {
        self.feed.ports.clock.now()
    }
}

impl Passed {
    fn without_turn(problem: Problem) -> Self {
        let result = match problem {
            Problem::Busy { .. } => Ok(None),
            problem => Err(problem),
        };
        Self {
            place: None,
            result,
        }
    }
}

impl Compared {
    /// Returns the numbers of orders that were missing and behind on any route.
    #[must_use]
    pub fn found(&self) -> (u64, u64) {
        let routes = || self.reports.iter().flat_map(|report| &report.routes);
        let missing = routes().map(|route| route.missing.len()).sum();
        let behind = routes().map(|route| route.behind.len()).sum();
        (count(missing), count(behind))
    }
}

/// Returns a warning for each store whose `overlap` is less than its platform demands.
#[must_use]
pub fn raised_overlaps(config: &Config) -> Vec<config::Problem> {
    let raised = |store: &config::Store| {
        let (wanted, least) = (
            store.reconcile.overlap,
            sources::reach(store.platform).overlap,
        );
        (wanted < least).then(|| {
            let message = format!(
                "`overlap` of store `{}` is less than the {} minutes that {} needs, so that no order falls between two comparisons; so many are taken",
                store.name,
                least.as_secs() / 60,
                store.platform.as_str()
            );
            config::Problem::error(&config.file, message)
                .at_line(store.reconcile.line)
                .as_warning()
        })
    };
    config.stores.values().filter_map(raised).collect()
}

/// Returns the numbers of orders of which records are gone, and of those that differ.
fn unlike(report: &Report) -> (u64, u64) {
    let gone = report
        .routes
        .iter()
        .map(|route| route.gone.iter().flatten().count());
    let differs = report.routes.iter().map(|route| {
        let orders = route.differs.iter().flatten().map(|one| &one.order);
        orders.collect::<BTreeSet<_>>().len()
    });
    (count(gone.sum()), count(differs.sum()))
}

/// `2026-11-29T15:00:00Z: 12 orders / 512.40 EUR changed since ...; 2 missing, 0 behind, ...`.
fn in_one_line(compared: &Compared) -> String {
    let mut text = String::new();
    for report in &compared.reports {
        let sum = |list: fn(&crate::RouteReport) -> usize| -> usize {
            report.routes.iter().map(list).sum()
        };
        let (gone, differs) = unlike(report);
        let link = if text.is_empty() { "" } else { "; " };
        text.push_str(&format!(
            "{link}{}: {} changed since {}: {} missing, {} behind, {} waiting, {} rejected, {gone} gone, {differs} different; {} put on their way",
            report.until,
            report.shop,
            report.since,
            sum(|route| route.missing.len()),
            sum(|route| route.behind.len()),
            sum(|route| route.waiting.len()),
            sum(|route| route.rejected.len()),
            report.repaired,
        ));
    }
    if !compared.is_whole {
        text.push_str("; the rest is compared next time");
    }
    if !compared.stalled.is_empty() {
        let stalled: Vec<&str> = compared.stalled.iter().map(String::as_str).collect();
        text.push_str(&format!(
            "; the queue of {} stands still, so the rest is put on its way later",
            stalled.join(", ")
        ));
    }
    text
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
