use std::fmt::Display;

/// The problems that keep the parts from being made, each on a line of its own. They hold no
/// secret's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Problems(Vec<String>);

impl Problems {
    /// Creates the error from all of these problems.
    pub fn new(problems: impl IntoIterator<Item = impl Display>) -> Self {
        Self(
            problems
                .into_iter()
                .map(|problem| problem.to_string())
                .collect(),
        )
    }

    /// Creates the error from a single problem.
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }

    /// Returns each of the problems.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
