//! What plans ask of the org that takes them: objects, fields, products.

use crate::lookups;
use jiff::{Timestamp, civil};
use mapping::{
    Plan,
    plan::{Find, Lookup, Record, Scalar, Value},
};
use std::collections::{BTreeMap, BTreeSet};

/// The needs of all plans together.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(crate) objects: BTreeMap<String, ObjectNeed>,
    /// The look-ups of products, those of the example order's own product left out.
    pub(crate) products: Vec<Lookup>,
    /// Whether an order is refused whose product shares its code with another one.
    pub(crate) refuses_shared_codes: bool,
    /// The price books whose entries are looked for: `None` is the standard one, else its id.
    pub(crate) books: BTreeSet<Option<String>>,
}

/// The needs of one object.
#[derive(Debug, Default)]
pub(crate) struct ObjectNeed {
    /// Whether records are made of it; else they are only looked for.
    pub(crate) is_written: bool,
    pub(crate) fields: BTreeMap<String, Need>,
}

/// The needs of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) kind: Kind,
    /// Whether it is the key that makes writing again harmless.
    pub(crate) is_key: bool,
    pub(crate) is_written: bool,
    /// The length of the longest text, in the UTF-16 units in which Salesforce counts.
    pub(crate) longest: usize,
    pub(crate) texts: BTreeSet<String>,
}

/// The kind of value that is written to a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No plan has a value for it.
    #[default]
    Unknown,
    Text,
    Number,
    Flag,
    Day,
    Moment,
    /// The id of a record of this object.
    Reference(String),
}

impl Needs {
    /// Returns what these plans need.
    pub(crate) fn of<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Self {
        let mut needs = Self::default();
        for plan in plans {
            for record in &plan.records {
                needs.add_record(plan, record);
            }
            for lookup in plan.lookups() {
                needs.add_lookup(lookup);
            }
        }
        needs
    }

    fn add_record(&mut self, plan: &Plan, record: &Record) {
        let object = self.objects.entry(record.object.clone()).or_default();
        object.is_written = true;
        for (name, field) in &record.fields {
            let need = object.fields.entry(name.clone()).or_default();
            need.is_written = true;
            need.take(plan, &field.value);
        }
        if let Some(key) = &record.key {
            let need = object.fields.entry(key.field.clone()).or_default();
            (need.is_key, need.is_written) = (true, true);
            need.take_text(&key.value);
        }
        for find in &record.find {
            if let Find::Field { field, .. } = find {
                object.fields.entry(field.clone()).or_default();
            }
        }
    }

    fn add_lookup(&mut self, lookup: &Lookup) {
        let creates = lookup.missing == mapping::plan::Missing::Create;
        self.add_searched(&lookup.object, creates, lookup.conditions.keys());
        for object in lookups::objects_behind(&lookup.object) {
            let begin = format!("{object}.");
            let fields = lookup
                .conditions
                .keys()
                .filter_map(|path| path.strip_prefix(&begin));
            let is_made = creates && *object == "Product2";
            let object = self.objects.entry((*object).to_owned()).or_default();
            object.is_written |= is_made;
            for field in fields {
                object.fields.entry(field.to_owned()).or_default();
            }
        }
        self.refuses_shared_codes |=
            lookups::is_product(&lookup.object) && lookup.several.is_reject();
        if lookup.object.eq_ignore_ascii_case("PricebookEntry") {
            self.books
                .insert(match lookup.conditions.get("Pricebook2Id") {
                    Some(Scalar::Text(id)) => Some(id.clone()),
                    _ => None,
                });
        }
        let is_example = lookup
            .conditions
            .values()
            .any(|value| *value == Scalar::Text(mapping::EXAMPLE_CODE.to_owned()));
        if lookups::is_product(&lookup.object)
            && !is_example
            && lookups::is_askable(lookup)
            && !self.products.contains(lookup)
        {
            self.products.push(lookup.clone());
        }
    }

    fn add_searched<'a>(
        &mut self,
        object: &str,
        is_written: bool,
        paths: impl Iterator<Item = &'a String>,
    ) {
        let object = self.objects.entry(object.to_owned()).or_default();
        object.is_written |= is_written;
        for path in paths.filter(|path| !path.contains('.')) {
            object.fields.entry(path.clone()).or_default();
        }
    }
}

