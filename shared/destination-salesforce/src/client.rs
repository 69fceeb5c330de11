use crate::{config::Settings, error, node::Node, read::Rows, row::Row, rules};
use destination::{Access, Answer, Call, Class, Failure, Http, json::list};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ports::{Clock, Token, was_ahead};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

/// The number of queries that a composite call takes at most (Composite, Limits, in the REST API
/// Developer Guide).
const QUERIES_PER_CALL: usize = 5;
/// Most pages that a query may answer, each with up to 2,000 rows; more are a mistake of the
/// mapping.
const MOST_PAGES: usize = 50;

/// Shortest time between two questions whether an org that is not found has moved: most orgs that
/// do not answer are only away, and each login counts.
const ASKED_WHERE: SignedDuration = SignedDuration::from_mins(15);

/// Headers of a write that the mapping sets, by their names in [`rules::HEADERS`].
pub(crate) type Headers = BTreeMap<&'static str, String>;

/// The state of one org for as long as the adapter lives.
pub(crate) struct Connection {
    pub(crate) http: Http,
    pub(crate) access: Access,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    /// The number of calls in a row that were lost without any answer.
    pub(crate) lost: AtomicU32,
    /// The last time that the org's address was asked for.
    pub(crate) asked_where: Mutex<Option<Timestamp>>,
}

/// The requests to one org within one call.
pub(crate) struct Client<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) call: &'a Call,
}

