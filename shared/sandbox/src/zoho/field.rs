use serde::Deserialize;

/// One field of one module, as `schema.toml` describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    #[serde(skip)]
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) field_type: FieldType,
    /// The largest number of characters of a text, or of whole digits of a number; 0 where there is
    /// no limit.
    #[serde(default)]
    pub(super) length: usize,
    #[serde(default)]
    pub(super) required: bool,
    /// Whether Zoho computes it; then it is ignored when it is sent.
    #[serde(default)]
    pub(super) read_only: bool,
    /// Whether it is the system-defined duplicate check field of its module: an upsert looks there,
    /// but equal values are no error.
    #[serde(default)]
    pub(super) check: bool,
    /// Whether it has "Do not allow duplicate values", which is enforced on every write.
    #[serde(default)]
    pub(super) unique: bool,
    /// Whether it is not part of the standard layout.
    #[serde(default)]
    pub(super) custom: bool,
    /// Whether the user's profile does not see it.
    #[serde(skip)]
    pub(super) hidden: bool,
    /// The module to which a look-up points, or of which the rows of a subform are.
    pub(super) to: Option<String>,
    /// The values of a picklist; empty where any value is allowed.
    #[serde(default)]
    pub(super) values: Vec<String>,
    /// The `Module.Field` whose values a picklist shares.
    pub(super) values_of: Option<String>,
}

/// The data types of Zoho's fields metadata that our modules have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FieldType {
    Text,
    Textarea,
    Email,
    Phone,
    Website,
    Picklist,
    Lookup,
    OwnerLookup,
    Subform,
    Tags,
    Taxes,
    Boolean,
    Integer,
    Double,
    Currency,
    Date,
    DateTime,
    AutoNumber,
}

impl Field {
    /// Creates a field without any special property.
    pub(super) fn plain(name: &str, field_type: FieldType, length: usize) -> Self {
        Self {
            name: name.to_owned(),
            field_type,
            length,
            required: false,
            read_only: false,
            check: false,
            unique: false,
            custom: false,
            hidden: false,
            to: None,
            values: Vec::new(),
            values_of: None,
        }
    }

    /// Returns whether an upsert may look for records by this field.
    pub(super) const fn finds_duplicates(&self) -> bool {
        self.check || self.unique
    }
}

impl FieldType {
    /// Returns the `data_type` of the metadata.
    pub(super) const fn api_name(self) -> &'static str {
        match self {
            Self::Text | Self::Tags | Self::Taxes => "text",
            Self::Textarea => "textarea",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Website => "website",
            Self::Picklist => "picklist",
            Self::Lookup => "lookup",
            Self::OwnerLookup => "ownerlookup",
            Self::Subform => "subform",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Currency => "currency",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::AutoNumber => "autonumber",
        }
    }

    /// Returns the type that `data_type` names, where a field of it can be made, with its largest
    /// length.
    pub(super) fn creatable(name: &str) -> Option<(Self, usize)> {
        Some(match name {
            "text" => (Self::Text, 255),
            "textarea" => (Self::Textarea, 50_000),
            "email" => (Self::Email, 100),
            "phone" => (Self::Phone, 30),
            "website" => (Self::Website, 450),
            "integer" => (Self::Integer, 9),
            "double" => (Self::Double, 18),
            "currency" => (Self::Currency, 16),
            "boolean" => (Self::Boolean, 0),
            "date" => (Self::Date, 0),
            "datetime" => (Self::DateTime, 0),
            _ => return None,
        })
    }

    /// Returns the `json_type` of the metadata.
    pub(super) const fn json_type(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Double | Self::Currency => "double",
            Self::Lookup | Self::OwnerLookup => "jsonobject",
            Self::Subform | Self::Tags | Self::Taxes => "jsonarray",
            _ => "string",
        }
    }

    pub(super) const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Double | Self::Currency)
    }
}
