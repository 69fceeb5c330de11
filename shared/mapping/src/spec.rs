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
    /// The only platform whose orders it is for; nothing where it may be any.
    pub(crate) platform: Option<String>,
    /// `vars` as templates see them.
    pub(crate) vars: Value,
    pub(crate) records: Vec<RecordSpec>,
    /// Orders that rightly become nothing.
    pub(crate) skips: Vec<SentenceSpec>,
    /// Orders that must not become anything as they are.
    pub(crate) refusals: Vec<SentenceSpec>,
    /// Notes in the ledger although the order is delivered.
    pub(crate) warnings: Vec<SentenceSpec>,
    pub(crate) currency: Option<CurrencySpec>,
    pub(crate) charges: Option<ChargesSpec>,
    /// Says `leave_out` where the tax that a marketplace pays is no part of the order's amount.
    pub(crate) marketplace_tax: Option<Template>,
    pub(crate) gone: Option<GoneSpec>,
}

/// `[gone]`.
pub(crate) struct GoneSpec {
    /// Name of the record that holds the order.
    pub(crate) record: String,
    /// What it gets when the order is no longer in the shop.
    pub(crate) fields: Vec<FieldSpec>,
}

/// `[currency]`.
pub(crate) struct CurrencySpec {
    /// The currency that the destination's amounts are in unless their record says another.
    pub(crate) home: Option<Template>,
    /// Whether the order's records say their currency.
    pub(crate) others: Option<Template>,
    /// Whether an order in another currency goes out in that of the shop's books.
    pub(crate) convert: Option<Template>,
}

/// `[charges]`.
pub(crate) struct ChargesSpec {
    /// Where it is not true, the destination takes one amount for the whole order, and there are no
    /// charges.
    pub(crate) when: Option<Template>,
    /// What has the sum of lines and charges, for messages: `opportunity`.
    pub(crate) of: String,
    /// For each kind, the product or item that stands for it, and the variables that say so.
    pub(crate) codes: [Option<(Template, Vec<String>)>; ChargeKind::ALL.len()],
}

/// A `[[record]]`.
pub(crate) struct RecordSpec {
    pub(crate) name: String,
    pub(crate) object: Template,
    pub(crate) when: Option<Template>,
    /// Whether `when` reads nothing but `vars`: where it says no, the record is not part of the
    /// mapping at all for this route.
    pub(crate) when_is_a_switch: bool,
    pub(crate) key: Option<KeySpec>,
    pub(crate) find: Vec<FindSpec>,
    pub(crate) each: Option<Each>,
    pub(crate) replaces: Option<String>,
    /// For the fields that say nothing themselves.
    pub(crate) on: Option<OnSpec>,
    pub(crate) together: Vec<TogetherSpec>,
    /// What the destination takes beside the fields.
    pub(crate) options: Vec<FieldSpec>,
    pub(crate) fields: Vec<FieldSpec>,
}

/// An entry of `together`: fields that are the parts of one value.
pub(crate) struct TogetherSpec {
    /// Their names; a blank one is no part.
    pub(crate) fields: Vec<Template>,
    /// For the parts that say nothing themselves; where it says nothing either, the record's
    /// counts.
    pub(crate) on: Option<OnSpec>,
}

impl RecordSpec {
    /// The parent whose children these records replace, and the field that refers to it.
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
    /// Where it is null, the value comes from the field of that name.
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
    /// Where it says nothing, the record's counts.
    pub(crate) on: Option<OnSpec>,
}

/// `on`.
pub(crate) enum OnSpec {
    /// Nothing: the field is left out.
    Fixed(Option<When>),
    /// Says per order which of the words it is.
    Template(Template),
}

impl OnSpec {
    /// The word of an `on`; nothing for `never`.
    ///
    /// # Errors
    /// Any other word, with those that there are.
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

/// What a field's value is made of.
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
    /// The first of these that is there.
    First(Vec<ValueSpec>),
    /// One value per item, spliced into the list around it.
    Each {
        each: Each,
        value: Box<ValueSpec>,
    },
}

/// What a destination has room for. What goes beyond is cut visibly, with a note.
#[derive(Clone, Copy, Default)]
pub(crate) struct Limits {
    /// Texts longer than this are shortened.
    pub(crate) max: Option<usize>,
    /// Numbers with more decimals than this are rounded.
    pub(crate) decimals: Option<u32>,
    /// What rounding takes from this number goes to the next one of the order, so that their sum is
    /// rounded as a whole.
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
    /// Which of them, for messages.
    pub(crate) name: &'static str,
    pub(crate) when: Option<Template>,
    pub(crate) text: Template,
}