impl Client<'_> {
    /// Runs queries, each named by the object that it asks about, five of them per call. Rows that
    /// come in pages are fetched to the end.
    pub(crate) async fn query(&self, queries: &[(String, String)]) -> Result<Rows, Failure> {
        self.query_by("query", queries).await
    }

    /// Runs queries over deleted and merged records, too.
    pub(crate) async fn query_all(&self, queries: &[(String, String)]) -> Result<Rows, Failure> {
        self.query_by("queryAll", queries).await
    }

    async fn query_by(
        &self,
        resource: &str,
        queries: &[(String, String)],
    ) -> Result<Rows, Failure> {
        let mut rows = Rows::new();
        for chunk in queries.chunks(QUERIES_PER_CALL) {
            let answer = self
                .call(
                    "read",
                    Method::POST,
                    "/composite",
                    Some(&self.connection.query_body(resource, chunk)),
                )
                .await?;
            let answers = list(&answer, "compositeResponse");
            for (number, (object, _)) in chunk.iter().enumerate() {
                let Some(entry) = answers.get(number) else {
                    return Err(error::failure("read", 200, None, None));
                };
                let page = succeeded("read", entry)?;
                self.collect(page, rows.entry(object.clone()).or_default())
                    .await?;
            }
        }
        Ok(rows)
    }

    /// Writes graphs in one call, with these headers in addition to the usual ones. The answers are
    /// in the order of the graphs.
    pub(crate) async fn write(
        &self,
        body: &Value,
        headers: &Headers,
    ) -> Result<Vec<Value>, Failure> {
        let answer = self
            .call_with(
                "write",
                Method::POST,
                "/composite/graph",
                Some(body),
                headers,
            )
            .await?;
        Ok(list(&answer, "graphs").to_vec())
    }

    /// Writes records in one composite request. The answers are in their order.
    pub(crate) async fn write_composite(
        &self,
        body: &Value,
        headers: &Headers,
    ) -> Result<Vec<Value>, Failure> {
        let answer = self
            .call_with("write", Method::POST, "/composite", Some(body), headers)
            .await?;
        Ok(list(&answer, "compositeResponse").to_vec())
    }

    /// Returns Salesforce's description of an object.
    pub(crate) async fn describe(&self, object: &str) -> Result<Value, Failure> {
        self.call(
            "describe",
            Method::GET,
            &format!("/sobjects/{object}/describe"),
            None,
        )
        .await
    }

    /// Gets a token now, even where there is a good one.
    pub(crate) async fn renewed_token(&self) -> Result<Token, Failure> {
        self.connection.access.renewed(self.call).await
    }

    /// Returns a token that is good as far as anybody knows.
    pub(crate) async fn token(&self) -> Result<Token, Failure> {
        self.connection.access.token(self.call).await
    }

    async fn collect(&self, first: &Value, rows: &mut Vec<Row>) -> Result<(), Failure> {
        let mut page = first.clone();
        for _ in 0..MOST_PAGES {
            let next = page
                .get("nextRecordsUrl")
                .and_then(Value::as_str)
                .map(str::to_owned);
            let Some(Value::Array(records)) = page.get_mut("records").map(Value::take) else {
                return Err(error::failure("read", 200, None, None));
            };
            rows.extend(records.into_iter().filter_map(Row::new));
            let Some(next) = next else { return Ok(()) };
            page = self.get_page(&next).await?;
        }
        let text = format!(
            "a query of the mapping answers more than {MOST_PAGES} pages; its conditions match too much"
        );
        Err(Failure::permanent(Class::Mapping, "read", text))
    }

    async fn get_page(&self, path: &str) -> Result<Value, Failure> {
        let path = path
            .strip_prefix(&format!(
                "/services/data/{}",
                self.connection.settings.api_version
            ))
            .unwrap_or(path)
            .to_owned();
        self.call("read", Method::GET, &path, None).await
    }

    async fn call(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        self.call_with(operation, method, path, body, &Headers::new())
            .await
    }

    /// Makes one call, below the version's path. The token is renewed once where it has expired.
    pub(crate) async fn call_with(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &Headers,
    ) -> Result<Value, Failure> {
        let begun = Instant::now();
        let answer = self.reach(operation, &method, path, body, headers).await?;
        let parsed = answer.json();
        tracing::debug!(
            destination = self.connection.settings.name,
            operation,
            path,
            status = answer.status,
            ms = begun.elapsed().as_millis(),
            "called Salesforce"
        );
        match parsed {
            Some(value) if answer.status < 300 => Ok(value),
            // A change by id is answered without a body.
            None if answer.status == 204 => Ok(Value::Null),
            parsed => {
                // The address of a description has the object in it: a missing one says nothing
                // about the others.
                let judge = if operation == "describe" {
                    error::failure
                } else {
                    error::call_failure
                };
                let failure = judge(
                    operation,
                    answer.status,
                    parsed.as_ref(),
                    answer.retry_after(self.connection.clock.now()),
                );
                let quoted = failure.response.clone().unwrap_or_else(|| answer.quote());
                Err(Failure {
                    response: Some(quoted),
                    ..failure
                })
            }
        }
    }

    /// Makes a call to the address that came with the access token. After the org's My Domain was
    /// renamed, the old address leads elsewhere, then to a page, then nowhere, while the token goes
    /// on being good ("Redirections for Old My Domain URLs", Salesforce Help): so a new token,
    /// which comes with the new address, is asked for once.
    async fn reach(
        &self,
        operation: &'static str,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        headers: &Headers,
    ) -> Result<Answer, Failure> {
        let call = || {
            let send =
                |token: Token| self.send(operation, method.clone(), path, body, headers, token);
            self.connection.access.call(
                self.call,
                |answer| error::is_expired_session(answer.status, answer.json().as_ref()),
                send,
            )
        };
        let token = self.token().await?;
        let answered = call().await;
        if !self.has_perhaps_moved(operation, &answered) || !self.connection.may_ask_where() {
            return answered;
        }
        tracing::warn!(
            destination = self.connection.settings.name,
            "the org is not found where its access token says; a new token is asked for"
        );
        match self.connection.access.instead_of(self.call, &token).await {
            Ok(new) if new.base_url != token.base_url => call().await,
            _ => answered,
        }
    }

    /// Returns whether the org may be elsewhere by now: a redirection, a page in the place of an
    /// answer, or no answer at all for at least the second time in a row.
    fn has_perhaps_moved(&self, operation: &str, answered: &Result<Answer, Failure>) -> bool {
        match answered {
            Ok(answer) => {
                self.connection.lost.store(0, Ordering::Relaxed);
                matches!(answer.status, 301 | 302 | 303 | 307 | 308)
                    || (answer.status == 404 && answer.json().is_none())
            }
            Err(failure) => {
                let is_lost = failure.operation == operation
                    && failure.class == Class::Unavailable
                    && !failure.is_out_of_time();
                is_lost && self.connection.lost.fetch_add(1, Ordering::Relaxed) > 0
            }
        }
    }

    async fn send(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &Headers,
        token: Token,
    ) -> Result<Answer, Failure> {
        let url = format!(
            "{}/services/data/{}{path}",
            token.base_url, self.connection.settings.api_version
        );
        // Keeps the written records out of the user's list of recently used ones.
        let mut request = self
            .connection
            .http
            .request(method, &url)
            .bearer_auth(&token.value)
            .header("Sforce-Mru", "updateMru=false");
        for (name, usual) in rules::HEADERS {
            request = request.header(*name, headers.get(*name).map_or(*usual, String::as_str));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.connection
            .http
            .send(self.call, operation, request)
            .await
    }
}

