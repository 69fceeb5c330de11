//! The token endpoint of the accounts server. Rules: Zoho Accounts, "OAuth 2.0: access token
//! expiry" and "Token limits".

use super::{answer::Answer, world::World};
use crate::exchange::Incoming;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// The span of the throttle: "A maximum of 10 access tokens can be generated in a span of 10
/// minutes."
const WINDOW: Duration = Duration::from_mins(10);
/// The number of active tokens of one refresh token: the smallest of those that Zoho's pages give.
/// The oldest one ends without notice.
const ACTIVE_TOKENS: usize = 10;
const ONE_HOUR: Duration = Duration::from_hours(1);

/// The times at which tokens were issued, for the throttle.
#[derive(Debug)]
pub(super) struct Throttle {
    most: Option<usize>,
    given: VecDeque<Instant>,
}

impl Throttle {
    pub(super) const fn new(most: Option<usize>) -> Self {
        Self {
            most,
            given: VecDeque::new(),
        }
    }

    /// Returns whether one more token may be issued, and counts it.
    fn admit(&mut self) -> bool {
        while self
            .given
            .front()
            .is_some_and(|given| given.elapsed() >= WINDOW)
        {
            self.given.pop_front();
        }
        let room = self.most.is_none_or(|most| self.given.len() < most);
        if room {
            self.given.push_back(Instant::now());
        }
        room
    }
}

/// Answers `POST /oauth/v2/token`. Errors of the request come with status 200.
pub(super) fn token(world: &mut World, request: &Incoming) -> Answer {
    let form = parameters(request);
    let given = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let good = &world.credentials;
    if request.method != "POST" {
        return Answer::with_status(405, json!({"error": "method_not_allowed"}));
    }
    if given("client_id") != good.client_id {
        return refused("invalid_client");
    }
    if given("client_secret") != good.client_secret {
        return refused("invalid_client_secret");
    }
    if given("grant_type") != "refresh_token" {
        return refused("unsupported_grant_type");
    }
    if given("refresh_token") != good.refresh_token {
        return refused("invalid_code");
    }
    if !world.throttle.admit() {
        return access_denied();
    }
    Answer::ok(granted(world))
}

/// Returns the answer to a login that fails: status 200 and an `error`.
pub(super) fn refused(error: &str) -> Answer {
    Answer::ok(json!({"error": error}))
}

/// Returns the answer to one login too many.
pub(super) fn access_denied() -> Answer {
    let description =
        "You have made too many requests continuously. Please try again after some time.";
    Answer::with_status(
        400,
        json!({"error_description": description, "error": "Access Denied", "status": "failure"}),
    )
}

/// Returns the parameters of query and form alike; Zoho documents the query, and accepts both.
fn parameters(request: &Incoming) -> HashMap<String, String> {
    let is_form = request.media_type() == Some("application/x-www-form-urlencoded");
    let body = if is_form { &request.body[..] } else { &[] };
    let pairs = |bytes| url::form_urlencoded::parse(bytes).into_owned();
    pairs(request.query().as_bytes())
        .chain(pairs(body))
        .collect()
}

fn granted(world: &mut World) -> Value {
    world.tokens.keep_newest(ACTIVE_TOKENS - 1);
    json!({
        "access_token": world.tokens.issue(),
        "scope": world.scopes.join(" "),
        "api_domain": world.url,
        "token_type": "Bearer",
        "expires_in": world.token_lifetime.unwrap_or(ONE_HOUR).as_secs(),
    })
}
