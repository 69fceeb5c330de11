//! Judges the fields that tell our records apart: only what Zoho keeps unique stands two programs
//! that write at once.

use super::{
    change::{Change, NewField},
    described::Described,
    judge::{Judged, Module},
    steps,
};
use crate::rules;
use ::setup::{Item, State};

/// The unique fields that a module may have, whatever the edition ("Create custom field", Limits).
const MOST_UNIQUE: usize = 2;
/// The types of field that can have "Do not allow duplicate values" and take a text; a long integer
/// is one in JSON.
const UNIQUE_TYPES: &[&str] = &["text", "email", "phone", "website", "bigint"];
/// The characters of a new key: the most that a single line takes.
const KEY_LENGTH: usize = 255;

impl Module<'_> {
    /// Judges the field that tells our records apart.
    pub(super) fn key(self, name: &str, longest: usize) -> Judged {
        let Some(field) = Described::named(self.own, name) else {
            return self.missing_key(name);
        };
        if !field.is_writable() {
            return self.read_only(name);
        }
        let is_checked = rules::system_check(self.name) == name;
        if !UNIQUE_TYPES.contains(&field.data_type()) {
            let found = format!(
                "the key must be a single line with \"Do not allow duplicate values\", and this field is of the type {}, which does not change",
                field.data_type()
            );
            return self.by_hand(name, State::Wrong, found, self.another_key());
        }
        if !field.is_key() && is_checked {
            let found = "the key is checked by Zoho but not unique; a custom field with \"Do not allow duplicate values\" as key would also stand two programs writing at once";
            let step = format!(
                "to have one, name it as {} in [routes.vars], such as \"{}\", and set up again",
                steps::variable(self.name),
                example(self.name)
            );
            return self.by_hand(name, State::Advice, found.to_owned(), vec![step]);
        }
        if !field.is_key() {
            return self.not_unique(field);
        }
        if field.length().is_some_and(|length| length < longest) {
            return self.too_short_key(field, longest);
        }
        let found = "the key is there, unique and open to the user (capitals do not count in it)";
        Judged {
            item: Item::good(self.subject(name), found),
            change: None,
        }
    }

    /// Judges a key that the user does not see.
    fn missing_key(self, name: &str) -> Judged {
        if let Some(hidden) = self.hidden(name) {
            return hidden;
        }
        if let Some(taken) = self.taken_uniques() {
            let found = format!(
                "the key is not there, and {taken}, which is as many as Zoho keeps unique in a module"
            );
            return self.by_hand(name, State::Missing, found, self.another_key());
        }
        let field = NewField::text(name, KEY_LENGTH, true);
        let change = format!(
            "create it as Single Line ({KEY_LENGTH}) with \"Do not allow duplicate values\", labelled \"{}\"",
            field.label()
        );
        self.by_api(
            name,
            State::Missing,
            "the key is not there, or hidden from the user",
            change,
            Change::Create(field),
        )
    }

    /// Judges a key that Zoho does not keep unique.
    fn not_unique(self, field: Described<'_>) -> Judged {
        let found = "the key must be a field with \"Do not allow duplicate values\", and this one allows them";
        let name = field.name();
        if let Some(taken) = self.taken_uniques() {
            let found =
                format!("{found}; {taken}, which is as many as Zoho keeps unique in a module");
            return self.by_hand(name, State::Wrong, found, self.another_key());
        }
        if !field.is_custom() {
            let steps = steps::unique(self.name, name);
            return self.by_hand(name, State::Wrong, found.to_owned(), steps);
        }
        let change = "tick \"Do not allow duplicate values\", which Zoho refuses while two records have the same value";
        let id = field.id().to_owned();
        self.by_api(
            name,
            State::Wrong,
            found,
            change.to_owned(),
            Change::MakeUnique { id },
        )
    }

    fn too_short_key(self, field: Described<'_>, longest: usize) -> Judged {
        let found = format!(
            "the key takes {} characters, and an order's has {longest}",
            field.length().unwrap_or_default()
        );
        if !field.is_custom() || field.data_type() != "text" {
            return self.by_hand(field.name(), State::Wrong, found, self.another_key());
        }
        let (id, length) = (field.id().to_owned(), KEY_LENGTH);
        self.by_api(
            field.name(),
            State::Wrong,
            &found,
            format!("let it take {KEY_LENGTH} characters"),
            Change::Lengthen { id, length },
        )
    }

    /// Judges a field, beside the key, by which our own records are found.
    pub(super) fn way(self, name: &str) -> Option<Judged> {
        let Some(field) = Described::named(self.own, name) else {
            return Some(self.missing_key(name));
        };
        let is_good = field.is_key() || rules::system_check(self.name) == name;
        if !is_good {
            return Some(self.not_unique(field));
        }
        (!field.is_writable()).then(|| self.read_only(name))
    }

    /// Returns the names of the module's unique fields, where no other can be made.
    fn taken_uniques(self) -> Option<String> {
        let seen = self.maker.unwrap_or(self.own);
        let unique: Vec<&str> = Described::all(seen)
            .filter(|field| field.is_custom() && field.is_unique())
            .map(Described::name)
            .collect();
        (unique.len() >= MOST_UNIQUE)
            .then(|| format!("{} already allow no duplicates", unique.join(" and ")))
    }

    fn another_key(self) -> Vec<String> {
        vec![format!(
            "name another field as {} in [routes.vars]: one of its own for this, a single line that allows no duplicates",
            steps::variable(self.name)
        )]
    }
}

/// Returns a good name for a key in the module.
fn example(module: &str) -> &'static str {
    match module {
        "Accounts" => "Shop_Account_ID",
        "Contacts" => "Shop_Customer_ID",
        _ => "Shop_Order_ID",
    }
}
