use serde::Deserialize;

/// One field of one object, as `schema.toml` describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    #[serde(skip)]
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) field_type: FieldType,
    /// The number of UTF-16 units of a text, or of digits of a number.
    #[serde(default)]
    pub(super) length: usize,
    /// The number of digits behind the decimal point.
    #[serde(default)]
    pub(super) scale: u32,
    #[serde(default)]
    pub(super) label: String,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) access: Access,
    /// The value of a new record where none is given.
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) external_id: bool,
    #[serde(default)]
    pub(super) unique: bool,
    /// Whether it is a standard field by which an upsert may find records (`idLookup`).
    #[serde(default)]
    pub(super) key: bool,
    /// The only values that a restricted picklist accepts.
    #[serde(skip)]
    pub(super) restricted_to: Option<Vec<String>>,
    /// The object to which a reference points.
    pub(super) to: Option<String>,
    /// The name by which SOQL reaches the other record.
    pub(super) parent: Option<String>,
    /// The name by which the other record's sub-selects reach these records.
    pub(super) children: Option<String>,
    /// Whether the record is deleted with the one to which it points.
    #[serde(default)]
    pub(super) owned: bool,
}

/// The access of requests to a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Access {
    #[default]
    Write,
    /// It can be given when the record is created, and never changed.
    Create,
    /// Only the org itself writes it.
    Read,
}

/// The types of the Field Reference that our objects have.
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
    /// Returns the name that `describe` and error messages use.
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

    /// Returns whether SOQL literals of this type are in quotes.
    pub(super) const fn is_quoted(self) -> bool {
        !self.is_number() && !matches!(self, Self::Boolean | Self::Date | Self::DateTime)
    }
}

impl Field {
    /// Returns whether an upsert may name this field.
    pub(super) const fn is_upsert_key(&self) -> bool {
        self.external_id || self.key
    }

    /// Returns whether the store keeps an index of it.
    pub(super) fn is_indexed(&self) -> bool {
        self.is_upsert_key()
            || self.unique
            || self.field_type == FieldType::Reference
            || self.name == "ProductCode"
    }

    /// Returns whether a request may write it now.
    pub(super) fn is_writable(&self, creating: bool) -> bool {
        match self.access {
            Access::Write => true,
            Access::Create => creating,
            Access::Read => false,
        }
    }
}

/// Returns the label that Salesforce derives from a name: "LastName" is "Last Name", "AccountId" is
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
