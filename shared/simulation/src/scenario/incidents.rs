//! What goes wrong at a set time: machines that die or stall, clocks that step, destinations that
//! go away for a while.

use super::{Level, Scenario};
use crate::dice::Dice;
use sandbox::salesforce::OldDomain;
use std::time::Duration;

/// Something that happens at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incident {
    /// The tasks of a machine end where they are.
    Kill { machine: usize },
    /// The machine runs again, with nothing in its memory.
    Start { machine: usize },
    /// The machine's tasks stand still for so long, then go on as if nothing had been.
    Stall { machine: usize, time: Duration },
    /// All clocks step by so many milliseconds.
    Step { milliseconds: i64 },
    /// The same, once no request is under way.
    Leap { milliseconds: i64 },
    /// Every token of a destination ends.
    ExpireTokens { destination: usize },
    /// The orders of the destination that are to be locked cannot be changed, or can be again.
    Lock { destination: usize, is_locked: bool },
    /// The destination has no room for new records, or has some again.
    Storage { destination: usize, is_full: bool },
    /// The org's My Domain gets another name.
    Rename { destination: usize, old: OldDomain },
    /// Staff writes into every order and customer of the destination.
    Staff { destination: usize },
    /// Nothing goes wrong: what was accepted must be delivered by now, but for the orders over which
    /// destinations fail.
    Inspect { whose: Whose },
}

/// The orders that are inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    All,
    /// Those beside a flood, in any state: the other orders of the small shop may have come just now,
    /// or wait for an order whose customer changed.
    Small,
}

/// What a destination is like at which times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sky(Vec<(Duration, Duration, Window)>);

/// What a destination is like for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// No connection.
    Gone,
    /// Every request gets 503.
    Down,
    /// Every request gets a page in HTML.
    Maintenance,
    /// Credentials are refused.
    Revoked,
    /// The calls of the day are spent.
    Spent,
    /// Answers take seconds.
    Slow,
    /// Half of the requests fail.
    Flaky,
}

impl Sky {
    /// What holds at that time.
    pub(crate) fn at(&self, time: Duration) -> Option<Window> {
        let now = self
            .0
            .iter()
            .find(|(from, to, _)| *from <= time && time < *to);
        now.map(|(_, _, window)| *window)
    }

    /// How many windows there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Leaves out the windows whose places are not kept.
    pub(super) fn retain(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut place = 0..;
        self.0.retain(|_| place.next().is_some_and(&is_kept));
    }

    /// Draws the windows of a destination. `longest` bounds what lasts for days.
    pub(super) fn draw(
        dice: &Dice,
        level: Level,
        healed: Duration,
        longest: Option<Duration>,
    ) -> Self {
        let most = match level {
            Level::Calm => 0,
            Level::Rough => 2,
            Level::Storm => 4,
        };
        let kinds = [
            Window::Gone,
            Window::Down,
            Window::Maintenance,
            Window::Revoked,
            Window::Spent,
            Window::Slow,
            Window::Flaky,
        ];
        let short = |_| {
            let from = dice.span(healed);
            let time = if dice.chance(700) {
                Duration::from_secs(300)
            } else {
                Duration::from_secs(7200)
            };
            (
                from,
                (from + dice.span(time)).min(healed),
                *dice.pick(&kinds),
            )
        };
        let mut windows: Vec<_> = (0..dice.between(0, most)).map(short).collect();
        if let Some(time) = longest {
            let from = dice.span(Duration::from_secs(3600));
            windows.insert(
                0,
                (
                    from,
                    from + time,
                    *dice.pick(&[Window::Gone, Window::Down, Window::Revoked]),
                ),
            );
        }
        Self(windows)
    }
}

/// Draws what happens at set times.
pub(super) fn draw(dice: &Dice, scenario: &Scenario, busy: Duration) -> Vec<(Duration, Incident)> {
    let most = match scenario.level {
        Level::Calm => 1,
        Level::Rough => 5,
        Level::Storm => 14,
    };
    let mut incidents = Vec::new();
    for _ in 0..dice.between(0, most) {
        one(dice, scenario, dice.span(busy), &mut incidents);
    }
    incidents.sort_by_key(|(at, _)| *at);
    incidents
}

fn one(dice: &Dice, scenario: &Scenario, at: Duration, incidents: &mut Vec<(Duration, Incident)>) {
    let machine = usize::try_from(dice.below(scenario.machines as u64)).unwrap_or_default();
    match dice.below(10) {
        0..4 => {
            incidents.push((at, Incident::Kill { machine }));
            let down = if dice.chance(700) {
                Duration::from_secs(5)
            } else {
                Duration::from_secs(1200)
            };
            incidents.push((at + dice.span(down), Incident::Start { machine }));
        }
        4..6 => {
            let time = if dice.chance(500) {
                Duration::from_secs(20)
            } else {
                Duration::from_secs(900)
            };
            incidents.push((
                at,
                Incident::Stall {
                    machine,
                    time: dice.span(time),
                },
            ));
        }
        6 => {
            let milliseconds = i64::try_from(dice.below(10_000)).unwrap_or_default() - 5_000;
            incidents.push((at, Incident::Step { milliseconds }));
        }
        7 => {
            let milliseconds = i64::try_from(dice.between(1, 5 * 3600)).unwrap_or_default() * 1000;
            incidents.push((at, Incident::Leap { milliseconds }));
            let back = at + Duration::from_secs(dice.between(10, 3600));
            incidents.push((
                back,
                Incident::Leap {
                    milliseconds: -milliseconds,
                },
            ));
        }
        _ => {
            let destination =
                usize::try_from(dice.below(scenario.destinations.len() as u64)).unwrap_or_default();
            incidents.push((at, Incident::ExpireTokens { destination }));
        }
    }
}
