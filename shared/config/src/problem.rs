use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A mistake in a file that the user wrote, and how to mend it. It never holds a secret's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its severity, which decides whether it stops the start.
    pub severity: Severity,
    /// The file, as it was named to us; `environment` for environment variables.
    pub file: PathBuf,
    /// The line, from 1, where the problem has a place.
    pub line: Option<usize>,
    /// The character in that line, from 1.
    pub column: Option<usize>,
    /// The mistake, and what to write instead.
    pub message: String,
}

/// The severity of a [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is worth a look; nothing stops.
    Warning,
    /// Nothing starts before it is mended.
    Error,
}

impl Problem {
    /// Creates an error of a whole file.
    pub fn error(file: &Path, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            line: None,
            column: None,
            message: message.into(),
        }
    }

    /// Sets the line, counted from 1.
    #[must_use]
    pub fn at_line(self, line: usize) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    /// Turns the problem into a warning.
    #[must_use]
    pub fn as_warning(self) -> Self {
        Self {
            severity: Severity::Warning,
            ..self
        }
    }

    /// Returns whether it stops the start.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `orderbridge.toml:12: unknown key ...`, the form that editors and terminals make a link of.
impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(out, "{line}:")?;
        }
        if self.severity == Severity::Warning {
            write!(out, " warning:")?;
        }
        write!(out, " {}", self.message)
    }
}

impl std::error::Error for Problem {}
