use crate::{
    Platform,
    suggest::{did_you_mean, listed},
};

/// The topics of a platform's webhooks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Topics {
    /// Those with a name of their own.
    pub(crate) listed: &'static [&'static str],
    /// Whether there are others.
    pub(crate) unlisted: Unlisted,
}

/// Which topics there are that no list holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unlisted {
    /// None.
    Never,
    /// Whatever the shop makes up.
    Any,
    /// Those that begin with `prefix`; `what` says for a person what follows it.
    After { prefix: &'static str, what: &'static str },
}

/// What is wrong with a topic that this platform never sends.
pub(crate) fn unknown_topic(platform: Platform, topic: &str) -> Option<String> {
    let Topics { listed: known, unlisted } = platform.topics();
    if known.contains(&topic) {
        return None;
    }
    let besides = match unlisted {
        Unlisted::Any => return None,
        Unlisted::After { prefix, .. } if topic.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()) => return None,
        Unlisted::After { prefix, what } => format!(" or `{prefix}` with {what}"),
        Unlisted::Never => String::new(),
    };
    let near = did_you_mean(topic, known.iter().copied());
    let fix = if near.is_empty() {
        format!("; write one of {}{besides}", listed(known.iter().copied()))
    } else {
        near
    };
    Some(format!("`{topic}` is no topic of {}{fix}", platform.as_str()))
}
