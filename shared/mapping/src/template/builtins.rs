//! The filters, tests and functions of Jinja that a mapping has. The list names what is there, not
//! what is left out, so that additions of the engine are reviewed before they are used.

use super::bounds::{self, MOST_ITEMS, Text, fits, spend, too_much};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters, tests, value::Kwargs};
use minijinja_contrib::pycompat;

/// Fills an empty environment.
pub(super) fn install(env: &mut Environment<'static>) {
    // The result of each is at most three times as large as its input.
    env.add_filter("lower", filters::lower);
    env.add_filter("upper", filters::upper);
    env.add_filter("title", filters::title);
    env.add_filter("capitalize", filters::capitalize);
    env.add_filter("trim", filters::trim);
    env.add_filter("length", filters::length);
    env.add_filter("count", filters::length);
    env.add_filter("dictsort", filters::dictsort);
    env.add_filter("items", filters::items);
    env.add_filter("reverse", filters::reverse);
    env.add_filter("default", filters::default);
    env.add_filter("d", filters::default);
    env.add_filter("int", filters::int);
    env.add_filter("bool", filters::bool);
    env.add_filter("attr", filters::attr);
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("sort", filters::sort);
    env.add_filter("select", filters::select);
    env.add_filter("reject", filters::reject);
    env.add_filter("selectattr", filters::selectattr);
    env.add_filter("rejectattr", filters::rejectattr);
    env.add_filter("map", filters::map);
    env.add_filter("groupby", filters::groupby);
    env.add_filter("unique", filters::unique);
    // The engine's own forms of these are not bounded; ours are.
    env.add_filter("join", join);
    env.add_filter("replace", replaced);
    env.add_filter(
        "split",
        |state: &mut State<'_, '_>, text: &Value, separator: Option<&str>| {
            defined(state, text)?;
            parted(text, separator)
        },
    );
    env.add_filter("list", list);
    env.add_filter("string", string);
    env.add_filter(bounds::FITS, fits);
    env.add_function("range", range);
    env.set_unknown_method_callback(method);
    install_tests(env);
}

fn install_tests(env: &mut Environment<'static>) {
    env.add_test("undefined", tests::is_undefined);
    env.add_test("defined", tests::is_defined);
    env.add_test("none", tests::is_none);
    env.add_test("boolean", tests::is_boolean);
    env.add_test("odd", tests::is_odd);
    env.add_test("even", tests::is_even);
    env.add_test("divisibleby", tests::is_divisibleby);
    env.add_test("integer", tests::is_integer);
    env.add_test("string", tests::is_string);
    env.add_test("sequence", tests::is_sequence);
    env.add_test("iterable", tests::is_iterable);
    env.add_test("mapping", tests::is_mapping);
    env.add_test("startingwith", tests::is_startingwith);
    env.add_test("endingwith", tests::is_endingwith);
    env.add_test("lower", tests::is_lower);
    env.add_test("upper", tests::is_upper);
    env.add_test("sameas", tests::is_sameas);
    env.add_test("in", tests::is_in);
    env.add_test("true", tests::is_true);
    env.add_test("false", tests::is_false);
}

/// Calls a method of Python's texts and maps; the methods that make texts have forms of our own.
fn method(
    state: &mut State<'_, '_>,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    if value.as_str().is_none() {
        return pycompat::unknown_method_callback(state, value, name, arguments);
    }
    match (name, arguments) {
        ("format", _) => Err(Error::new(
            ErrorKind::InvalidOperation,
            "`format` can make a text of any length; join its parts with `~`, and write amounts with the filter `money`",
        )),
        ("join", [items]) => joined(state, items, value.as_str().unwrap_or_default(), None),
        ("replace", [from, to]) => replaced(state, value, from, to),
        ("split", [separator]) if separator.as_str().is_some() => parted(value, separator.as_str()),
        ("split", []) => parted(value, None),
        ("join" | "replace" | "split" | "splitlines", _) => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("`{name}` takes other arguments here; see the list of filters"),
        )),
        _ => pycompat::unknown_method_callback(state, value, name, arguments),
    }
}

