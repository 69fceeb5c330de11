//! Peculiarities of Shopify's JSON: amounts in a longer form, and flags.

use order::Money;
use serde_json::Value;
use source::payload::{Object, Unusable, digits};

/// Readings of an object that only Shopify's payloads need.
pub(crate) trait ShopifyObject {
    /// Returns an exact amount in the shop's currency; `None` where the shop gives none.
    /// `total_price` is the same as `total_price_set.shop_money.amount`, and some amounts exist
    /// only in the longer form.
    ///
    /// # Errors
    /// [`Unusable`] when the value is no amount.
    fn money(&self, key: &str) -> Result<Option<Money>, Unusable>;

    /// Returns an exact amount in the shop's currency; zero where the shop gives none.
    ///
    /// # Errors
    /// [`Unusable`] when the value is no amount.
    fn money_or_zero(&self, key: &str) -> Result<Money, Unusable> {
        Ok(self.money(key)?.unwrap_or_default())
    }

    /// Returns the ids in a list; an item that is no id is left out.
    fn ids(&self, key: &str) -> Vec<String>;

    /// Returns whether a flag is true; an absent flag is not.
    fn flag(&self, key: &str) -> bool;

    /// Returns whether this is an object with nothing but an id.
    fn is_only_an_id(&self) -> bool;
}

impl ShopifyObject for Object<'_> {
    fn money(&self, key: &str) -> Result<Option<Money>, Unusable> {
        match self.amount(key)? {
            Some(amount) => Ok(Some(amount)),
            None => self
                .object(&format!("{key}_set"))
                .object("shop_money")
                .amount("amount"),
        }
    }

    fn ids(&self, key: &str) -> Vec<String> {
        let items = self
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        items
            .filter_map(|item| match item {
                Value::String(words) => digits(words),
                Value::Number(number) => digits(&number.to_string()),
                _ => None,
            })
            .collect()
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    fn is_only_an_id(&self) -> bool {
        self.has("id") && self.len() == 1
    }
}
