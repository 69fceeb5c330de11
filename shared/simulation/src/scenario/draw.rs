//! Draws a whole world from a seed.

use super::{
    Cases, Delivery, Level, Scenario, Store, Target, Way, cases, incidents,
    incidents::Sky,
    jams,
    life::{Customer, Life},
    losses,
};
use crate::dice::Dice;
use config::Platform;
use std::{collections::BTreeSet, time::Duration};

const HOUR: Duration = Duration::from_secs(3600);

/// The world of a seed. It may do without the [`cases`], as seeds did that were found before there
/// were any.
pub(crate) fn draw(seed: u64, with_cases: bool) -> Scenario {
    // Of their own, so that what is added later does not change the rest of a seed's world.
    let (dice, extras) = (Dice::new(seed, 1), Dice::new(seed, 3));
    let level = *dice.pick(&[
        Level::Calm,
        Level::Rough,
        Level::Rough,
        Level::Storm,
        Level::Storm,
    ]);
    // Most shops are busy, so that things happen at once; some are not.
    let open = *dice.pick(&[HOUR / 60, HOUR / 6, HOUR / 2, HOUR * 2, HOUR * 6]);
    let healed = open + *dice.pick(&[HOUR / 12, HOUR / 2, HOUR * 4]);
    let days = (level == Level::Storm && dice.chance(20)).then(|| HOUR * 24 + dice.span(HOUR * 48));
    let (destinations, stores) = (
        targets((&dice, &extras), level, healed, days),
        dice.between(1, 3),
    );
    let stores = shops(&extras, stores);
    let routes = routes(&dice, &stores, &destinations);
    let orders = orders(&dice, &stores, open);
    // The doubles of NetSuite learn no new items.
    let is_mended = dice.chance(500)
        && destinations
            .iter()
            .all(|target| target.system != "netsuite");
    let (port_trouble, wire_trouble) = match level {
        Level::Calm => (0, 5),
        Level::Rough => (5, 60),
        Level::Storm => (dice.between(5, 40), dice.between(60, 350)),
    };
    let deliveries = deliveries(&dice, &orders);
    let machines = *dice.pick(&[1, 1, 2, 2, 3]);
    let mut scenario = Scenario {
        seed,
        level,
        deliveries,
        destinations,
        routes,
        stores,
        orders,
        machines,
        skews: skews(&extras, machines),
        workers: *dice.pick(&[1, 2, 2, 3]),
        batch: *dice.pick(&[1, 3, 10, 10]),
        hands_out_several: dice.chance(500),
        circuit_probe: days.map_or(Duration::from_secs(30), |_| Duration::from_secs(600)),
        is_mended,
        incidents: Vec::new(),
        cursed: BTreeSet::new(),
        small: BTreeSet::new(),
        healed: days.map_or(healed, |days| healed.max(HOUR + days)),
        port_trouble,
        wire_trouble,
        long: false,
        losses: None,
    };
    let companions = Dice::new(seed, 11);
    let (batches, graphs) = (Dice::new(seed, 12), Dice::new(seed, 13));
    for target in &mut scenario.destinations {
        target.companion = target.system == "netsuite" && companions.chance(500);
        // A queue that hands out several of a group cannot choose what was read.
        target.batches_from = match target.system {
            _ if scenario.hands_out_several => None,
            "netsuite" => batches.chance(700).then_some(2),
            "salesforce" => graphs.chance(500).then_some(1),
            _ => None,
        };
    }
    scenario.incidents = incidents::draw(&dice, &scenario, open + HOUR / 12);
    jams::add(&Dice::new(seed, 4), &mut scenario, days.is_some());
    jams::slow_down(&Dice::new(seed, 9), &mut scenario, days.is_some());
    if with_cases {
        cases::add(&Dice::new(seed, 5), &mut scenario, open + HOUR / 12);
        losses::add(&Dice::new(seed, 10), &mut scenario);
    }
    scenario
}

fn targets(
    (dice, extras): (&Dice, &Dice),
    level: Level,
    healed: Duration,
    days: Option<Duration>,
) -> Vec<Target> {
    let mut systems = vec!["salesforce", "zoho", "netsuite"];
    for _ in 0..*dice.pick(&[0, 1, 1, 2, 2, 2]) {
        systems.remove(usize::try_from(dice.below(systems.len() as u64)).unwrap_or_default());
    }
    let target = |system: &'static str| Target {
        name: format!("to-{system}"),
        system,
        order_field: dice.chance(500),
        several_currencies: system == "netsuite" && extras.chance(500),
        companion: false,
        batches_from: None,
        converts: extras.chance(500),
        sky: Sky::draw(dice, level, healed, days.filter(|_| dice.chance(500))),
        per_record: Duration::ZERO,
        cases: Cases::default(),
    };
    systems.into_iter().map(target).collect()
}

/// Each of any platform.
fn shops(dice: &Dice, number: u64) -> Vec<Store> {
    let shop = |number| Store {
        name: format!("shop{number}"),
        platform: *dice.pick(Platform::ALL),
    };
    (1..=number).map(shop).collect()
}

/// Clocks of machines that are kept right, and of some that are not: less than the time that a
/// lease leaves between the last request and its end.
fn skews(dice: &Dice, machines: usize) -> Vec<i64> {
    let most = *dice.pick(&[0, 0, 50, 1_000, 20_000]);
    let skew = |_| {
        i64::try_from(dice.below(2 * most + 1)).unwrap_or_default()
            - i64::try_from(most).unwrap_or_default()
    };
    (0..machines).map(skew).collect()
}

