//! Filters on dates as shops write them: `2023-10-26`, `2023-10-26T10:00:00`, with or without an
//! offset. They see only the wall clock in the text; no filter knows today's date. Null and blank
//! texts stay null.

use jiff::{Span, civil, fmt::temporal::Pieces};
use minijinja::{Environment, Error, ErrorKind, Value};

/// The largest number of bytes in a pattern: each of its letters may stand for many.
const LONGEST_PATTERN: usize = 100;

/// A date, with its time where the text has one.
struct Moment {
    at: civil::DateTime,
    has_time: bool,
}

/// Adds the filters `date`, `add_days`, `add_months`, `date_format` and `years`.
pub(crate) fn install(env: &mut Environment<'static>) {
    env.add_filter("date", |value: &Value| {
        map(value, "date", |moment| Ok(moment.at.date().to_string()))
    });
    env.add_filter("add_days", |value: &Value, days: i64| {
        map(value, "add_days", |moment| {
            moment.plus(Span::new().try_days(days).map_err(out_of_range)?)
        })
    });
    env.add_filter("add_months", |value: &Value, months: i64| {
        map(value, "add_months", |moment| {
            moment.plus(Span::new().try_months(months).map_err(out_of_range)?)
        })
    });
    env.add_filter("years", |value: &Value, first: i16, last: i16| {
        map(value, "years", |moment| moment.within(first, last))
    });
    env.add_filter("date_format", |value: &Value, format: String| {
        map(value, "date_format", |moment| {
            if format.len() > LONGEST_PATTERN {
                return Err(invalid(format!(
                    "`date_format` takes a pattern of up to {LONGEST_PATTERN} letters"
                )));
            }
            jiff::fmt::strtime::format(&format, moment.at)
                .map_err(|error| invalid(format!("`date_format` cannot write `{format}`: {error}")))
        })
    });
}

impl Moment {
    fn parse(text: &str, filter: &str) -> Result<Self, Error> {
        let pieces = Pieces::parse(text).map_err(|_| {
            invalid(format!(
                "`{filter}` needs a date such as 2023-10-26 or 2023-10-26T10:00:00"
            ))
        })?;
        let time = pieces.time();
        Ok(Self {
            at: pieces.date().to_datetime(time.unwrap_or_default()),
            has_time: time.is_some(),
        })
    }

    /// Returns the date's text, where its year is one that the destination takes.
    fn within(self, first: i16, last: i16) -> Result<String, Error> {
        if (first..=last).contains(&self.at.year()) {
            return Ok(self.text());
        }
        let date = self.at.date();
        Err(invalid(format!(
            "the date {date} is outside the years {first} to {last} that the destination takes; correct it in the shop"
        )))
    }

    fn text(&self) -> String {
        if self.has_time {
            self.at.to_string()
        } else {
            self.at.date().to_string()
        }
    }

    /// Adds a span. One month later is the same day of the next month, or its last day where that
    /// month has no such day.
    fn plus(self, span: Span) -> Result<String, Error> {
        let at = self.at.checked_add(span).map_err(out_of_range)?;
        Ok(Self { at, ..self }.text())
    }
}

fn map(
    value: &Value,
    filter: &str,
    change: impl FnOnce(Moment) -> Result<String, Error>,
) -> Result<Value, Error> {
    let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
    if value.is_none() || blank {
        return Ok(Value::from(()));
    }
    let text = value.as_str().ok_or_else(|| {
        invalid(format!(
            "`{filter}` needs a date as text, not a value of type {}",
            value.kind()
        ))
    })?;
    change(Moment::parse(text.trim(), filter)?).map(Value::from)
}

fn out_of_range(error: jiff::Error) -> Error {
    invalid(format!("the date is out of range: {error}"))
}

fn invalid(text: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, text)
}