impl ObjectNeed {
    /// Returns the names of the fields that are written.
    pub(crate) fn written(&self) -> impl Iterator<Item = &str> {
        let written = self.fields.iter().filter(|(_, need)| need.is_written);
        written.map(|(name, _)| name.as_str())
    }

    /// Returns whether the records of a mapping are of it, and not only what they look up.
    pub(crate) fn is_of_records(&self) -> bool {
        self.written().next().is_some()
    }
}

impl Need {
    fn take(&mut self, plan: &Plan, value: &Value) {
        match value {
            Value::Literal(Scalar::Null) => {}
            Value::Literal(Scalar::Bool(_)) => self.be(Kind::Flag),
            Value::Literal(Scalar::Number(_)) => self.be(Kind::Number),
            Value::Literal(Scalar::Text(text)) => self.take_text(text),
            Value::Ref(name) => {
                let object = plan.record(name).map(|record| record.object.clone());
                self.be(Kind::Reference(object.unwrap_or_default()));
            }
            Value::Lookup(lookup) => self.be(Kind::Reference(lookup.object.clone())),
            Value::Object(_) | Value::List(_) => self.be(Kind::Text),
        }
    }

    fn take_text(&mut self, text: &str) {
        self.longest = self.longest.max(text.encode_utf16().count());
        self.texts.insert(text.to_owned());
        self.be(match () {
            () if self.is_key => Kind::Text,
            () if text.parse::<Timestamp>().is_ok() => Kind::Moment,
            () if text.len() == 10 && text.parse::<civil::Date>().is_ok() => Kind::Day,
            () => Kind::Text,
        });
    }

    /// Notes the kind of one more value. Values of two kinds fit into a text only.
    fn be(&mut self, kind: Kind) {
        self.kind = match (&self.kind, kind) {
            (Kind::Unknown, kind) => kind,
            (known, kind) if *known == kind => kind,
            _ => Kind::Text,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mapping::{Mapping, Overrides};
    use order::Order;

    fn needs(vars: &str) -> Needs {
        let vars = toml::from_str(vars).unwrap();
        let overrides = Overrides {
            vars,
            ..Overrides::default()
        };
        let mapping = Mapping::load("woocommerce-salesforce", ".".as_ref(), &overrides).unwrap();
        Needs::of([&mapping.plan(&Order::example()).unwrap()])
    }

    #[test]
    fn a_built_in_mapping_needs_its_keys_and_the_objects_that_it_looks_into() {
        let needs = needs("");
        let objects: Vec<(&str, bool)> = needs
            .objects
            .iter()
            .map(|(name, object)| (name.as_str(), object.is_written))
            .collect();
        assert_eq!(
            objects,
            [
                ("Account", true),
                ("Contact", true),
                ("Opportunity", true),
                ("OpportunityLineItem", true),
                ("Pricebook2", false),
                ("PricebookEntry", false),
                ("Product2", false),
            ]
        );
        let key = &needs.objects["Opportunity"].fields["WooCommerce_Order_ID__c"];
        assert_eq!(
            (key.is_key, key.is_written, &key.kind),
            (true, true, &Kind::Text)
        );
        let field = |object: &str, field: &str| &needs.objects[object].fields[field];
        assert_eq!(field("Opportunity", "Amount").kind, Kind::Number);
        assert_eq!(field("Opportunity", "CloseDate").kind, Kind::Day);
        assert_eq!(
            field("Opportunity", "AccountId").kind,
            Kind::Reference("Account".to_owned())
        );
        assert!(!field("Product2", "ProductCode").is_written);
        assert!(needs.products.is_empty(), "the example's own product");
    }

    #[test]
    fn a_product_of_an_amount_beside_the_lines_must_be_there_and_one_that_is_made_needs_rights() {
        let needs = needs("shipping_product = 'SHIPPING'\nmissing_product = 'create'");
        assert_eq!(needs.products.len(), 1, "{:#?}", needs.products);
        for object in ["Product2", "PricebookEntry"] {
            assert!(needs.objects[object].is_written, "{object}");
        }
        assert!(!needs.objects["Pricebook2"].is_written);
    }
}
