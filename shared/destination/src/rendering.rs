//! Rendering: from the values of a plan to the JSON of a system. What a value points to is each
//! system's to write.

use crate::Failure;
use mapping::plan::{Lookup, Record, Scalar, Value, When};
use serde_json::{Map, Value as Json};

/// The reason why a value is not written.
#[derive(Clone, Debug, PartialEq)]
pub enum Gap {
    /// It refers to a record that the plan leaves out.
    Absent,
    /// Its look-up found nothing, and the mapping says to leave out the record or line with it: the
    /// reason, for a person.
    LeftOut(String),
    /// The order cannot go on with it.
    Refused(Failure),
}

impl From<Failure> for Gap {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

/// How one system writes what the values of a plan point to.
pub trait Dialect {
    /// Returns the reference to the plan's record of this name; `None` where that is left out.
    fn reference(&mut self, record: &str) -> Option<Json>;

    /// Returns the reference to the record that the look-up leads to.
    ///
    /// # Errors
    /// With the reason where it leads to none.
    fn found(&mut self, lookup: &Lookup) -> Result<Json, Gap>;

    /// Returns a value that is written as it is. Numbers keep their digits: no float touches money.
    fn scalar(&mut self, scalar: &Scalar) -> Json {
        serde_json::to_value(scalar).unwrap_or_default()
    }

    /// Returns a list at this place of the record, given its members and those that were left out:
    /// position and reason.
    ///
    /// # Errors
    /// Where the system takes no such list.
    fn list(
        &mut self,
        place: &str,
        members: Vec<Json>,
        left_out: Vec<(usize, String)>,
    ) -> Result<Json, Gap>;
}

/// Renders the value that stands at `place` of its record, such as `sales_order.item`.
///
/// # Errors
/// With the reason why it is not written. A member of a list that is absent or left out goes without
/// the rest of the list; an object of which every field is absent is absent itself.
pub fn render(dialect: &mut impl Dialect, place: &str, value: &Value) -> Result<Json, Gap> {
    match value {
        Value::Literal(scalar) => Ok(dialect.scalar(scalar)),
        Value::Ref(record) => dialect.reference(record).ok_or(Gap::Absent),
        Value::Lookup(lookup) => dialect.found(lookup),
        Value::Object(fields) => {
            let mut object = Map::new();
            for (name, value) in fields {
                match render(dialect, &format!("{place}.{name}"), value) {
                    Ok(json) => _ = object.insert(name.clone(), json),
                    Err(Gap::Absent) => {}
                    Err(gap) => return Err(gap),
                }
            }
            match object.is_empty() && !fields.is_empty() {
                true => Err(Gap::Absent),
                false => Ok(Json::Object(object)),
            }
        }
        Value::List(items) => {
            let (mut members, mut left_out) = (Vec::new(), Vec::new());
            for (position, item) in items.iter().enumerate() {
                match render(dialect, place, item) {
                    Ok(json) => members.push(json),
                    Err(Gap::Absent) => {}
                    Err(Gap::LeftOut(why)) => left_out.push((position, why)),
                    Err(refused @ Gap::Refused(_)) => return Err(refused),
                }
            }
            dialect.list(place, members, left_out)
        }
    }
}

/// Returns whether a field is written to a record that exists, given what it holds now: a field for
/// blank ones only where all parts of its value are blank, and there it is never emptied.
#[must_use]
pub fn is_due(record: &Record, name: &str, is_blank: impl Fn(&str) -> bool) -> bool {
    record.fields.get(name).is_some_and(|field| match field.on {
        When::Always => true,
        When::Create => false,
        When::Blank => !field.value.is_null() && record.parts(name).all(is_blank),
    })
}

#[cfg(test)]
#[path = "rendering_tests.rs"]
mod tests;
