//! The targets of references, beside records: items, lists, countries and their states.

use super::options::{Item, ItemKind, ListEntry, Options};
use indexmap::IndexMap;
use serde::Deserialize;
use std::{collections::HashMap, io};

const LISTS: &str = include_str!("lists.toml");
const PLACES: &str = include_str!("places.toml");

#[derive(Debug)]
pub(super) struct Catalog {
    items: IndexMap<u64, Item>,
    item_ids: HashMap<String, u64>,
    lists: IndexMap<String, IndexMap<String, String>>,
    places: Places,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    countries: String,
    states: HashMap<String, String>,
}

impl Catalog {
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        let mut lists: IndexMap<String, IndexMap<String, String>> =
            toml::from_str(LISTS).map_err(io::Error::other)?;
        for ListEntry { list, id, name } in &options.list_entries {
            lists
                .entry(list.clone())
                .or_default()
                .insert(id.clone(), name.clone());
        }
        Ok(Self {
            items: options
                .items
                .iter()
                .map(|item| (item.id, item.clone()))
                .collect(),
            item_ids: options
                .items
                .iter()
                .map(|item| (item.product.code.to_lowercase(), item.id))
                .collect(),
            lists,
            places: toml::from_str(PLACES).map_err(io::Error::other)?,
        })
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    pub(super) fn item(&self, id: &str) -> Option<&Item> {
        self.items.get(&id.parse::<u64>().ok()?)
    }

    /// Returns the item with this external id, in whatever case.
    pub(super) fn item_by_external_id(&self, external_id: &str) -> Option<&Item> {
        self.items
            .get(self.item_ids.get(&external_id.to_lowercase())?)
    }

    /// Deletes the item with this id and creates the same under another one. Returns whether it
    /// existed.
    pub(super) fn replace_item(&mut self, id: u64, new: u64) -> bool {
        let Some(item) = self.items.shift_remove(&id) else {
            return false;
        };
        self.item_ids.insert(item.product.code.to_lowercase(), new);
        self.items.insert(new, Item { id: new, ..item });
        true
    }

    /// Returns the name of an entry of a list. Unknown lists are empty.
    pub(super) fn entry(&self, list: &str, id: &str) -> Option<&str> {
        self.lists.get(list)?.get(id).map(String::as_str)
    }

    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.lists.get(name).into_iter().flatten();
        entries.map(|(id, name)| (id.as_str(), name.as_str()))
    }

    pub(super) fn is_country(&self, code: &str) -> bool {
        self.places
            .countries
            .split_whitespace()
            .any(|known| known == code)
    }

    /// Returns whether the country has this state. Only some countries' states are known; others
    /// accept any text.
    pub(super) fn has_state(&self, country: &str, state: &str) -> bool {
        let known = self.places.states.get(country);
        known.is_none_or(|states| states.split_whitespace().any(|code| code == state))
    }
}

impl ItemKind {
    /// Returns the `itemtype` in SuiteQL.
    pub(super) const fn type_name(self) -> &'static str {
        match self {
            Self::Inventory => "InvtPart",
            Self::OtherCharge => "OthCharge",
            Self::Discount => "Discount",
        }
    }

    /// Returns the name in paths.
    pub(super) const fn record_name(self) -> &'static str {
        match self {
            Self::Inventory => "inventoryItem",
            Self::OtherCharge => "otherChargeSaleItem",
            Self::Discount => "discountItem",
        }
    }
}
