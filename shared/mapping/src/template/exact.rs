//! Exact decimals in templates: a value type of their own, and the filters and tests that calculate
//! and compare with them.

use minijinja::{
    Environment, Error, ErrorKind, State, Value,
    value::{DynObject, Enumerator, Kwargs, Object, ObjectRepr},
};
use rust_decimal::{Decimal, RoundingStrategy};
use std::{cmp::Ordering, fmt, sync::Arc};

/// The largest number of decimals: money and quantities have no more.
const MOST_PLACES: u32 = 12;

/// A decimal as templates see it: prints its own digits (`50.00`), is false when zero, compares
/// with its like.
#[derive(Debug)]
pub(crate) struct Exact(Decimal);

impl Exact {
    /// Wraps a decimal as a template value.
    pub(crate) fn value(decimal: Decimal) -> Value {
        Value::from_object(Self(decimal))
    }

    /// Returns the decimal in a template value, if it holds one.
    pub(crate) fn of(value: &Value) -> Option<Decimal> {
        value.downcast_object_ref::<Self>().map(|exact| exact.0)
    }
}

impl Object for Exact {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.0.is_zero()
    }

    fn custom_cmp(self: &Arc<Self>, other: &DynObject) -> Option<Ordering> {
        Some(self.0.cmp(&other.downcast_ref::<Self>()?.0))
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// Adds exact calculation and comparison to an environment, and removes floats.
pub(crate) fn install(env: &mut Environment<'static>) {
    env.add_filter("plus", |left: &Value, right: &Value| {
        calculate("plus", left, right, Decimal::checked_add)
    });
    env.add_filter("minus", |left: &Value, right: &Value| {
        calculate("minus", left, right, Decimal::checked_sub)
    });
    env.add_filter("times", |left: &Value, right: &Value| {
        calculate("times", left, right, Decimal::checked_mul)
    });
    env.add_filter("divided_by", divided_by);
    env.add_filter("money", money);
    env.add_filter("number", number);
    env.add_filter("round", |value: &Value, places: Option<u32>| {
        Ok::<_, Error>(Exact::value(rounded(
            decimal(value, "round")?,
            places.unwrap_or(0),
        )))
    });
    env.add_filter("abs", |value: &Value| {
        Ok::<_, Error>(Exact::value(decimal(value, "abs")?.abs()))
    });
    env.add_filter("sum", sum);
    env.add_filter("min", |values: &Value| extreme(values, Ordering::Less));
    env.add_filter("max", |values: &Value| extreme(values, Ordering::Greater));
    env.remove_filter("float");
    install_tests(env);
}

fn install_tests(env: &mut Environment<'static>) {
    for name in ["eq", "equalto", "=="] {
        env.add_test(name, same);
    }
    for name in ["ne", "!="] {
        env.add_test(name, |left: &Value, right: &Value| !same(left, right));
    }
    for name in ["lt", "lessthan", "<"] {
        env.add_test(name, |left: &Value, right: &Value| {
            compare(left, right) == Ordering::Less
        });
    }
    for name in ["le", "<="] {
        env.add_test(name, |left: &Value, right: &Value| {
            compare(left, right) != Ordering::Greater
        });
    }
    for name in ["gt", "greaterthan", ">"] {
        env.add_test(name, |left: &Value, right: &Value| {
            compare(left, right) == Ordering::Greater
        });
    }
    for name in ["ge", ">="] {
        env.add_test(name, |left: &Value, right: &Value| {
            compare(left, right) != Ordering::Less
        });
    }
    env.add_test("number", |value: &Value| {
        Exact::of(value).is_some() || value.is_number()
    });
}

/// Returns whether two values are equal: numbers by their value, everything else as in the template
/// engine.
fn same(left: &Value, right: &Value) -> bool {
    match (numeric(left), numeric(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

/// Compares numbers by their value, everything else as the template engine does.
fn compare(left: &Value, right: &Value) -> Ordering {
    match (numeric(left), numeric(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.cmp(right),
    }
}

/// Returns the value of an exact number or an integer. Texts are no numbers here: `"1" is eq(1)` is
/// false, as everywhere in Jinja.
pub(crate) fn numeric(value: &Value) -> Option<Decimal> {
    if let Some(exact) = Exact::of(value) {
        return Some(exact);
    }
    let whole = value
        .is_integer()
        .then(|| i128::try_from(value.clone()).ok())
        .flatten()?;
    Decimal::try_from_i128_with_scale(whole, 0).ok()
}

/// Reads a number for a calculation. Texts such as `"12.50"` count, because shops write amounts as
/// text.
fn decimal(value: &Value, filter: &str) -> Result<Decimal, Error> {
    let text = || {
        value
            .as_str()
            .and_then(|text| Decimal::from_str_exact(text.trim()).ok())
    };
    numeric(value).or_else(text).ok_or_else(|| {
        let kind = if value.is_number() {
            "a floating-point number".to_owned()
        } else {
            format!("a value of type {}", value.kind())
        };
        invalid(format!(
            "`{filter}` needs an exact number, or a text that is one, and got {kind}"
        ))
    })
}

fn calculate(
    filter: &str,
    left: &Value,
    right: &Value,
    operation: fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Value, Error> {
    let result = operation(decimal(left, filter)?, decimal(right, filter)?);
    result
        .map(Exact::value)
        .ok_or_else(|| invalid(format!("`{filter}` gives a number that is too large")))
}

fn divided_by(left: &Value, right: &Value, places: Option<u32>) -> Result<Value, Error> {
    let (left, right) = (decimal(left, "divided_by")?, decimal(right, "divided_by")?);
    let quotient = left
        .checked_div(right)
        .ok_or_else(|| invalid("`divided_by` cannot divide by zero".to_owned()))?;
    Ok(Exact::value(rounded(quotient, places.unwrap_or(2))))
}

/// Writes an amount with this number of decimals, else with that of the order's currency.
fn money(state: &State<'_, '_>, value: &Value, places: Option<u32>) -> Result<String, Error> {
    let of_order = || order::currency::decimals(&currency(state).unwrap_or_default());
    let places = places.unwrap_or_else(of_order).min(MOST_PLACES);
    let mut amount = rounded(decimal(value, "money")?, places);
    amount.rescale(places);
    Ok(amount.to_string())
}

fn currency(state: &State<'_, '_>) -> Option<String> {
    let order = state.lookup("order")?;
    Some(order.get_attr("currency").ok()?.as_str()?.to_owned())
}

/// Reads a number. Null and blank texts stay null, so that an optional field of a payload can be
/// read.
fn number(value: &Value) -> Result<Value, Error> {
    let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
    if value.is_none() || blank {
        return Ok(Value::from(()));
    }
    decimal(value, "number").map(Exact::value)
}

fn sum(values: &Value, options: Kwargs) -> Result<Value, Error> {
    let attribute: Option<&str> = options.get("attribute")?;
    options.assert_all_used()?;
    let mut total = Decimal::ZERO;
    for value in values.try_iter()? {
        let item = attribute.map_or_else(|| Ok(value.clone()), |name| value.get_attr(name))?;
        let item = decimal(&item, "sum")?;
        total = total
            .checked_add(item)
            .ok_or_else(|| invalid("`sum` gives a number that is too large".to_owned()))?;
    }
    Ok(Exact::value(total))
}

/// Returns the smallest or the largest value; null for an empty list.
fn extreme(values: &Value, wanted: Ordering) -> Result<Value, Error> {
    let pick = |best: Value, value: Value| {
        if compare(&value, &best) == wanted {
            value
        } else {
            best
        }
    };
    Ok(values
        .try_iter()?
        .reduce(pick)
        .unwrap_or_else(|| Value::from(())))
}

/// Rounds half a unit away from zero, as on an invoice.
pub(crate) fn rounded(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(
        places.min(MOST_PLACES),
        RoundingStrategy::MidpointAwayFromZero,
    )
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, text)
}
