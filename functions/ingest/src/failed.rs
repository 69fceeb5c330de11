/// Why the function cannot start: everything that is missing or wrong, together, in one line,
/// because that is what one entry of Lambda's log is made of.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Failed(Vec<String>);

impl Failed {
    /// Of these problems.
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
