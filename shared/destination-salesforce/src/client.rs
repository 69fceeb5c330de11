use crate::{config::Settings, error, read::Rows, row::Row};
use destination::{Access, Answer, Failure, Http};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ports::{Clock, Token};
use reqwest::Method;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Instant};

/// A composite call takes at most so many queries (Composite, Limits, in the REST API Developer Guide).
const QUERIES_PER_CALL: usize = 5;
/// A query that answers more pages than this is a mistake of the mapping; each page has up to 2,000 rows.
const MOST_PAGES: usize = 50;

/// The calls to one org.
pub(crate) struct Client {
    pub(crate) http: Http,
    pub(crate) access: Access,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Client {
    /// Runs queries, each named by the object that it asks about, in one call per five of them. Rows that come in pages are fetched to the end.
    pub(crate) async fn query(&self, queries: &[(String, String)]) -> Result<Rows, Failure> {
        let mut rows = Rows::new();
        for chunk in queries.chunks(QUERIES_PER_CALL) {
            let answer = self.call("read", Method::POST, "/composite", Some(&self.query_body(chunk))).await?;
            let answers = list(&answer, "compositeResponse");
            for (number, (object, _)) in chunk.iter().enumerate() {
                let Some(entry) = answers.get(number) else {
                    return Err(error::failure("read", 200, None, None));
                };
                let page = succeeded("read", entry)?;
                self.collect(page, rows.entry(object.clone()).or_default()).await?;
            }
        }
        Ok(rows)
    }

    /// The body of the composite call that asks these queries.
    pub(crate) fn query_body(&self, queries: &[(String, String)]) -> Value {
        let entry = |(number, (_, query)): (usize, &(String, String))| {
            let url = format!(
                "/services/data/{}/query?q={}",
                self.settings.api_version,
                utf8_percent_encode(query, NON_ALPHANUMERIC)
            );
            json!({"method": "GET", "url": url, "referenceId": format!("q{number}")})
        };
        json!({"allOrNone": false, "compositeRequest": queries.iter().enumerate().map(entry).collect::<Vec<_>>()})
    }

    /// Writes graphs in one call. The answers are in the order of the graphs.
    pub(crate) async fn write(&self, body: &Value) -> Result<Vec<Value>, Failure> {
        let answer = self.call("write", Method::POST, "/composite/graph", Some(body)).await?;
        Ok(list(&answer, "graphs").to_vec())
    }

    /// What Salesforce tells about an object.
    pub(crate) async fn describe(&self, object: &str) -> Result<Value, Failure> {
        self.call("describe", Method::GET, &format!("/sobjects/{object}/describe"), None)
            .await
    }

    async fn collect(&self, first: &Value, rows: &mut Vec<Row>) -> Result<(), Failure> {
        let mut page = first.clone();
        for _ in 0..MOST_PAGES {
            let next = page.get("nextRecordsUrl").and_then(Value::as_str).map(str::to_owned);
            let Some(Value::Array(records)) = page.get_mut("records").map(Value::take) else {
                return Err(error::failure("read", 200, None, None));
            };
            rows.extend(records.into_iter().filter_map(Row::new));
            let Some(next) = next else { return Ok(()) };
            page = self.get_page(&next).await?;
        }
        let text = format!("a query of the mapping answers more than {MOST_PAGES} pages; its conditions match too much");
        Err(Failure::permanent(destination::Class::Mapping, "read", text))
    }

    async fn get_page(&self, path: &str) -> Result<Value, Failure> {
        let path = path
            .strip_prefix(&format!("/services/data/{}", self.settings.api_version))
            .unwrap_or(path)
            .to_owned();
        self.call("read", Method::GET, &path, None).await
    }

    /// One call, below the version's path. The token is renewed once where it has expired.
    async fn call(&self, operation: &'static str, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let begun = Instant::now();
        let send = |token: Token| self.send(operation, method.clone(), path, body, token);
        let answer = self
            .access
            .call(|answer| error::is_expired_session(answer.status, answer.json().as_ref()), send)
            .await?;
        let parsed = answer.json();
        tracing::debug!(
            destination = self.settings.name,
            operation,
            path,
            status = answer.status,
            ms = begun.elapsed().as_millis(),
            "called Salesforce"
        );
        match parsed {
            Some(value) if answer.status < 300 => Ok(value),
            parsed => {
                // The address of a description has the object in it: one that is not there says nothing about the others.
                let judge = if operation == "describe" {
                    error::failure
                } else {
                    error::call_failure
                };
                let failure = judge(operation, answer.status, parsed.as_ref(), answer.retry_after(self.clock.now()));
                let quoted = failure.response.clone().unwrap_or_else(|| answer.quote());
                Err(Failure {
                    response: Some(quoted),
                    ..failure
                })
            }
        }
    }

    async fn send(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
        token: Token,
    ) -> Result<Answer, Failure> {
        let url = format!("{}/services/data/{}{path}", token.base_url, self.settings.api_version);
        // No assignment rules, no list of recently used records, and a duplicate rule that only warns does not stop an order.
        let mut request = self
            .http
            .request(method, &url)
            .bearer_auth(&token.value)
            .header("Sforce-Auto-Assign", "FALSE");
        request = request
            .header("Sforce-Mru", "updateMru=false")
            .header("Sforce-Duplicate-Rule-Header", "allowSave=true");
        if let Some(body) = body {
            request = request.json(body);
        }
        self.http.send(operation, request).await
    }
}

/// The body of a sub-request, or its failure.
fn succeeded<'a>(operation: &'static str, entry: &'a Value) -> Result<&'a Value, Failure> {
    let body = entry.get("body").unwrap_or(&Value::Null);
    match status(entry) {
        200..=299 => Ok(body),
        status => Err(error::failure(operation, status, Some(body), None)),
    }
}

/// The status of a sub-request or node.
pub(crate) fn status(entry: &Value) -> u16 {
    entry
        .get("httpStatusCode")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok())
        .unwrap_or_default()
}

/// A list in an answer; empty where it is not there.
pub(crate) fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A graph as it stands in a payload.
pub(crate) fn graph_json(number: usize, nodes: &[Value]) -> Value {
    Value::Object(Map::from_iter([
        ("graphId".to_owned(), json!(format!("g{number}"))),
        ("compositeRequest".to_owned(), json!(nodes)),
    ]))
}
