//! The words that the configuration knows. Each enum is one key's possible values, with the texts that the file spells them by.

/// The software of a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// `woocommerce`.
    WooCommerce,
    /// `shopify`.
    Shopify,
    /// `magento`: Magento Open Source, Adobe Commerce, Mage-OS.
    Magento,
}

impl Platform {
    /// Every platform.
    pub const ALL: &'static [Self] = &[Self::WooCommerce, Self::Shopify, Self::Magento];

    /// The word in the configuration; the same as the source adapter's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WooCommerce => "woocommerce",
            Self::Shopify => "shopify",
            Self::Magento => "magento",
        }
    }
}

/// The system of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// `salesforce`.
    Salesforce,
    /// `zoho`: Zoho CRM.
    Zoho,
    /// `netsuite`: Oracle NetSuite.
    NetSuite,
}

impl System {
    /// Every system.
    pub const ALL: &'static [Self] = &[Self::Salesforce, Self::Zoho, Self::NetSuite];

    /// The word in the configuration; the same as the destination adapter's name and the `system` of a mapping.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Salesforce => "salesforce",
            Self::Zoho => "zoho",
            Self::NetSuite => "netsuite",
        }
    }
}

/// How to sign in to Salesforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SalesforceAuth {
    /// `password`: user name and password with security token. Salesforce blocks this flow in new orgs.
    Password,
    /// `refresh_token`: a token that a person granted once in the browser.
    RefreshToken,
    /// `jwt_bearer`: a key pair, the certificate at the connected app.
    JwtBearer,
    /// `client_credentials`: the app's own user; only at the org's My Domain.
    ClientCredentials,
}

impl SalesforceAuth {
    /// Every way.
    pub const ALL: &'static [Self] = &[Self::JwtBearer, Self::ClientCredentials, Self::RefreshToken, Self::Password];

    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::JwtBearer => "jwt_bearer",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// How to sign in to NetSuite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetSuiteAuth {
    /// `token`: token-based authentication, OAuth 1.0a with HMAC-SHA256. NetSuite takes no new integrations of this kind from 2027.1 on.
    Token,
    /// `client_credentials`: OAuth 2.0 machine to machine, with a certificate.
    ClientCredentials,
}

impl NetSuiteAuth {
    /// Every way.
    pub const ALL: &'static [Self] = &[Self::ClientCredentials, Self::Token];

    /// The word in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}
