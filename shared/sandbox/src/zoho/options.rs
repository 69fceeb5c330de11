use super::{credentials::Credentials, field::FieldType};
use crate::{
    Place,
    product::{self, Product},
};
use std::time::Duration;

/// The set-up of the organisation. The defaults are those of a Standard edition with the standard
/// layouts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Products that the organisation sells.
    pub products: Vec<Product>,
    /// Fields beyond the standard layouts. There are none by default, as in a new organisation.
    pub custom_fields: Vec<CustomField>,
    /// Picklists with other values than the standard ones.
    pub picklists: Vec<Picklist>,
    /// Fields, as module and API name, that the layout requires in addition to the standard ones.
    pub required: Vec<(String, String)>,
    /// Fields, as module and API name, that the user's profile does not see.
    pub hidden_fields: Vec<(String, String)>,
    /// The number of custom fields that the edition allows in a module.
    pub most_custom_fields: usize,
    /// The credentials that the token endpoint asks for.
    pub credentials: Credentials,
    /// The scopes of the refresh token, such as `ZohoCRM.modules.ALL`.
    pub scopes: Vec<String>,
    /// The lifetime of a token; unlimited where `None`, while `expires_in` states one hour.
    pub token_lifetime: Option<Duration>,
    /// The number of calls for which a token is valid; unlimited where `None`.
    pub token_calls: Option<u64>,
    /// The number of tokens that are issued per ten minutes; further ones are refused as "Access
    /// Denied". Unlimited where `None`.
    pub token_requests: Option<usize>,
    /// The time that every answer takes to arrive.
    pub latency: Duration,
    /// The place at which it listens.
    pub place: Place,
    /// The number of requests that may be open at once; further ones get 429. Unlimited where
    /// `None`.
    pub concurrency: Option<usize>,
    /// The API credits per 24 hours. The day never ends here, so this is the number for the life of
    /// the sandbox.
    pub credits: u64,
    /// Whether lines of a subform that an update does not name are removed. Zoho's documentation is
    /// not clear enough for a client to rely on either behaviour, so a careful client names every
    /// line and works with both.
    pub removes_unnamed_lines: bool,
    /// The currency in which the organisation keeps its amounts.
    pub home_currency: String,
    /// The "Duplicate Check Preference" between Leads and Contacts: whether an e-mail address of
    /// one is a duplicate in the other.
    pub leads_and_contacts_share_emails: bool,
}

/// A custom field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomField {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) field_type: FieldType,
    pub(super) length: usize,
    pub(super) unique: bool,
}

/// The values of a picklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picklist {
    /// Module, such as `Deals`.
    pub module: String,
    /// Field, such as `Stage`.
    pub field: String,
    /// The only values that it accepts, beside `-None-`; an empty list accepts everything.
    pub values: Vec<String>,
}

impl CustomField {
    /// Creates a single-line field of at most `length` characters.
    pub fn text(module: impl Into<String>, name: impl Into<String>, length: usize) -> Self {
        Self {
            module: module.into(),
            name: name.into(),
            field_type: FieldType::Text,
            length,
            unique: false,
        }
    }

    /// Creates a single-line field with "Do not allow duplicate values", which an upsert may use as
    /// its key.
    pub fn unique_text(module: impl Into<String>, name: impl Into<String>, length: usize) -> Self {
        Self {
            unique: true,
            ..Self::text(module, name, length)
        }
    }

    /// Creates a check box.
    pub fn checkbox(module: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            field_type: FieldType::Boolean,
            ..Self::text(module, name, 0)
        }
    }

    /// Creates a date field.
    pub fn date(module: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            field_type: FieldType::Date,
            ..Self::text(module, name, 0)
        }
    }

    /// Creates a field for an amount of money.
    pub fn currency(module: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            field_type: FieldType::Currency,
            ..Self::text(module, name, 16)
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        let scopes = [
            "ZohoCRM.modules.ALL",
            "ZohoCRM.settings.ALL",
            "ZohoCRM.coql.READ",
            "ZohoCRM.composite_requests.CUSTOM",
            "ZohoCRM.org.READ",
        ];
        Self {
            products: product::samples(),
            custom_fields: Vec::new(),
            picklists: Vec::new(),
            required: Vec::new(),
            hidden_fields: Vec::new(),
            most_custom_fields: 10,
            credentials: Credentials::default(),
            scopes: scopes.map(String::from).into(),
            token_lifetime: None,
            token_calls: None,
            token_requests: Some(10),
            latency: Duration::ZERO,
            place: Place::default(),
            concurrency: Some(10),
            credits: 50_000,
            removes_unnamed_lines: false,
            home_currency: "USD".to_owned(),
            leads_and_contacts_share_emails: false,
        }
    }
}
