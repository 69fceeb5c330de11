//! The items about fields: each that is not as it must be has its sentence and its way out.

use super::{
    Change, Entry, PERMISSION_SET, metadata,
    rights::{Grant, Rights},
    steps,
    survey::{Known, own_name},
};
use crate::{
    fit::{self, Fit},
    needs::Need,
};
use ::setup::State;
use serde_json::{Map, Value, json};

/// One field, and what is known of it.
pub(super) struct About<'a> {
    pub(super) object: &'a str,
    pub(super) name: &'a str,
    pub(super) need: &'a Need,
    pub(super) described: &'a Value,
    pub(super) known: Option<&'a Known>,
    pub(super) rights: &'a Rights,
}

/// Returns the item of one field; `None` for a standard field that is as it must be.
pub(super) fn entry(about: &About<'_>, fit: Fit) -> Option<Entry> {
    let (object, name) = (about.object, about.name);
    Some(match fit {
        Fit::Good if !name.ends_with("__c") => return None,
        Fit::Good => about.good(),
        Fit::Absent => about.absent(),
        Fit::Calculated => about.by_hand(
            State::Wrong,
            "Salesforce sets it itself, so that nobody can write it".to_owned(),
            vec![format!(
                "name another field in the mapping in the place of {name}"
            )],
        ),
        Fit::ReadOnly => about.to_be_granted("the integration user may not write it"),
        Fit::WrongType { is } => {
            let wanted = metadata::of(name, about.need).map(|metadata| metadata::words(&metadata));
            let wanted = wanted.map(|wanted| format!("; the mapping needs {wanted}"));
            about.by_hand(
                State::Wrong,
                format!("it has the type {is}{}", wanted.unwrap_or_default()),
                steps::replace_field(object, name),
            )
        }
        Fit::NotKey {
            is_external_id,
            is_unique,
        } => about.to_be_key(is_external_id, is_unique),
        Fit::TooShort { length } => about.to_be_longer(
            State::Wrong,
            format!("it holds {length} characters, and texts of the mapping are longer"),
        ),
        Fit::Narrow { length } => about.to_be_longer(
            State::Advice,
            format!("it holds {length} characters, which is little for a key: a guest's has 38, and the shop's prefix comes on top"),
        ),
    })
}

