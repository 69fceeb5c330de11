//! The plan of one order: records with keys, fields and references among them. Plain data; no I/O,
//! no vendor.

use indexmap::IndexMap;
use rust_decimal::Decimal;
use serde::Serialize;

/// The records that one order becomes in one destination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Id of the order in the shop, for messages.
    pub order: String,
    /// The records, parents before children.
    pub records: Vec<Record>,
    /// The sets of children for which this order has no members: the children that the destination
    /// still has of them are removed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emptied: Vec<EmptySet>,
    /// The destination's ids of records that an earlier delivery of this order left there, by
    /// record name: from the ledger, not from the mapping. A hint only: the record may be gone.
    #[serde(skip)]
    pub known: IndexMap<String, String>,
    /// Whether an earlier attempt ended without a known outcome, such as when its answer was lost:
    /// a record that is already there as planned need not be written again. From the ledger, too.
    #[serde(skip)]
    pub in_doubt: bool,
    /// The currency of the amounts, where no record states it and the mapping does not know the
    /// destination's own. The destination must then be asked for its currency before delivery,
    /// because a number in another currency would be another amount there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bare_currency: Option<String>,
    /// Notes for the operator on an order that can be delivered nevertheless: amounts that differ,
    /// texts that were shortened.
    pub warnings: Vec<String>,
}

/// One record in the destination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// The `name` in the mapping, to which `ref` and `replaces` point. Records of one `for_each`
    /// share it.
    pub name: String,
    /// Place within its `for_each`, 0 for single records.
    pub index: usize,
    /// The destination's word for the kind of record: `Opportunity`, `Deals`, `salesOrder`.
    pub object: String,
    /// The external key that makes writing it again harmless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// Other ways to find the record when the key finds nothing, in order of preference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub find: Vec<Find>,
    /// The record (by name) whose whole set of `object` children this record is a member of:
    /// members that are no longer planned are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Groups of fields that are the parts of one value, such as of an address. If at least one
    /// part has a value, a part that came out null is in `fields` as null, which empties it. With
    /// [`When::Blank`], all parts are written, and only where all of them are blank. Not compared
    /// when two plans are compared.
    #[serde(skip)]
    pub together: Vec<Vec<String>>,
    /// Settings that the destination takes beside the fields, by its own names, such as which of
    /// its automations run. Not compared when two plans are compared.
    #[serde(skip)]
    pub options: IndexMap<String, Value>,
    /// Fields in the order of the mapping. A field that came out null is not here, except for a
    /// part of a value that has other parts.
    pub fields: IndexMap<String, Field>,
}

/// A set of children without members, such as the lines of an order from which the last line was
/// removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmptySet {
    /// The destination's word for the kind of child.
    pub object: String,
    /// The record (by name) whose children they are.
    pub replaces: String,
    /// The child's field that refers to that record.
    pub reference: String,
}

/// A unique external id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Name of the field.
    pub field: String,
    /// The value of the field, never empty.
    pub value: String,
    /// Whether the key is a stand-in (a guest's key): a record that is found by other means and
    /// already carries a key keeps that key, and a firm key may replace a provisional one.
    pub provisional: bool,
}

/// A way to find a record that does not carry our key yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    /// By a field's value, such as a contact by its e-mail. The oldest match counts.
    Field {
        /// Name of the field.
        field: String,
        /// The value to look for, never empty.
        value: String,
    },
    /// Through a reference field of another found record, such as the account of the contact.
    Through {
        /// Name of the other record in the plan.
        record: String,
        /// Its reference field.
        field: String,
    },
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// The value to write.
    #[serde(flatten)]
    pub value: Value,
    /// The occasion on which it is written.
    #[serde(skip_serializing_if = "When::is_always")]
    pub on: When,
}

/// The occasion on which a field is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// On every delivery.
    #[default]
    Always,
    /// Only when the record is created (`Opportunity.ContactId` cannot be changed later).
    Create,
    /// Only when the record has no value in that field (a contact keeps the account that it has).
    Blank,
}

impl When {
    /// Returns whether this is the default.
    #[must_use]
    pub fn is_always(&self) -> bool {
        *self == Self::Always
    }
}

