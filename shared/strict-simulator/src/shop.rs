//! The orders and mappings of a test's shop, whichever system they go to.

use mapping::{Mapping, Overrides};
use order::{Address, Order};
use std::path::Path;

/// Loads a built-in mapping with a route's overrides, as TOML with `[vars]` and `[set.RECORD]`.
#[must_use]
pub fn mapping(name: &str, overrides: &str) -> Mapping {
    let table: toml::Table = overrides.parse().unwrap();
    let part = |name: &str| {
        table
            .get(name)
            .and_then(toml::Value::as_table)
            .cloned()
            .unwrap_or_default()
    };
    let overrides = Overrides {
        vars: part("vars"),
        set: part("set"),
    };
    Mapping::load(name, Path::new("."), &overrides)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Creates an order whose lines are all of this product.
#[must_use]
pub fn order(number: u32, code: &str) -> Order {
    let mut order = Order::example();
    (order.id, order.number) = (number.to_string(), number.to_string());
    for line in &mut order.lines {
        (line.sku, line.code) = (code.to_owned(), code.to_owned());
    }
    order
}

/// Returns the example of that name on the page of the mappings, as overrides of a route.
#[must_use]
pub fn example(system: &str, name: &str) -> String {
    let page = include_str!("../../../config/mappings/README.md");
    let begin = page
        .find(&format!("```toml\n# {system}: {name}"))
        .unwrap_or_else(|| panic!("no example {name}"));
    let block = page[begin..].split("```").nth(1).unwrap();
    block.trim_start_matches("toml").replace("[routes.", "[")
}

/// Creates an address whose state and country are named by their codes.
#[must_use]
pub fn address(street: &str, city: &str, state: &str, postcode: &str, country: &str) -> Address {
    Address {
        street: street.to_owned(),
        address_1: street.to_owned(),
        city: city.to_owned(),
        state: state.to_owned(),
        state_code: state.to_owned(),
        postcode: postcode.to_owned(),
        country: country.to_owned(),
        country_code: country.to_owned(),
        ..Address::default()
    }
}

/// Creates an address in a state.
#[must_use]
pub fn new_york() -> Address {
    address("1 Broadway", "New York", "NY", "10004", "US")
}

/// Creates an address in a country without states.
#[must_use]
pub fn berlin() -> Address {
    address("Chausseestr. 1", "Berlin", "", "10115", "DE")
}
