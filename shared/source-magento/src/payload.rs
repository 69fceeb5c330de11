//! Tolerant reading of Magento's JSON. REST gives numbers where events give the database's texts (`165`, `"165.0000"`), lists come as objects with the rows' ids
//! for keys, `{}` for an empty list, flags as `0`, `"0"` or `false`; what is null is left out, or is null.
//! Only what would falsify the order is an error: an amount that is none, a list that is none.

use order::amount::{self, AmountError};
use order::{Money, text};
use serde_json::{Map, Value};

/// More digits than an unsigned 64-bit number has are no id.
const LONGEST_ID: usize = 20;

/// Magento stores amounts with four decimals (`decimal(20,4)` in db_schema.xml of Magento\Sales).
const DECIMALS: u32 = 4;

/// A field that can not be used: its path from the order, and the end of the sentence "`line_items[2].total` is ...".
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) field: String,
    pub(crate) problem: String,
}

/// A JSON object and where it stands in the order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object<'a> {
    fields: Option<&'a Map<String, Value>>,
    path: String,
}

impl<'a> Object<'a> {
    /// The order itself.
    pub(crate) fn root(fields: &'a Map<String, Value>) -> Self {
        Self {
            fields: Some(fields),
            path: String::new(),
        }
    }

    /// Whether it has no field at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_none_or(Map::is_empty)
    }

    /// A value that is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.fields?.get(key).filter(|value| !value.is_null())
    }

    /// Cleaned text; numbers as they are written; empty for everything else.
    pub(crate) fn text(&self, key: &str) -> String {
        match self.get(key) {
            Some(Value::String(words)) => text::clean(words),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// An id that is a positive whole number, as a number or as a text of digits. 0 is nobody's.
    pub(crate) fn id(&self, key: &str) -> Option<String> {
        let written = self.text(key);
        let digits = written.trim_start_matches('0');
        let usable = (1..=LONGEST_ID).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        usable.then(|| digits.to_owned())
    }

    /// Whether a flag is up.
    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Bool(true))) || matches!(self.text(key).as_str(), "1" | "true")
    }

    /// An exact amount; `None` where the shop says nothing. Events that are sent while the shop still calculates hold PHP's floats, noise and all (`110.69999999999999`):
    /// such an amount is what the shop is about to store.
    pub(crate) fn amount(&self, key: &str) -> Result<Option<Money>, Unusable> {
        let Some(written) = self.number_text(key)? else { return Ok(None) };
        let amount = match amount::parse(&written) {
            Err(AmountError::TooPrecise) => amount::parse_quantity(&written).map(|noisy| noisy.round_dp(DECIMALS)),
            exact => exact,
        };
        amount.map(Some).map_err(|error| self.unusable(key, error.to_string()))
    }

    /// An exact amount; zero where the shop says nothing.
    pub(crate) fn amount_or_zero(&self, key: &str) -> Result<Money, Unusable> {
        Ok(self.amount(key)?.unwrap_or_default())
    }

    /// How many; one where the shop does not say.
    pub(crate) fn quantity(&self, key: &str) -> Result<Money, Unusable> {
        let Some(written) = self.number_text(key)? else {
            return Ok(Money::ONE);
        };
        amount::parse_quantity(&written).map_err(|error| self.unusable(key, error.to_string()))
    }

    /// The lines of a text: one per text of a list, or per line of a single text.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        let texts: Vec<&str> = match self.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::Object(items)) => items.values().filter_map(Value::as_str).collect(),
            Some(Value::String(words)) => words.lines().collect(),
            _ => Vec::new(),
        };
        texts.into_iter().map(text::clean).filter(|words| !words.is_empty()).collect()
    }

    /// An object; an empty one where there is none.
    pub(crate) fn object(&self, key: &str) -> Object<'a> {
        Object {
            fields: self.get(key).and_then(Value::as_object),
            path: self.path_of(key),
        }
    }

    /// Whether there is anything but null at this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A list of objects, or an object of objects.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<Object<'a>>, Unusable> {
        let items: Vec<&Value> = match self.get(key) {
            None | Some(Value::Bool(false)) => Vec::new(),
            Some(Value::String(words)) if words.is_empty() => Vec::new(),
            Some(Value::Array(items)) => items.iter().collect(),
            Some(Value::Object(items)) => items.values().collect(),
            Some(_) => return Err(self.unusable(key, "not a list")),
        };
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| self.item(key, index, item))
            .collect()
    }

    fn item(&self, key: &str, index: usize, item: &'a Value) -> Result<Object<'a>, Unusable> {
        let key = format!("{key}[{index}]");
        let fields = item.as_object().ok_or_else(|| self.unusable(&key, "not an object"))?;
        Ok(Object {
            fields: Some(fields),
            path: self.path_of(&key),
        })
    }

    /// The digits of a number, however it is written; `None` for nothing, null and the empty text.
    fn number_text(&self, key: &str) -> Result<Option<String>, Unusable> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::String(written)) if written.trim().is_empty() => Ok(None),
            Some(Value::String(written)) => Ok(Some(written.clone())),
            Some(_) => Err(self.unusable(key, "not a decimal number")),
        }
    }

    /// The error of a field that can not be used.
    pub(crate) fn unusable(&self, key: &str, problem: impl Into<String>) -> Unusable {
        Unusable {
            field: self.path_of(key),
            problem: problem.into(),
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
