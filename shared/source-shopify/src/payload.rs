//! Tolerant reading of Shopify's JSON. Its versions, and the fields that an app may leave out of its webhooks, differ in which keys are there and which are null;
//! a few types differ too (amounts as numbers in refunds, `{}` for an empty list).
//! Only what would falsify the order is an error: an amount that is none, a list that is none.

use order::{Money, amount, text};
use serde_json::{Map, Value};

/// More digits than an unsigned 64-bit number has are no id.
const LONGEST_ID: usize = 20;

/// A field that can not be used: its path from the order, and the end of the sentence "`line_items[2].price` is ...".
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

    /// A value that is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.fields?.get(key).filter(|value| !value.is_null())
    }

    /// Whether there is anything but null at this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether this is an object that says nothing but its id.
    pub(crate) fn is_only_an_id(&self) -> bool {
        self.has("id") && self.fields.is_some_and(|fields| fields.len() == 1)
    }

    /// Cleaned text; numbers as they are written; empty for everything else.
    pub(crate) fn text(&self, key: &str) -> String {
        match self.get(key) {
            Some(Value::String(words)) => text::clean(words),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// The first of these texts that is not empty.
    pub(crate) fn first_text(&self, keys: &[&str]) -> String {
        let mut texts = keys.iter().map(|key| self.text(key));
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// An id that is a positive whole number, exactly: Shopify's ids are beyond what a float can hold.
    pub(crate) fn id(&self, key: &str) -> Option<String> {
        digits(&self.text(key))
    }

    /// The ids in a list; whatever is none is left out.
    pub(crate) fn ids(&self, key: &str) -> Vec<String> {
        let items = self.get(key).and_then(Value::as_array).into_iter().flatten();
        items
            .filter_map(|item| match item {
                Value::String(words) => digits(words),
                Value::Number(number) => digits(&number.to_string()),
                _ => None,
            })
            .collect()
    }

    /// True only where the shop says so.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    /// An exact amount in the shop's currency; `None` where the shop says nothing. `total_price` is the same as `total_price_set.shop_money.amount`,
    /// and some amounts are told only in the longer form.
    pub(crate) fn money(&self, key: &str) -> Result<Option<Money>, Unusable> {
        match self.decimal(key)? {
            Some(amount) => Ok(Some(amount)),
            None => self.object(&format!("{key}_set")).object("shop_money").decimal("amount"),
        }
    }

    /// An exact amount in the shop's currency; zero where the shop says nothing.
    pub(crate) fn money_or_zero(&self, key: &str) -> Result<Money, Unusable> {
        Ok(self.money(key)?.unwrap_or_default())
    }

    /// An exact decimal; `None` where the shop says nothing.
    pub(crate) fn decimal(&self, key: &str) -> Result<Option<Money>, Unusable> {
        let Some(written) = self.number_text(key)? else { return Ok(None) };
        amount::parse(&written)
            .map(Some)
            .map_err(|error| self.unusable(key, error.to_string()))
    }

    /// How many; `None` where the shop does not say.
    pub(crate) fn quantity(&self, key: &str) -> Result<Option<Money>, Unusable> {
        let Some(written) = self.number_text(key)? else { return Ok(None) };
        amount::parse_quantity(&written)
            .map(Some)
            .map_err(|error| self.unusable(key, error.to_string()))
    }

    /// An object; an empty one where there is none.
    pub(crate) fn object(&self, key: &str) -> Object<'a> {
        Object {
            fields: self.get(key).and_then(Value::as_object),
            path: self.path_of(key),
        }
    }

    /// A list of objects; empty where there is none.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<Object<'a>>, Unusable> {
        let items: &[Value] = match self.get(key) {
            None => &[],
            Some(Value::Object(fields)) if fields.is_empty() => &[],
            Some(Value::Array(items)) => items,
            Some(_) => return Err(self.unusable(key, "not a list")),
        };
        let object = |(index, item): (usize, &'a Value)| {
            let key = format!("{key}[{index}]");
            let fields = item.as_object().ok_or_else(|| self.unusable(&key, "not an object"))?;
            Ok(Object {
                fields: Some(fields),
                path: self.path_of(&key),
            })
        };
        items.iter().enumerate().map(object).collect()
    }

    /// Says what is wrong with the value at this key.
    pub(crate) fn unusable(&self, key: &str, problem: impl Into<String>) -> Unusable {
        Unusable {
            field: self.path_of(key),
            problem: problem.into(),
        }
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

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// The digits of a positive whole number without leading zeros.
pub(crate) fn digits(written: &str) -> Option<String> {
    let digits = written.trim().trim_start_matches('0');
    let usable = (1..=LONGEST_ID).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    usable.then(|| digits.to_owned())
}
