use std::fmt::Display;

/// What keeps the parts from being made, each problem on a line of its own. Holds no secret's
/// value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Problems(Vec<String>);

impl Problems {
    /// All of these.
    pub fn new(problems: impl IntoIterator<Item = impl Display>) -> Self {
        Self(
            problems
                .into_iter()
                .map(|problem| problem.to_string())
                .collect(),
        )
    }

    /// A single one.
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