fn join(
    state: &mut State<'_, '_>,
    items: &Value,
    separator: Option<&str>,
    options: Kwargs,
) -> Result<Value, Error> {
    let named: Option<&str> = options.get("d")?;
    let attribute: Option<&str> = options.get("attribute")?;
    options.assert_all_used()?;
    defined(state, items)?;
    joined(
        state,
        items,
        separator.or(named).unwrap_or_default(),
        attribute,
    )
}

fn joined(
    state: &mut State<'_, '_>,
    items: &Value,
    separator: &str,
    attribute: Option<&str>,
) -> Result<Value, Error> {
    let items = items.try_iter().map_err(|error| {
        let text = format!("`join` needs a list, not a value of type {}", items.kind());
        Error::new(ErrorKind::InvalidOperation, text).with_source(error)
    })?;
    let mut text = Text::default();
    for (place, item) in items.enumerate() {
        if place > 0 {
            text.push(separator)?;
        }
        let item = attribute.map_or_else(|| Ok(item.clone()), |name| item.get_attr(name))?;
        text.print(&item)?;
    }
    spend(state, text.as_str().len())?;
    Ok(Value::from(text.into_string()))
}

/// Replaces a text in another. The length of the result is checked before the result is made.
fn replaced(
    state: &mut State<'_, '_>,
    text: &Value,
    from: &Value,
    to: &Value,
) -> Result<Value, Error> {
    for value in [text, from, to] {
        defined(state, value)?;
    }
    let (text, from, to) = (Text::of(text)?, Text::of(from)?, Text::of(to)?);
    let times = text.as_str().matches(from.as_str()).count();
    let longer = to.as_str().len().saturating_sub(from.as_str().len());
    spend(
        state,
        text.as_str()
            .len()
            .saturating_add(times.saturating_mul(longer)),
    )?;
    Ok(Value::from(
        text.as_str().replace(from.as_str(), to.as_str()),
    ))
}

fn parted(text: &Value, separator: Option<&str>) -> Result<Value, Error> {
    let text = text
        .as_str()
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`split` needs a text"))?;
    match separator {
        Some(separator) => collected(text.split(separator).map(Value::from)),
        None => collected(text.split_whitespace().map(Value::from)),
    }
}

fn list(state: &mut State<'_, '_>, value: &Value) -> Result<Value, Error> {
    defined(state, value)?;
    match value.as_str() {
        Some(text) => collected(text.chars().map(Value::from)),
        None => collected(value.try_iter()?),
    }
}

fn collected(items: impl Iterator<Item = Value>) -> Result<Value, Error> {
    let items: Vec<Value> = items.take(MOST_ITEMS + 1).collect();
    if items.len() > MOST_ITEMS {
        return Err(too_much());
    }
    Ok(Value::from(items))
}

fn string(state: &mut State<'_, '_>, value: &Value) -> Result<Value, Error> {
    defined(state, value)?;
    if value.as_str().is_some() {
        return Ok(value.clone());
    }
    let text = Text::of(value)?;
    spend(state, text.as_str().len())?;
    Ok(Value::from(text.into_string()))
}

/// Fails with the engine's own error for an undefined name, which tells the name.
fn defined(state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        state.format(value.clone())?;
    }
    Ok(())
}

fn range(first: i64, end: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let (first, end) = end.map_or((0, first), |end| (first, end));
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "`range` needs a step other than 0",
        ));
    }
    let next = move |before: &i64| before.checked_add(step);
    let is_inside = move |number: &i64| {
        if step > 0 {
            *number < end
        } else {
            *number > end
        }
    };
    collected(
        std::iter::successors(Some(first), next)
            .take_while(is_inside)
            .map(Value::from),
    )
}
