//! `/app/site/hosting/restlet.nl`: the companion RESTlet as `config/netsuite` has it. Its inner requests
//! go through the account's own REST service. It has 5,000 units and 300 seconds, of which each
//! record takes as long as [`super::NetSuite::slow_down`] says. NetSuite Help, section_4634920277
//! (errors), section_N3351480 (units), section_161591009480 (time).

mod guard;
mod refusal;

use super::{account::Account, answer::Answer, options::Companion, request::RECORDS, suiteql};
use crate::exchange::Incoming;
use guard::Guard;
use http::{HeaderMap, HeaderName, HeaderValue};
pub(super) use refusal::Refusal;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The path of every RESTlet.
pub(super) const PATH: &str = "/app/site/hosting/restlet.nl";
const SCRIPT: &str = "customscript_orderbridge";
const DEPLOYMENT: &str = "customdeploy_orderbridge";
const UNITS: u64 = 5_000;
const UNITS_OF_A_CALL: u64 = 10;
/// The units that the script keeps back.
const RESERVE: u64 = 50;
const LONGEST: Duration = Duration::from_secs(300);

/// One call of the script, as far as it goes.
struct Run {
    units: u64,
    elapsed: Duration,
}

#[derive(Deserialize)]
struct Call {
    seconds: u64,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    queries: Vec<Map<String, Value>>,
    orders: Vec<Order>,
    #[serde(default)]
    after: bool,
}

#[derive(Deserialize)]
struct Order {
    guard: Vec<Guard>,
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    body: String,
}

/// The rows of each query.
type Rows = Vec<Vec<Map<String, Value>>>;

/// Answers a request that has been admitted.
pub(super) fn answer(account: &mut Account, request: &Incoming) -> Result<Answer, Refusal> {
    let version = installed(account, request)?;
    if request.media_type() != Some("application/json") {
        return Err(Refusal::new(
            415,
            "SSS_INVALID_CONTENT_TYPE",
            "Use application/json.",
        ));
    }
    match request.method.as_str() {
        "GET" => Ok(Answer::json(
            200,
            json!({"v": version, "name": "orderbridge", "units": UNITS}),
        )),
        "POST" => post(account, request, version),
        _ => Err(Refusal::new(
            405,
            "SSS_INVALID_SCRIPT_ENTRY_POINT",
            "The script has no such entry point.",
        )),
    }
}

/// Returns the version of the script; fails where the address leads to none.
fn installed(account: &Account, request: &Incoming) -> Result<u64, Refusal> {
    let parameters = url::form_urlencoded::parse(request.query().as_bytes());
    let is_ours = |name: &str, wanted: &str| {
        let mut given = parameters.filter(|(given, _)| given == name);
        given.any(|(_, value)| value == wanted)
    };
    match account.companion {
        Companion::Speaks(version)
            if is_ours("script", SCRIPT) && is_ours("deploy", DEPLOYMENT) =>
        {
            Ok(version)
        }
        _ => Err(Refusal::no_script()),
    }
}

fn post(account: &mut Account, request: &Incoming, version: u64) -> Result<Answer, Refusal> {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::new(400, "INVALID_REQUEST", error.to_string()))?;
    if body.get("v").and_then(Value::as_u64) != Some(version) {
        let refused = format!("this script speaks version {version}");
        return Ok(Answer::json(200, json!({"v": version, "refused": refused})));
    }
    let call: Call = serde_json::from_value(body)
        .map_err(|error| Refusal::new(400, "UNEXPECTED_ERROR", error.to_string()))?;
    let mut run = Run {
        units: UNITS,
        elapsed: Duration::ZERO,
    };
    let (rows, failure) = match run.ask(account, &call.queries)? {
        Ok(rows) => (rows, None),
        Err(failure) => (Rows::new(), Some(failure)),
    };
    let queries = u64::try_from(call.queries.len()).unwrap_or(UNITS);
    let reserve = RESERVE
        + if call.after {
            UNITS_OF_A_CALL * queries
        } else {
            0
        };
    let mut orders = Vec::new();
    for order in &call.orders {
        let holds = failure.is_none() && order.guard.iter().all(|guard| guard.holds(&rows));
        orders.push(match holds {
            false => json!({"status": "guard", "answers": []}),
            true if run.may_begin(&call, order, reserve) => {
                run.write(account, order, &call.headers)?
            }
            true => json!({"status": "deferred", "answers": []}),
        });
    }
    let is_written = |order: &Value| {
        let answers = order.get("answers").and_then(Value::as_array);
        answers.is_some_and(|answers| !answers.is_empty())
    };
    let after = match call.after && orders.iter().any(is_written) {
        true => run.ask(account, &call.queries)?.ok(),
        false => None,
    };
    let mut said = json!({
        "v": version, "orders": orders, "rows": rows, "ms": run.elapsed.as_millis(), "units": run.units,
    });
    let more = [
        ("after", after.map(|rows| json!(rows))),
        ("failure", failure),
    ];
    for (name, value) in more {
        if let (Some(value), Some(said)) = (value, said.as_object_mut()) {
            said.insert(name.to_owned(), value);
        }
    }
    Ok(Answer::json(200, said))
}

