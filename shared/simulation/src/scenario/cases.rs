//! What destinations do to single orders or for a while, how shops call their products, and what
//! staff does: drawn apart from everything else, so that seeds combine it with whatever else they
//! have.

use super::{Incident, Scenario, Target, shop};
use crate::dice::Dice;
use sandbox::{Barrier, Keeps, salesforce::OldDomain};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const HOUR: Duration = Duration::from_secs(3600);
/// The product whose code a destination may have twice.
pub(crate) const SHARED: &str = "woo-beanie";

/// What a destination has of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cases {
    /// Orders whose key a record has that requests may not see.
    pub(crate) hidden: BTreeSet<u64>,
    /// Orders that cannot be changed from a certain time on; for good, or for a while.
    pub(crate) locked: BTreeMap<u64, Lock>,
    /// Two products have the code [`SHARED`].
    pub(crate) shared: Option<Shared>,
    /// Salesforce: countries and states are picklists.
    pub(crate) picklists: bool,
}

/// A lock on an order's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    ForGood,
    ForAWhile,
}

/// What the mapping says of a code that two products share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shared {
    Refused,
    Oldest,
    Newest,
}

/// Adds to a world what is drawn of it.
pub(super) fn add(dice: &Dice, scenario: &mut Scenario, busy: Duration) {
    // Where all must be delivered by a certain time, nothing is kept back for a while.
    let may_wait = !scenario
        .incidents
        .iter()
        .any(|(_, incident)| matches!(incident, Incident::Inspect { .. }));
    for place in 0..scenario.destinations.len() {
        let orders: Vec<u64> = orders_of(scenario, place);
        let some =
            |dice: &Dice| BTreeSet::from_iter((0..dice.between(1, 3)).map(|_| *dice.pick(&orders)));
        let system = scenario.destinations[place].system;
        let mut cases = Cases::default();
        if dice.chance(250) {
            cases.hidden = some(dice);
        }
        if dice.chance(300) && may_wait {
            lock(dice, scenario, (place, busy), some(dice), &mut cases);
        }
        if dice.chance(350) && system != "zoho" {
            cases.shared = Some(*dice.pick(&[
                Shared::Refused,
                Shared::Refused,
                Shared::Oldest,
                Shared::Newest,
            ]));
        }
        cases.picklists = dice.chance(400) && system == "salesforce";
        if dice.chance(250) && may_wait && system != "netsuite" {
            storage(dice, scenario, place, busy);
        }
        if dice.chance(300) && may_wait && system == "salesforce" {
            let old = *dice.pick(&[OldDomain::Redirects, OldDomain::Page, OldDomain::Gone]);
            incident(
                scenario,
                dice.span(busy),
                Incident::Rename {
                    destination: place,
                    old,
                },
            );
        }
        if dice.chance(350) {
            for _ in 0..dice.between(1, 3) {
                incident(
                    scenario,
                    dice.span(busy),
                    Incident::Staff { destination: place },
                );
            }
        }
        scenario.destinations[place].cases = cases;
    }
    let (long, moving) = (dice.chance(250), dice.chance(400));
    dress(dice, scenario, long, moving);
    scenario.incidents.sort_by_key(|(at, _)| *at);
}

fn orders_of(scenario: &Scenario, destination: usize) -> Vec<u64> {
    let stores: BTreeSet<usize> = scenario
        .routes
        .iter()
        .filter(|way| way.destination == destination)
        .map(|way| way.store)
        .collect();
    let orders = scenario
        .orders
        .iter()
        .filter(|life| stores.contains(&life.store));
    let orders: Vec<u64> = orders.map(|life| life.id).collect();
    // A store may have sold nothing.
    if orders.is_empty() {
        vec![super::life::FIRST_ID]
    } else {
        orders
    }
}

/// From a time on. What a lock for good means differs: a stage that a Blueprint moves, an order
/// that a workflow has locked. Salesforce's approvals end some day.
fn lock(
    dice: &Dice,
    scenario: &mut Scenario,
    (destination, busy): (usize, Duration),
    orders: BTreeSet<u64>,
    cases: &mut Cases,
) {
    let from = dice.span(busy);
    let is_for_good = scenario.destinations[destination].system != "salesforce" && dice.chance(500);
    let lock = if is_for_good {
        Lock::ForGood
    } else {
        Lock::ForAWhile
    };
    // Refusals that another try cannot mend are no lock for a while.
    if lock == Lock::ForAWhile && scenario.destinations[destination].system != "salesforce" {
        return;
    }
    cases.locked = orders.into_iter().map(|order| (order, lock)).collect();
    incident(
        scenario,
        from,
        Incident::Lock {
            destination,
            is_locked: true,
        },
    );
    if lock == Lock::ForAWhile {
        let until = from + dice.span(HOUR * 2);
        incident(
            scenario,
            until,
            Incident::Lock {
                destination,
                is_locked: false,
            },
        );
    }
}

