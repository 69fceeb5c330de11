//! Instants in the form of the file: whole microseconds since 1970, which hold every instant of a
//! shop and compare as numbers.

use jiff::Timestamp;
use rusqlite::{Row, RowIndex, types::Type};
use std::time::Duration;

/// Returns an instant in the form of the file.
pub(crate) fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// Returns the instant some time after another; stops at the end of time.
pub(crate) fn later(now: Timestamp, time: Duration) -> i64 {
    micros(now.saturating_add(time).unwrap_or(Timestamp::MAX))
}

/// Reads the instant of a column.
pub(crate) fn instant(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<Timestamp> {
    to_instant(row.get(column)?)
}

/// Reads the instant of a column that may be empty.
pub(crate) fn optional_instant(
    row: &Row<'_>,
    column: impl RowIndex,
) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?
        .map(to_instant)
        .transpose()
}

/// Returns the instant that is this many microseconds after 1970.
pub(crate) fn to_instant(micros: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, Box::new(error))
    })
}
