//! The decision whether the order's amounts may be written as they are. A number without a currency
//! is in the destination's own; there, a number in another currency would be another amount.

use crate::{
    spec::CurrencySpec,
    template::{Engine, Template},
};
use minijinja::Value;
use order::{Order, currency};

/// Returns the destination's own currency as the mapping's variables name it.
pub(super) fn home(
    spec: &CurrencySpec,
    engine: &Engine,
    context: &Value,
) -> Result<Option<String>, String> {
    let Some(template) = &spec.home else {
        return Ok(None);
    };
    let told = engine.evaluate(template, context)?;
    Ok(Some(told.to_string().trim().to_uppercase())
        .filter(|text| !told.is_none() && !text.is_empty()))
}

/// The decision about an order's amounts.
pub(super) enum Money<'a> {
    /// They go out as they are.
    AsTheyAre,
    /// They go out as they are if the destination turns out to keep this currency. The text is a
    /// note for the operator where the shop's books are in another currency.
    IfHome(String, Option<String>),
    /// The order goes out in the currency of the shop's books, and a note says so.
    InBooks(&'a Order, String),
}

/// Decides according to the mapping's `[currency]`.
pub(super) fn decide<'a>(
    spec: &CurrencySpec,
    engine: &Engine,
    order: &'a Order,
    context: &Value,
) -> Result<Money<'a>, String> {
    let told = |template: &Option<Template>| match template {
        Some(template) => engine.evaluate(template, context),
        None => Ok(Value::from(())),
    };
    if order.currency.is_empty() || told(&spec.others)?.is_true() {
        return Ok(Money::AsTheyAre);
    }
    let home = home(spec, engine, context)?;
    if home.as_ref() == Some(&order.currency) {
        return Ok(Money::AsTheyAre);
    }
    if told(&spec.convert)?.is_true()
        && let Some(books) = &order.in_books
        && home.as_ref().is_none_or(|home| *home == books.currency)
    {
        let note = format!(
            "The order is in {}, and goes out in {}, in which the shop keeps its books: {} in place of {}.",
            order.currency,
            books.currency,
            currency::written(books.total, &books.currency),
            currency::written(order.total, &order.currency)
        );
        return Ok(Money::InBooks(books, note));
    }
    match home {
        None => Ok(Money::IfHome(order.currency.clone(), other_books(order))),
        Some(home) => Err(refusal(order, &home)),
    }
}

/// Returns a note where the shop keeps its books in another currency: nothing says which of the two
/// is the destination's.
fn other_books(order: &Order) -> Option<String> {
    let books = order.in_books.as_ref()?;
    Some(format!(
        "The order is in {}, and the shop keeps its books in {}: say in vars.home_currency which of them the destination keeps (and set vars.convert_currency to deliver {} {} in place of {} {}).",
        order.currency,
        books.currency,
        currency::written(books.total, &books.currency),
        books.currency,
        currency::written(order.total, &order.currency),
        order.currency
    ))
}

fn refusal(order: &Order, home: &str) -> String {
    let books = match &order.in_books {
        Some(books) if books.currency == *home => {
            ", or vars.convert_currency to deliver the amounts of the shop's own books"
        }
        _ => "",
    };
    format!(
        "the order is in {}, and vars.home_currency says {home}: its amounts would be booked as {home}. Where the destination has several currencies switched on, \
         set vars.multi_currency (or name the currency in vars.currencies, where the mapping has that){books}",
        order.currency
    )
}
