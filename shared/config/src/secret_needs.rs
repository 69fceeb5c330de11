use crate::{Destination, NetSuiteAuth, Platform, SalesforceAuth, SystemSettings};

/// One key of a secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) key: &'static str,
    /// Where the user finds its value.
    pub(crate) found_in: &'static str,
}

/// What a secret has to hold.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    /// Without these nothing works.
    pub(crate) required: Vec<Part>,
    /// These may be left away, but only all together.
    pub(crate) optional_together: &'static [&'static str],
    /// Every other key that has a meaning, such as those of another way to sign in.
    pub(crate) known: &'static [&'static str],
    /// The key that holds a private key in PEM, if one does.
    pub(crate) pem: Option<&'static str>,
    /// The key that may hold public keys in PEM, one or several.
    pub(crate) public_pem: Option<&'static str>,
}

const fn part(key: &'static str, found_in: &'static str) -> Part {
    Part { key, found_in }
}

/// The secret of a store. `webhook_secret` alone receives orders; the rest lets us ask the shop.
pub(crate) fn of_store(platform: Platform) -> Needs {
    let (required, optional_together): (Vec<Part>, &[&str]) = match platform {
        Platform::WooCommerce => (
            vec![part(
                "webhook_secret",
                "WooCommerce > Settings > Advanced > Webhooks, field Secret, exactly as it is shown there",
            )],
            &["url", "consumer_key", "consumer_secret"],
        ),
        Platform::Shopify => (
            vec![part(
                "webhook_secret",
                "the line under the list in Settings > Notifications > Webhooks, or the app's client secret for webhooks that an app made",
            )],
            &["store_domain", "admin_api_access_token"],
        ),
        Platform::Magento => (
            vec![part(
                "webhook_secret",
                "the secret or verification token of the subscription in the shop's webhook module; where only Adobe Commerce itself sends (public_key), make one up of 32 letters",
            )],
            &["base_url", "consumer_key", "consumer_secret", "access_token", "access_token_secret"],
        ),
    };
    // Adobe Commerce signs its own webhooks with a key pair.
    let (known, public_pem): (&[&str], _) = match platform {
        Platform::Magento => (&["public_key"], Some("public_key")),
        Platform::WooCommerce | Platform::Shopify => (&[], None),
    };
    Needs {
        required,
        optional_together,
        known,
        pem: None,
        public_pem,
    }
}

/// The secret of a destination.
pub(crate) fn of_destination(destination: &Destination) -> Needs {
    match &destination.settings {
        SystemSettings::Salesforce { auth, .. } => of_salesforce(*auth),
        SystemSettings::Zoho { .. } => Needs {
            required: ZOHO.to_vec(),
            optional_together: &[],
            known: &[],
            pem: None,
            public_pem: None,
        },
        SystemSettings::NetSuite { auth, .. } => of_netsuite(*auth),
    }
}

const SALESFORCE_ID: Part = part(
    "client_id",
    "the Consumer Key of the external client app or connected app (Setup > App Manager > Manage Consumer Details)",
);
const SALESFORCE_SECRET: Part = part("client_secret", "the Consumer Secret beside the app's Consumer Key");
const SALESFORCE_USER: Part = part(
    "username",
    "the user name of the integration user, in the form of an e-mail address",
);

fn of_salesforce(auth: SalesforceAuth) -> Needs {
    let required = match auth {
        // The security token is not asked for from trusted networks, so its absence is no mistake.
        SalesforceAuth::Password => vec![
            SALESFORCE_ID,
            SALESFORCE_SECRET,
            SALESFORCE_USER,
            part("password", "that user's password"),
        ],
        // An app may be set not to ask for its secret in this flow.
        SalesforceAuth::RefreshToken => vec![
            SALESFORCE_ID,
            part(
                "refresh_token",
                "the answer to an authorization with scope refresh_token, such as by `sf org login web`",
            ),
        ],
        SalesforceAuth::JwtBearer => vec![
            SALESFORCE_ID,
            SALESFORCE_USER,
            part(
                "private_key",
                "the PEM file whose certificate was uploaded at the app under \"Use digital signatures\"",
            ),
        ],
        SalesforceAuth::ClientCredentials => vec![SALESFORCE_ID, SALESFORCE_SECRET],
    };
    let pem = if matches!(auth, SalesforceAuth::JwtBearer) {
        Some("private_key")
    } else {
        None
    };
    let known = &[
        "client_id",
        "client_secret",
        "username",
        "password",
        "security_token",
        "refresh_token",
        "private_key",
    ];
    Needs {
        required,
        optional_together: &[],
        known,
        pem,
        public_pem: None,
    }
}

const ZOHO: &[Part] = &[
    part(
        "client_id",
        "the client in https://api-console.zoho.com (of your data centre), tab Client Secret",
    ),
    part("client_secret", "beside the client's id"),
    part(
        "refresh_token",
        "exchange the grant code of the client (tab Generate Code) at /oauth/v2/token; it is shown once",
    ),
];

const NETSUITE_ACCOUNT: Part = part(
    "account_id",
    "Setup > Company > Company Information, such as 1234567 or 1234567_SB1",
);

fn of_netsuite(auth: NetSuiteAuth) -> Needs {
    let required = match auth {
        NetSuiteAuth::Token => vec![
            NETSUITE_ACCOUNT,
            part(
                "consumer_key",
                "shown once when the integration record was saved (Setup > Integration > Manage Integrations)",
            ),
            part("consumer_secret", "shown once beside the consumer key"),
            part(
                "token_id",
                "shown once when the access token was saved (Setup > Users/Roles > Access Tokens)",
            ),
            part("token_secret", "shown once beside the token id"),
        ],
        NetSuiteAuth::ClientCredentials => vec![
            NETSUITE_ACCOUNT,
            part(
                "client_id",
                "the integration record's Client ID (Setup > Integration > Manage Integrations)",
            ),
            part(
                "certificate_id",
                "Setup > Integration > OAuth 2.0 Client Credentials (M2M) Setup, column Certificate ID",
            ),
            part("private_key", "the PEM file that belongs to the uploaded certificate"),
        ],
    };
    let pem = if matches!(auth, NetSuiteAuth::ClientCredentials) {
        Some("private_key")
    } else {
        None
    };
    let known = &[
        "account_id",
        "consumer_key",
        "consumer_secret",
        "token_id",
        "token_secret",
        "client_id",
        "certificate_id",
        "private_key",
    ];
    Needs {
        required,
        optional_together: &[],
        known,
        pem,
        public_pem: None,
    }
}
