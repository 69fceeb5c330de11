use crate::Failure;
use jiff::Timestamp;
use mapping::plan::Record;
use serde::Serialize;
use serde_json::Value;

/// The state in which a destination holds one plan, record by record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// One entry for each record of the plan, in the plan's order, and behind them one for each
    /// record that the plan would remove.
    pub records: Vec<RecordReading>,
}

/// The state of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordReading {
    /// The `name` in the mapping.
    pub name: String,
    /// The place within its `for_each`, 0 for single records.
    pub index: usize,
    /// The destination's word for the kind of record.
    pub object: String,
    /// The state.
    pub held: Held,
}

/// The state of a planned record in the destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "held", rename_all = "snake_case")]
pub enum Held {
    /// The destination holds it.
    Found {
        /// Its id.
        id: String,
        /// The fields that are not as planned. Only fields that every delivery writes are compared,
        /// and both sides as the destination stores them.
        differences: Vec<Difference>,
        /// The last change to the record.
        changed: Change,
    },
    /// It was there and is not any more.
    Gone {
        /// Its former id.
        id: String,
        /// The deletion.
        deleted: Change,
        /// The id of the record into which it was merged.
        merged_into: Option<String>,
    },
    /// The destination neither holds it nor knows of its deletion.
    Absent,
    /// The destination holds it, and the plan does not have it: a line that is too many.
    Unplanned {
        /// Its id.
        id: String,
        /// The last change to the record.
        changed: Change,
    },
}

/// A field that is not as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Name of the field.
    pub field: String,
    /// The planned value.
    pub expected: String,
    /// The value in the destination; empty where it has none.
    pub found: String,
    /// The change that made it so, where the destination keeps a history of the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Change>,
}

/// The author and the time of a change, as far as the destination tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The name of the user. For the operator's screen only, never for a log.
    pub by: Option<String>,
    /// The time.
    pub at: Option<Timestamp>,
    /// Whether that user is the one as whom orders are written here; `None` where it is not known.
    pub is_ours: Option<bool>,
}

impl RecordReading {
    /// Creates the state of a planned record.
    #[must_use]
    pub fn of(record: &Record, held: Held) -> Self {
        Self {
            name: record.name.clone(),
            index: record.index,
            object: record.object.clone(),
            held,
        }
    }
}

impl Difference {
    /// Creates a difference of which only the values are known.
    #[must_use]
    pub fn new(field: impl Into<String>, expected: String, found: String) -> Self {
        Self {
            field: field.into(),
            expected,
            found,
            changed: None,
        }
    }
}

/// Returns a field's value for a person: a reference by its name, else by its id; empty where there
/// is none.
#[must_use]
pub fn shown(value: &Value) -> String {
    let told_by = |name: &str| value.get(name).and_then(Value::as_str);
    match (value, told_by("name").or_else(|| told_by("id"))) {
        (Value::Null, _) => String::new(),
        (Value::String(text), _) => text.clone(),
        (_, Some(reference)) => reference.to_owned(),
        (other, None) => other.to_string(),
    }
}

/// Returns the readings of plans that were read together; a failure of the call is the failure of
/// each.
#[must_use]
pub fn per_plan(
    plans: usize,
    read: Result<Vec<Result<Reading, Failure>>, Failure>,
) -> Vec<Result<Reading, Failure>> {
    read.unwrap_or_else(|failure| vec![Err(failure); plans])
}

/// Returns whether two texts say the same to a system that trims them and ends lines its own way.
#[must_use]
pub fn is_same_text(planned: &str, present: &str) -> bool {
    let lines = |text: &str| text.trim().replace("\r\n", "\n");
    lines(planned) == lines(present)
}

impl Reading {
    /// Returns whether the destination holds all of the plan, as planned and nothing beside it.
    #[must_use]
    pub fn agrees(&self) -> bool {
        let is_as_planned = |record: &RecordReading| matches!(&record.held, Held::Found { differences, .. } if differences.is_empty());
        self.records.iter().all(is_as_planned)
    }
}
