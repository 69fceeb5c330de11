/// The reason why the function cannot start: everything that is missing or wrong, together, in one
/// line, because an entry of Lambda's log is one line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Failed(Vec<String>);

impl Failed {
    /// Creates the error from all problems.
    #[must_use]
    pub fn all(problems: impl IntoIterator<Item = impl ToString>) -> Self {
        Self(
            problems
                .into_iter()
                .map(|problem| problem.to_string())
                .collect(),
        )
    }
}
