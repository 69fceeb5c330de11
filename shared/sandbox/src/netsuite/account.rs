//! The account behind the lock: from a request as it came to its answer.

use super::{
    answer::Answer,
    catalog::Catalog,
    check::Checker,
    error::Problem,
    jobs::{self, Jobs},
    kind::Kind,
    language,
    login::Door,
    options::{Companion, Options},
    request::Call,
    restlet, routes,
    schema::Schema,
    store::{Record, Store},
    value::{Cell, Cells, number},
    view,
    write::{self, Circumstances},
};
use crate::{
    barrier::Barriers,
    exchange::{Incoming, reply},
    system::{Desk, Refusal, System},
};
use bytes::Bytes;
use http::Response;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use ports::Clock;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, fmt, io, sync::Arc};

/// The contents of the account.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) schema: Arc<Schema>,
    pub(super) catalog: Catalog,
    pub(super) store: Store,
    /// Whether the next write fails because somebody else edits the record.
    pub(super) fail_next_write: bool,
    pub(super) barriers: Barriers,
    /// Whether the account is OneWorld, and its other features.
    pub(super) features: Vec<(&'static str, bool)>,
    /// Kinds of record for which the role has no permission.
    pub(super) out_of_reach: Vec<String>,
}

/// The configuration of the account.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) one_world: bool,
    pub(super) auto_number: bool,
    pub(super) required: Vec<(String, String)>,
    pub(super) language: String,
}

/// The whole state that requests see and change.
pub(super) struct Account {
    pub(super) url: String,
    pub(super) books: Books,
    pub(super) policy: Arc<Policy>,
    pub(super) door: Door,
    pub(super) companion: Companion,
    pub(super) jobs: Jobs,
    clock: Arc<dyn Clock>,
    concurrency: usize,
    /// Numbers of the requests that were admitted and may still be under way.
    admitted: BTreeSet<u64>,
    desk: Desk<Kind>,
}

impl System for Account {
    type Kind = Kind;

    fn desk(&mut self) -> &mut Desk<Kind> {
        &mut self.desk
    }

    fn kind(request: &Incoming) -> Kind {
        Kind::of(request)
    }

    fn is_login(kind: Kind) -> bool {
        kind == Kind::Token
    }

    fn catch_up(&mut self) {
        self.run_jobs();
    }

    fn work(&mut self, request: &Incoming, kind: Kind) -> Response<Bytes> {
        let url = self.known_as(request);
        let answer = if kind == Kind::Token {
            self.door.token(request, &url)
        } else {
            self.answer(request, &url, kind)
        };
        let changes = self.books.store.take_changes();
        self.desk.journal.append(changes);
        answer.into_response()
    }

    fn refuse(&mut self, refusal: Refusal, kind: Kind) -> Response<Bytes> {
        let answer = match refusal {
            Refusal::Html => {
                let page = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>NetSuite is down for maintenance.</body></html>";
                return reply(503, "text/html; charset=UTF-8", page);
            }
            Refusal::Status(status) if kind == Kind::Token => {
                Answer::json(status, json!({"error": "invalid_request"}))
            }
            Refusal::RequestLimit if kind == Kind::Restlet => {
                restlet::Refusal::too_many_requests().into()
            }
            Refusal::Status(401) if kind == Kind::Restlet => restlet::Refusal::login().into(),
            Refusal::Status(status) if kind == Kind::Restlet => {
                restlet::Refusal::out_of_nowhere(status).into()
            }
            Refusal::Login => self.door.refuse_grant("invalid_client"),
            Refusal::RequestLimit | Refusal::Status(429) => Problem::too_many_requests().into(),
            Refusal::Status(401) => self.door.challenge(true, Problem::invalid_login()),
            Refusal::Status(status) => out_of_nowhere(status).into(),
        };
        answer.into_response()
    }

    fn expire_tokens(&mut self) {
        self.door.expire_tokens();
    }

