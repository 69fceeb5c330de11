//! The organisation behind the lock: from a request as it came to the reply.

use super::{
    answer::Answer,
    auth::{self, Throttle},
    credentials::Credentials,
    error::{ApiError, Failure},
    field::FieldType,
    kind::Kind,
    options::Options,
    request::Call,
    routes,
    schema::Schema,
    seed, show,
    store::{Record, Store},
    write::{self, Manners},
};
use crate::{
    exchange::{Incoming, reply},
    system::{Desk, Refusal, System},
    tokens::Tokens,
};
use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fmt, io, sync::Arc, time::Duration};

const PAGE: &str = "<!DOCTYPE html><html><head><title>Zoho</title></head><body>The service is not available at the moment.</body></html>";

/// The number of open requests as which a composite request counts, whatever its parts are.
const COMPOSITE_WEIGHT: usize = 5;

/// The whole state that requests see and change.
pub(super) struct World {
    pub(super) url: String,
    pub(super) store: Store,
    pub(super) manners: Manners,
    pub(super) tokens: Tokens,
    pub(super) token_lifetime: Option<Duration>,
    pub(super) throttle: Throttle,
    pub(super) credentials: Credentials,
    pub(super) scopes: Vec<String>,
    pub(super) home_currency: String,
    /// The number of custom fields that a module may have.
    pub(super) most_custom_fields: usize,
    /// Whether a part of a composite is being run: it has limits of its own and costs no credits.
    pub(super) in_composite: bool,
    concurrency: Option<usize>,
    /// The numbers of the composite requests that are open.
    composites: BTreeSet<u64>,
    credits: u64,
    spent: u64,
    desk: Desk<Kind>,
}

impl System for World {
    type Kind = Kind;

    fn desk(&mut self) -> &mut Desk<Kind> {
        &mut self.desk
    }

    fn kind(request: &Incoming) -> Kind {
        Kind::of(&request.method, request.path())
    }

    fn is_login(kind: Kind) -> bool {
        kind == Kind::Token
    }

    fn work(&mut self, request: &Incoming, kind: Kind) -> Response<Bytes> {
        let answer = if kind == Kind::Token {
            auth::token(self, request)
        } else {
            self.answer(request, kind).unwrap_or_else(Answer::from)
        };
        let changes = self.store.take_changes();
        self.desk.journal.append(changes);
        self.reply(answer)
    }

    fn refuse(&mut self, refusal: Refusal, kind: Kind) -> Response<Bytes> {
        let is_login = kind == Kind::Token;
        let answer = match refusal {
            Refusal::Html => return reply(503, "text/html;charset=UTF-8", PAGE),
            Refusal::RequestLimit | Refusal::Status(400) if is_login => auth::access_denied(),
            Refusal::Status(status) if is_login => {
                Answer::with_status(status, json!({"error": "general_error"}))
            }
            Refusal::Status(status) => ApiError::of_status(status).into(),
            Refusal::RequestLimit => ApiError::too_many_requests().into(),
            Refusal::Login => auth::refused("invalid_code"),
        };
        self.reply(answer)
    }

    fn expire_tokens(&mut self) {
        self.tokens.expire_all();
    }

    fn lock_next_row(&mut self, locked: bool) {
        self.store.lock_next_row = locked;
    }
}

impl World {
    pub(super) fn new(options: Options, url: &str) -> io::Result<Self> {
        let mut store = Store::new(Arc::new(Schema::new(&options)?));
        let manners = Manners {
            removes_unnamed_lines: options.removes_unnamed_lines,
            leads_and_contacts_share_emails: options.leads_and_contacts_share_emails,
        };
        let seeded = seed::fill(&mut store, manners, &options.products);
        seeded.map_err(|failure| io::Error::other(format!("the sandbox's products: {failure}")))?;
        Ok(Self {
            url: url.to_owned(),
            store,
            manners,
            tokens: Tokens::new("1000.sandbox.", options.token_lifetime, options.token_calls),
            token_lifetime: options.token_lifetime,
            throttle: Throttle::new(options.token_requests),
            credentials: options.credentials,
            scopes: options.scopes,
            home_currency: options.home_currency,
            most_custom_fields: options.most_custom_fields,
            in_composite: false,
            concurrency: options.concurrency,
            composites: BTreeSet::new(),
            credits: options.credits,
            spent: 0,
            desk: Desk::new(),
        })
    }

    pub(super) const fn spent(&self) -> u64 {
        self.spent
    }

