mod exchange;

use crate::{
    auth::AssertionLogin,
    calls::{Places, Told},
    config::{Grant, Settings, Speed},
    error::{self, Cause, Refusal},
    language::Language,
    lockout::Lockout,
    row::Row,
    suiteql::Query,
};
use destination::{Access, Answer, Call, Class, Credentials, Failure, Http};
use exchange::Parcel;
use ports::{Clock, Secrets, TokenStore};
use reqwest::Method;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, MutexGuard};

/// The number of rows of one page: the most that NetSuite gives.
const PAGE: usize = 1000;
/// Most pages that a query may answer; more are a mistake of the mapping.
const MOST_PAGES: usize = 50;
/// The path below which records are read and written.
pub(crate) const RECORDS: &str = "/services/rest/record/v1";
/// The header without which a misspelt field is silently dropped.
pub(crate) const VALIDATION: (&str, &str) = ("X-NetSuite-PropertyNameValidation", "Error");
/// The path of queries.
pub(crate) const SUITEQL: &str = "/services/rest/query/v1/suiteql";

/// The state of one account for as long as the adapter lives.
pub(crate) struct Connection {
    pub(crate) http: Http,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    credentials: Credentials,
    access: Access,
    lockout: Arc<Lockout>,
    pub(crate) places: Places,
    /// Whether queries do not show one of the account's own fields of customers.
    pub(crate) hides_custom_fields: AtomicBool,
    /// Held by the only call that may be under way while it is not known whether the credentials
    /// are good.
    doubt: Mutex<()>,
    /// The number of seconds by which NetSuite's clock is ahead of ours, where a refused login
    /// showed that; else 0.
    skew: AtomicI64,
    language: Language,
    /// Whether no token can be had that RESTlets take.
    lacks_restlets: Arc<AtomicBool>,
}

/// The requests to one account within one call.
pub(crate) struct Client<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) call: &'a Call,
}

/// The permission to send a request.
struct Entry<'a> {
    /// The number of logins that had been refused before.
    refusals: usize,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Connection {
    /// Creates the connection. Nothing is called yet.
    pub(crate) fn new(
        http: Http,
        settings: Settings,
        secrets: Arc<dyn Secrets>,
        secret_name: String,
        tokens: Arc<dyn TokenStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let credentials = Credentials::new(secrets, secret_name);
        let lockout = Arc::new(Lockout::default());
        let language = Language::new(settings.language.clone());
        let lacks_restlets = Arc::new(AtomicBool::new(settings.speed == Speed::Single));
        let login = AssertionLogin {
            settings: settings.clone(),
            credentials: credentials.clone(),
            http: http.clone(),
            clock: Arc::clone(&clock),
            lockout: Arc::clone(&lockout),
            lacks_restlets: Arc::clone(&lacks_restlets),
        };
        let places = Places::new(
            settings.name.clone(),
            settings.calls_at_once,
            Arc::clone(&clock),
        );
        Self {
            access: Access::new(
                settings.name.clone(),
                tokens,
                Arc::clone(&clock),
                Box::new(login),
            ),
            http,
            settings,
            clock,
            credentials,
            lockout,
            places,
            hides_custom_fields: AtomicBool::new(false),
            doubt: Mutex::new(()),
            skew: AtomicI64::new(0),
            language,
            lacks_restlets,
        }
    }

    /// Returns whether no RESTlet can be called: nobody wants one, or no token can be had for it.
    pub(crate) fn lacks_restlets(&self) -> bool {
        self.lacks_restlets.load(Ordering::Relaxed)
    }

    /// Returns whether nothing is sent because a login was refused.
    pub(crate) fn is_kept_out(&self) -> bool {
        self.lockout.is_closed(self.clock.now())
    }
}