impl Connection {
    /// Returns the body of the composite call that asks these queries.
    pub(crate) fn query_body(&self, resource: &str, queries: &[(String, String)]) -> Value {
        let entry = |(number, (_, query)): (usize, &(String, String))| {
            let url = format!(
                "/services/data/{}/{resource}?q={}",
                self.settings.api_version,
                utf8_percent_encode(query, NON_ALPHANUMERIC)
            );
            json!({"method": "GET", "url": url, "referenceId": format!("q{number}")})
        };
        json!({"allOrNone": false, "compositeRequest": queries.iter().enumerate().map(entry).collect::<Vec<_>>()})
    }

    /// Returns the body of the composite request that writes these nodes, all or none.
    pub(crate) fn composite_body(&self, nodes: &[Node], headers: &Headers) -> Value {
        let words: Map<String, Value> = rules::HEADERS
            .iter()
            .map(|(name, usual)| {
                (
                    (*name).to_owned(),
                    json!(headers.get(*name).map_or(*usual, String::as_str)),
                )
            })
            .collect();
        let entry = |node: &Node| {
            let mut entry = node.json(&self.settings.api_version);
            if let Some(fields) = entry.as_object_mut() {
                fields.insert("httpHeaders".to_owned(), Value::Object(words.clone()));
            }
            entry
        };
        json!({"allOrNone": true, "compositeRequest": nodes.iter().map(entry).collect::<Vec<_>>()})
    }

    fn may_ask_where(&self) -> bool {
        let now = self.clock.now();
        let mut asked = self
            .asked_where
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let may = may_be_asked(*asked, now);
        if may {
            *asked = Some(now);
        }
        may
    }
}

/// Returns whether the org's address may be asked for, given when it was asked for last. A clock
/// that was ahead keeps nobody from asking.
fn may_be_asked(asked: Option<Timestamp>, now: Timestamp) -> bool {
    asked.is_none_or(|asked| now.duration_since(asked) >= ASKED_WHERE || was_ahead(asked, now))
}

/// Returns the body of a sub-request.
fn succeeded<'a>(operation: &'static str, entry: &'a Value) -> Result<&'a Value, Failure> {
    let body = entry.get("body").unwrap_or(&Value::Null);
    match status(entry) {
        200..=299 => Ok(body),
        status => Err(error::failure(operation, status, Some(body), None)),
    }
}

/// Returns the status of a sub-request or node.
pub(crate) fn status(entry: &Value) -> u16 {
    entry
        .get("httpStatusCode")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok())
        .unwrap_or_default()
}

/// Returns a graph as it stands in a payload.
pub(crate) fn graph_json(number: usize, nodes: &[Value]) -> Value {
    Value::Object(Map::from_iter([
        ("graphId".to_owned(), json!(format!("g{number}"))),
        ("compositeRequest".to_owned(), json!(nodes)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_asked_for_now_and_then_whatever_the_clock_said_once() {
        let now: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let asked = |minutes: i64| Some(now - SignedDuration::from_mins(minutes));
        assert!(may_be_asked(None, now) && may_be_asked(asked(15), now));
        assert!(!may_be_asked(asked(14), now) && !may_be_asked(asked(0), now));
        assert!(may_be_asked(asked(-60 * 24 * 30), now), "a month ahead");
    }
}
