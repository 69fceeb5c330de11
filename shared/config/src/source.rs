use crate::Problem;
use std::{ops::Range, path::Path};

/// The text of a file, which turns places in it into lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) file: &'a Path,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// Creates an error at a place in the file.
    pub(crate) fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let column = before
            .chars()
            .rev()
            .take_while(|character| *character != '\n')
            .count()
            + 1;
        Problem {
            column: Some(column),
            ..Problem::error(self.file, message).at_line(self.line(span))
        }
    }

    /// Returns the line of a place, from 1.
    pub(crate) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    /// Creates a problem from the TOML parser's error. The parser's own display would repeat the
    /// line of the file, which may hold a secret.
    pub(crate) fn syntax_problem(&self, error: &toml::de::Error) -> Problem {
        let message = format!(
            "this is not TOML: {}; mend the line, then the rest of the file is checked",
            error.message()
        );
        match error.span() {
            Some(span) => self.problem(&span, message),
            None => Problem::error(self.file, message),
        }
    }
}

/// The problems that were found, collected so that all are reported together.
#[derive(Debug, Default)]
pub(crate) struct Report(pub(crate) Vec<Problem>);

impl Report {
    /// Returns the value, or keeps the problem and returns nothing.
    pub(crate) fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.0.push(problem)).ok()
    }

    /// Returns the problems in the order of the file, those of the whole file first.
    pub(crate) fn sorted(mut self) -> Vec<Problem> {
        self.0.sort_by_key(|problem| (problem.line, problem.column));
        self.0
    }
}
