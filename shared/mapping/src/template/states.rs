//! Status maps: from the states of an order to the destination's word.

use minijinja::{Environment, Error, Value};

/// The key of what no other one names.
const OTHER: &str = "other";

/// Teaches an environment to look up an order's state.
pub(crate) fn install(env: &mut Environment<'static>) {
    env.add_filter("by_state", by_state);
}

/// The word for the first of the order's states that the map names, else its word for `other`; null
/// where it has none.
fn by_state(map: &Value, order: &Value) -> Result<Value, Error> {
    let states = order.get_attr("states")?;
    for state in states.try_iter()?.chain([Value::from(OTHER)]) {
        let word = map.get_item(&state)?;
        if !word.is_undefined() && !word.is_none() {
            return Ok(word);
        }
    }
    Ok(Value::from(()))
}
