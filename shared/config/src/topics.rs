use crate::{
    Platform,
    suggest::{did_you_mean, listed},
};

/// The topics of a platform's webhooks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Topics {
    /// Topics with a name of their own.
    pub(crate) listed: &'static [&'static str],
    /// The kind of topics that no list holds.
    pub(crate) unlisted: Unlisted,
    /// Topics whose usual sender names them neither in a header nor in the body: only `?topic=` in
    /// the webhook's address does.
    pub(crate) untold: &'static [&'static str],
}

/// The kinds of topics that no list holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unlisted {
    /// There are none.
    Never,
    /// Any name that the shop makes up.
    Any,
    /// Names that begin with `prefix`; `what` describes for a person what follows it.
    After {
        prefix: &'static str,
        what: &'static str,
    },
}

/// Returns the problem of a topic that this platform never sends; `None` for one that it may send.
pub(crate) fn unknown_topic(platform: Platform, topic: &str) -> Option<String> {
    let Topics {
        listed: known,
        unlisted,
        ..
    } = platform.topics();
    if known.contains(&topic) {
        return None;
    }
    let besides = match unlisted {
        Unlisted::Any => return None,
        Unlisted::After { prefix, .. }
            if topic
                .strip_prefix(prefix)
                .is_some_and(|rest| !rest.is_empty()) =>
        {
            return None;
        }
        Unlisted::After { prefix, what } => format!(" or `{prefix}` with {what}"),
        Unlisted::Never => String::new(),
    };
    let near = did_you_mean(topic, known.iter().copied());
    let fix = if near.is_empty() {
        format!("; write one of {}{besides}", listed(known.iter().copied()))
    } else {
        near
    };
    Some(format!(
        "`{topic}` is no topic of {}{fix}",
        platform.as_str()
    ))
}

/// Returns what to do about the topics of a list that no sender of the platform names by itself;
/// `None` where there is none.
pub(crate) fn untold_topics(platform: Platform, topics: &[&str]) -> Option<String> {
    let untold = platform.topics().untold;
    let mut concerned = topics
        .iter()
        .copied()
        .filter(|topic| untold.contains(topic))
        .peekable();
    let first = *concerned.peek()?;
    Some(format!(
        "the modules that send {} say nowhere what they send, and what comes without a topic is taken whatever `topics` lists; let the address of each such webhook end in its own, as in ?topic={first}",
        listed(concerned)
    ))
}
