//! The org behind the lock: from a request as it came to the reply.

use super::{
    administration::{Backstage, Right},
    answer::Answer,
    auth,
    credentials::Credentials,
    error::ApiError,
    exchange,
    kind::Kind,
    my_domain::{OldDomain, Renamed},
    options::Options,
    permissions,
    request::Call,
    routes,
    schema::Schema,
    seed,
    store::{Record, Store},
    tooling,
    value::Cell,
    write,
};
use crate::{
    exchange::Incoming,
    system::{Desk, Refusal, System},
    tokens::Tokens,
};
use bytes::Bytes;
use http::Response;
use jsonwebtoken::DecodingKey;
use ports::Clock;
use serde_json::{Map, Value, json};
use std::{collections::HashMap, fmt, io, sync::Arc};

/// The longest URI; a longer one gets 414.
const LONGEST_TARGET: usize = 16_384;

/// The resource that says whose token it is.
const USER_INFO: &str = "/services/oauth2/userinfo";

/// The name of the colleague who changes records by hand.
const STAFF: &str = "Jane Doe";

/// The whole state that requests see and change.
pub(super) struct World {
    pub(super) url: String,
    pub(super) store: Store,
    pub(super) tokens: Tokens,
    pub(super) credentials: Credentials,
    /// Refresh tokens that were replaced by newer ones; `None` where they are not rotated.
    pub(super) former_refresh_tokens: Option<Vec<String>>,
    pub(super) public_key: Option<DecodingKey>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) page_size: usize,
    pub(super) duplicate_header_reaches_nodes: bool,
    /// The results that are read page by page, by locator.
    pub(super) pages: HashMap<String, Vec<Value>>,
    /// The org behind what the integration user sees of it.
    pub(super) backstage: Backstage,
    /// Whether the request may have changed what the integration user sees.
    pub(super) is_stale: bool,
    daily_calls: u64,
    renamed: Option<Renamed>,
    desk: Desk<Kind>,
}

impl System for World {
    type Kind = Kind;

    fn desk(&mut self) -> &mut Desk<Kind> {
        &mut self.desk
    }

    fn kind(request: &Incoming) -> Kind {
        Kind::of_path(request.path())
    }

    fn is_login(kind: Kind) -> bool {
        kind == Kind::Token
    }

    fn work(&mut self, request: &Incoming, kind: Kind) -> Response<Bytes> {
        let elsewhere = self.renamed.as_ref().filter(|_| kind != Kind::Token);
        if let Some(answer) = elsewhere.and_then(|renamed| renamed.answer(request)) {
            return answer;
        }
        let answer = self.answer(request, kind);
        exchange::json_reply(answer, &self.usage_header())
    }

    fn refuse(&mut self, refusal: Refusal, kind: Kind) -> Response<Bytes> {
        let usage = self.usage_header();
        let answer = match refusal {
            Refusal::Html => return exchange::maintenance(&usage),
            Refusal::Status(status) => exchange::refusal(status, kind),
            Refusal::RequestLimit => ApiError::request_limit().into(),
            Refusal::Login => auth::refused(("invalid_grant", "authentication failure")),
        };
        exchange::json_reply(answer, &usage)
    }

    fn is_gone(&self, request: &Incoming, kind: Kind) -> bool {
        kind != Kind::Token
            && self
                .renamed
                .as_ref()
                .is_some_and(|renamed| renamed.is_gone(request))
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
        let whole = Schema::new(&options)?;
        let pem = options.credentials.public_key.as_deref();
        let public_key = pem
            .map(|pem| DecodingKey::from_rsa_pem(pem.as_bytes()))
            .transpose()
            .map_err(io::Error::other)?;
        let mut store = Store::new(Arc::new(whole.clone()));
        store.duplicate_rules.clone_from(&options.duplicate_rules);
        seed::fill(&mut store, &options.products)
            .map_err(|error| io::Error::other(format!("the sandbox's products: {error}")))?;
        tooling::list(&mut store, &whole);
        store.commit();
        let backstage = Backstage::new(options.administration, whole);
        backstage.show(&mut store);
        Ok(Self {
            url: url.to_owned(),
            backstage,
            is_stale: false,
            store,
            tokens: Tokens::new(
                "00DSb0000000001!sandbox.token.",
                options.token_lifetime,
                options.token_calls,
            ),
            credentials: options.credentials,
            former_refresh_tokens: options.rotates_refresh_tokens.then(Vec::new),
            public_key,
            clock: options.clock,
            page_size: options.page_size.max(1),
            duplicate_header_reaches_nodes: options.duplicate_header_reaches_nodes,
            pages: HashMap::new(),
            daily_calls: options.daily_calls,
            renamed: None,
            desk: Desk::new(),
        })
    }

