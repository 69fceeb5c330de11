//! What the org has of what the plans need, as the integration user sees it, and what only the
//! Tooling API shows.

use super::{Change, Entry, PERMISSION_SET, field, object, refusal::said, rights::Rights, steps};
use crate::{
    client::Client,
    fit::{Fit, fit},
    needs::Needs,
    soql,
};
use ::setup::State;
use destination::Failure;
use mapping::Plan;
use serde_json::Value;
use std::collections::BTreeMap;

/// The org as it is now.
pub(super) struct Survey {
    pub(super) needs: Needs,
    pub(super) seen: BTreeMap<String, Seen>,
    /// What the Tooling API says of fields that the integration user does not see, by object and
    /// name.
    known: BTreeMap<(String, String), Known>,
    /// The permission set; `None` where the integration user lacks nothing.
    rights: Option<Result<Rights, Failure>>,
}

/// An object, as the integration user sees it.
pub(super) enum Seen {
    /// Its description.
    Described(Value),
    /// It is there, and hidden.
    Hidden,
    /// It is not there; where nobody with more rights was asked, it may be hidden.
    Absent,
    /// It could not be asked about.
    Failed(Failure),
}

/// A custom field that the integration user does not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The org has no such field.
    Nowhere,
    /// It exists, and is hidden.
    Hidden,
    /// The org has no such field, but one that an installed package brought has its name after the
    /// package's prefix.
    OfPackage(String),
    /// It could not be asked, for this reason.
    NotAsked(String),
}

/// Looks at everything that the plans need.
pub(super) async fn of(own: &Client<'_>, maker: &Client<'_>, plans: &[Plan]) -> Survey {
    let needs = Needs::of(plans);
    let seen = look(own, maker, &needs).await;
    let mut survey = Survey {
        needs,
        seen,
        known: BTreeMap::new(),
        rights: None,
    };
    survey.known = survey.look_behind(maker).await;
    if survey.lacks_rights() {
        survey.rights = Some(Rights::read(own, maker).await);
    }
    survey
}

async fn look(own: &Client<'_>, maker: &Client<'_>, needs: &Needs) -> BTreeMap<String, Seen> {
    let of_own = own.objects().await;
    let mut of_maker = None;
    let mut seen = BTreeMap::new();
    for object in needs.objects.keys() {
        let known = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(object));
        let found = match (&of_own, soql::name(object)) {
            (Err(failure), _) => Seen::Failed(failure.clone()),
            (_, Err(failure)) => Seen::Failed(failure),
            (Ok(names), _) if known(names) => match own.describe(object).await {
                Ok(described) => Seen::Described(described),
                Err(failure) => Seen::Failed(failure),
            },
            (Ok(_), _) => {
                if of_maker.is_none() {
                    of_maker = Some(maker.objects().await.unwrap_or_default());
                }
                // Every org has the standard objects.
                match !object.ends_with("__c") || of_maker.as_deref().is_some_and(known) {
                    true => Seen::Hidden,
                    false => Seen::Absent,
                }
            }
        };
        seen.insert(object.clone(), found);
    }
    seen
}

impl Survey {
    /// Returns all described objects with their needs.
    pub(super) fn described(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.seen.iter().filter_map(|(object, seen)| match seen {
            Seen::Described(described) => Some((object.as_str(), described)),
            _ => None,
        })
    }

    /// Returns the fitness of every needed field of the described objects.
    fn fits(&self) -> impl Iterator<Item = (&str, &str, Fit)> {
        self.described().flat_map(|(object, described)| {
            let fields = self.needs.objects.get(object).map(|need| &need.fields);
            let of = move |(name, need)| {
                let name: &String = name;
                (object, name.as_str(), fit(described, name, need))
            };
            fields.into_iter().flatten().map(of)
        })
    }

    /// Asks the Tooling API for the custom fields that the integration user does not see.
    async fn look_behind(&self, maker: &Client<'_>) -> BTreeMap<(String, String), Known> {
        let mut absent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (object, name, fit) in self.fits() {
            if fit == Fit::Absent && own_name(name).is_some() {
                absent.entry(object).or_default().push(name);
            }
        }
        let mut known = BTreeMap::new();
        for (object, names) in absent {
            let rows = maker.tooling_query(&question(object, &names)).await;
            for name in names {
                let found = match &rows {
                    Err(failure) => Known::NotAsked(said(failure)),
                    Ok(rows) => {
                        let named = || {
                            rows.iter().filter(|row| {
                                own_name(name).is_some_and(|own| row.says("DeveloperName", own))
                            })
                        };
                        let package = named().find_map(|row| row.text("NamespacePrefix"));
                        match named().any(|row| row.text("NamespacePrefix").is_none()) {
                            true => Known::Hidden,
                            false => package.map_or(Known::Nowhere, |package| {
                                Known::OfPackage(package.to_owned())
                            }),
                        }
                    }
                };
                known.insert((object.to_owned(), name.to_owned()), found);
            }
        }
        known
    }