/// A field's value before the destination has resolved references and look-ups.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A literal.
    Literal(Scalar),
    /// The id of another record of this plan, by name.
    Ref(String),
    /// The id of a record that exists in the destination.
    Lookup(Lookup),
    /// An object inside the record, such as an address of its own.
    Object(IndexMap<String, Value>),
    /// A list.
    List(Vec<Value>),
}

/// A literal. Numbers are exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Clears the field. Occurs only inside objects and look-ups, and for a part of a value that
    /// has other parts ([`Record::together`]); any other null field of a record is left out.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Money or a quantity; in JSON a number with exactly these digits.
    #[serde(with = "rust_decimal::serde::arbitrary_precision")]
    Number(Decimal),
    /// Text, dates included.
    Text(String),
}

/// A record of the destination that is found by the values of its fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lookup {
    /// Kind of record.
    pub object: String,
    /// Conditions that must all hold: the path of a field and its value. Null conditions are left
    /// out.
    pub conditions: IndexMap<String, Scalar>,
    /// The action when nothing matches.
    pub missing: Missing,
    /// The action when more than one record matches.
    #[serde(skip_serializing_if = "Several::is_reject")]
    pub several: Several,
    /// The field values with which `missing = "create"` creates the record.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub create: IndexMap<String, Scalar>,
}

/// The action when a look-up finds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The order is rejected with a text that names what is missing and the ways out.
    #[default]
    Reject,
    /// The record that holds the field is left out, with a warning; inside a list, only the item
    /// that holds it is left out.
    Skip,
    /// The missing record is created first.
    Create,
}

/// The action when a look-up finds more than one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Several {
    /// The order is rejected with a text that names them.
    #[default]
    Reject,
    /// The record that was created first is taken, with a warning.
    Oldest,
    /// The record that was created last is taken, with a warning.
    Newest,
}

impl Several {
    /// Returns whether this is the default.
    #[must_use]
    pub fn is_reject(&self) -> bool {
        *self == Self::Reject
    }

    /// Returns the word in a mapping.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Oldest => "oldest",
            Self::Newest => "newest",
        }
    }
}

impl Plan {
    /// Returns the single record of that name, or the first of its `for_each`.
    #[must_use]
    pub fn record(&self, name: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.name == name)
    }

    /// Returns the same plan as one whose earlier delivery is in doubt: all that would be written of
    /// it is read first.
    #[must_use]
    pub fn to_be_read(&self) -> Self {
        Self {
            in_doubt: true,
            ..self.clone()
        }
    }

    /// Returns the place of the record that is the order itself: the last one with a key that is no
    /// member of a set. Records before it, such as the customer's, may be other orders' too.
    #[must_use]
    pub fn own(&self) -> usize {
        let is_order = |record: &Record| record.key.is_some() && record.replaces.is_none();
        self.records.iter().rposition(is_order).unwrap_or_default()
    }

    /// Returns whether a record of this name and place may be other orders' too.
    #[must_use]
    pub fn is_shared(&self, name: &str, index: usize) -> bool {
        let mut before = self.records.iter().take(self.own());
        before.any(|record| record.name == name && record.index == index)
    }

    /// Returns all look-ups of the plan.
    pub fn lookups(&self) -> impl Iterator<Item = &Lookup> {
        self.records
            .iter()
            .flat_map(|record| record.fields.values())
            .flat_map(|field| field.value.lookups())
    }
}

impl Record {
    /// Returns the fields that form one value with this field, itself among them; only the field
    /// itself where it is no part of such a value.
    pub fn parts<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let group = self
            .together
            .iter()
            .find(|parts| parts.iter().any(|part| part == field));
        let alone = group.is_none().then_some(field);
        group.into_iter().flatten().map(String::as_str).chain(alone)
    }
}

impl Value {
    /// Returns whether the value empties the field.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Literal(Scalar::Null))
    }

    /// Returns the look-ups inside this value.
    fn lookups(&self) -> Vec<&Lookup> {
        match self {
            Self::Lookup(lookup) => vec![lookup],
            Self::Object(fields) => fields.values().flat_map(Self::lookups).collect(),
            Self::List(items) => items.iter().flat_map(Self::lookups).collect(),
            Self::Literal(_) | Self::Ref(_) => Vec::new(),
        }
    }
}