    pub(super) fn take_rights(&mut self, lacks: &[Right]) {
        self.backstage.given.lacks = lacks.to_vec();
        self.backstage.show(&mut self.store);
    }

    pub(super) fn close_objects(&mut self, objects: &[&str]) {
        let objects = objects.iter().map(|object| (*object).to_owned());
        self.backstage.given.closed_objects = objects.collect();
        self.backstage.show(&mut self.store);
    }

    /// Returns the calls of the day: used and allowed.
    pub(super) const fn usage(&self) -> (u64, u64) {
        (self.desk.calls.total, self.daily_calls)
    }

    pub(super) fn rename(&mut self, url: &str, old: OldDomain) {
        url.clone_into(&mut self.url);
        self.renamed = Some(Renamed::new(url, old));
    }

    pub(super) fn records(&self, object: &str) -> Vec<Map<String, Value>> {
        let Some(object) = self.store.schema.object(object) else {
            return Vec::new();
        };
        let row = |record: &super::store::Record| {
            let cells = object.fields().filter_map(|field| {
                Some((
                    field.name.clone(),
                    record.cell(&field.name)?.to_json(field.field_type),
                ))
            });
            cells.collect()
        };
        self.store.of(&object.name).map(row).collect()
    }

    /// Creates a record outside of any request.
    pub(super) fn create(
        &mut self,
        object: &str,
        fields: Map<String, Value>,
    ) -> Result<String, ApiError> {
        let schema = Arc::clone(&self.store.schema);
        let object = schema.object(object).ok_or_else(ApiError::not_found)?;
        let mark = self.store.mark();
        self.store.saves_duplicates = true;
        let made = write::create(&mut self.store, object, &fields);
        if made.is_err() {
            self.store.roll_back(mark);
        }
        self.store.commit();
        if permissions::is_set_up(&object.name) {
            self.backstage.show(&mut self.store);
        }
        made
    }

    /// Converts a lead outside of any request.
    pub(super) fn convert(
        &mut self,
        id: &str,
        with_opportunity: bool,
    ) -> Result<Vec<String>, ApiError> {
        let lead = self
            .store
            .get("Lead", id)
            .cloned()
            .ok_or_else(ApiError::not_found)?;
        let text = |field: &str| lead.text(field).unwrap_or_default().to_owned();
        let account = self.create("Account", fields(&[("Name", &text("Company"))]))?;
        let contact = [
            ("LastName", &*text("LastName")),
            ("Email", &*text("Email")),
            ("AccountId", &account),
        ];
        let contact = self.create("Contact", fields(&contact))?;
        let mut made = vec![
            ("ConvertedAccountId", account.clone()),
            ("ConvertedContactId", contact),
        ];
        if with_opportunity {
            let opportunity = [
                ("Name", &*text("Company")),
                ("StageName", "Prospecting"),
                ("CloseDate", "2026-12-31"),
                ("AccountId", &account),
            ];
            made.push((
                "ConvertedOpportunityId",
                self.create("Opportunity", fields(&opportunity))?,
            ));
        }
        let mut converted = lead.clone();
        converted.set("IsConverted", Some(Cell::Flag(true)));
        for (field, id) in &made {
            converted.set(field, Some(Cell::Text(id.clone())));
        }
        self.store.put(converted);
        self.store.commit();
        Ok(made.into_iter().map(|(_, id)| id).collect())
    }

