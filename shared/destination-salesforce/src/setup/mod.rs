//! What an org must have before the first order, and the making of it. The plan is always read with
//! the integration user's own rights, because it is that user who delivers; what is missing is made
//! with the rights of whoever may make it. A field that the API makes is hidden from everybody until
//! a permission set grants it (Object Reference, FieldPermissions), so each run looks at the rights
//! of fields that are there already: an earlier run may have ended between the two steps.

mod catalogue;
mod content;
mod field;
mod making;
mod metadata;
mod object;
mod org;
mod refusal;
mod rights;
mod steps;
mod survey;

use crate::Salesforce;
use ::setup::{Item, Made, Remedy, Setup, State};
use async_trait::async_trait;
use destination::Call;
use mapping::{Plan, plan::Lookup};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

/// The name of the permission set that grants what the mapping needs.
const PERMISSION_SET: &str = "orderbridge";

/// The set-up of one org for the plans of its routes.
pub struct SalesforceSetup {
    own: Salesforce,
    maker: Option<Salesforce>,
    plans: Vec<Plan>,
    /// The changes behind the items of the last plan, by their subjects.
    changes: Mutex<BTreeMap<String, Change>>,
}

/// An item of the plan, and the change that its remedy stands for.
#[derive(Clone, Debug)]
struct Entry {
    item: Item,
    change: Option<Change>,
}

/// One change by API.
#[derive(Clone, Debug, PartialEq)]
enum Change {
    CreateSet,
    GrantObject {
        object: String,
        creates: bool,
    },
    CreateField {
        object: String,
        name: String,
        metadata: Value,
    },
    RedefineField {
        object: String,
        name: String,
        metadata: Map<String, Value>,
    },
    GrantField {
        object: String,
        name: String,
    },
    Assign,
    ActivateBook(String),
    CreateProduct(Lookup),
}

impl SalesforceSetup {
    /// Creates the set-up. `own` is the integration user, with whose rights everything is judged;
    /// `maker` makes what is missing, and is the integration user, too, where it is `None`.
    #[must_use]
    pub fn new(own: Salesforce, maker: Option<Salesforce>, plans: Vec<Plan>) -> Self {
        Self {
            own,
            maker,
            plans,
            changes: Mutex::default(),
        }
    }

    fn maker(&self) -> &Salesforce {
        self.maker.as_ref().unwrap_or(&self.own)
    }

    async fn entries(&self) -> Vec<Entry> {
        let call = Call::without_deadline();
        let (own, maker) = (self.own.client(&call), self.maker().client(&call));
        let mut entries = Vec::new();
        match own.token().await {
            Ok(token) => entries.push(Entry::good(
                "log-in",
                format!(
                    "the integration user is logged in; calls go to {}",
                    token.base_url
                ),
            )),
            Err(failure) => return vec![Entry::unknown("log-in", failure.to_string())],
        }
        if self.maker.is_some() {
            match maker.token().await {
                Ok(_) => entries.push(Entry::good(
                    "administrator's log-in",
                    "the administrator is logged in",
                )),
                Err(failure) => {
                    entries.push(Entry::unknown(
                        "administrator's log-in",
                        failure.to_string(),
                    ));
                    return entries;
                }
            }
        }
        let survey = survey::of(&own, &maker, &self.plans).await;
        entries.extend(survey.entries());
        entries.extend(content::entries(&own, &maker, &survey).await);
        entries
    }
}

#[async_trait]
impl Setup for SalesforceSetup {
    async fn plan(&self) -> Vec<Item> {
        let entries = self.entries().await;
        let changes = entries
            .iter()
            .filter_map(|entry| Some((entry.item.subject.clone(), entry.change.clone()?)));
        *self.changes.lock().unwrap_or_else(PoisonError::into_inner) = changes.collect();
        entries.into_iter().map(|entry| entry.item).collect()
    }

    async fn make(&self, item: &Item) -> Made {
        let known = || {
            let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
            changes.get(&item.subject).cloned()
        };
        let mut change = known();
        if change.is_none() {
            self.plan().await;
            change = known();
        }
        let Some(change) = change else {
            return Made::WasThere;
        };
        let call = Call::without_deadline();
        let (own, maker) = (self.own.client(&call), self.maker().client(&call));
        match making::carry_out(&own, &maker, &change).await {
            Ok(made) => made,
            Err(failure) => refusal::judge(&change, &failure),
        }
    }
}

impl fmt::Debug for SalesforceSetup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SalesforceSetup")
            .field("own", &self.own)
            .field("maker", &self.maker)
            .finish_non_exhaustive()
    }
}

impl Entry {
    fn good(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            item: Item::good(subject, found),
            change: None,
        }
    }

    fn unknown(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::by_hand(subject, State::Unknown, found, Vec::new())
    }

    fn advice(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::by_hand(subject, State::Advice, found, Vec::new())
    }

    /// Creates an item that steps by hand mend; one without steps where there are none.
    fn by_hand(
        subject: impl Into<String>,
        state: State,
        found: impl Into<String>,
        steps: Vec<String>,
    ) -> Self {
        let remedy = match steps.is_empty() {
            true => Remedy::Nothing,
            false => Remedy::ByHand(steps),
        };
        Self {
            item: Item {
                subject: subject.into(),
                state,
                found: found.into(),
                remedy,
            },
            change: None,
        }
    }

    /// Creates an item that one change by API mends.
    fn by_api(
        subject: impl Into<String>,
        state: State,
        found: impl Into<String>,
        remedy: impl Into<String>,
        change: Change,
    ) -> Self {
        Self {
            item: Item {
                subject: subject.into(),
                state,
                found: found.into(),
                remedy: Remedy::Api(remedy.into()),
            },
            change: Some(change),
        }
    }
}