    fn lock_next_row(&mut self, locked: bool) {
        self.books.fail_next_write = locked;
    }
}

impl Account {
    pub(super) fn new(options: &Options, url: &str) -> io::Result<Self> {
        Ok(Self {
            url: url.to_owned(),
            books: Books {
                schema: Arc::new(Schema::new(&options.custom_fields)?),
                catalog: Catalog::new(options)?,
                store: Store::default(),
                fail_next_write: false,
                barriers: Barriers::default(),
                features: vec![
                    ("SUBSIDIARIES", options.one_world),
                    ("MULTICURRENCY", true),
                    ("MULTILOCINVT", false),
                ],
                out_of_reach: options.out_of_reach.clone(),
            },
            policy: Arc::new(Policy {
                one_world: options.one_world,
                auto_number: options.auto_number,
                required: options.required.clone(),
                language: options.language.clone(),
            }),
            door: Door::new(options)?,
            companion: options.companion,
            jobs: Jobs::new(options.async_processors, options.per_record),
            clock: Arc::clone(&options.clock),
            concurrency: options.concurrency,
            admitted: BTreeSet::new(),
            desk: Desk::new(),
        })
    }

    /// Answers `GET /system/v1/serverTime`, which needs no permission. NetSuite Help,
    /// article_0528010158.
    pub(super) fn server_time(&self) -> Answer {
        let time = self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z");
        Answer::json(200, json!({"serverTime": time.to_string()}))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Saves the records of asynchronous jobs whose time has come.
    pub(super) fn run_jobs(&mut self) {
        let now = self.now();
        jobs::run(self, now);
        let changes = self.books.store.take_changes();
        self.desk.journal.append(changes);
    }

    pub(super) fn today(&self) -> Date {
        self.clock.now().to_zoned(TimeZone::UTC).date()
    }

    pub(super) fn records(&self, kind: &str) -> Vec<Map<String, Value>> {
        self.books.store.of(kind).map(view::plain).collect()
    }

    /// Creates a record outside of any request.
    pub(super) fn create(
        &mut self,
        kind: &str,
        fields: &Map<String, Value>,
    ) -> Result<String, Problem> {
        let schema = Arc::clone(&self.books.schema);
        let shape = schema.record(kind).ok_or_else(Problem::no_record)?;
        let cells = Checker::strict(&self.books).cells(shape, fields, "")?;
        let about = Circumstances {
            policy: &Arc::clone(&self.policy),
            today: self.today(),
            replace: &[],
            external_id: None,
        };
        let id = write::create(&mut self.books, about, kind, cells)?;
        self.books.store.take_changes();
        Ok(id.to_string())
    }

    /// Locks a record, as a workflow would. Returns whether it exists.
    pub(super) fn lock(&mut self, kind: &str, id: &str) -> bool {
        self.amend(kind, id, |record| record.locked = true)
    }

    /// Changes a record outside of any request.
    pub(super) fn edit(
        &mut self,
        kind: &str,
        id: &str,
        fields: &Map<String, Value>,
    ) -> Result<(), Problem> {
        let schema = Arc::clone(&self.books.schema);
        let shape = schema.record(kind).ok_or_else(Problem::no_record)?;
        let record = id
            .parse()
            .ok()
            .and_then(|id| self.books.store.get(&shape.name, id))
            .cloned();
        let cells = Checker::strict(&self.books).cells(shape, fields, "")?;
        let about = Circumstances {
            policy: &Arc::clone(&self.policy),
            today: self.today(),
            replace: &[],
            external_id: None,
        };
        write::update(
            &mut self.books,
            about,
            record.ok_or_else(Problem::no_record)?,
            cells,
        )?;
        self.books.store.take_changes();
        Ok(())
    }

    /// Bills an order, so that its lines cannot be removed any more. Returns whether it exists.
    pub(super) fn bill(&mut self, id: &str) -> bool {
        self.move_on(id, "quantityBilled", None)
    }

    /// Fulfils an order, or one line of it. Returns whether the order exists.
    pub(super) fn fulfil(&mut self, id: &str, only: Option<u32>) -> bool {
        self.move_on(id, "quantityFulfilled", only.map(Decimal::from))
    }

    fn move_on(&mut self, id: &str, figure: &str, only: Option<Decimal>) -> bool {
        self.amend("salesOrder", id, |order| {
            if let Some(Cell::Lines(lines)) = order.cells.get_mut("item") {
                let is_meant =
                    |line: &&mut Cells| only.is_none_or(|only| number(line, "line") == Some(only));
                for line in lines.iter_mut().filter(is_meant) {
                    let quantity = number(line, "quantity").unwrap_or_default();
                    line.insert(figure.into(), Cell::Number(quantity));
                }
            }
        })
    }

    fn amend(&mut self, kind: &str, id: &str, change: impl FnOnce(&mut Record)) -> bool {
        let Some(mut record) = id
            .parse()
            .ok()
            .and_then(|id| self.books.store.get(kind, id))
            .cloned()
        else {
            return false;
        };
        change(&mut record);
        self.books.store.put(record);
        true
    }

    /// Returns scheme and host as the client knows them, which it signs.
    fn known_as(&self, request: &Incoming) -> String {
        let host = request.header("host");
        host.map_or_else(
            || self.url.clone(),
            |host| format!("http://{}", host.to_lowercase()),
        )
    }

    fn answer(&mut self, request: &Incoming, url: &str, kind: Kind) -> Answer {
        let is_restlet = kind == Kind::Restlet;
        if let Err(problem) = self.count_in() {
            return match is_restlet {
                true => restlet::Refusal::too_many_requests().into(),
                false => problem.into(),
            };
        }
        if let Err(problem) = self.door.admit(request, url, is_restlet) {
            if is_restlet {
                return restlet::Refusal::login().into();
            }
            let is_bearer = request
                .header("authorization")
                .is_some_and(|header| header.starts_with("Bearer"));
            return self.door.challenge(is_bearer, problem);
        }
        if is_restlet {
            return restlet::answer(self, request).unwrap_or_else(Answer::from);
        }
        self.carry_out(request)
    }

    /// Carries out a REST request whose sender is known.
    pub(super) fn carry_out(&mut self, request: &Incoming) -> Answer {
        let answer = Call::parse(request).and_then(|call| routes::dispatch(self, &call));
        answer.unwrap_or_else(|mut problem| {
            if problem.code == "USER_ERROR" {
                problem.detail = language::said_in(&self.policy.language, &problem.detail);
            }
            if problem.status == 404 {
                problem.in_url(request.path())
            } else {
                problem
            }
            .into()
        })
    }

    /// Admits a request to the one pool of concurrent requests of the whole account. NetSuite Help,
    /// bridgehead_1500275603.
    fn count_in(&mut self) -> Result<(), Problem> {
        let open = &self.desk.open;
        self.admitted.retain(|number| open.contains(number));
        if self.admitted.len() >= self.concurrency {
            return Err(Problem::too_many_requests());
        }
        self.admitted.insert(self.desk.present);
        Ok(())
    }
}

/// Returns the problem for a status that a fault sets.
fn out_of_nowhere(status: u16) -> Problem {
    let (code, detail) = match status {
        400 => ("USER_ERROR", "Error while accessing a resource."),
        403 => {
            let detail =
                "Permission Violation: You need a higher permission level to access this resource.";
            ("INSUFFICIENT_PERMISSION", detail)
        }
        404 => ("NONEXISTENT_ID", "Record does not exist."),
        405 => ("METHOD_NOT_ALLOWED", "The method is not allowed."),
        _ => (
            "UNEXPECTED_ERROR",
            "An unexpected error occurred. Error ID: sandbox000000000000",
        ),
    };
    Problem::new(status, code, detail)
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("url", &self.url)
            .field("calls", &self.desk.calls)
            .finish_non_exhaustive()
    }
}