impl Run {
    fn may_begin(&self, call: &Call, order: &Order, reserve: u64) -> bool {
        let requests = u64::try_from(order.requests.len()).unwrap_or(UNITS);
        self.elapsed < Duration::from_secs(call.seconds)
            && self.units >= reserve + UNITS_OF_A_CALL * requests
    }

    /// Spends the units of a call; a script without any left is stopped, and what it wrote stays.
    fn spend(&mut self) -> Result<(), Refusal> {
        let left = self.units.checked_sub(UNITS_OF_A_CALL);
        self.units = left.ok_or_else(Refusal::out_of_units)?;
        Ok(())
    }

    /// Runs queries as N/query does: numbers are numbers.
    fn ask(
        &mut self,
        account: &mut Account,
        queries: &[Map<String, Value>],
    ) -> Result<Result<Rows, Value>, Refusal> {
        let mut rows = Rows::new();
        for query in queries {
            self.spend()?;
            let answered = suiteql::rows(&account.books, query);
            match answered {
                Ok(found) => rows.push(found.into_iter().map(as_mapped).collect()),
                Err(problem) => {
                    let code = "SSS_SEARCH_ERROR_OCCURRED";
                    return Ok(Err(json!({"code": code, "message": problem.detail})));
                }
            }
        }
        Ok(Ok(rows))
    }

    fn write(
        &mut self,
        account: &mut Account,
        order: &Order,
        headers: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let mut answers = Vec::new();
        for request in &order.requests {
            let is_sent = matches!(request.method.as_str(), "POST" | "PUT")
                && request.path.starts_with(&format!("{RECORDS}/"))
                && !request.path.contains("..");
            if !is_sent {
                let message = format!(
                    "{} {} is not sent by this script",
                    request.method, request.path
                );
                return Ok(
                    json!({"status": "error", "answers": answers, "failure": {"code": "INVALID_REQUEST", "message": message}}),
                );
            }
            self.spend()?;
            let before = account.books.store.changes();
            let answer = account
                .carry_out(&request.incoming(headers))
                .into_response();
            let saved = account.books.store.changes().saturating_sub(before);
            self.elapsed += account.jobs.per_record * u32::try_from(saved).unwrap_or(u32::MAX);
            if self.elapsed > LONGEST {
                return Err(Refusal::out_of_time());
            }
            let location = answer.headers().get(http::header::LOCATION);
            answers.push(json!({
                "code": answer.status().as_u16(),
                "location": location.and_then(|location| location.to_str().ok()),
                "body": String::from_utf8_lossy(answer.body()),
            }));
            if !answer.status().is_success() {
                return Ok(json!({"status": "refused", "answers": answers}));
            }
        }
        Ok(json!({"status": "done", "answers": answers}))
    }
}

impl Request {
    /// Returns the request as N/https sends it, with the session of the script.
    fn incoming(&self, headers: &Map<String, Value>) -> Incoming {
        let header = |(name, value): (&String, &Value)| {
            let name = HeaderName::try_from(name.to_lowercase()).ok()?;
            Some((name, HeaderValue::try_from(value.as_str()?).ok()?))
        };
        Incoming {
            method: self.method.clone(),
            target: self.path.clone(),
            headers: headers.iter().filter_map(header).collect::<HeaderMap>(),
            body: self.body.clone().into(),
        }
    }
}

/// Returns a row as `asMappedResults` has it: ids are numbers.
fn as_mapped(row: Value) -> Map<String, Value> {
    let Value::Object(mut row) = row else {
        return Map::new();
    };
    row.remove("links");
    for column in ["id", "subsidiary", "currency"] {
        let number = row.get(column).and_then(Value::as_str);
        if let Some(number) = number.and_then(|text| text.parse::<u64>().ok()) {
            row.insert(column.to_owned(), json!(number));
        }
    }
    row
}
