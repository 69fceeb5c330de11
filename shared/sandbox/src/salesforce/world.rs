//! The org behind the lock: from a request as it came to the reply that leaves.

use super::{
    answer::Answer,
    auth::{self, Tokens},
    credentials::Credentials,
    error::ApiError,
    exchange::{self, Fate, Incoming, Reply},
    fault::{Effect, Faults},
    journal::{Calls, Change, Journal, Kind},
    options::Options,
    request::Call,
    routes,
    schema::Schema,
    seed,
    store::Store,
    write,
};
use jsonwebtoken::DecodingKey;
use ports::Clock;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// More than this in the URI gets 414.
const LONGEST_TARGET: usize = 16_384;

/// What the server and the handle share.
#[derive(Debug)]
pub(super) struct Shared {
    world: Mutex<World>,
    newest_change: watch::Sender<u64>,
    latency: Duration,
}

/// Everything that requests see and change.
pub(super) struct World {
    pub(super) url: String,
    pub(super) store: Store,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) credentials: Credentials,
    pub(super) public_key: Option<DecodingKey>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) page_size: usize,
    /// Results that are handed out page by page, by locator.
    pub(super) pages: HashMap<String, Vec<Value>>,
    daily_calls: u64,
    calls: Calls,
    journal: Journal,
}

impl Shared {
    pub(super) fn new(options: Options, url: &str) -> io::Result<Self> {
        let latency = options.latency;
        Ok(Self {
            world: Mutex::new(World::new(options, url)?),
            newest_change: watch::Sender::new(0),
            latency,
        })
    }

    /// A request that panicked is a bug, but it must not take the others with it.
    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn newest_change(&self) -> watch::Receiver<u64> {
        self.newest_change.subscribe()
    }

    /// Carries out a request under the lock, then lets the answer travel.
    pub(super) async fn handle(&self, request: Incoming) -> Fate {
        let (fate, delay, newest) = {
            let mut world = self.lock();
            let (fate, delay) = world.serve(&request);
            (fate, delay, world.journal.newest())
        };
        self.newest_change
            .send_if_modified(|seen| std::mem::replace(seen, newest.max(*seen)) < newest);
        let travel = self.latency + delay;
        if !travel.is_zero() {
            tokio::time::sleep(travel).await;
        }
        fate
    }
}

impl World {
    fn new(options: Options, url: &str) -> io::Result<Self> {
        let schema = Arc::new(Schema::new(&options)?);
        let pem = options.credentials.public_key.as_deref();
        let public_key = pem
            .map(|pem| DecodingKey::from_rsa_pem(pem.as_bytes()))
            .transpose()
            .map_err(io::Error::other)?;
        let mut store = Store::new(schema);
        seed::fill(&mut store, &options.products).map_err(|error| io::Error::other(format!("the sandbox's products: {error}")))?;
        Ok(Self {
            url: url.to_owned(),
            store,
            tokens: Tokens::new(options.token_lifetime, options.token_calls),
            faults: Faults::default(),
            credentials: options.credentials,
            public_key,
            clock: options.clock,
            page_size: options.page_size.max(1),
            pages: HashMap::new(),
            daily_calls: options.daily_calls,
            calls: Calls::default(),
            journal: Journal::default(),
        })
    }

    /// Calls of the day: used and allowed.
    pub(super) const fn usage(&self) -> (u64, u64) {
        (self.calls.total, self.daily_calls)
    }

    pub(super) fn calls(&self) -> Calls {
        self.calls.clone()
    }

    pub(super) fn changes_since(&self, sequence: u64) -> Vec<Change> {
        self.journal.since(sequence)
    }

    pub(super) fn records(&self, object: &str) -> Vec<Map<String, Value>> {
        let Some(object) = self.store.schema.object(object) else {
            return Vec::new();
        };
        let row = |record: &super::store::Record| {
            let cells = object
                .fields()
                .filter_map(|field| Some((field.name.clone(), record.cell(&field.name)?.to_json(field.field_type))));
            cells.collect()
        };
        self.store.of(&object.name).map(row).collect()
    }

