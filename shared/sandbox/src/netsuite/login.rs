//! The login. Whatever is wrong, the client learns only that the login is invalid; the reason is in
//! the login audit trail.

use super::{
    answer::Answer,
    assertion::{self, Refusal},
    credentials::Credentials,
    error::Problem,
    options::{Companion, Options},
    request::TOKEN,
    tba::{self, Nonces},
};
use crate::{exchange::Incoming, tokens::Tokens};
use http::header;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use ports::Clock;
use serde_json::json;
use std::{collections::HashMap, fmt, io, sync::Arc};

/// The number of failed logins after which the user is locked. NetSuite Help, section_1534941088.
const MOST_FAILURES: u32 = 5;
const LOCKED: SignedDuration = SignedDuration::from_mins(30);

/// The logins of the account: credentials, tokens and the audit trail.
pub(super) struct Door {
    pub(super) credentials: Credentials,
    tokens: Tokens,
    /// The tokens that RESTlets take, too.
    restlet_tokens: Tokens,
    restlets_allowed: bool,
    /// Reasons for which logins were refused, oldest first.
    pub(super) audit_trail: Vec<String>,
    account_id: String,
    lifetime: u64,
    key: DecodingKey,
    clock: Arc<dyn Clock>,
    nonces: Nonces,
    failures: u32,
    locked_until: Option<Timestamp>,
}

impl Door {
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        let credentials = options
            .credentials
            .clone()
            .map_or_else(Credentials::generate, Ok)?;
        Ok(Self {
            key: assertion::key(&credentials.public_key)?,
            credentials,
            tokens: Tokens::new(
                "sandbox.netsuite.token.",
                Some(options.token_lifetime),
                None,
            ),
            restlet_tokens: Tokens::new(
                "sandbox.netsuite.token.restlets.",
                Some(options.token_lifetime),
                None,
            ),
            restlets_allowed: options.companion != Companion::NotAllowed,
            audit_trail: Vec::new(),
            account_id: options.account_id.clone(),
            lifetime: options.token_lifetime.as_secs(),
            clock: Arc::clone(&options.clock),
            nonces: Nonces::default(),
            failures: 0,
            locked_until: None,
        })
    }

    /// Admits a request, or refuses it. `url` is scheme and host as the client knows them. A RESTlet
    /// takes no token without its scope.
    pub(super) fn admit(
        &mut self,
        request: &Incoming,
        url: &str,
        is_restlet: bool,
    ) -> Result<(), Problem> {
        if let Some(token) = request
            .header("authorization")
            .and_then(|header| header.strip_prefix("Bearer "))
        {
            if self.restlet_tokens.spend(token) || (!is_restlet && self.tokens.spend(token)) {
                return Ok(());
            }
            return Err(self.refuse("invalid or expired bearer token"));
        }
        let now = self.clock.now();
        if self.locked_until.is_some_and(|until| now < until) {
            return Err(self.refuse("temporary_locked"));
        }
        let verdict = tba::check(
            request,
            &self.credentials,
            &self.account_id,
            url,
            now.as_second(),
            &mut self.nonces,
        );
        let Err(reason) = verdict else {
            self.failures = 0;
            return Ok(());
        };
        self.failures += 1;
        if self.failures >= MOST_FAILURES {
            self.failures = 0;
            self.locked_until = now.checked_add(LOCKED).ok();
        }
        Err(self.refuse(reason))
    }

    /// Ends every token.
    pub(super) fn expire_tokens(&mut self) {
        self.tokens.expire_all();
        self.restlet_tokens.expire_all();
    }

    /// Answers `POST /services/rest/auth/oauth2/v1/token`.
    pub(super) fn token(&mut self, request: &Incoming, url: &str) -> Answer {
        match self.check_grant(request, url) {
            Ok(for_restlets) => {
                let token = match for_restlets {
                    true => self.restlet_tokens.issue(),
                    false => self.tokens.issue(),
                };
                Answer::json(
                    200,
                    json!({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}),
                )
            }
            Err((error, reason)) => {
                self.audit_trail.push(reason.to_owned());
                self.refuse_grant(error)
            }
        }
    }

    /// Returns the token endpoint's answer to a request that it refuses.
    pub(super) fn refuse_grant(&self, error: &str) -> Answer {
        let body = json!({"error": error});
        if error == "invalid_client" {
            return Answer::json(401, body).header(
                header::WWW_AUTHENTICATE,
                format!("Basic realm=\"{}\"", self.account_id),
            );
        }
        Answer::json(400, body)
    }

    /// Returns the 401 with its challenge.
    pub(super) fn challenge(&self, request_is_bearer: bool, problem: Problem) -> Answer {
        let (scheme, error) = if request_is_bearer {
            ("Bearer", "invalid_token")
        } else {
            ("OAuth", "token_rejected")
        };
        let realm = &self.account_id;
        let challenge = format!(
            "{scheme} realm=\"{realm}\", error=\"{error}\", error_description=\"Invalid login attempt.\""
        );
        Answer::from(problem).header(header::WWW_AUTHENTICATE, challenge)
    }

    fn refuse(&mut self, reason: &str) -> Problem {
        tracing::debug!(reason, "a login was refused");
        self.audit_trail.push(reason.to_owned());
        Problem::invalid_login()
    }

    /// Checks a request for a token; returns whether it is for RESTlets, too.
    fn check_grant(&self, request: &Incoming, url: &str) -> Result<bool, Refusal> {
        if request.method != "POST"
            || request.media_type() != Some("application/x-www-form-urlencoded")
        {
            return Err((
                "invalid_request",
                "the token endpoint takes a POST with a form",
            ));
        }
        let form: HashMap<String, String> = url::form_urlencoded::parse(&request.body)
            .into_owned()
            .collect();
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if field("grant_type") != "client_credentials" {
            return Err((
                "unsupported_grant_type",
                "grant_type is not client_credentials",
            ));
        }
        if field("client_assertion_type")
            != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        {
            return Err(("invalid_request", "client_assertion_type"));
        }
        let host = self.account_id.to_lowercase().replace('_', "-");
        let audiences = [
            format!("{url}{TOKEN}"),
            format!("https://{host}.suitetalk.api.netsuite.com{TOKEN}"),
        ];
        let now = self.clock.now().as_second();
        let for_restlets = assertion::check(
            field("client_assertion"),
            &self.credentials,
            &self.key,
            &audiences,
            now,
        )?;
        if for_restlets && !self.restlets_allowed {
            return Err((
                "invalid_scope",
                "the integration record does not allow RESTlets",
            ));
        }
        Ok(for_restlets)
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Door")
            .field("account_id", &self.account_id)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}
