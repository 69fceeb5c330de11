//! What could jam a queue: orders over which a destination fails each time, one shop's flood, a
//! destination that is too slow for a backlog, and a clock that is a month ahead for a while.

use super::{Delivery, Incident, Level, Scenario, Whose, life::Customer, life::Life};
use crate::dice::Dice;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const MONTH: i64 = 30 * 24 * 3600 * 1000;
/// So long after the last webhook everything else is delivered, whatever becomes of the orders that
/// fail each time.
const SETTLED: Duration = Duration::from_secs(40 * 60);
/// So long after its own webhooks the small shop's orders are delivered, however many the large one
/// has.
const SERVED: Duration = MINUTE;
/// So many orders a flood has.
const FLOOD: u64 = 200;

/// Adds to a world what could jam it. `lasts_days`: something in it lasts longer than an order is
/// tried.
pub(super) fn add(dice: &Dice, scenario: &mut Scenario, lasts_days: bool) {
    match dice.below(10) {
        0 | 1 if !lasts_days => curse(dice, scenario),
        2 if scenario.level == Level::Calm && scenario.stores.len() > 1 => flood(dice, scenario),
        _ => {}
    }
    if dice.chance(150) {
        let (at, time) = (dice.span(30 * MINUTE), dice.span(2 * MINUTE));
        scenario.incidents.push((
            at,
            Incident::Leap {
                milliseconds: MONTH,
            },
        ));
        scenario.incidents.push((
            at + time,
            Incident::Leap {
                milliseconds: -MONTH,
            },
        ));
    }
    scenario.deliveries.sort_by_key(|delivery| delivery.at);
    scenario.incidents.sort_by_key(|(at, _)| *at);
}

/// More orders than workers and batches could try at once, the first of all, each of its own
/// customer.
fn curse(dice: &Dice, scenario: &mut Scenario) {
    for number in 0..dice.between(12, 20) {
        let store = usize::try_from(dice.below(scenario.stores.len() as u64)).unwrap_or_default();
        let id = order(
            dice,
            scenario,
            store,
            &format!("cursed{number}"),
            dice.span(2 * MINUTE),
        );
        scenario.cursed.insert(id);
    }
    if scenario.level == Level::Calm {
        let last = scenario
            .deliveries
            .iter()
            .map(|delivery| delivery.at)
            .max()
            .unwrap_or_default();
        scenario.healed = scenario.healed.max(last + SETTLED);
        let just_before = scenario.healed - Duration::from_secs(1);
        scenario
            .incidents
            .push((just_before, Incident::Inspect { whose: Whose::All }));
    }
}

fn flood(dice: &Dice, scenario: &mut Scenario) {
    let at = dice.span(10 * MINUTE);
    for number in 0..FLOOD {
        order(dice, scenario, 0, &format!("flood{number}"), at);
    }
    let small = at + Duration::from_secs(2);
    for number in 0..4 {
        let id = order(dice, scenario, 1, &format!("small{number}"), small);
        scenario.small.insert(id);
    }
    // SQS does not choose, a machine that dies has its orders in hand for minutes, and a
    // destination that asks to wait is obeyed.
    scenario.incidents.clear();
    scenario.wire_trouble = 0;
    if !scenario.hands_out_several {
        scenario.incidents.push((
            small + SERVED,
            Incident::Inspect {
                whose: Whose::Small,
            },
        ));
    }
}

/// Adds, to one world in eight, a backlog before a destination that needs time for each record: ten
/// orders take longer than a call may, and are written all the same.
pub(super) fn slow_down(dice: &Dice, scenario: &mut Scenario, lasts_days: bool) {
    // Beside a flood, some orders have to be there within a minute.
    let inspected = Incident::Inspect {
        whose: Whose::Small,
    };
    let is_inspected = |(_, incident): &(_, Incident)| *incident == inspected;
    if lasts_days || !dice.chance(125) || scenario.incidents.iter().any(is_inspected) {
        return;
    }
    let at = dice.span(10 * MINUTE);
    for number in 0..dice.between(30, 60) {
        let store = usize::try_from(dice.below(scenario.stores.len() as u64)).unwrap_or_default();
        order(dice, scenario, store, &format!("slow{number}"), at);
    }
    let per_record = Duration::from_millis(*dice.pick(&[400, 1_000, 2_500]));
    for target in &mut scenario.destinations {
        target.per_record = if dice.chance(700) {
            per_record
        } else {
            Duration::ZERO
        };
    }
    if scenario.level == Level::Calm {
        let last = scenario
            .deliveries
            .iter()
            .map(|delivery| delivery.at)
            .max()
            .unwrap_or_default();
        scenario.healed = scenario.healed.max(last + SETTLED);
        let just_before = scenario.healed - Duration::from_secs(1);
        scenario
            .incidents
            .push((just_before, Incident::Inspect { whose: Whose::All }));
    }
    scenario.deliveries.sort_by_key(|delivery| delivery.at);
    scenario.incidents.sort_by_key(|(at, _)| *at);
}

/// An order of a customer of its own, whose states the shop posts once.
fn order(dice: &Dice, scenario: &mut Scenario, store: usize, name: &str, at: Duration) -> u64 {
    let customer = Customer {
        id: 0,
        email: format!("{name}@example.com"),
        last_name: format!("Doe{name}"),
    };
    let place = scenario.orders.len();
    let platform = scenario.stores[store].platform;
    let life = Life::draw(dice, place as u64, (store, platform), &customer, at, false);
    let id = life.id;
    let posted = life
        .states
        .iter()
        .enumerate()
        .map(|(state, made)| Delivery {
            at: made.made + dice.span(Duration::from_secs(1)),
            order: place,
            state,
        });
    scenario.deliveries.extend(posted);
    scenario.orders.push(life);
    id
}