    /// Writes a record outside of any request.
    pub(super) fn create(&mut self, object: &str, fields: Map<String, Value>) -> Result<String, ApiError> {
        let schema = Arc::clone(&self.store.schema);
        let object = schema.object(object).ok_or_else(ApiError::not_found)?;
        let mark = self.store.mark();
        let made = write::create(&mut self.store, object, &fields);
        if made.is_err() {
            self.store.roll_back(mark);
        }
        self.store.commit();
        made
    }

    /// What happens to a request, and how much longer than usual it takes.
    fn serve(&mut self, request: &Incoming) -> (Fate, Duration) {
        let kind = Kind::of_path(request.target.split('?').next().unwrap_or_default());
        self.calls.count(kind);
        let effect = self.faults.strike(kind);
        tracing::debug!(?kind, ?effect, "request");
        let fate = match &effect {
            Some(Effect::DropBeforeWork) => Fate::Drop,
            Some(Effect::DropAfterCommit) => {
                self.work(request, kind);
                Fate::Drop
            }
            Some(Effect::TruncateAnswer) => Fate::Truncate(self.reply(request, kind, None)),
            other => Fate::Reply(self.reply(request, kind, other.as_ref())),
        };
        let delay = if let Some(Effect::Delay(delay)) = effect {
            delay
        } else {
            Duration::ZERO
        };
        (fate, delay)
    }

    fn reply(&mut self, request: &Incoming, kind: Kind, effect: Option<&Effect>) -> Reply {
        let mut page = None;
        let answer = match effect {
            Some(Effect::Status(status)) => exchange::refusal(*status, kind),
            Some(Effect::Html) => {
                page = Some("<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We are down for maintenance.</body></html>");
                exchange::refusal(503, kind)
            }
            Some(Effect::RequestLimit) => ApiError::request_limit().into(),
            Some(Effect::RefuseLogin) => auth::refused(("invalid_grant", "authentication failure")),
            Some(Effect::ExpireTokens) => {
                self.tokens.expire_all();
                self.work(request, kind)
            }
            Some(Effect::LockRow) => {
                self.store.lock_next_row = true;
                let answer = self.work(request, kind);
                self.store.lock_next_row = false;
                answer
            }
            _ => self.work(request, kind),
        };
        Reply {
            answer,
            page,
            usage: format!("api-usage={}/{}", self.calls.total, self.daily_calls),
        }
    }

    fn work(&mut self, request: &Incoming, kind: Kind) -> Answer {
        if kind == Kind::Token {
            return self.log_in(request);
        }
        let answer = match self.admit(request) {
            Ok(call) => routes::dispatch(self, &call),
            Err(error) => error.into(),
        };
        let changes = self.store.commit();
        self.journal.append(changes);
        answer
    }

    fn log_in(&mut self, request: &Incoming) -> Answer {
        if request.method != "POST" || request.media_type() != Some("application/x-www-form-urlencoded") {
            return auth::refused(("invalid_request", "the token endpoint takes a POST with a form"));
        }
        auth::token(self, request.header("authorization"), &request.body)
    }

    /// The checks that come before any resource.
    fn admit(&mut self, request: &Incoming) -> Result<Call, ApiError> {
        if request.target.len() > LONGEST_TARGET {
            return Err(ApiError::request("URI_TOO_LONG", "URI Too Long").with_status(414));
        }
        let token = request
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .map(|(scheme, token)| (scheme.to_lowercase(), token));
        match token {
            Some((scheme, token)) if matches!(scheme.as_str(), "bearer" | "oauth") => {
                if !self.tokens.spend(token) {
                    return Err(ApiError::session_expired());
                }
            }
            Some(_) => return Err(ApiError::request("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE").with_status(401)),
            None => return Err(ApiError::session_expired()),
        }
        if self.calls.total > self.daily_calls {
            return Err(ApiError::request_limit());
        }
        Call::parse(&request.method, &request.target, request.json()?)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("url", &self.url)
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}
