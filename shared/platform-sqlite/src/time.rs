//! Instants as the file keeps them: whole microseconds since 1970, which every instant of a shop
//! fits into and which compare as numbers.

use jiff::Timestamp;
use rusqlite::{Row, types::Type};
use std::time::Duration;

/// An instant as the file keeps it.
pub(crate) fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// Some time after an instant; stops at the end of time.
pub(crate) fn later(now: Timestamp, time: Duration) -> i64 {
    micros(now.saturating_add(time).unwrap_or(Timestamp::MAX))
}

/// The instant in a column.
pub(crate) fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    to_instant(row.get(column)?)
}

/// The instant in a column that may be empty.
pub(crate) fn optional_instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?
        .map(to_instant)
        .transpose()
}

/// The instant of so many microseconds.
pub(crate) fn to_instant(micros: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, Box::new(error))
    })
}
