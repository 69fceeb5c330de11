//! Fields and layouts as Zoho describes them ("Fields metadata", "Layouts metadata").

use destination::json::list;
use serde_json::Value as Json;

/// A field as Zoho describes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described<'a>(&'a Json);

impl<'a> Described<'a> {
    /// Returns the field of this API name.
    pub(crate) fn named(fields: &'a [Json], name: &str) -> Option<Self> {
        Self::all(fields).find(|field| field.name() == name)
    }

    /// Returns the field of this id.
    pub(crate) fn with_id(fields: &'a [Json], id: &str) -> Option<Self> {
        Self::all(fields).find(|field| field.text("id") == id)
    }

    /// Returns all fields.
    pub(crate) fn all(fields: &'a [Json]) -> impl Iterator<Item = Self> {
        fields.iter().map(Self)
    }

    pub(crate) fn name(self) -> &'a str {
        self.text("api_name")
    }

    pub(crate) fn id(self) -> &'a str {
        self.text("id")
    }

    pub(crate) fn data_type(self) -> &'a str {
        self.text("data_type")
    }

    pub(crate) fn json_type(self) -> &'a str {
        self.text("json_type")
    }

    /// Returns the number of characters that it takes; `None` where there is no such limit.
    pub(crate) fn length(self) -> Option<usize> {
        let length = usize::try_from(self.0.get("length")?.as_u64()?).ok()?;
        (length > 0).then_some(length)
    }

    pub(crate) fn is_custom(self) -> bool {
        self.is_true("custom_field")
    }

    pub(crate) fn is_mandatory(self) -> bool {
        self.is_true("system_mandatory")
    }

    /// Returns whether a layout requires it; only the fields of layouts tell.
    pub(crate) fn is_required(self) -> bool {
        self.is_true("required")
    }

    /// Returns whether the user may write it.
    pub(crate) fn is_writable(self) -> bool {
        let told = self.0.pointer("/operation_type/api_create");
        told.and_then(Json::as_bool) != Some(false)
    }

    /// Returns whether it has "Do not allow duplicate values".
    pub(crate) fn is_unique(self) -> bool {
        self.is_set("unique")
    }

    /// Returns whether an upsert may take it as a key: external fields are unique as well.
    pub(crate) fn is_key(self) -> bool {
        self.is_unique() || self.is_set("external")
    }

    /// Returns the choices of a picklist.
    pub(crate) fn choices(self) -> Vec<&'a str> {
        let value = |choice: &'a Json| {
            choice
                .get("actual_value")
                .or_else(|| choice.get("display_value"))?
                .as_str()
        };
        list(self.0, "pick_list_values")
            .iter()
            .filter_map(value)
            .collect()
    }

    fn text(self, key: &str) -> &'a str {
        self.0.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    fn is_true(self, key: &str) -> bool {
        self.0.get(key).and_then(Json::as_bool) == Some(true)
    }

    fn is_set(self, key: &str) -> bool {
        let set = self.0.get(key).and_then(Json::as_object);
        set.is_some_and(|set| !set.is_empty())
    }
}

/// Returns the fields of a layout.
pub(crate) fn of_layout(layout: &Json) -> impl Iterator<Item = Described<'_>> {
    list(layout, "sections")
        .iter()
        .flat_map(|section| list(section, "fields"))
        .map(Described)
}