impl Client<'_> {
    /// Returns all rows that answer a query.
    pub(crate) async fn query(&self, query: &Query) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for page in 0..MOST_PAGES {
            let path = format!("{SUITEQL}?limit={PAGE}&offset={}", page * PAGE);
            let body = query.json();
            let answer = self
                .call("read", &Method::POST, &path, Some(&body))
                .await
                .map_err(Failure::from)?;
            let Some((more, is_last)) = rows_of(&answer) else {
                return Err(error::refusal("read", answer.status, None, None).into());
            };
            rows.extend(more);
            if is_last {
                return Ok(rows);
            }
        }
        let text = format!(
            "a query of the mapping answers more than {MOST_PAGES} pages; its conditions match too much"
        );
        Err(Failure::permanent(Class::Mapping, "read", text))
    }

    /// Returns the first rows that answer a query, however many more there are.
    pub(crate) async fn first_rows(
        &self,
        query: &Query,
        count: usize,
    ) -> Result<Vec<Row>, Failure> {
        let path = format!("{SUITEQL}?limit={count}&offset=0");
        let answer = self
            .call("read", &Method::POST, &path, Some(&query.json()))
            .await
            .map_err(Failure::from)?;
        let rows = rows_of(&answer).map(|(rows, _)| rows);
        rows.ok_or_else(|| error::refusal("read", answer.status, None, None).into())
    }

    /// Writes one record. Returns its id, where NetSuite tells it: it stands at the end of the
    /// header `Location`, and the body is empty.
    pub(crate) async fn write(
        &self,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> Result<Option<String>, Refusal> {
        let answer = self
            .call("write", method, &format!("{RECORDS}/{path}"), Some(body))
            .await?;
        // The answer to a write has no body (or JSON, where NetSuite has more to say). A web page
        // comes from something before NetSuite, which has written nothing.
        if answer.body.is_empty() || answer.json().is_some() {
            return Ok(written_id(&answer));
        }
        let mut refusal = error::refusal("write", answer.status, None, None);
        refusal
            .failure
            .response
            .get_or_insert_with(|| answer.quote());
        Err(refusal)
    }

    /// Logs in anew, where that is a call of its own; where calls are signed, each of them tries
    /// the credentials.
    pub(crate) async fn log_in(&self) -> Result<(), Failure> {
        match self.connection.settings.auth {
            Grant::Token => Ok(()),
            Grant::ClientCredentials => self.connection.access.renewed(self.call).await.map(|_| ()),
        }
    }

    /// Begins a record as a form with these fields, which saves nothing ("Using Create-Form",
    /// NetSuite help).
    pub(crate) async fn begin_form(&self, object: &str, fields: &Value) -> Result<(), Refusal> {
        let path = format!("{RECORDS}/{object}");
        let form = self.call("form", &Method::POST, &path, Some(fields)).await;
        form.map(|_| ())
    }

    /// Returns the language in which calls are made; `None` for English where nothing else is
    /// known.
    pub(crate) fn language(&self) -> Option<String> {
        self.connection.language.present()
    }

    /// Makes one call. Its operation decides about the headers: `write`, `form`, `look` (which asks
    /// for no rows), `restlet` or `read`.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Refusal> {
        let answer = self
            .answer(Parcel {
                operation,
                method,
                path,
                body,
                language: None,
                key: "",
            })
            .await?;
        if answer.status < 300 {
            return Ok(answer);
        }
        Err(self.refusal(operation, &answer).await)
    }

    /// Sends a batch of new records, which NetSuite makes later ("Executing REST Web Services
    /// Requests Asynchronously", NetSuite help). A refusal of the batch itself is an answer.
    pub(crate) async fn batch(
        &self,
        object: &str,
        key: &str,
        body: &Value,
    ) -> Result<Answer, Failure> {
        let path = format!("{RECORDS}/{object}");
        let parcel = Parcel {
            operation: "batch",
            method: &Method::POST,
            path: &path,
            body: Some(body),
            language: None,
            key,
        };
        self.answer_or_failure(parcel).await
    }

    /// Asks for an asynchronous job. That there is none any more is an answer.
    pub(crate) async fn job(&self, path: &str) -> Result<Answer, Failure> {
        let parcel = Parcel {
            operation: "job",
            method: &Method::GET,
            path,
            body: None,
            language: None,
            key: "",
        };
        self.answer_or_failure(parcel).await
    }

    /// Returns the answer to a request, unless it is about who asks, how often, or whether NetSuite
    /// is there at all.
    async fn answer_or_failure(&self, parcel: Parcel<'_>) -> Result<Answer, Failure> {
        let answer = self.answer(parcel).await?;
        if matches!(answer.status, 300..=399 | 401 | 408 | 429 | 500..) {
            return Err(self.refusal(parcel.operation, &answer).await.failure);
        }
        Ok(answer)
    }

    /// Makes one call in its place among those that are under way.
    async fn answer(&self, parcel: Parcel<'_>) -> Result<Answer, Failure> {
        let place = self.connection.places.take().await;
        if let Some(pause) = self.connection.places.rest() {
            return Err(resting(parcel.operation, pause));
        }
        let entry = self.enter().await?;
        let begun = Instant::now();
        let answer = self.exchange(parcel).await?;
        tracing::debug!(
            destination = self.connection.settings.name,
            operation = parcel.operation,
            path = parcel.path,
            status = answer.status,
            ms = begun.elapsed().as_millis(),
            "called NetSuite"
        );
        let told = self.told(&answer);
        if answer.status < 300 {
            self.connection.lockout.accepted(entry.refusals);
        }
        self.connection.places.learn(&place, told).await;
        Ok(answer)
    }

    /// Returns what an answer says about the number of calls at once. Where there are too many, a
    /// login may be refused that was good before.
    fn told(&self, answer: &Answer) -> Told {
        if answer.status < 300 {
            return Told::Taken;
        }
        let refusal = error::refusal("call", answer.status, answer.json().as_ref(), None);
        let is_proven = self.connection.lockout.is_proven();
        match (refusal.failure.class, refusal.cause) {
            (Class::RateLimit, _) => Told::TooMany,
            (_, Cause::BadLogin) if is_proven => Told::TooMany,
            _ => Told::Nothing,
        }
    }

    /// Returns what a bad answer means.
    async fn refusal(&self, operation: &'static str, answer: &Answer) -> Refusal {
        let mut refusal = error::refusal(
            operation,
            answer.status,
            answer.json().as_ref(),
            answer.retry_after(self.connection.clock.now()),
        );
        refusal
            .failure
            .response
            .get_or_insert_with(|| answer.quote());
        self.judge(refusal).await
    }

    /// Lets calls through, several at once where the credentials are known to be good. Until a
    /// first call was accepted, and after a refused one, they go one by one, so that no call is
    /// sent that waited behind a refusal.
    async fn enter(&self) -> Result<Entry<'_>, Failure> {
        let turn = match self.connection.lockout.is_proven() {
            true => None,
            false => Some(self.connection.doubt.lock().await),
        };
        if self.connection.is_kept_out() {
            self.connection.lockout.check(
                &self.connection.credentials.read().await?,
                self.connection.clock.now(),
            )?;
        }
        Ok(Entry {
            refusals: self.connection.lockout.refusals_so_far(),
            _turn: turn.filter(|_| !self.connection.lockout.is_proven()),
        })
    }

    /// Completes a refusal. In an English account, an unknown text hides no other meaning. A login
    /// that is refused again and again locks the user, so after one refused login nothing is sent
    /// for a while.
    async fn judge(&self, mut refusal: Refusal) -> Refusal {
        if refusal.cause == Cause::Unread && self.connection.language.is_english() {
            refusal.cause = Cause::Plain;
        }
        if refusal.cause == Cause::BadLogin {
            let pause = self.count_refused_login().await;
            let longest = refusal.failure.retry_after().max(Some(pause));
            refusal.failure = refusal.failure.after(longest);
        }
        refusal
    }

    async fn count_refused_login(&self) -> Duration {
        let secret = self.connection.credentials.read().await.ok();
        self.connection
            .lockout
            .refused(secret, self.connection.clock.now())
            .unsigned_abs()
    }
}

/// Returns the failure of a call that was not sent, because there are too many at once.
fn resting(operation: &'static str, pause: Duration) -> Failure {
    let text = "NetSuite took no more calls at once, and refused even the one of this process; nothing is sent for a moment, so that others that call the account can finish or take fewer";
    Failure::transient(Class::RateLimit, operation, text).after(Some(pause))
}

/// Returns the rows of a page, and whether it is the last one; `None` where the answer is no page.
fn rows_of(answer: &Answer) -> Option<(Vec<Row>, bool)> {
    let Some(Value::Object(mut page)) = answer.json() else {
        return None;
    };
    let Some(Value::Array(items)) = page.remove("items") else {
        return None;
    };
    let has_more = page.get("hasMore").and_then(Value::as_bool) == Some(true);
    Some((items.into_iter().filter_map(Row::new).collect(), !has_more))
}

fn written_id(answer: &Answer) -> Option<String> {
    let location = answer
        .headers
        .get(reqwest::header::LOCATION)?
        .to_str()
        .ok()?;
    id_in(location)
}

/// Returns the id at the end of the address of a record.
pub(crate) fn id_in(location: &str) -> Option<String> {
    let (_, id) = location.trim_end_matches('/').rsplit_once('/')?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then(|| id.to_owned())
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
