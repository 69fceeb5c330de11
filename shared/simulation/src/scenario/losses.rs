//! Shops that lose webhooks, and how they can be asked for their orders all the same: drawn apart
//! from everything else.

use super::{Incident, Level, Scenario, life::State};
use crate::dice::Dice;
use source::reader::Reach;
use std::{collections::BTreeSet, time::Duration};

const MINUTE: Duration = Duration::from_secs(60);
const A_MOMENT: Duration = Duration::from_millis(900);
/// Less than the overlap that any platform demands, and more than it waits for changes to be seen.
const FARTHEST_BEHIND: Duration = Duration::from_secs(4 * 60);
/// The end of a window of a clock that leapt farther lies in the future for days.
const LONGEST_LEAP: Duration = Duration::from_secs(24 * 3600);
/// After the last change a store is compared as seldom as usual.
const EAGER_FOR: Duration = Duration::from_secs(5 * 60);
/// A world that is busy for longer would be compared too often.
const BUSY_FOR_SHORT: Duration = Duration::from_secs(3600);

/// The comparisons of all stores, and what is lost without them.
#[derive(Debug)]
pub(crate) struct Losses {
    /// The pause between two comparisons of a store by a machine.
    pub(crate) every: Duration,
    /// Until then there is hardly a pause.
    pub(crate) eager_until: Duration,
    /// How far each comparison reaches back, where the platform does not demand more.
    pub(crate) overlap: Duration,
    /// The most messages that may wait when what was read is added.
    pub(crate) most_waiting: u64,
    /// Each store as it can be asked.
    pub(crate) stores: Vec<Asked>,
    /// Order and state of which no webhook is ever posted.
    pub(crate) unposted: BTreeSet<(usize, usize)>,
    /// By order and state: when the shop shows it to those who ask.
    pub(crate) shown: Vec<Vec<Duration>>,
    /// Between two changes of an order in one second, each with its store; all machines compare
    /// then.
    pub(crate) moments: Vec<(Duration, usize)>,
}

/// A store, as those meet it who ask.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The size of its largest page.
    pub(crate) page: u16,
    /// Pages are counted, and the length of the list is told; else pages go by the last id.
    pub(crate) counts_pages: bool,
    /// Its lists have a second too much at both ends.
    pub(crate) is_wide: bool,
    /// How far its clock is behind.
    pub(crate) behind: Duration,
    /// Times at which it does not answer.
    pub(crate) away: Vec<(Duration, Duration)>,
    /// Of a thousand requests so many fail.
    pub(crate) trouble: u64,
    /// Some answers take many seconds.
    pub(crate) is_slow: bool,
}

/// Lets the shops of a world lose webhooks. Where all must be delivered by a certain time, what was
/// lost would come too late.
pub(super) fn add(dice: &Dice, scenario: &mut Scenario) {
    let is_inspected = |(_, incident): &(_, Incident)| matches!(incident, Incident::Inspect { .. });
    if !dice.chance(500) || scenario.incidents.iter().any(is_inspected) {
        return;
    }
    if dice.chance(500) {
        set_right(scenario);
    }
    let stores: Vec<Asked> = (0..scenario.stores.len())
        .map(|_| asked(dice, scenario))
        .collect();
    let last = states(scenario).map(|state| state.made).max();
    let last = last.unwrap_or_default();
    let is_eager = dice.chance(400) && last < BUSY_FOR_SHORT;
    let shown = shown(dice, scenario, &stores);
    let losses = Losses {
        every: *dice.pick(&[5 * MINUTE, 15 * MINUTE]),
        eager_until: if is_eager {
            last + EAGER_FOR
        } else {
            Duration::ZERO
        },
        overlap: overlap(dice, scenario, is_eager),
        most_waiting: *dice.pick(&[2, 20, 300]),
        unposted: unposted(dice, scenario),
        moments: moments(scenario, &shown, &stores),
        shown,
        stores,
    };
    let (unposted, orders) = (&losses.unposted, &scenario.orders);
    scenario
        .deliveries
        .retain(|delivery| !unposted.contains(&(delivery.order, delivery.state)));
    for delivery in &mut scenario.deliveries {
        let life = &orders[delivery.order];
        // Nothing is posted before it is there, by a clock that is behind.
        if !losses.stores[life.store].behind.is_zero() {
            let made = life.states[delivery.state].made;
            delivery.at += losses.shown[delivery.order][delivery.state] - made;
        }
    }
    scenario.deliveries.sort_by_key(|delivery| delivery.at);
    scenario.losses = Some(losses);
}

/// Where clocks are wrong, nobody can tell what was read before a change from what was posted after
/// it; so some worlds have clocks that are right.
fn set_right(scenario: &mut Scenario) {
    let is_set =
        |incident: &Incident| matches!(incident, Incident::Step { .. } | Incident::Leap { .. });
    scenario.incidents.retain(|(_, incident)| !is_set(incident));
    scenario.skews.fill(0);
}

