//! Judges the fields of one module against what the mapping needs. No I/O.

use super::{
    change::{Change, NewField},
    described::Described,
    needs::{Kind, Needs},
    steps,
};
use crate::rules;
use ::setup::{Item, Remedy, State};
use serde_json::Value as Json;

/// An item of the plan, and the change that its remedy stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judged {
    pub(crate) item: Item,
    pub(crate) change: Option<Change>,
}

/// A module as the users see it.
#[derive(Clone, Copy)]
pub(crate) struct Module<'a> {
    pub(crate) name: &'a str,
    /// The fields that the user sees who delivers orders.
    pub(crate) own: &'a [Json],
    /// The fields that the user sees who makes what is missing, where that is another one.
    pub(crate) maker: Option<&'a [Json]>,
}

impl Module<'_> {
    /// Returns what is to be said of the module's fields: each key, and whatever is not as it must
    /// be.
    pub(crate) fn judge(self, needs: &Needs) -> Vec<Judged> {
        let mut judged: Vec<Judged> = needs
            .keys
            .iter()
            .map(|(name, longest)| self.key(name, *longest))
            .collect();
        let is_key = |name: &str| needs.keys.contains_key(name);
        let ways = needs.ways.iter().filter(|name| !is_key(name));
        judged.extend(ways.filter_map(|name| self.way(name)));
        let written = needs
            .written
            .iter()
            .filter(|(name, _)| !is_key(name) && !needs.ways.contains(*name));
        judged.extend(written.filter_map(|(name, kind)| self.written(name, *kind, needs.is_rows)));
        let asked = needs.asked.iter().filter(|name| {
            !is_key(name) && !needs.ways.contains(*name) && !needs.written.contains_key(*name)
        });
        judged.extend(asked.filter_map(|name| self.asked(name)));
        let texts = needs.texts.iter();
        judged.extend(texts.filter_map(|(name, text)| self.choice(name, text)));
        judged.extend(needs.codes.iter().filter_map(|name| self.code(name)));
        judged
    }

    /// Judges a field that is written; `None` where it is as it must be.
    fn written(self, name: &str, kind: Kind, is_row: bool) -> Option<Judged> {
        let Some(field) = Described::named(self.own, name) else {
            return Some(self.missing(name, kind, is_row));
        };
        if !field.is_writable() {
            return Some(self.read_only(name));
        }
        if !fits(kind, field) {
            let found = format!(
                "it is of the type {}, which does not change, and the mapping writes {}",
                field.data_type(),
                kind.spoken()
            );
            let step = "write another field in the mapping, or another value".to_owned();
            return Some(self.by_hand(name, State::Wrong, found, vec![step]));
        }
        let longest = match kind {
            Kind::Text(longest) if field.data_type() != "picklist" => longest,
            _ => 0,
        };
        let length = field.length().filter(|length| *length < longest)?;
        let found = format!(
            "it takes {length} characters, and the mapping writes {longest}; Zoho refuses what is longer"
        );
        let step =
            format!("give the field max = {length} in the mapping, or let it take more in Zoho");
        Some(self.by_hand(name, State::Wrong, found, vec![step]))
    }

    fn missing(self, name: &str, kind: Kind, is_row: bool) -> Judged {
        if let Some(hidden) = self.hidden(name) {
            return hidden;
        }
        let found = "it is not there, or hidden from the user";
        let field = NewField::of_kind(name, kind).filter(|_| !is_row && rules::name(name).is_ok());
        let Some(field) = field else {
            let step = "create the field in Zoho, or take it out of the mapping".to_owned();
            return self.by_hand(name, State::Missing, found.to_owned(), vec![step]);
        };
        let change = format!(
            "create it as {}, labelled \"{}\" (where the name is a mistake, correct the mapping instead)",
            field.screen_name(),
            field.label()
        );
        self.by_api(name, State::Missing, found, change, Change::Create(field))
    }

    fn asked(self, name: &str) -> Option<Judged> {
        if Described::named(self.own, name).is_some() || name == "id" {
            return None;
        }
        if let Some(hidden) = self.hidden(name) {
            return Some(hidden);
        }
        let found = "records are looked for by it, and it is not there, or hidden from the user";
        let step = "create the field in Zoho, or look for records by another one in the mapping";
        Some(self.by_hand(
            name,
            State::Missing,
            found.to_owned(),
            vec![step.to_owned()],
        ))
    }

    /// Judges a text that is none of the choices of a picklist: Zoho refuses it, or adds it to the
    /// choices, depending on how the field is set up.
    fn choice(self, name: &str, text: &str) -> Option<Judged> {
        let field = Described::named(self.own, name)?;
        if field.data_type() != "picklist" {
            return None;
        }
        let choices = field.choices();
        let is_missing = !choices.is_empty() && !choices.contains(&text);
        is_missing.then(|| Judged {
            item: Item::open(
                format!("{} \"{text}\"", self.subject(name)),
                State::Wrong,
                format!("the field has no choice \"{text}\""),
                Remedy::ByHand(steps::choice(self.name, name, text, &choices)),
            ),
            change: None,
        })
    }

    /// Tells of a field by which records are looked up and which Zoho does not keep unique: several
    /// records may have the same value there.
    fn code(self, name: &str) -> Option<Judged> {
        let field = Described::named(self.own, name)?;
        let found = "it may be the same in several records, and an order of such a code is refused";
        (field.data_type() == "text" && !field.is_unique()).then(|| {
            let subject = format!("{} as a code", self.subject(name));
            let steps = Remedy::ByHand(steps::unique(self.name, name));
            let item = Item::open(subject, State::Advice, found, steps);
            Judged { item, change: None }
        })
    }

    /// Returns the judgement of a field that only the other user sees.
    pub(super) fn hidden(self, name: &str) -> Option<Judged> {
        Described::named(self.maker?, name)?;
        let found = "it is there, but hidden from the user who delivers orders".to_owned();
        let steps = steps::permission(self.name, name);
        Some(self.by_hand(name, State::Wrong, found, steps))
    }

    pub(super) fn read_only(self, name: &str) -> Judged {
        let found = "it cannot be written: it is read-only, or the user may not edit it".to_owned();
        let steps = steps::permission(self.name, name);
        self.by_hand(name, State::Wrong, found, steps)
    }

    pub(super) fn subject(self, name: &str) -> String {
        format!("{}.{name}", self.name)
    }

    pub(super) fn by_hand(
        self,
        name: &str,
        state: State,
        found: String,
        steps: Vec<String>,
    ) -> Judged {
        Judged {
            item: Item::open(self.subject(name), state, found, Remedy::ByHand(steps)),
            change: None,
        }
    }

    pub(super) fn by_api(
        self,
        name: &str,
        state: State,
        found: &str,
        text: String,
        change: Change,
    ) -> Judged {
        Judged {
            item: Item::open(self.subject(name), state, found, Remedy::Api(text)),
            change: Some(change),
        }
    }
}

impl Kind {
    fn spoken(self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Link => "another record",
            Self::Rows => "a list",
            Self::Any => "nothing",
        }
    }
}

/// Returns whether the field takes such a value, by the type that it has in JSON. Where Zoho names a
/// type that is not known here, it is believed to.
fn fits(kind: Kind, field: Described<'_>) -> bool {
    match (kind, field.json_type()) {
        (Kind::Any, _) => true,
        // A long integer is a text in JSON, and a number is taken as well.
        (Kind::Number, _) if field.data_type() == "bigint" => true,
        (kind, "string") => matches!(kind, Kind::Text(_)),
        (kind, "integer" | "double" | "long") => kind == Kind::Number,
        (kind, "boolean") => kind == Kind::Flag,
        (kind, "jsonobject") => kind == Kind::Link,
        (kind, "jsonarray") => kind == Kind::Rows,
        _ => true,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