    /// Changes a record outside of any request.
    pub(super) fn edit(
        &mut self,
        object: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), ApiError> {
        let schema = Arc::clone(&self.store.schema);
        let object = schema.object(object).ok_or_else(ApiError::not_found)?;
        let record = self
            .store
            .get(&object.name, id)
            .cloned()
            .ok_or_else(ApiError::not_found)?;
        let mark = self.store.mark();
        let edit = |store: &mut Store| write::update(store, object, &record, fields);
        let written = self.store.by_staff(STAFF, edit);
        if written.is_err() {
            self.store.roll_back(mark);
        }
        self.store.commit();
        written
    }

    /// Deletes a record outside of any request, as a colleague.
    pub(super) fn delete(&mut self, object: &str, id: &str) -> Result<(), ApiError> {
        let record = self.stored(object, id)?;
        let mark = self.store.mark();
        let delete = |store: &mut Store| write::delete(store, &record);
        let deleted = self.store.by_staff(STAFF, delete);
        if deleted.is_err() {
            self.store.roll_back(mark);
        }
        self.store.commit();
        deleted
    }

    /// Merges a record into another one of its object, as a colleague: it is deleted and tells the
    /// other one as its master. What pointed to it is not moved.
    pub(super) fn merge(&mut self, object: &str, id: &str, master: &str) -> Result<(), ApiError> {
        self.stored(object, master)?;
        let mut record = self.stored(object, id)?;
        record.set("MasterRecordId", Some(Cell::Text(master.to_owned())));
        self.store.put(record);
        self.delete(object, id)
    }

    fn stored(&self, object: &str, id: &str) -> Result<Record, ApiError> {
        let object = self.store.schema.object(object);
        let object = object.ok_or_else(ApiError::not_found)?;
        let record = self.store.get(&object.name, id).cloned();
        record.ok_or_else(ApiError::not_found)
    }

    fn usage_header(&self) -> String {
        format!("api-usage={}/{}", self.desk.calls.total, self.daily_calls)
    }

    fn answer(&mut self, request: &Incoming, kind: Kind) -> Answer {
        if kind == Kind::Token {
            return self.log_in(request);
        }
        let admitted = self.admit(request);
        if request.path() == USER_INFO && admitted.is_ok() {
            return Answer::ok(json!({"user_id": self.store.author(), "active": true}));
        }
        let called = admitted.and_then(|()| Self::call(request));
        let answer = match called {
            Ok(call) => routes::dispatch(self, &call),
            Err(error) => error.into(),
        };
        let changes = self.store.commit();
        self.desk.journal.append(changes);
        if std::mem::take(&mut self.is_stale) {
            self.backstage.show(&mut self.store);
        }
        answer
    }

    fn log_in(&mut self, request: &Incoming) -> Answer {
        if request.method != "POST"
            || request.media_type() != Some("application/x-www-form-urlencoded")
        {
            return auth::refused((
                "invalid_request",
                "the token endpoint takes a POST with a form",
            ));
        }
        auth::token(self, request.header("authorization"), &request.body)
    }

    /// Makes the checks that come before any resource.
    fn admit(&mut self, request: &Incoming) -> Result<(), ApiError> {
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
            Some(_) => {
                return Err(
                    ApiError::request("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
                        .with_status(401),
                );
            }
            None => return Err(ApiError::session_expired()),
        }
        if self.desk.calls.total > self.daily_calls {
            return Err(ApiError::request_limit());
        }
        Ok(())
    }

    fn call(request: &Incoming) -> Result<Call, ApiError> {
        let call = Call::parse(&request.method, &request.target, exchange::json(request)?)?;
        Ok(call.with_duplicate_header(request.header("sforce-duplicate-rule-header")))
    }
}

fn fields(fields: &[(&str, &str)]) -> Map<String, Value> {
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    given
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
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
