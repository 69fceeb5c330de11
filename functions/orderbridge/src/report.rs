//! The output and the end of the program: errors are printed once, at this boundary, with their
//! whole chain.

use comfy_table::{ContentArrangement, Table, TableStyle};
use ports::in_one_line;
use std::{
    error::Error,
    fmt,
    io::{IsTerminal, Write},
};
use telemetry::plain;

/// The reason why the command failed, for a person.
#[derive(Debug)]
pub(crate) struct Failed(String);

impl Failed {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Creates the failure whose reason is in the output already.
    pub(crate) fn told() -> Self {
        Self(String::new())
    }

    /// Creates the failure of several problems, each on a line of its own.
    pub(crate) fn all(problems: impl IntoIterator<Item = impl fmt::Display>) -> Self {
        Self(
            problems
                .into_iter()
                .map(|problem| problem.to_string())
                .collect::<Vec<_>>()
                .join("\n"),
        )
    }
}

impl Failed {
    /// Creates the failure of an error with all its sources.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        Self(in_one_line(error))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<ports::PortError> for Failed {
    fn from(error: ports::PortError) -> Self {
        Self(in_one_line(&error))
    }
}

impl From<routes::Problems> for Failed {
    fn from(problems: routes::Problems) -> Self {
        Self(problems.to_string())
    }
}

/// Prints rows under a head, in columns that fit the terminal.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<String>>) {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(head)
        .add_rows(rows.into_iter().map(|row| {
            row.into_iter()
                .map(|cell| plain::one_line(&cell).into_owned())
                .collect::<Vec<_>>()
        }));
    print(&table.to_string());
}

/// Prints a value as JSON with indentation.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failed::new(format!("cannot be shown as JSON: {error}")))?;
    let _ = writeln!(std::io::stdout(), "{}", plain::json(&text));
    Ok(())
}

/// Prints a line, whatever its parts hold: a line break in one of them makes no second line.
pub(crate) fn line(text: &str) {
    print(&plain::one_line(text));
}

/// Prints a line whatever its parts hold, and on a terminal wraps it there, the rest under its begin.
pub(crate) fn wrapped(text: &str, indent: usize) {
    let text = plain::one_line(text);
    if !std::io::stdout().is_terminal() {
        return print(&text);
    }
    let indent = " ".repeat(indent);
    let options = textwrap::Options::with_termwidth().subsequent_indent(&indent);
    print(&textwrap::fill(&text, options));
}

/// Prints a text of one line or several, without anything in it that a terminal obeys. A reader
/// that has gone away (`| head`) is not an error.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", plain::lines(text));
}

/// Prints a question, and leaves the cursor behind it.
pub(crate) fn prompt(text: &str) {
    let mut out = std::io::stdout();
    let _ = write!(out, "{}", plain::one_line(text)).and_then(|()| out.flush());
}

/// Tells something beside the result.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", plain::one_line(text));
}

/// Prints the reason why the command failed, where it has not been told.
pub(crate) fn complain(failed: &Failed) {
    if failed.0.is_empty() {
        return;
    }
    let _ = writeln!(
        std::io::stderr(),
        "orderbridge: {}",
        plain::lines(&failed.to_string())
    );
}
