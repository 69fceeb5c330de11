//! Amounts that go out as bare numbers: whether the destination would take them for amounts in its own currency.

use crate::{
    Engine, Health,
    decision::{Decision, Item},
    prepare::Planned,
};
use destination::{Class, Destination, Failure};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// The currency that each destination keeps its amounts in, as far as it is known: what it told, else that of the first order that went there. What was told holds for good;
/// what was guessed holds in this process, so a route of several currencies should say it in `vars.home_currency`.
#[derive(Default)]
pub(crate) struct HomeCurrencies(Mutex<BTreeMap<String, Home>>);

#[derive(Clone)]
struct Home {
    currency: String,
    was_told: bool,
}

impl HomeCurrencies {
    fn known(&self, destination: &str) -> Option<Home> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(destination).cloned()
    }

    /// What the destination keeps, and whether it said so itself; asks it at the first order. `first` is that order's currency.
    async fn of(&self, name: &str, destination: &dyn Destination, first: &str) -> Result<Home, Failure> {
        if let Some(home) = self.known(name) {
            return Ok(home);
        }
        let told = destination.home_currency().await?;
        let home = Home {
            was_told: told.is_some(),
            currency: told.unwrap_or_else(|| first.to_owned()),
        };
        let mut homes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(homes.entry(name.to_owned()).or_insert(home).clone())
    }
}

impl Engine {
    /// Sorts out what must not go out as it is: an order in another currency, and one whose destination could not be asked.
    pub(crate) async fn in_home_currency(
        &self,
        name: &str,
        destination: &dyn Destination,
        items: Vec<(Item, Box<Planned>)>,
    ) -> (Vec<(Item, Box<Planned>)>, Vec<Decision>) {
        let (mut ready, mut decided) = (Vec::with_capacity(items.len()), Vec::new());
        for (item, planned) in items {
            let Some(currency) = planned.plan.bare_currency.clone() else {
                ready.push((item, planned));
                continue;
            };
            match self.homes.of(name, destination, &currency).await {
                Ok(home) if home.currency == currency => ready.push((item, planned)),
                Ok(home) if home.was_told => decided.push(self.reject(item, refusal(name, &currency, &home), Health::Untouched)),
                Ok(home) => {
                    let mut planned = planned;
                    planned.warnings.push(note(name, &currency, &home));
                    ready.push((item, planned));
                }
                Err(failure) => decided.push(self.judge(item, *planned, failure.into(), false)),
            }
        }
        (ready, decided)
    }
}

fn refusal(destination: &str, currency: &str, home: &Home) -> Failure {
    let text = format!(
        "the order is in {currency}, and {destination} keeps its amounts in {}: as a bare number its amount would be another. Where {destination} has several currencies switched on, \
         set vars.multi_currency (or name the currency in vars.currencies, where the mapping has that); then replay this dead letter",
        home.currency
    );
    Failure::permanent(Class::Mapping, "map", text)
}

/// Nobody has said what the destination keeps, so one of the two currencies was booked at par.
fn note(destination: &str, currency: &str, home: &Home) -> String {
    format!(
        "The order's amounts went to {destination} as they are, in {currency}, and those of orders before it in {}: only one of them can be what {destination} keeps its amounts in. Say in \
         vars.home_currency which it is: an order in another currency is refused then; or set vars.multi_currency, where {destination} has several switched on.",
        home.currency
    )
}
