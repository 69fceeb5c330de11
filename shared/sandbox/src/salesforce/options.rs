use super::{administration::Administration, credentials::Credentials};
use crate::{
    Place,
    product::{self, Product},
};
use ports::Clock;
use std::{fmt, sync::Arc, time::Duration};

/// The set-up of the org.
#[derive(Clone)]
pub struct Options {
    /// Products, each with an active entry in the standard price book.
    pub products: Vec<Product>,
    /// Fields beyond those that the built-in mappings need, which always exist.
    pub custom_fields: Vec<CustomField>,
    /// Picklists that accept their listed values only.
    pub restricted_picklists: Vec<Picklist>,
    /// The picklists of countries and their states, where they are switched on: addresses then have
    /// codes, too.
    pub countries: Vec<Country>,
    /// Rules that refuse a record with the same text in a field as another one.
    pub duplicate_rules: Vec<DuplicateRule>,
    /// Whether the header that saves a duplicate nevertheless reaches the nodes of a graph. This is
    /// not documented.
    pub duplicate_header_reaches_nodes: bool,
    /// What the org was set up with, and what is left to set up.
    pub administration: Administration,
    /// The credentials that the token endpoint asks for.
    pub credentials: Credentials,
    /// The lifetime of a token; unlimited where `None`.
    pub token_lifetime: Option<Duration>,
    /// Whether each refresh token is valid for one login, which yields the next one; one that is
    /// used again ends all tokens that came from it. Salesforce Help, "Refresh Token Rotation", and
    /// 005316711.
    pub rotates_refresh_tokens: bool,
    /// The number of calls for which a token is valid; unlimited where `None`.
    pub token_calls: Option<u64>,
    /// The time that every answer takes to arrive.
    pub latency: Duration,
    /// The place at which it listens.
    pub place: Place,
    /// The number of calls per day. The day never ends here, so this is the number for the life of
    /// the sandbox.
    pub daily_calls: u64,
    /// The number of rows of one query page.
    pub page_size: usize,
    /// The clock that judges whether a JWT has expired. Without a clock `exp` must be present but
    /// may be any number.
    pub clock: Option<Arc<dyn Clock>>,
}

/// A custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    pub(super) object: String,
    pub(super) name: String,
    pub(super) type_name: &'static str,
    pub(super) length: usize,
    pub(super) scale: u32,
    pub(super) external_id: bool,
    pub(super) unique: bool,
    pub(super) required: bool,
}

/// A restricted picklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picklist {
    /// Object, such as `Opportunity`.
    pub object: String,
    /// Field, such as `StageName`.
    pub field: String,
    /// The only values that it accepts.
    pub values: Vec<String>,
}

/// A duplicate rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateRule {
    /// Object, such as `Contact`.
    pub object: String,
    /// Field, such as `Email`.
    pub field: String,
    /// Whether its action is Block: then no header helps.
    pub blocks: bool,
}

/// A country of the state and country picklists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// The code, such as `US`.
    pub code: String,
    /// The name, such as `United States`.
    pub name: String,
    /// Code and name of each state.
    pub states: Vec<(String, String)>,
}

impl Country {
    /// Creates a country with its states.
    #[must_use]
    pub fn new(code: &str, name: &str, states: &[(&str, &str)]) -> Self {
        let state = |(code, name): &(&str, &str)| ((*code).to_owned(), (*name).to_owned());
        Self {
            code: code.to_owned(),
            name: name.to_owned(),
            states: states.iter().map(state).collect(),
        }
    }
}

impl CustomField {
    /// Creates a text field of at most `length` UTF-16 units.
    pub fn text(object: impl Into<String>, name: impl Into<String>, length: usize) -> Self {
        Self {
            object: object.into(),
            name: name.into(),
            type_name: "text",
            length,
            scale: 0,
            external_id: false,
            unique: false,
            required: false,
        }
    }

    /// Creates a unique external id of 255 characters.
    pub fn external_id(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            external_id: true,
            unique: true,
            ..Self::text(object, name, 255)
        }
    }

    /// Creates a field for a number of `precision` digits, `scale` of them behind the decimal
    /// point.
    pub fn number(
        object: impl Into<String>,
        name: impl Into<String>,
        precision: usize,
        scale: u32,
    ) -> Self {
        Self {
            type_name: "double",
            scale,
            ..Self::text(object, name, precision)
        }
    }

    /// Creates a check box.
    pub fn checkbox(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            type_name: "boolean",
            ..Self::text(object, name, 0)
        }
    }

    /// Creates a date field.
    pub fn date(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            type_name: "date",
            ..Self::text(object, name, 0)
        }
    }

    /// Makes the field one without which no record is taken.
    #[must_use]
    pub fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// Sets the number of UTF-16 units that the field holds.
    #[must_use]
    pub fn with_length(self, length: usize) -> Self {
        Self { length, ..self }
    }

    /// Makes the field an external id that is not unique, so that an upsert can match several
    /// records (status 300).
    #[must_use]
    pub fn with_duplicates(self) -> Self {
        Self {
            external_id: true,
            unique: false,
            ..self
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            products: product::samples(),
            custom_fields: Vec::new(),
            restricted_picklists: Vec::new(),
            countries: Vec::new(),
            duplicate_rules: Vec::new(),
            duplicate_header_reaches_nodes: false,
            administration: Administration::default(),
            credentials: Credentials::default(),
            token_lifetime: None,
            rotates_refresh_tokens: false,
            token_calls: None,
            latency: Duration::ZERO,
            place: Place::default(),
            daily_calls: 100_000,
            page_size: 2_000,
            clock: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("products", &self.products)
            .field("custom_fields", &self.custom_fields)
            .field("latency", &self.latency)
            .finish_non_exhaustive()
    }
}