    fn lacks_rights(&self) -> bool {
        let lacks_object = self.seen.iter().any(|(object, seen)| match seen {
            Seen::Hidden => true,
            Seen::Described(described) => object::lacks_create(&self.needs, object, described),
            Seen::Absent | Seen::Failed(_) => false,
        });
        lacks_object
            || self.fits().any(|(object, name, fit)| match fit {
                Fit::ReadOnly => true,
                Fit::Absent => match self.of(object, name) {
                    Some(known) => matches!(known, Known::Hidden | Known::Nowhere),
                    None => !name.ends_with("__c") && steps::feature(object, name).is_none(),
                },
                _ => false,
            })
    }

    fn of(&self, object: &str, name: &str) -> Option<&Known> {
        self.known.get(&(object.to_owned(), name.to_owned()))
    }

    /// Returns the items about the permission set, the objects and their fields.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let nobody = Rights::default();
        let rights = match &self.rights {
            Some(Ok(rights)) => rights,
            _ => &nobody,
        };
        let mut entries: Vec<Entry> = self.set_entry().into_iter().collect();
        for (object, seen) in &self.seen {
            let Some(need) = self.needs.objects.get(object) else {
                continue;
            };
            entries.push(object::entry(object, need, seen, rights));
        }
        for (object, name, fit) in self.fits() {
            let need = self.needs.objects.get(object);
            let Some(need) = need.and_then(|need| need.fields.get(name)) else {
                continue;
            };
            let seen = self.seen.get(object);
            let Some(Seen::Described(described)) = seen else {
                continue;
            };
            let about = field::About {
                object,
                name,
                need,
                described,
                known: self.of(object, name),
                rights,
            };
            entries.extend(field::entry(&about, fit));
        }
        entries.extend(self.assignment_entry());
        entries
    }

    fn set_entry(&self) -> Option<Entry> {
        let subject = format!("permission set {PERMISSION_SET}");
        Some(match self.rights.as_ref()? {
            Err(failure) => Entry::by_hand(
                subject,
                State::Unknown,
                format!("it could not be looked at: {}", said(failure)),
                steps::right("View Setup and Configuration"),
            ),
            Ok(rights) if rights.set.is_none() => Entry::by_api(
                subject,
                State::Missing,
                "it is not there, and the integration user lacks rights that it is to have",
                "create the permission set",
                Change::CreateSet,
            ),
            Ok(_) => Entry::good(subject, "it is there"),
        })
    }

    fn assignment_entry(&self) -> Option<Entry> {
        let subject = format!("assignment of {PERMISSION_SET}");
        let Ok(rights) = self.rights.as_ref()? else {
            return None;
        };
        Some(match rights.is_assigned {
            true => Entry::good(subject, "the integration user has the permission set"),
            false => Entry::by_api(
                subject,
                State::Missing,
                "the integration user does not have the permission set",
                "assign the permission set to the integration user, after the permission set licence SalesforceAPIIntegrationPsl where the user's licence asks for it",
                Change::Assign,
            ),
        })
    }
}

/// Returns the developer name of a custom field that no package brings: `Shop_Id` of `Shop_Id__c`.
pub(super) fn own_name(name: &str) -> Option<&str> {
    name.strip_suffix("__c").filter(|rest| !rest.contains("__"))
}

/// Returns the question which of these fields an object has, hidden ones included. Standard objects
/// are told by their names, custom ones have an id there.
pub(super) fn question(object: &str, names: &[&str]) -> String {
    let names: Vec<String> = names
        .iter()
        .filter_map(|name| own_name(name))
        .map(|name| format!("'{name}'"))
        .collect();
    let table = match object.ends_with("__c") {
        true => "EntityDefinition.QualifiedApiName",
        false => "TableEnumOrId",
    };
    format!(
        "SELECT Id, DeveloperName, NamespacePrefix FROM CustomField WHERE {table} = '{object}' AND DeveloperName IN ({})",
        names.join(", ")
    )
}
