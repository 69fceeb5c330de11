use serde::Deserialize;

/// One field of one object, as `schema.toml` describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    #[serde(skip)]
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) field_type: FieldType,
    /// UTF-16 units of a text, digits of a number.
    #[serde(default)]
    pub(super) length: usize,
    /// Digits behind the point.
    #[serde(default)]
    pub(super) scale: u32,
    #[serde(default)]
    pub(super) label: String,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) access: Access,
    /// What a new record gets when nothing is given.
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) external_id: bool,
    #[serde(default)]
    pub(super) unique: bool,
    /// A standard field by which an upsert may find records (`idLookup`).
    #[serde(default)]
    pub(super) key: bool,
    /// The only values that a restricted picklist accepts.
    #[serde(skip)]
    pub(super) restricted_to: Option<Vec<String>>,
    /// Object that a reference points to.
    pub(super) to: Option<String>,
    /// Name by which SOQL reaches the other record.
    pub(super) parent: Option<String>,
    /// Name by which the other record's sub-selects reach these.
    pub(super) children: Option<String>,
    /// Whether the record is deleted with the one it points to.
    #[serde(default)]
    pub(super) owned: bool,
}

/// Who may write a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    #[default]
    Write,
    /// Given when the record is made, never changed.
    Create,
    /// The org's own business.
    Read,
}

/// The types of the Field Reference, as far as our objects have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FieldType {
    Id,
    Text,
    LongText,
    Email,
    Phone,
    Url,
    Picklist,
    Reference,
    Boolean,
    Double,
    Currency,
    Percent,
    Integer,
    Date,
    DateTime,
}

impl FieldType {
    /// The name that `describe` and error messages use.
    pub(super) const fn api_name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "string",
            Self::LongText => "textarea",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Url => "url",
            Self::Picklist => "picklist",
            Self::Reference => "reference",
            Self::Boolean => "boolean",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Percent => "percent",
            Self::Integer => "int",
            Self::Date => "date",
            Self::DateTime => "datetime",
        }
    }

    pub(super) const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Double | Self::Currency | Self::Percent | Self::Integer
        )
    }

    /// Whether SOQL literals of this type stand in quotes.
    pub(super) const fn is_quoted(self) -> bool {
        !self.is_number() && !matches!(self, Self::Boolean | Self::Date | Self::DateTime)
    }
}

impl Field {
    /// Whether an upsert may name this field.
    pub(super) const fn is_upsert_key(&self) -> bool {
        self.external_id || self.key
    }

    /// Whether the store keeps an index of it.
    pub(super) fn is_indexed(&self) -> bool {
        self.is_upsert_key()
            || self.unique
            || self.field_type == FieldType::Reference
            || self.name == "ProductCode"
    }

    /// Whether a request may write it now.
    pub(super) fn is_writable(&self, creating: bool) -> bool {
        match self.access {
            Access::Write => true,
            Access::Create => creating,
            Access::Read => false,
        }
    }
}

/// The label that Salesforce derives from a name: "LastName" is "Last Name", "AccountId" is
/// "Account ID", "Order_Line__c" is "Order Line".
pub(super) fn label_of(name: &str) -> String {
    if let Some(custom) = name.strip_suffix("__c") {
        return custom.replace('_', " ");
    }
    let mut label = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !label.is_empty() {
            label.push(' ');
        }
        label.push(character);
    }
    label
        .strip_suffix(" Id")
        .map(|stem| format!("{stem} ID"))
        .unwrap_or(label)
}