/// For a while there is no room for new records.
fn storage(dice: &Dice, scenario: &mut Scenario, destination: usize, busy: Duration) {
    let from = dice.span(busy);
    let until = from + dice.span(HOUR * 2);
    incident(
        scenario,
        from,
        Incident::Storage {
            destination,
            is_full: true,
        },
    );
    incident(
        scenario,
        until,
        Incident::Storage {
            destination,
            is_full: false,
        },
    );
}

fn incident(scenario: &mut Scenario, at: Duration, incident: Incident) {
    scenario.incidents.push((at, incident));
}

/// Codes and numbers that agree in the first fifteen of eighteen letters and digits, and customers
/// who move to another country.
fn dress(dice: &Dice, scenario: &mut Scenario, long: bool, moving: bool) {
    if !long && !moving {
        return;
    }
    scenario.long = long;
    for life in &mut scenario.orders {
        let from = if moving && dice.chance(500) {
            dice.below(life.states.len() as u64 + 1)
        } else {
            u64::MAX
        };
        let (platform, placed) = (scenario.stores[life.store].platform, life.states[0].made);
        for (place, state) in (0_u64..).zip(&mut life.states) {
            (state.long, state.abroad) = (long, place >= from);
            state.body = shop::body(platform, life.id, placed, state);
        }
    }
}

impl Target {
    /// What keeps the record of an order from requests.
    pub(crate) fn barriers(&self, order: u64, keeps: Keeps) -> Vec<Barrier> {
        let (kind, fields): (_, &[&str]) = match self.system {
            "salesforce" => ("Opportunity", super::ORDER_FIELDS),
            "zoho" => ("Deals", &["Deal_Name"]),
            _ => ("salesOrder", &["externalId"]),
        };
        let barrier = |field: &&str| Barrier {
            kind: kind.to_owned(),
            field: (*field).to_owned(),
            text: order.to_string(),
            keeps,
        };
        fields.iter().map(barrier).collect()
    }

    /// Whether an order with this product is refused for its code.
    pub(crate) fn refuses(&self, code: &str) -> bool {
        code == SHARED && self.cases.shared == Some(Shared::Refused)
    }
}

impl Cases {
    /// Whether the order's record cannot be changed any more.
    pub(crate) fn is_locked_for_good(&self, order: u64) -> bool {
        self.locked.get(&order) == Some(&Lock::ForGood)
    }
}

/// What is drawn in a world, for the count.
pub(crate) fn drawn(scenario: &Scenario) -> Vec<&'static str> {
    let cases = || scenario.destinations.iter().map(|target| &target.cases);
    let locks = |lock| cases().any(|cases| cases.locked.values().any(|one| *one == lock));
    let struck = |is_such: fn(&Incident) -> bool| {
        scenario
            .incidents
            .iter()
            .any(|(_, incident)| is_such(incident))
    };
    let states = || scenario.orders.iter().flat_map(|life| &life.states);
    let all = [
        (
            "a record out of sight",
            cases().any(|cases| !cases.hidden.is_empty()),
        ),
        ("records locked for good", locks(Lock::ForGood)),
        ("records locked for a while", locks(Lock::ForAWhile)),
        (
            "a code of two products refused",
            cases().any(|cases| cases.shared == Some(Shared::Refused)),
        ),
        (
            "a code of two products chosen",
            cases().any(|cases| matches!(cases.shared, Some(Shared::Oldest | Shared::Newest))),
        ),
        (
            "picklists of countries",
            cases().any(|cases| cases.picklists),
        ),
        (
            "storage full",
            struck(|incident| matches!(incident, Incident::Storage { .. })),
        ),
        (
            "My Domain renamed",
            struck(|incident| matches!(incident, Incident::Rename { .. })),
        ),
        (
            "edits of the staff",
            struck(|incident| matches!(incident, Incident::Staff { .. })),
        ),
        (
            "codes and numbers of eighteen letters",
            states().any(|state| state.long),
        ),
        ("customers who move", states().any(|state| state.abroad)),
        ("shops that lose webhooks", scenario.losses.is_some()),
    ];
    all.into_iter()
        .filter(|(_, is_drawn)| *is_drawn)
        .map(|(case, _)| case)
        .collect()
}
