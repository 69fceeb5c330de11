//! Tolerant reading of a shop's JSON. Old versions and plug-ins do not keep the promises of a
//! platform's documentation: ids come as texts, amounts as numbers or as texts, lists as objects,
//! null anywhere. Only a value that would falsify the order is an error, with its path: an amount
//! that is not an amount, a list that is not a list.

use crate::{MOST_ITEMS, PayloadError};
use order::amount::{self, AmountError};
use order::{Money, text};
use serde_json::{Map, Value};

/// The largest number of digits in an id: an unsigned 64-bit number has no more.
const LONGEST_ID: usize = 20;

/// A field that cannot be used: its path from the order, and the end of the sentence
/// "`line_items[2].total` is ...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Path of the field, such as `line_items[2].total`.
    pub field: String,
    /// The fault, without personal data.
    pub problem: String,
}

impl Unusable {
    /// Turns this into the error of the order with this id, or `?` where the id is not known.
    #[must_use]
    pub fn in_order(self, order: &str) -> PayloadError {
        PayloadError::Field {
            order: order.to_owned(),
            field: self.field,
            problem: self.problem,
        }
    }
}

/// A JSON object and its path in the order.
#[derive(Clone, Debug, Default)]
pub struct Object<'a> {
    fields: Option<&'a Map<String, Value>>,
    path: String,
    noise_from: Option<u32>,
}

impl<'a> Object<'a> {
    /// Creates the object of the order itself.
    #[must_use]
    pub fn root(fields: &'a Map<String, Value>) -> Self {
        Self {
            fields: Some(fields),
            ..Self::default()
        }
    }

    /// Sets the number of decimals with which the shop stores its amounts, for a shop that may send
    /// more: the rest is a float's noise (`110.69999999999999`), and the shop itself is about to
    /// store the rounded amount. Without this setting, such an amount is an error.
    #[must_use]
    pub fn storing_decimals(self, decimals: u32) -> Self {
        Self {
            noise_from: Some(decimals),
            ..self
        }
    }

    /// Returns the number of its fields, those with null included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.map_or(0, Map::len)
    }

    /// Returns whether it has no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a value that is there and not null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.fields?.get(key).filter(|value| !value.is_null())
    }

    /// Returns whether there is anything but null at this key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Returns cleaned text; a number as it is written; an empty text for everything else.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        match self.get(key) {
            Some(Value::String(words)) => text::clean(words),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// Returns the first of these texts that is not empty.
    #[must_use]
    pub fn first_text(&self, keys: &[&str]) -> String {
        let mut texts = keys.iter().map(|key| self.text(key));
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Returns an id that is exactly a positive whole number, as a number or as a text of digits. 0
    /// is nobody's id.
    #[must_use]
    pub fn id(&self, key: &str) -> Option<String> {
        digits(&self.text(key))
    }

    /// Returns an exact amount; `None` where the shop gives none.
    ///
    /// # Errors
    /// [`Unusable`] when the value is no amount.
    pub fn amount(&self, key: &str) -> Result<Option<Money>, Unusable> {
        let Some(written) = self.number_text(key)? else {
            return Ok(None);
        };
        let amount = match (amount::parse(&written), self.noise_from) {
            (Err(AmountError::TooPrecise), Some(decimals)) => {
                amount::parse_quantity(&written).map(|noisy| noisy.round_dp(decimals))
            }
            (exact, _) => exact,
        };
        amount
            .map(Some)
            .map_err(|error| self.unusable(key, error.to_string()))
    }

    /// Returns an exact amount; zero where the shop gives none.
    ///
    /// # Errors
    /// [`Unusable`] when the value is no amount.
    pub fn amount_or_zero(&self, key: &str) -> Result<Money, Unusable> {
        Ok(self.amount(key)?.unwrap_or_default())
    }

    /// Returns a quantity; `None` where the shop gives none.
    ///
    /// # Errors
    /// [`Unusable`] when the value is no number.
    pub fn quantity(&self, key: &str) -> Result<Option<Money>, Unusable> {
        let Some(written) = self.number_text(key)? else {
            return Ok(None);
        };
        amount::parse_quantity(&written)
            .map(Some)
            .map_err(|error| self.unusable(key, error.to_string()))
    }

    /// Returns an object; an empty one where there is none.
    #[must_use]
    pub fn object(&self, key: &str) -> Object<'a> {
        self.child(key, self.get(key).and_then(Value::as_object))
    }

    /// Returns a list of objects; empty where there is none, and for `{}`.
    ///
    /// # Errors
    /// [`Unusable`] when the value is anything else, or holds anything else, or has more than
    /// [`MOST_ITEMS`] items.
    pub fn list(&self, key: &str) -> Result<Vec<Object<'a>>, Unusable> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Object(fields)) if fields.is_empty() => Ok(Vec::new()),
            Some(Value::Array(items)) => self.items(key, items),
            Some(_) => Err(self.unusable(key, "not a list")),
        }
    }

    /// Returns a list as PHP writes it: one with gaps as an object with numbers for keys, an empty
    /// one also as `false` or `""`.
    ///
    /// # Errors
    /// [`Unusable`] when the value is anything else, or holds anything else, or has more than
    /// [`MOST_ITEMS`] items.
    pub fn php_list(&self, key: &str) -> Result<Vec<Object<'a>>, Unusable> {
        match self.get(key) {
            Some(Value::Bool(false)) => Ok(Vec::new()),
            Some(Value::String(words)) if words.is_empty() => Ok(Vec::new()),
            Some(Value::Object(items)) => self.items(key, items.values()),
            _ => self.list(key),
        }
    }

    /// Creates the error about the value at this key.
    #[must_use]
    pub fn unusable(&self, key: &str, problem: impl Into<String>) -> Unusable {
        Unusable {
            field: self.path_of(key),
            problem: problem.into(),
        }
    }

    fn items(
        &self,
        key: &str,
        items: impl IntoIterator<Item = &'a Value>,
    ) -> Result<Vec<Object<'a>>, Unusable> {
        let object = |(index, item): (usize, &'a Value)| {
            let key = format!("{key}[{index}]");
            let fields = item
                .as_object()
                .ok_or_else(|| self.unusable(&key, "not an object"))?;
            Ok(self.child(&key, Some(fields)))
        };
        let items: Vec<&Value> = items.into_iter().take(MOST_ITEMS + 1).collect();
        if items.len() > MOST_ITEMS {
            return Err(self.unusable(key, format!("a list of more than {MOST_ITEMS} items")));
        }
        items.into_iter().enumerate().map(object).collect()
    }

    fn child(&self, key: &str, fields: Option<&'a Map<String, Value>>) -> Object<'a> {
        Object {
            fields,
            path: self.path_of(key),
            noise_from: self.noise_from,
        }
    }

    /// Returns a number as it is written; `None` for an absent value, null and a blank text.
    fn number_text(&self, key: &str) -> Result<Option<String>, Unusable> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::String(written)) if written.trim().is_empty() => Ok(None),
            Some(Value::String(written)) => Ok(Some(written.clone())),
            Some(_) => Err(self.unusable(key, "not a decimal number")),
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// Returns the digits of a positive whole number without leading zeros; `None` for everything else.
/// A shop's ids exceed what a float can hold.
#[must_use]
pub fn digits(written: &str) -> Option<String> {
    let digits = written.trim().trim_start_matches('0');
    let usable = (1..=LONGEST_ID).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    usable.then(|| digits.to_owned())
}
