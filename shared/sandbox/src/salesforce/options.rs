use super::credentials::Credentials;
use crate::{
    Place,
    product::{self, Product},
};
use ports::Clock;
use std::{fmt, sync::Arc, time::Duration};

/// How the org is set up.
#[derive(Clone)]
pub struct Options {
    /// Products, each with an active entry in the standard price book.
    pub products: Vec<Product>,
    /// Fields beyond those that the built-in mappings need, which are always there.
    pub custom_fields: Vec<CustomField>,
    /// Picklists that accept their listed values only.
    pub restricted_picklists: Vec<Picklist>,
    /// The picklists of countries and their states, where they are switched on: addresses then have
    /// codes, too.
    pub countries: Vec<Country>,
    /// Rules that refuse a record with the same text in a field as another one.
    pub duplicate_rules: Vec<DuplicateRule>,
    /// Whether the header that saves a duplicate all the same reaches the nodes of a graph. Nobody
    /// documents it.
    pub duplicate_header_reaches_nodes: bool,
    /// What the token endpoint asks for.
    pub credentials: Credentials,
    /// How long a token lives; for ever when not given.
    pub token_lifetime: Option<Duration>,
    /// Whether each refresh token is good for one login, which yields the next; one that is used
    /// again ends all that came of it. Salesforce Help, "Refresh Token Rotation", and 005316711.
    pub rotates_refresh_tokens: bool,
    /// How many calls a token is good for; any number when not given.
    pub token_calls: Option<u64>,
    /// How long every answer travels.
    pub latency: Duration,
    /// Where it listens.
    pub place: Place,
    /// Calls per day. The day never ends here, so this is what is left for the life of the sandbox.
    pub daily_calls: u64,
    /// Rows of one query page.
    pub page_size: usize,
    /// Judges whether a JWT has expired. Without a clock `exp` must be there but may be any number.
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
}

/// A restricted picklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picklist {
    /// Object, such as `Opportunity`.
    pub object: String,
    /// Field, such as `StageName`.
    pub field: String,
    /// The only values it accepts.
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
    /// Such as `US`.
    pub code: String,
    /// Such as `United States`.
    pub name: String,
    /// Code and name of each state.
    pub states: Vec<(String, String)>,
}

impl Country {
    /// A country with its states.
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
    /// A text of at most `length` UTF-16 units.
    pub fn text(object: impl Into<String>, name: impl Into<String>, length: usize) -> Self {
        Self {
            object: object.into(),
            name: name.into(),
            type_name: "text",
            length,
            scale: 0,
            external_id: false,
            unique: false,
        }
    }

    /// A unique external id of 255 characters.
    pub fn external_id(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            external_id: true,
            unique: true,
            ..Self::text(object, name, 255)
        }
    }

    /// A number of `precision` digits, `scale` of them behind the point.
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

    /// A check box.
    pub fn checkbox(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            type_name: "boolean",
            ..Self::text(object, name, 0)
        }
    }

    /// A date.
    pub fn date(object: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            type_name: "date",
            ..Self::text(object, name, 0)
        }
    }

    /// The same field as an external id that is not unique, so that an upsert can match several
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
