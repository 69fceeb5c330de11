//! A mapping, read and checked.

use crate::{
    charge::ChargeKind,
    plan::{Scalar, When},
    template::Template,
};
use minijinja::Value;

/// A whole mapping.
pub(crate) struct Spec {
    pub(crate) system: String,
    /// The only platform whose orders the mapping is for; `None` where it may be any.
    pub(crate) platform: Option<String>,
    /// `vars` as templates see them.
    pub(crate) vars: Value,
    pub(crate) records: Vec<RecordSpec>,
    /// Orders that rightly get no plan.
    pub(crate) skips: Vec<SentenceSpec>,
    /// Orders that must not be delivered as they are.
    pub(crate) refusals: Vec<SentenceSpec>,
    /// Notes in the ledger on orders that are delivered nevertheless.
    pub(crate) warnings: Vec<SentenceSpec>,
    pub(crate) currency: Option<CurrencySpec>,
    pub(crate) charges: Option<ChargesSpec>,
    /// The word `leave_out` where the tax that a marketplace pays is not part of the order's
    /// amount.
    pub(crate) marketplace_tax: Option<Template>,
    pub(crate) gone: Option<GoneSpec>,
}

/// `[gone]`.
pub(crate) struct GoneSpec {
    /// Name of the record that holds the order.
    pub(crate) record: String,
    /// The fields that the record gets when the order is no longer in the shop.
    pub(crate) fields: Vec<FieldSpec>,
}

/// `[currency]`.
pub(crate) struct CurrencySpec {
    /// The currency of the destination's amounts, unless their record states another.
    pub(crate) home: Option<Template>,
    /// Whether the order's records state their currency.
    pub(crate) others: Option<Template>,
    /// Whether an order in another currency goes out in the currency of the shop's books.
    pub(crate) convert: Option<Template>,
}

/// `[charges]`.
pub(crate) struct ChargesSpec {
    /// The condition under which there are charges. Where it does not come out true, the
    /// destination takes one amount for the whole order.
    pub(crate) when: Option<Template>,
    /// The record that holds the sum of lines and charges, for messages: `opportunity`.
    pub(crate) of: String,
    /// For each kind, the template of the product or item that stands for it, and the variables
    /// that the template reads.
    pub(crate) codes: [Option<(Template, Vec<String>)>; ChargeKind::ALL.len()],
}

/// A `[[record]]`.
pub(crate) struct RecordSpec {
    pub(crate) name: String,
    pub(crate) object: Template,
    pub(crate) when: Option<Template>,
    /// Whether `when` reads nothing but `vars`. If it is such a switch and comes out false, the
    /// record is not part of the mapping at all for this route.
    pub(crate) when_is_a_switch: bool,
    pub(crate) key: Option<KeySpec>,
    pub(crate) find: Vec<FindSpec>,
    pub(crate) each: Option<Each>,
    pub(crate) replaces: Option<String>,
    /// The `on` of the fields that have none of their own.
    pub(crate) on: Option<OnSpec>,
    pub(crate) together: Vec<TogetherSpec>,
    /// The fields that the mapping takes away from the one that it extends: `together` may still
    /// name them there.
    pub(crate) removed: Vec<String>,
    /// The settings that the destination takes beside the fields.
    pub(crate) options: Vec<FieldSpec>,
    pub(crate) fields: Vec<FieldSpec>,
}

/// An entry of `together`: fields that are the parts of one value.
pub(crate) struct TogetherSpec {
    /// The names of the fields; a blank one is no part.
    pub(crate) fields: Vec<Template>,
    /// The `on` of the parts that have none of their own; without it, the record's applies.
    pub(crate) on: Option<OnSpec>,
}

impl RecordSpec {
    /// Returns the parent whose children these records replace, and the field that refers to it.
    pub(crate) fn replaced_set(&self) -> Option<(&str, &str)> {
        let parent = self.replaces.as_deref()?;
        let reference = self
            .fields
            .iter()
            .find(|field| matches!(&field.value, ValueSpec::Ref(name) if name == parent))?;
        Some((parent, &reference.name))
    }
}

/// `for_each` and the name of its item.
pub(crate) struct Each {
    pub(crate) over: Template,
    pub(crate) item: String,
}

/// `key`.
pub(crate) struct KeySpec {
    pub(crate) field: Template,
    /// The value of the key; where it is null, the value comes from the field of that name.
    pub(crate) value: Option<Template>,
    pub(crate) provisional: Option<Template>,
}

/// An entry of `find`.
pub(crate) enum FindSpec {
    Field { field: Template, value: Template },
    Through { record: String, field: String },
}

/// An entry of `[record.fields]`.
pub(crate) struct FieldSpec {
    pub(crate) name: String,
    pub(crate) value: ValueSpec,
    /// The `on` of the field; without it, that of its [`TogetherSpec`] or of the record applies.
    pub(crate) on: Option<OnSpec>,
}

/// `on`.
pub(crate) enum OnSpec {
    /// A fixed word; `None` leaves the field out.
    Fixed(Option<When>),
    /// A template that renders, for each order, to one of the words.
    Template(Template),
}

impl OnSpec {
    /// Reads the word of an `on`; `None` for `never`.
    ///
    /// # Errors
    /// Fails for any other word, with a list of the known ones.
    pub(crate) fn when(word: &str) -> Result<Option<When>, String> {
        match word.trim() {
            "always" => Ok(Some(When::Always)),
            "create" => Ok(Some(When::Create)),
            "blank" => Ok(Some(When::Blank)),
            "never" => Ok(None),
            other => Err(format!(
                "`on` is `{other}`; it is `always`, `create` (only when the record is made), `blank` (only where the record has no value) or `never`"
            )),
        }
    }
}

/// The source of a field's value.
pub(crate) enum ValueSpec {
    Literal(Scalar),
    Template {
        template: Template,
        limits: Limits,
    },
    Ref(String),
    Lookup(Box<LookupSpec>),
    Object(Vec<(String, ValueSpec)>),
    List(Vec<ValueSpec>),
    /// The first of these that comes out with a value.
    First(Vec<ValueSpec>),
    /// One value per item, spliced into the list around it.
    Each {
        each: Each,
        value: Box<ValueSpec>,
    },
}

/// The room that a destination has for a value. Whatever exceeds it is cut visibly, with a note.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    /// Texts longer than this are shortened.
    pub(crate) max: Option<usize>,
    /// Numbers with more decimals than this are rounded.
    pub(crate) decimals: Option<u32>,
    /// Whether the remainder of rounding this number is carried over to the next such number of the
    /// order, so that their sum is rounded as a whole.
    pub(crate) carry: bool,
}

/// `{ lookup = ... }`.
pub(crate) struct LookupSpec {
    pub(crate) object: Template,
    pub(crate) conditions: Vec<(String, ValueSpec)>,
    pub(crate) missing: Option<Template>,
    pub(crate) several: Option<Template>,
    pub(crate) create: Vec<(String, ValueSpec)>,
}

/// A `[[skip]]`, `[[refuse]]` or `[[warning]]`.
pub(crate) struct SentenceSpec {
    /// The key of the grammar, for messages.
    pub(crate) name: &'static str,
    pub(crate) when: Option<Template>,
    pub(crate) text: Template,
}
