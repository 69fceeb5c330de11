//! Salesforce: `system = "salesforce"`.

use super::Backfill;
use crate::{
    keys::{Key, key},
    secret_needs::{Needs, Part, part},
    section::Section,
    source::Report,
};
use std::time::Duration;

pub(crate) const WORD: &str = "salesforce";

pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) const KEYS: &[Key] = &[
    key("auth", "\"jwt_bearer\""),
    key("login_url", "\"https://login.salesforce.com\""),
    key("api_version", "\"v65.0\""),
    key("backfill", "\"batches\""),
];

const LOGIN: &str = "https://login.salesforce.com";
const SANDBOX_LOGIN: &str = "https://test.salesforce.com";
const VERSION: u16 = 65;
/// The oldest API version with composite graphs (Composite Graph, REST API Developer Guide).
const OLDEST_VERSION: u16 = 50;

/// The settings of one Salesforce org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The way to sign in.
    pub auth: Auth,
    /// The address that issues tokens; the API's address comes with the token.
    pub login_url: String,
    /// The API version, such as `v65.0`.
    pub api_version: String,
    /// How orders are written that were read from the shop.
    pub backfill: Backfill,
}

/// The way to sign in to Salesforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Auth {
    /// `password`: user name and password with security token. Salesforce blocks this flow in new
    /// orgs.
    Password,
    /// `refresh_token`: a token that a person granted once in the browser.
    RefreshToken,
    /// `jwt_bearer`: a key pair, the certificate at the connected app.
    JwtBearer,
    /// `client_credentials`: the app's own user; only at the org's My Domain.
    ClientCredentials,
}

impl Auth {
    /// Every way.
    pub const ALL: &'static [Self] = &[
        Self::JwtBearer,
        Self::ClientCredentials,
        Self::RefreshToken,
        Self::Password,
    ];

    /// Returns the word in the configuration.
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

impl Settings {
    pub(crate) fn read(section: &Section<'_>, report: &mut Report) -> Option<Self> {
        let auth = report.keep(section.choice("auth", Auth::ALL, Auth::as_str));
        let login_url = report
            .keep(section.address("login_url"))
            .map(|url| url.unwrap_or_else(|| LOGIN.to_owned()));
        let api_version =
            report.keep(section.version("api_version", ".0", VERSION, OLDEST_VERSION));
        let backfill = Backfill::read(section, report, Backfill::Single);
        if auth == Some(Auth::ClientCredentials)
            && login_url.as_deref().is_some_and(is_shared_login)
        {
            let message = format!(
                "`auth = \"client_credentials\"` in {} works only at the org's own domain; add `login_url = \"https://YOUR-DOMAIN.my.salesforce.com\"` (Setup > My Domain)",
                section.place
            );
            report.0.push(section.problem_at("auth", message));
        }
        Some(Self {
            auth: auth?,
            login_url: login_url?,
            api_version: api_version?,
            backfill: backfill?,
        })
    }

    pub(crate) fn needs(&self) -> Needs {
        Needs {
            required: required(self.auth),
            optional: optional(self.auth),
            known: &[
                "client_id",
                "client_secret",
                "username",
                "password",
                "security_token",
                "refresh_token",
                "private_key",
            ],
            pem: (self.auth == Auth::JwtBearer).then_some("private_key"),
            ..Needs::default()
        }
    }
}

fn is_shared_login(url: &str) -> bool {
    url == LOGIN || url == SANDBOX_LOGIN
}

const ID: Part = part(
    "client_id",
    "the Consumer Key of the external client app or connected app (Setup > App Manager > Manage Consumer Details)",
);
const SECRET: Part = part(
    "client_secret",
    "the Consumer Secret beside the app's Consumer Key",
);
const USER: Part = part(
    "username",
    "the user name of the integration user, in the form of an e-mail address",
);

fn required(auth: Auth) -> Vec<Part> {
    match auth {
        // The security token is not asked for from trusted networks, so its absence is no mistake.
        Auth::Password => vec![ID, SECRET, USER, part("password", "that user's password")],
        // An app may be set not to ask for its secret in this flow.
        Auth::RefreshToken => vec![
            ID,
            part(
                "refresh_token",
                "the answer to an authorization with scope refresh_token, such as by `sf org login web`",
            ),
        ],
        Auth::JwtBearer => vec![
            ID,
            USER,
            part(
                "private_key",
                "the PEM file whose certificate was uploaded at the app under \"Use digital signatures\"",
            ),
        ],
        Auth::ClientCredentials => vec![ID, SECRET],
    }
}

const fn optional(auth: Auth) -> &'static [&'static str] {
    match auth {
        Auth::Password => &["security_token"],
        Auth::RefreshToken => &["client_secret"],
        Auth::JwtBearer | Auth::ClientCredentials => &[],
    }
}