    /// Uses API credits. Rules: "API limits": 5,000 to 5,000,000 credits per rolling 24 hours, by
    /// edition.
    ///
    /// # Errors
    /// 429 when fewer credits are left.
    pub(super) fn spend(&mut self, credits: u64) -> Result<(), ApiError> {
        if self.in_composite {
            return Ok(());
        }
        let spent = self.spent.saturating_add(credits);
        if spent > self.credits {
            return Err(ApiError::too_many_requests());
        }
        self.spent = spent;
        Ok(())
    }

    /// Returns the number of records that a request may write: 100, and one as part of a composite.
    pub(super) const fn most_records(&self) -> usize {
        if self.in_composite { 1 } else { 100 }
    }

    /// Returns the records of a module without empty fields and without the users.
    pub(super) fn records(&self, name: &str) -> Vec<Map<String, Value>> {
        let Some(module) = self.store.schema.module(name) else {
            return Vec::new();
        };
        let is_user = |name: &str| {
            module
                .field(name)
                .is_some_and(|field| field.field_type == FieldType::OwnerLookup)
        };
        let row = |record: &Record| {
            let mut shown = show::record(&self.store, module, record, None);
            let is_empty =
                |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            shown.retain(|name, value| !is_empty(value) && !is_user(name));
            shown
        };
        self.store.of(name).map(row).collect()
    }

    /// Creates a record outside of any request.
    pub(super) fn create(
        &mut self,
        name: &str,
        fields: &Map<String, Value>,
    ) -> Result<String, Failure> {
        let schema = Arc::clone(&self.store.schema);
        let module = schema.module(name).filter(|module| !module.is_subform);
        let module = module.ok_or_else(Failure::unknown_module_in_url)?;
        let made = write::insert(&mut self.store, self.manners, module, fields, "$");
        self.store.take_changes();
        made
    }

    /// Changes a record outside of any request.
    pub(super) fn edit(
        &mut self,
        name: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let schema = Arc::clone(&self.store.schema);
        let module = schema.module(name).filter(|module| !module.is_subform);
        let module = module.ok_or_else(Failure::unknown_module_in_url)?;
        let record = self.store.get(&module.api_name, id).cloned();
        let record = record.ok_or_else(Failure::unknown_id_in_url)?;
        let manners = self.manners;
        let edit = |store: &mut Store| write::update(store, manners, module, &record, fields, "$");
        let changed = self.store.by_staff(edit);
        self.store.take_changes();
        changed
    }

    /// Deletes a record outside of any request.
    pub(super) fn delete(&mut self, name: &str, id: &str) -> Result<(), Failure> {
        let record = self.store.get(name, id).cloned();
        let record = record.ok_or_else(Failure::unknown_id_in_url)?;
        self.store.by_staff(|store| write::delete(store, &record));
        self.store.take_changes();
        Ok(())
    }

    fn answer(&mut self, request: &Incoming, kind: Kind) -> Result<Answer, ApiError> {
        self.admit(request, kind)?;
        self.store.begin(self.desk.present, &self.desk.open);
        let call = Call::parse(&request.method, &request.target, request.body.clone())?;
        routes::dispatch(self, &call)
    }

    /// Makes the checks that come before any resource: the token (in the header, under Zoho's own
    /// scheme), then the number of requests that are open at once.
    fn admit(&mut self, request: &Incoming, kind: Kind) -> Result<(), ApiError> {
        let header = request
            .header("authorization")
            .and_then(|value| value.split_once(' '));
        match header {
            Some(("Zoho-oauthtoken", token)) if self.tokens.spend(token) => {}
            Some(("Zoho-oauthtoken", _)) => return Err(ApiError::invalid_token()),
            _ => return Err(ApiError::not_authenticated()),
        }
        self.composites
            .retain(|number| self.desk.open.contains(number));
        if kind == Kind::Composite {
            self.composites.insert(self.desk.present);
        }
        let units = self.desk.open.len() + self.composites.len() * (COMPOSITE_WEIGHT - 1);
        if self.concurrency.is_some_and(|most| units > most) {
            self.composites.remove(&self.desk.present);
            return Err(ApiError::too_many_requests());
        }
        Ok(())
    }

    /// Creates a response. The remaining credits are stated only when half of them are spent, and
    /// `Retry-After` never.
    fn reply(&self, answer: Answer) -> Response<Bytes> {
        let body = answer.body.map(|body| body.to_string()).unwrap_or_default();
        let mut response = reply(answer.status, "application/json;charset=UTF-8", body);
        if self.spent.saturating_mul(2) >= self.credits {
            let left = HeaderValue::from(self.credits.saturating_sub(self.spent));
            response
                .headers_mut()
                .insert("x-api-credits-remaining", left);
        }
        response
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("url", &self.url)
            .field("calls", &self.desk.calls)
            .finish_non_exhaustive()
    }
}
