use operator::orders::Standing;

/// A state in a word, and how it is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) word: &'static str,
    /// `good`, `wait`, `bad`; empty where it is neither.
    pub(crate) tone: &'static str,
}

impl Tag {
    pub(crate) const fn good(word: &'static str) -> Self {
        Self { word, tone: "good" }
    }

    pub(crate) const fn wait(word: &'static str) -> Self {
        Self { word, tone: "wait" }
    }

    pub(crate) const fn bad(word: &'static str) -> Self {
        Self { word, tone: "bad" }
    }

    pub(crate) const fn plain(word: &'static str) -> Self {
        Self { word, tone: "" }
    }

    pub(crate) fn of(standing: Standing) -> Self {
        let word = standing.as_str();
        match standing {
            Standing::Delivered => Self::good(word),
            Standing::Waiting | Standing::Retrying => Self::wait(word),
            Standing::Rejected => Self::bad(word),
            Standing::Skipped => Self::plain(word),
        }
    }
}
