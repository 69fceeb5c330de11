//! The check of amounts that go out as bare numbers: whether the destination would take them for
//! amounts in its own currency.

use crate::{
    DeliveryRoute, Engine, Health,
    wave::{Ready, Sifted},
};
use destination::{Call, Class, Destination, Failure};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The currency in which each destination keeps its amounts, as far as it is known: that of the
/// first order that went there and, once an order in another currency comes, the one that the
/// destination tells. So a shop of one currency costs no call. What is known holds in this process
/// only; a route of several currencies should say it in `vars.home_currency`.
#[derive(Default)]
pub(crate) struct HomeCurrencies(Mutex<BTreeMap<String, Home>>);

#[derive(Clone)]
struct Home {
    currency: String,
    known: Known,
}

/// The origin of a known currency.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// The first order was in it.
    Guessed,
    /// The first order was in it, and the destination does not tell its own.
    Untold,
    /// The destination told it.
    Told,
}

/// The judgment about an order.
enum Judged {
    Good,
    /// It goes out, with this note.
    Noted(String),
    Refused(Failure),
}

impl HomeCurrencies {
    /// Judges an order in this currency.
    async fn judge(
        &self,
        name: &str,
        destination: &dyn Destination,
        call: &Call,
        currency: &str,
    ) -> Result<Judged, Failure> {
        let home = self.known_or_guessed(name, currency);
        if home.currency == currency {
            return Ok(Judged::Good);
        }
        match home.known {
            Known::Told => Ok(Judged::Refused(refusal(name, currency, &home.currency))),
            Known::Untold => Ok(Judged::Noted(note(name, currency, &home.currency))),
            Known::Guessed => {
                let told = destination.home_currency(call).await?;
                Ok(self.told(name, currency, home.currency, told))
            }
        }
    }

    /// Remembers what the destination answered, and judges an order whose currency is not that of
    /// the first one.
    fn told(&self, name: &str, currency: &str, first: String, told: Option<String>) -> Judged {
        let known = if told.is_some() {
            Known::Told
        } else {
            Known::Untold
        };
        let is_told = |home: &str| told.as_deref() == Some(home);
        let judged = if is_told(currency) {
            tracing::warn!(
                destination = name,
                "orders in {first} went there as if they were in {currency}, which it keeps its amounts in; mend them, and see vars.home_currency"
            );
            Judged::Noted(at_par(name, currency, &first))
        } else if let Some(home) = &told {
            Judged::Refused(refusal(name, currency, home))
        } else {
            Judged::Noted(note(name, currency, &first))
        };
        let currency = told.unwrap_or(first);
        self.lock()
            .insert(name.to_owned(), Home { currency, known });
        judged
    }

    fn known_or_guessed(&self, name: &str, first: &str) -> Home {
        let guessed = || Home {
            currency: first.to_owned(),
            known: Known::Guessed,
        };
        self.lock()
            .entry(name.to_owned())
            .or_insert_with(guessed)
            .clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Home>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Splits off the orders that must not go out as they are: those in another currency, and those
    /// whose destination could not be asked.
    pub(crate) async fn in_home_currency(
        &self,
        route: &DeliveryRoute,
        call: &Call,
        plans: Vec<Ready>,
    ) -> Sifted {
        let (name, destination) = (&route.destination_name, route.destination.as_ref());
        let mut sifted = Sifted::default();
        for mut ready in plans {
            let Some(currency) = ready.planned.plan.bare_currency.clone() else {
                sifted.ready.push(ready);
                continue;
            };
            match self.homes.judge(name, destination, call, &currency).await {
                Ok(Judged::Good) => sifted.ready.push(ready),
                Ok(Judged::Noted(note)) => {
                    ready.planned.warnings.push(note);
                    sifted.ready.push(ready);
                }
                Ok(Judged::Refused(failure)) => {
                    let refused = self.reject(ready.item, failure, Health::Untouched);
                    sifted.decided.push(refused);
                }
                Err(failure) => {
                    let failed = self.judge(ready.item, *ready.planned, failure.into(), false);
                    sifted.decided.push(failed);
                }
            }
        }
        sifted
    }
}

fn refusal(destination: &str, currency: &str, home: &str) -> Failure {
    let text = format!(
        "the order is in {currency}, and {destination} keeps its amounts in {home}: as a bare number its amount would be another. Where {destination} has several currencies switched on, \
         set vars.multi_currency (or name the currency in vars.currencies, where the mapping has that); then replay this dead letter"
    );
    Failure::permanent(Class::Mapping, "map", text)
}

/// Returns the note for an order where nobody has said what the destination keeps: one of the two
/// currencies was booked at par.
fn note(destination: &str, currency: &str, first: &str) -> String {
    format!(
        "The order's amounts went to {destination} as they are, in {currency}, and those of orders before it in {first}: only one of them can be what {destination} keeps its amounts in. Say \
         in vars.home_currency which it is: an order in another currency is refused then; or set vars.multi_currency, where {destination} has several switched on."
    )
}

/// Returns the note for an order where the destination told that the first currency was the wrong
/// one.
fn at_par(destination: &str, home: &str, first: &str) -> String {
    format!(
        "Orders in {first} went to {destination} before this one as if they were in {home}, which {destination} keeps its amounts in. Look them up and mend them; orders in {first} are \
         refused from now on. Say vars.home_currency = \"{home}\", or set vars.multi_currency, where {destination} has several switched on."
    )
}
