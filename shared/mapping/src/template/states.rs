//! Status maps: from the states of an order to the destination's word.

use minijinja::{Environment, Error, Value};

/// The key for the states that no other key names.
const OTHER: &str = "other";

/// Adds the filter that looks up an order's state.
pub(crate) fn install(env: &mut Environment<'static>) {
    env.add_filter("by_state", by_state);
}

/// Returns the word for the first of the order's states that the map names, else its word for
/// `other`, else null.
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