/// Every store has a route and every destination too.
fn routes(dice: &Dice, stores: &[Store], destinations: &[Target]) -> Vec<Way> {
    let mut routes = Vec::new();
    for (store, Store { name, .. }) in stores.iter().enumerate() {
        let always = usize::try_from(dice.below(destinations.len() as u64)).unwrap_or_default();
        for (destination, target) in destinations.iter().enumerate() {
            if destination == always || store == 0 || dice.chance(300) {
                routes.push(Way {
                    name: format!("{name}-{}", target.name),
                    store,
                    destination,
                });
            }
        }
    }
    routes
}

fn orders(dice: &Dice, stores: &[Store], open: Duration) -> Vec<Life> {
    let customers: Vec<Vec<Customer>> = (0..stores.len())
        .map(|store| customers(dice, store as u64))
        .collect();
    let poisonous = dice.chance(400);
    let number = *dice.pick(&[5, 8, 10, 14, 18, 40]);
    let order = |place| {
        let store = usize::try_from(dice.below(stores.len() as u64)).unwrap_or_default();
        let customer = dice.pick(&customers[store]);
        Life::draw(
            dice,
            place,
            (store, stores[store].platform),
            customer,
            dice.span(open),
            poisonous && dice.chance(200),
        )
    };
    (0..number).map(order).collect()
}

/// Registered customers and guests; a guest may have a registered customer's e-mail.
fn customers(dice: &Dice, store: u64) -> Vec<Customer> {
    let mut customers: Vec<Customer> = Vec::new();
    for number in 0..dice.between(2, 8) {
        let shares = !customers.is_empty() && dice.chance(150);
        let email = if shares {
            dice.pick(&customers).email.clone()
        } else {
            format!("c{store}x{number}@example.com")
        };
        customers.push(Customer {
            id: if shares || dice.chance(400) {
                0
            } else {
                1_000 * (store + 1) + number
            },
            email,
            last_name: format!("Doe{store}x{number}"),
        });
    }
    customers
}

/// Each state comes once to three times, at once or late.
fn deliveries(dice: &Dice, orders: &[Life]) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for (order, life) in orders.iter().enumerate() {
        for (state, made) in life.states.iter().map(|state| state.made).enumerate() {
            for _ in 0..*dice.pick(&[1, 1, 1, 2, 2, 3]) {
                let late = match dice.below(10) {
                    0..6 => dice.span(Duration::from_secs(2)),
                    6..9 => dice.span(Duration::from_secs(120)),
                    _ => dice.span(HOUR * 2),
                };
                deliveries.push(Delivery {
                    at: made + late,
                    order,
                    state,
                });
            }
        }
    }
    deliveries.sort_by_key(|delivery| delivery.at);
    deliveries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{HOME, SECOND};
    use std::collections::BTreeSet;

    #[test]
    fn every_platform_sells_into_every_system_and_some_clocks_are_wrong() {
        let worlds: Vec<Scenario> = (1..=60).map(|seed| draw(seed, true)).collect();
        let drawn = |platform: Platform, system: &str| {
            worlds.iter().any(|world| {
                let is_such = |way: &Way| {
                    world.stores[way.store].platform == platform
                        && world.destinations[way.destination].system == system
                };
                world.routes.iter().any(is_such)
            })
        };
        for platform in Platform::ALL {
            assert!(
                ["salesforce", "zoho", "netsuite"]
                    .iter()
                    .all(|system| drawn(*platform, system)),
                "{platform:?}"
            );
        }
        assert!(
            worlds
                .iter()
                .any(|world| world.skews.iter().any(|skew| skew.abs() > 1_000))
        );
    }

    #[test]
    fn shops_do_whatever_they_can() {
        let mut seen = BTreeSet::new();
        for world in (1..=150).map(|seed| draw(seed, true)) {
            for life in &world.orders {
                let platform = world.stores[life.store].platform.as_str();
                seen.extend(life.states.iter().map(|state| (platform, state.change)));
            }
        }
        for wanted in [
            ("woocommerce", "edited"),
            ("woocommerce", "line taken out"),
            ("woocommerce", "given back in part"),
            ("woocommerce", "given back without a word"),
            ("shopify", "line taken out"),
            ("shopify", "returned"),
            ("shopify", "returned without money"),
            ("shopify", "money followed"),
            ("shopify", "exchanged"),
            ("shopify", "goodwill"),
            ("magento", "called off in part"),
            ("magento", "given back in part"),
        ] {
            assert!(seen.contains(&wanted), "{wanted:?} is in none of {seen:?}");
        }
        for platform in Platform::ALL {
            for change in ["cancelled", "given back", "line added"] {
                assert!(
                    seen.contains(&(platform.as_str(), change)),
                    "{platform:?} {change}"
                );
            }
        }
    }

    #[test]
    fn orders_come_in_currencies_that_are_refused_kept_and_converted() {
        let mut seen = BTreeSet::new();
        for world in (1..=150).map(|seed| draw(seed, true)) {
            for way in &world.routes {
                let (target, platform) = (
                    &world.destinations[way.destination],
                    world.stores[way.store].platform,
                );
                let states = world
                    .orders
                    .iter()
                    .filter(|life| life.store == way.store)
                    .flat_map(|life| &life.states);
                for state in states.filter(|state| state.trade.currency != HOME) {
                    seen.insert(
                        state
                            .worth_at(target, platform)
                            .map(|(_, currency)| currency),
                    );
                }
            }
        }
        assert_eq!(seen, BTreeSet::from([None, Some(HOME), Some(SECOND)]));
    }
}
