#![doc = include_str!("../README.md")]

use async_trait::async_trait;
use serde::Serialize;
use std::{fmt, sync::Arc};

/// One thing that the other side must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The thing, as the other side names it: `Opportunity.Shop_Order_Id__c`, `webhook
    /// order.updated`. Tells the items of a plan apart.
    pub subject: String,
    /// Whether it is there, and as it must be.
    pub state: State,
    /// What was found, as a sentence without a full stop.
    pub found: String,
    /// What can be done about it.
    pub remedy: Remedy,
}

/// Whether a thing is there, and as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is there, and as it must be.
    Good,
    /// It is not there.
    Missing,
    /// It is there, but orders would fail or double because of how it is.
    Wrong,
    /// It could not be asked, with these rights or now.
    Unknown,
    /// Orders can be delivered without it; somebody should know.
    Advice,
}

/// What can be done about an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Nothing needs to be done.
    Nothing,
    /// One change by API, as a sentence in the imperative: "create the field as Text(255), External
    /// ID, Unique".
    Api(String),
    /// No API can do it, or not with these rights: steps in the words of the vendor's screens.
    ByHand(Vec<String>),
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// It was made or changed.
    Done,
    /// Somebody else had made it in between.
    WasThere,
    /// The other side refused it.
    Refused {
        /// The other side's reason, and what to do.
        why: String,
        /// The same thing by hand, in the words of the vendor's screens; empty where that would
        /// help no more than the API.
        steps: Vec<String>,
    },
}

/// One side that needs things: a destination for its routes, or a shop for its store.
#[async_trait]
pub trait Setup: Send + Sync {
    /// Returns what is needed, and what of it is there, in the order in which it must be made.
    /// Changes nothing. What cannot be asked is an item as well.
    async fn plan(&self) -> Vec<Item>;

    /// Makes one item of a plan whose remedy is [`Remedy::Api`]. That it is there already is a
    /// success.
    async fn make(&self, item: &Item) -> Made;

    /// Returns a project that makes what the items of a plan lack and no API can make, for the
    /// vendor's own tool. Empty where there is none.
    fn project(&self, _plan: &[Item]) -> Vec<ProjectFile> {
        Vec::new()
    }
}

/// A file of a project for a vendor's own tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProjectFile {
    /// The path within the project's folder, with `/` between its parts.
    pub path: String,
    /// The content.
    pub content: String,
}

/// A side by its name, for those who look at several: `destination sales`, `store acme`.
#[derive(Clone)]
pub struct Side {
    /// The kind and the name of it in the configuration.
    pub name: String,
    /// What it needs.
    pub setup: Arc<dyn Setup>,
}

/// The numbers of items that are not as they must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Open {
    /// Those that can be made by API.
    pub to_make: usize,
    /// Those that somebody has to make by hand, or that could not be asked.
    pub by_hand: usize,
    /// Those that somebody should know of, though orders can be delivered.
    pub advice: usize,
}

impl Open {
    /// Counts the items of plans.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut open = Self::default();
        for item in items {
            match (&item.remedy, item.is_bad()) {
                (Remedy::Api(_), _) => open.to_make += 1,
                (_, true) => open.by_hand += 1,
                (_, false) if item.state == State::Advice => open.advice += 1,
                _ => {}
            }
        }
        open
    }
}

/// The end of a [`make`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was changed, and what became of it, in order.
    pub made: Vec<(Item, Made)>,
    /// The plan as it was read back afterwards.
    pub after: Vec<Item>,
}

/// The plans after which [`make`] gives up: what is made can uncover what is missing (a permission
/// for a new field), each time one layer deeper.
const MOST_ROUNDS: usize = 4;

/// Makes everything of the plan that an API can make, one by one, each at most once, and reads the
/// plan back. `told` hears of each change as soon as it was tried.
pub async fn make(setup: &dyn Setup, mut told: impl FnMut(&Item, &Made) + Send) -> Report {
    let mut made: Vec<(Item, Made)> = Vec::new();
    let mut after = setup.plan().await;
    for _ in 0..MOST_ROUNDS {
        let is_new = |item: &&Item| {
            matches!(item.remedy, Remedy::Api(_)) && !made.iter().any(|(known, _)| known == *item)
        };
        let open: Vec<Item> = after.iter().filter(is_new).cloned().collect();
        if open.is_empty() {
            break;
        }
        for item in open {
            let became = setup.make(&item).await;
            told(&item, &became);
            made.push((item, became));
        }
        after = setup.plan().await;
    }
    Report { made, after }
}

impl Item {
    /// Creates an item that is as it must be.
    #[must_use]
    pub fn good(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            state: State::Good,
            found: found.into(),
            remedy: Remedy::Nothing,
        }
    }

    /// Creates an item that is not as it must be, or that somebody should know of.
    #[must_use]
    pub fn open(
        subject: impl Into<String>,
        state: State,
        found: impl Into<String>,
        remedy: Remedy,
    ) -> Self {
        Self {
            subject: subject.into(),
            state,
            found: found.into(),
            remedy,
        }
    }

    /// Returns whether orders cannot be delivered, or may double, until somebody does something.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(self.state, State::Missing | State::Wrong | State::Unknown)
    }
}

/// The item in one line: the thing, what was found, what to do.
impl fmt::Display for Item {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.subject, self.found)?;
        match &self.remedy {
            Remedy::Nothing => Ok(()),
            Remedy::Api(change) => write!(out, ": {change}"),
            Remedy::ByHand(steps) => write!(out, ": {}", steps.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests;