impl About<'_> {
    fn subject(&self) -> String {
        format!("{}.{}", self.object, self.name)
    }

    fn good(&self) -> Entry {
        let field = fit::field(self.described, self.name);
        let words = field.map(metadata::words_of_described).unwrap_or_default();
        Entry::good(self.subject(), format!("it is there: {words}"))
    }

    fn by_hand(&self, state: State, found: String, steps: Vec<String>) -> Entry {
        Entry::by_hand(self.subject(), state, found, steps)
    }

    /// Returns the item of a field that the integration user does not see.
    fn absent(&self) -> Entry {
        let (object, name) = (self.object, self.name);
        match self.known {
            Some(Known::Hidden) => self.to_be_granted("it exists, and is hidden from the integration user"),
            Some(Known::Nowhere) => self.to_be_created(),
            Some(Known::OfPackage(package)) => self.by_hand(
                State::Wrong,
                format!("the name is taken by another package: the org has {package}__{name}, which the package {package} brought, and no {name}"),
                vec![
                    format!("to write into the package's field, name {package}__{name} in the mapping in the place of {name}"),
                    format!("to keep the two apart, name a field of another name in the mapping, and run the set-up again: it creates {name} of no package only where no package has the name"),
                ],
            ),
            Some(Known::NotAsked(why)) => {
                let mut by_hand = steps::right("View Setup and Configuration");
                by_hand.extend(steps::create_or_grant(object, name, self.need));
                self.by_hand(
                    State::Unknown,
                    format!("it is not there, or hidden from the integration user; which of the two could not be asked: {why}"),
                    by_hand,
                )
            }
            None if name.ends_with("__c") => self.by_hand(
                State::Missing,
                "it is not there: a field of a package comes with the package, and cannot be created".to_owned(),
                vec![format!(
                    "install the package of {name}, and give the integration user access to it; or name another field in the mapping"
                )],
            ),
            None => match steps::feature(object, name) {
                Some((feature, by_hand)) => self.by_hand(
                    State::Missing,
                    format!("it is not there, or hidden from the integration user: it comes with {feature}"),
                    by_hand,
                ),
                None => self.to_be_granted("it is not there, or hidden from the integration user; a field whose name does not end with __c cannot be created"),
            },
        }
    }

    fn to_be_created(&self) -> Entry {
        let (object, name) = (self.object, self.name);
        let found = "it is not there".to_owned();
        // Of a field that is only searched, a new and empty one is of no use.
        let metadata = metadata::of(name, self.need).filter(|_| self.need.is_written);
        let Some(metadata) = metadata else {
            let mut by_hand = vec!["correct the name in the mapping, or:".to_owned()];
            by_hand.extend(steps::create_by_kind(object, name, self.need));
            return self.by_hand(State::Missing, found, by_hand);
        };
        let remedy = format!(
            "create the field as {}, and give the permission set {PERMISSION_SET} access to it",
            metadata::words(&metadata)
        );
        let change = Change::CreateField {
            object: object.to_owned(),
            name: name.to_owned(),
            metadata,
        };
        Entry::by_api(self.subject(), State::Missing, found, remedy, change)
    }

    fn to_be_granted(&self, found: &str) -> Entry {
        let (object, name) = (self.object.to_owned(), self.name.to_owned());
        let is_granted = |grant: &Grant| grant.reads && grant.edits;
        let grant = self.rights.field(&object, &name);
        match grant.is_some_and(is_granted) {
            true if self.rights.is_assigned => self.by_hand(
                State::Wrong,
                format!("{found}, although the permission set {PERMISSION_SET} grants it: the user's licence or a muting permission set takes it away, or the field is read-only on its own"),
                vec![format!("{} > {} > Set Field-Level Security: see who may see and edit it", steps::fields_of(&object), metadata::label(&name))],
            ),
            true => Entry::by_api(
                self.subject(),
                State::Wrong,
                format!("{found}, who does not have the permission set {PERMISSION_SET} yet"),
                "assign the permission set to the integration user",
                Change::Assign,
            ),
            false => Entry::by_api(
                self.subject(),
                State::Wrong,
                found,
                format!("give the permission set {PERMISSION_SET} read and edit access to the field"),
                Change::GrantField { object, name },
            ),
        }
    }

    fn to_be_key(&self, is_external_id: bool, is_unique: bool) -> Entry {
        let lacks = match (is_external_id, is_unique) {
            (true, _) => "it is not Unique",
            (_, true) => "it is no External ID",
            _ => "it is neither Unique nor an External ID",
        };
        let found = format!("{lacks}, and it is the key: orders may double");
        self.to_be_changed(
            State::Wrong,
            found,
            &[("externalId", json!(true)), ("unique", json!(true))],
            "Unique and External ID",
        )
    }

    fn to_be_longer(&self, state: State, found: String) -> Entry {
        match self.need.longest > 255 {
            true => self.by_hand(state, found, steps::replace_field(self.object, self.name)),
            false => self.to_be_changed(
                state,
                found,
                &[("length", json!(255))],
                "255 characters long",
            ),
        }
    }

    /// Returns the item of a field that a change of its definition mends, by API where that is
    /// known to keep the rest of it.
    fn to_be_changed(
        &self,
        state: State,
        found: String,
        properties: &[(&str, Value)],
        words: &str,
    ) -> Entry {
        let field = fit::field(self.described, self.name);
        let metadata = field
            .filter(|_| own_name(self.name).is_some() && state != State::Advice)
            .and_then(metadata::described);
        let Some(mut metadata) = metadata else {
            let by_hand = steps::change_field(self.object, self.name, words);
            return self.by_hand(state, found, by_hand);
        };
        let changed = properties.iter();
        metadata.extend(changed.map(|(name, value)| ((*name).to_owned(), value.clone())));
        let all = metadata::words(&Value::Object(metadata.clone()));
        let remedy = format!(
            "make the field {all}; the note under Description is written anew (by hand it would stay: {})",
            steps::change_field(self.object, self.name, words).join("; ")
        );
        let change = Change::RedefineField {
            object: self.object.to_owned(),
            name: self.name.to_owned(),
            metadata: Map::from_iter(metadata),
        };
        Entry::by_api(self.subject(), state, found, remedy, change)
    }
}
