//! Every key that the file may hold, with an example of its value: the same list finds unknown keys, fills the fix of a message, and is compared with the
//! documentation page by a test.

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// As it is written in the file.
    pub(crate) name: &'static str,
    /// What could stand right of the `=`; empty for keys that are tables.
    pub(crate) example: &'static str,
}

const fn key(name: &'static str, example: &'static str) -> Key {
    Key { name, example }
}

/// The top of the file.
pub(crate) const ROOT: &[Key] = &[
    key("stores", ""),
    key("destinations", ""),
    key("routes", ""),
    key("delivery", ""),
    key("server", ""),
];

/// `[stores.NAME]`.
pub(crate) const STORE: &[Key] = &[key("platform", "\"woocommerce\""), key("secret", "\"orderbridge/stores/acme\"")];

/// `[destinations.NAME]`, whatever its system.
pub(crate) const DESTINATION: &[Key] = &[
    key("system", "\"salesforce\""),
    key("secret", "\"orderbridge/destinations/sales\""),
    key("delivery", ""),
];

/// `[destinations.NAME]` with `system = "salesforce"`, besides [`DESTINATION`].
pub(crate) const SALESFORCE: &[Key] = &[
    key("auth", "\"jwt_bearer\""),
    key("login_url", "\"https://login.salesforce.com\""),
    key("api_version", "\"v65.0\""),
];

/// `[destinations.NAME]` with `system = "zoho"`, besides [`DESTINATION`].
pub(crate) const ZOHO: &[Key] = &[key("accounts_url", "\"https://accounts.zoho.com\""), key("api_version", "\"v8\"")];

/// `[destinations.NAME]` with `system = "netsuite"`, besides [`DESTINATION`].
pub(crate) const NETSUITE: &[Key] = &[
    key("auth", "\"client_credentials\""),
    key("base_url", "\"https://1234567-sb1.suitetalk.api.netsuite.com\""),
];

/// `[[routes]]`.
pub(crate) const ROUTE: &[Key] = &[
    key("name", "\"acme-sales\""),
    key("store", "\"acme\""),
    key("destination", "\"sales\""),
    key("mapping", "\"woocommerce-salesforce\""),
    key("topics", "[\"order.created\", \"order.updated\"]"),
    key("set", ""),
    key("vars", ""),
];

/// `[delivery]` and `[destinations.NAME.delivery]`.
pub(crate) const DELIVERY: &[Key] = &[
    key("batch", "10"),
    key("concurrency", "4"),
    key("retry_base", "\"5s\""),
    key("retry_cap", "\"15m\""),
    key("give_up_after", "\"3d\""),
    key("request_timeout", "\"30s\""),
    key("circuit_after", "5"),
    key("circuit_probe", "\"30s\""),
];

/// `[server]`.
pub(crate) const SERVER: &[Key] = &[key("body_limit", "1048576")];
