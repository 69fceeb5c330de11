use super::{credentials::Credentials, field::FieldType};
use crate::{
    Place,
    product::{self, Product},
};
use std::time::Duration;

/// How the organisation is set up. The defaults are those of a Standard edition with the standard
/// layouts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Products that the organisation sells.
    pub products: Vec<Product>,
    /// Fields beyond the standard layouts. There are none by default, as in a new organisation.
    pub custom_fields: Vec<CustomField>,
    /// Picklists with other values than the standard ones.
    pub picklists: Vec<Picklist>,
    /// Fields, as module and API name, that the layout requires beside the standard ones.
    pub required: Vec<(String, String)>,
    /// What the token endpoint asks for.
    pub credentials: Credentials,
    /// What the refresh token is good for, such as `ZohoCRM.modules.ALL`.
    pub scopes: Vec<String>,
    /// How long a token lives; for ever when not given. `expires_in` says one hour then.
    pub token_lifetime: Option<Duration>,
    /// How many calls a token is good for; any number when not given.
    pub token_calls: Option<u64>,
    /// Tokens that are given out per ten minutes; the next ones are refused as "Access Denied". Any
    /// number when not given.
    pub token_requests: Option<usize>,
    /// How long every answer travels.
    pub latency: Duration,
    /// Where it listens.
    pub place: Place,
    /// Requests that may be open at once; more get 429. Any number when not given.
    pub concurrency: Option<usize>,
    /// API credits per 24 hours. The day never ends here, so this is what is left for the life of
    /// the sandbox.
    pub credits: u64,
    /// Whether lines of a subform that an update does not name are removed. Zoho's documentation
    /// does not say so clearly that a client could rely on either manner, so a careful one names
    /// every line and works with both.
    pub removes_unnamed_lines: bool,
    /// The currency that the organisation keeps its amounts in.
    pub home_currency: String,
    /// The "Duplicate Check Preference" between Leads and Contacts: an e-mail address of one is a
    /// duplicate in the other.
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
    /// The only values it accepts, beside `-None-`; none at all makes it accept everything.
    pub values: Vec<String>,
}

impl CustomField {
    /// A single line of at most `length` characters.
    pub fn text(module: impl Into<String>, name: impl Into<String>, length: usize) -> Self {
        Self {
            module: module.into(),
            name: name.into(),
            field_type: FieldType::Text,
            length,
            unique: false,
        }
    }

    /// A single line with "Do not allow duplicate values": an upsert may be keyed on it.
    pub fn unique_text(module: impl Into<String>, name: impl Into<String>, length: usize) -> Self {
        Self {
            unique: true,
            ..Self::text(module, name, length)
        }
    }

    /// A check box.
    pub fn checkbox(module: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            field_type: FieldType::Boolean,
            ..Self::text(module, name, 0)
        }
    }

    /// A date.
    pub fn date(module: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            field_type: FieldType::Date,
            ..Self::text(module, name, 0)
        }
    }

    /// An amount of money.
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