/// A comparison that was made by a clock that was ahead by more than this would leave a gap, unless
/// its end lies in the future for all later ones: then they know.
fn overlap(dice: &Dice, scenario: &Scenario, is_short: bool) -> Duration {
    let leap = |(_, incident): &(_, Incident)| match incident {
        Incident::Leap { milliseconds } => u64::try_from(*milliseconds).ok(),
        _ => None,
    };
    let leaps = scenario.incidents.iter().filter_map(leap);
    let leaps = leaps
        .map(Duration::from_millis)
        .filter(|leap| *leap < LONGEST_LEAP);
    let drawn = *dice.pick(&[Duration::ZERO, 120 * MINUTE]);
    match leaps.max() {
        Some(leap) => drawn.max(leap + 15 * MINUTE),
        None if is_short => Duration::ZERO,
        None => drawn,
    }
}

fn asked(dice: &Dice, scenario: &Scenario) -> Asked {
    let healed = scenario.healed;
    let most = match scenario.level {
        Level::Calm => 0,
        Level::Rough => 1,
        Level::Storm => 3,
    };
    let away = |_| {
        let from = dice.span(healed);
        (from, (from + dice.span(40 * MINUTE)).min(healed))
    };
    Asked {
        page: *dice.pick(&[2, 3, 5, 12, 50]),
        counts_pages: dice.chance(500),
        is_wide: dice.chance(300),
        behind: behind(dice),
        away: (0..dice.between(0, most)).map(away).collect(),
        trouble: dice.below(70 * most + 1),
        is_slow: dice.chance(500),
    }
}

/// Often by more than any platform's changes take to be seen: then a comparison sees seconds that
/// are not over for the shop.
fn behind(dice: &Dice) -> Duration {
    match dice.below(4) {
        0 | 1 => Duration::ZERO,
        2 => dice.span(FARTHEST_BEHIND),
        _ => FARTHEST_BEHIND - dice.span(FARTHEST_BEHIND / 3),
    }
}

/// One in so many, and here and there all of a shop for a while.
fn unposted(dice: &Dice, scenario: &Scenario) -> BTreeSet<(usize, usize)> {
    let per_mille = dice.below(501);
    let last = states(scenario).map(|state| state.made).max();
    let last = last.unwrap_or_default();
    let spans: Vec<_> = (0..scenario.stores.len())
        .map(|_| {
            let from = dice.span(last);
            let time = dice.span(last);
            dice.chance(250).then_some((from, from + time))
        })
        .collect();
    let mut unposted = BTreeSet::new();
    for (order, life) in scenario.orders.iter().enumerate() {
        for (place, state) in life.states.iter().enumerate() {
            let is_off =
                spans[life.store].is_some_and(|(from, to)| from <= state.made && state.made < to);
            if dice.chance(per_mille) || is_off {
                unposted.insert((order, place));
            }
        }
    }
    unposted
}

/// Most changes are shown at once, some late, none before an earlier one. A clock that is behind and
/// changes that are shown late are too much together: no comparison could tell what was posted
/// before it is shown from what is made later in the same second.
fn shown(dice: &Dice, scenario: &Scenario, stores: &[Asked]) -> Vec<Vec<Duration>> {
    let mut all = Vec::new();
    for life in &scenario.orders {
        let Reach { settle, .. } = sources::reach(scenario.stores[life.store].platform);
        let behind = stores[life.store].behind;
        let (mut shown, mut newest) = (Vec::new(), Duration::ZERO);
        for state in &life.states {
            let is_late = dice.chance(250) && behind.is_zero();
            let late = if is_late { dice.span(settle) } else { behind };
            // The second of a shop has time for several changes.
            let is_of_moment = newest == state.made + late && !behind.is_zero();
            let after = if is_of_moment {
                dice.span(A_MOMENT)
            } else {
                Duration::ZERO
            };
            newest = newest.max(state.made + late) + after;
            shown.push(newest);
        }
        all.push(shown);
    }
    all
}

/// Just after the first of two changes of one second, of shops whose clock is behind.
fn moments(
    scenario: &Scenario,
    shown: &[Vec<Duration>],
    stores: &[Asked],
) -> Vec<(Duration, usize)> {
    let mut moments = Vec::new();
    for (life, shown) in scenario.orders.iter().zip(shown) {
        let pairs = life.states.windows(2).zip(shown.windows(2));
        let apart = pairs.filter(|(states, shown)| {
            states[0].modified == states[1].modified && shown[0] < shown[1]
        });
        let is_behind = !stores[life.store].behind.is_zero();
        let just_after = apart.map(|(_, shown)| (shown[0] + Duration::from_millis(1), life.store));
        moments.extend(just_after.filter(|_| is_behind));
    }
    moments.sort_unstable();
    moments
}

fn states(scenario: &Scenario) -> impl Iterator<Item = &State> {
    scenario.orders.iter().flat_map(|life| &life.states)
}

impl Losses {
    /// The pause after a comparison.
    pub(crate) fn pause(&self, now: Duration) -> Duration {
        let pause = if now < self.eager_until {
            MINUTE / 3
        } else {
            self.every
        };
        let next = self.moments.iter().find(|(moment, _)| *moment > now);
        next.map_or(pause, |(next, _)| pause.min(*next - now))
    }

    /// The store that is compared first now: the one whose moment it is.
    pub(crate) fn first(&self, now: Duration) -> usize {
        let last = self.moments.iter().rfind(|(moment, _)| *moment <= now);
        last.map_or(0, |(_, store)| *store)
    }

    /// From then on every shop shows everything.
    pub(crate) fn all_shown(&self) -> Duration {
        self.shown
            .iter()
            .flatten()
            .max()
            .copied()
            .unwrap_or_default()
    }
}
