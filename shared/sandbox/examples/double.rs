//! A double in a process of its own, for tests that are not written in Rust. `double salesforce`
//! prints one line of JSON that tells how to reach it, then answers every line of its input, each a
//! request in JSON, with one line; it ends with its input. `double salesforce 172.17.0.1:4571
//! http://host.docker.internal:4571` listens at that address, and calls itself by that URL.
//! `DOUBLE_LATENCY_MS` sets how long every answer takes, `DOUBLE_RECORD_MS` how much longer for each
//! record that is written.

use sandbox::{Double, Effect, Place};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    env,
    error::Error,
    io::{BufRead, Write, stdin, stdout},
    time::Duration,
};

/// The time that every answer takes to arrive, where the environment says no other.
const LATENCY: Duration = Duration::from_millis(5);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    /// `{"records": "Opportunity"}`: all records of a kind.
    Records(String),
    /// `"calls"`: the number of requests so far, those for tokens aside.
    Calls,
    /// `"kinds"`: the kinds of records that an order may become.
    Kinds,
    /// `"writes"`: the fields of every committed write, as they came.
    Writes,
    /// `{"fault": {"effect": "drop_after_commit", "on_writes": true}}`: a fault for the next
    /// request, or for the next one that writes orders.
    Fault { effect: Name, on_writes: bool },
    /// `{"refuse_logins": 1000}`: all tokens end, and so many logins are refused.
    RefuseLogins(u32),
    /// `{"delete": {"kind": "Opportunity", "id": "006..."}}`: deletes a record for good, as a user
    /// would. Salesforce only.
    Delete { kind: String, id: String },
    /// `{"product": "TEA-2"}`: adds a product with this code and a price. Salesforce only.
    Product(String),
    /// `"calm"`: forgets the faults that have not struck yet.
    Calm,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    TooManyRequests,
    Failed,
    FailedAfterCommit,
    Unavailable,
    Html,
    LockRow,
    DropBeforeWork,
    DropAfterCommit,
    TruncateAnswer,
    ExpireTokens,
    RequestLimit,
    Delay,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let system = arguments
        .next()
        .ok_or("usage: double salesforce|zoho|netsuite [ADDRESS:PORT [URL]]")?;
    let mut place = Place::default();
    if let Some(listen) = arguments.next() {
        place.listen = listen.parse()?;
    }
    place.url = arguments.next();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let latency = match env::var("DOUBLE_LATENCY_MS") {
        Ok(millis) => Duration::from_millis(millis.parse()?),
        Err(_) => LATENCY,
    };
    let double = runtime.block_on(Double::start_at(&system, latency, place))?;
    if let Ok(millis) = env::var("DOUBLE_RECORD_MS") {
        double.slow_down(Duration::from_millis(millis.parse()?));
    }
    say(&json!({ "url": double.url(), "settings": double.settings(), "secret": double.secret() }))?;
    for line in stdin().lock().lines() {
        say(&answer(&double, serde_json::from_str(&line?)?))?;
    }
    Ok(())
}

fn answer(double: &Double, request: Request) -> Value {
    match request {
        Request::Records(kind) => json!(double.records(&kind)),
        Request::Calls => json!(double.calls()),
        Request::Kinds => json!(double.kinds()),
        Request::Writes => double
            .journal()
            .into_iter()
            .map(|change| Value::Object(change.fields))
            .collect(),
        Request::RefuseLogins(times) => {
            double.fault(Effect::ExpireTokens, 1);
            json!(double.fault(Effect::RefuseLogin, times))
        }
        Request::Delete { kind, id } => told(delete(double, &kind, &id)),
        Request::Product(code) => told(product(double, &code)),
        Request::Calm => json!(double.clear_faults()),
        Request::Fault {
            effect,
            on_writes: true,
        } => json!(double.fault_writes(effect.into(), 1)),
        Request::Fault {
            effect,
            on_writes: false,
        } => json!(double.fault(effect.into(), 1)),
    }
}

fn told(done: Result<(), String>) -> Value {
    match done {
        Ok(()) => Value::Null,
        Err(error) => json!({ "error": error }),
    }
}

fn delete(double: &Double, kind: &str, id: &str) -> Result<(), String> {
    let Double::Salesforce(org) = double else {
        return Err("only Salesforce's double can do this".to_owned());
    };
    org.delete(kind, id)?;
    org.empty_recycle_bin();
    Ok(())
}

fn product(double: &Double, code: &str) -> Result<(), String> {
    let Double::Salesforce(org) = double else {
        return Err("only Salesforce's double can do this".to_owned());
    };
    let fields = |value: Value| value.as_object().cloned().unwrap_or_default();
    let product = json!({ "Name": code, "ProductCode": code, "IsActive": true });
    let product = org.create("Product2", fields(product))?;
    let books = org.records("Pricebook2");
    let book = books.first().and_then(|book| book.get("Id"));
    let entry =
        json!({ "Pricebook2Id": book, "Product2Id": product, "UnitPrice": 9.99, "IsActive": true });
    org.create("PricebookEntry", fields(entry)).map(drop)
}

impl From<Name> for Effect {
    fn from(name: Name) -> Self {
        match name {
            Name::TooManyRequests => Self::Status(429),
            Name::Failed => Self::Status(500),
            Name::FailedAfterCommit => Self::StatusAfterCommit(500),
            Name::Unavailable => Self::Status(503),
            Name::Html => Self::Html,
            Name::LockRow => Self::LockRow,
            Name::DropBeforeWork => Self::DropBeforeWork,
            Name::DropAfterCommit => Self::DropAfterCommit,
            Name::TruncateAnswer => Self::TruncateAnswer,
            Name::ExpireTokens => Self::ExpireTokens,
            Name::RequestLimit => Self::RequestLimit,
            Name::Delay => Self::Delay(Duration::from_millis(300)),
        }
    }
}

fn say(value: &Value) -> std::io::Result<()> {
    writeln!(stdout(), "{value}")
}
