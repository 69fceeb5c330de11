//! What needs a person, in words for one: nothing secret, nothing personal.

use crate::place::Hints;
use config::Config;
use jiff::Timestamp;
use reconcile::Health;
use std::collections::BTreeMap;

/// A thing that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Concern {
    /// The thing, by which it is known again.
    pub(crate) key: String,
    /// Its state, roughly: while that is the same, a second message within a day says nothing new.
    pub(crate) state: String,
    /// The text for a person.
    pub(crate) text: String,
}

fn concern(what: &str, name: &str, state: impl ToString, text: String) -> Concern {
    Concern {
        key: format!("{what} {name}"),
        state: state.to_string(),
        text,
    }
}

/// Returns what comparing found.
pub(super) fn of_comparing(
    health: &Health,
    config: &Config,
    now: Timestamp,
    hints: &Hints,
) -> Vec<Concern> {
    let mut concerns = Vec::new();
    for store in config.stores.values() {
        let name = &store.name;
        let (missing, behind) = health.found(name);
        if missing + behind > 0 {
            concerns.push(concern("missing", name, size(missing + behind), format!(
                "store {name}: {missing} orders never came here and {behind} only in an older state; they are on their way now. Are the shop's webhooks on?"
            )));
        }
        if health.is_late(store, now) {
            concerns.push(concern("late", name, "", format!(
                "store {name}: it could not be compared with its destinations for an hour or more; the log says why, and it is tried again and again"
            )));
        }
        let Some(place) = health.of(name) else {
            continue;
        };
        if place.gone + place.differs > 0 {
            concerns.push(concern("unlike", name, size(place.gone + place.differs), format!(
                "store {name}: of {} orders a record is gone from its destination, and {} are otherwise there than they were delivered; nothing is overwritten, and which these are says: {}",
                place.gone, place.differs, hints.command_with_secrets(&["reconcile", "--store", name, "--verify"])
            )));
        }
        if let Some(wrong) = place.webhooks.as_ref().and_then(|seen| seen.wrong.as_ref()) {
            concerns.push(concern(
                "webhooks",
                name,
                wrong,
                format!("store {name}: {wrong}"),
            ));
        }
    }
    concerns
}

/// Returns the stores that have fallen silent.
pub(super) fn of_silence(silent: Vec<String>) -> Vec<Concern> {
    let told = |name: String| {
        let text = format!(
            "store {name}: no webhook for longer than its `silence`; see that the shop's webhook is on and its address and secret are right"
        );
        concern("silent", &name, "", text)
    };
    silent.into_iter().map(told).collect()
}

/// Returns the destinations that have dead letters.
pub(super) fn of_letters(dead: &BTreeMap<String, u64>, hints: &Hints) -> Vec<Concern> {
    let told = |(name, count): (&String, &u64)| {
        let text = format!(
            "destination {name}: {count} orders could not be delivered and will not be by themselves; which and why says: {}",
            hints.command(&["dead", "list"])
        );
        concern("dead", name, size(*count), text)
    };
    dead.iter()
        .filter(|(_, count)| **count > 0)
        .map(told)
        .collect()
}

/// Returns a destination whose orders wait for too long.
pub(super) fn of_waiting(name: &str, hints: &Hints) -> Concern {
    let text = format!(
        "destination {name}: an order has waited for it for more than an hour; what it answers says: {}",
        hints.command_with_secrets(&["check", "--live"])
    );
    concern("waiting", name, "", text)
}

/// Returns the number of doublings: a message follows another one where there are twice as many.
fn size(count: u64) -> u32 {
    count.max(1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_is_told_names_a_command_that_can_be_pasted() {
        let text = "[stores.acme]\nplatform = \"woocommerce\"\nsecret = \"acme\"\n[destinations.sales]\nsystem = \"salesforce\"\nauth = \"jwt_bearer\"\nsecret = \"sales\"\n[[routes]]\nname = \"r\"\nstore = \"acme\"\ndestination = \"sales\"\nmapping = \"woocommerce-salesforce\"\n";
        let config = Config::parse(Path::new("/etc/shop/orderbridge.toml"), text).unwrap();
        let hints = Hints::of_server(&config, Path::new("/var/lib/shop"));
        let place = "--config /etc/shop/orderbridge.toml --data /var/lib/shop";
        let dead = BTreeMap::from([("sales".to_owned(), 3)]);
        let letters = of_letters(&dead, &hints);
        let said: Vec<&str> = letters.iter().map(|one| one.text.as_str()).collect();
        let expected = format!(
            "destination sales: 3 orders could not be delivered and will not be by themselves; which and why says: orderbridge dead list {place}"
        );
        assert_eq!(said, [expected.as_str()]);
        let waiting = of_waiting("sales", &hints).text;
        let command = format!("orderbridge check --live {place}");
        assert!(waiting.ends_with(&command), "{waiting}");
    }
}
