//! The custom fields that the plans write: which, where and of what kind.

use super::steps;
use mapping::{
    Plan,
    plan::{Scalar, Value},
};
use std::collections::BTreeMap;

/// A place for custom fields, told by how their ids begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On a transaction: `custbody_`.
    Body,
    /// On the lines of a transaction: `custcol_`.
    Line,
    /// On a customer: `custentity_`.
    Entity,
}

/// What a custom field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Flag,
    /// An entry of a list, or anything else that a person has to choose.
    Other,
}

/// A custom field that the plans write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Custom {
    /// Its id in lower case.
    pub(crate) id: String,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    /// The record on which it is, as the mapping names it.
    pub(crate) object: String,
}

impl Place {
    fn of(id: &str) -> Option<Self> {
        match id.split_once('_')?.0 {
            "custbody" => Some(Self::Body),
            "custcol" => Some(Self::Line),
            "custentity" => Some(Self::Entity),
            _ => None,
        }
    }

    /// Returns the page of NetSuite on which such fields are made.
    pub(crate) const fn page(self) -> &'static str {
        match self {
            Self::Body => "Transaction Body Fields",
            Self::Line => "Transaction Line Fields",
            Self::Entity => "Entity Fields",
        }
    }

    /// Returns the box that is ticked under Applies To.
    pub(crate) const fn applies_to(self) -> &'static str {
        match self {
            Self::Body | Self::Line => "Sale",
            Self::Entity => "Customer",
        }
    }
}

impl Kind {
    const fn of(value: &Value) -> Self {
        match value {
            Value::Literal(Scalar::Text(_) | Scalar::Null) => Self::Text,
            Value::Literal(Scalar::Number(_)) => Self::Number,
            Value::Literal(Scalar::Bool(_)) => Self::Flag,
            Value::Ref(_) | Value::Lookup(_) | Value::Object(_) | Value::List(_) => Self::Other,
        }
    }

    /// Returns the type in NetSuite's words.
    pub(crate) const fn screen_name(self) -> &'static str {
        match self {
            Self::Text => "Free-Form Text",
            Self::Number => "Decimal Number",
            Self::Flag => "Check Box",
            Self::Other => "List/Record",
        }
    }

    /// Returns whether a field of this type (`fieldvaluetype`) takes it. Types that are not known
    /// here are believed to.
    pub(crate) fn fits(self, told: &str) -> bool {
        let told = told.to_ascii_lowercase();
        let is = |types: &[&str]| types.iter().any(|known| told.contains(known));
        let (is_number, is_flag) = (
            is(&["number", "currency", "percent"]),
            is(&["check box", "checkbox"]),
        );
        let is_list = is(&["list", "select"]);
        match self {
            Self::Text => !(is_number || is_flag || is_list),
            Self::Number => !(is_flag || is_list || is(&["text", "date", "mail", "phone"])),
            Self::Flag => !(is_number || is_list || is(&["text", "date", "mail", "phone"])),
            Self::Other => true,
        }
    }
}

impl Custom {
    /// Returns the steps for making it.
    pub(crate) fn steps(&self) -> Vec<String> {
        steps::custom_field(
            &self.id,
            self.place.page(),
            self.kind.screen_name(),
            self.place.applies_to(),
        )
    }

    /// Returns its name in a plan.
    pub(crate) fn subject(&self) -> String {
        format!("{}.{}", self.object, self.id)
    }
}

/// Returns the custom fields that the plans write, each once.
pub(crate) fn of(plans: &[&Plan]) -> Vec<Custom> {
    let mut found = BTreeMap::new();
    for record in plans.iter().flat_map(|plan| &plan.records) {
        let mut add = |name: &str, kind: Kind| {
            let id = name.to_ascii_lowercase();
            if let Some(place) = Place::of(&id) {
                found.entry(id.clone()).or_insert_with(|| Custom {
                    id,
                    place,
                    kind,
                    object: record.object.clone(),
                });
            }
        };
        if let Some(key) = &record.key {
            add(&key.field, Kind::Text);
        }
        for (name, field) in &record.fields {
            inside(name, &field.value, &mut add);
        }
    }
    found.into_values().collect()
}

fn inside(name: &str, value: &Value, add: &mut impl FnMut(&str, Kind)) {
    add(name, Kind::of(value));
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| inside(name, value, add)),
        Value::List(items) => items.iter().for_each(|item| inside("", item, add)),
        Value::Literal(_) | Value::Ref(_) | Value::Lookup(_) => {}
    }
}
