use mapping::{Mapping, Overrides};
use order::Order;
use std::sync::LazyLock;

static ORDER: LazyLock<Order> = LazyLock::new(Order::example);

/// The text of a mapping file, and a plan where it is one.
pub fn mapping(text: &str) {
    if let Ok(mapping) = Mapping::parse("fuzz.toml", text, &Overrides::default()) {
        let _ = mapping.plan(&ORDER);
    }
}
