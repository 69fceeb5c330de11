//! Tests that a worker that had its batch in hand for too long sends nothing more.

use crate::support::{LEASE, REQUEST_TIMEOUT, Setup, words};
use async_trait::async_trait;
use deliver::{Engine, Health};
use destination::{Answer, Call, Destination, Finding, Http, Lost, Outcome, RequestPreview, Wire};
use mapping::Plan;
use ports::{State, memory::ManualClock};
use reqwest::{Client, Method, Request, header::HeaderMap};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// A destination of two calls, between which the machine is suspended for a while.
struct Slow {
    http: Http,
    clock: Arc<ManualClock>,
    pause: Mutex<Duration>,
}

/// A network that answers everything at once.
struct Prompt;

#[async_trait]
impl Wire for Prompt {
    async fn exchange(&self, _: Request) -> Result<Answer, Lost> {
        Ok(Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: Vec::new(),
        })
    }
}

impl Slow {
    fn new(clock: Arc<ManualClock>) -> Self {
        let http = Http::over(Client::new(), Arc::new(Prompt), clock.clone());
        let pause = Mutex::default();
        Self { http, clock, pause }
    }

    async fn send(&self, call: &Call, operation: &'static str) -> Result<(), Outcome> {
        let request = self.http.request(Method::POST, "https://crm.example.com/");
        self.http
            .send(call, operation, request)
            .await
            .map(drop)
            .map_err(Outcome::from)
    }

    async fn write(&self, call: &Call) -> Result<(), Outcome> {
        self.send(call, "read").await?;
        self.clock.advance(*self.pause.lock().unwrap());
        self.send(call, "write").await
    }
}

#[async_trait]
impl Destination for Slow {
    fn system(&self) -> &'static str {
        "salesforce"
    }
    async fn deliver(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        let (records, warnings) = (Vec::new(), Vec::new());
        let outcome = self
            .write(call)
            .await
            .map(|()| Outcome::Delivered { records, warnings });
        vec![outcome.unwrap_or_else(|failed| failed); plans.len()]
    }
    fn preview(&self, _: &Plan) -> Vec<RequestPreview> {
        Vec::new()
    }
    async fn check(&self, _: &Call, _: &Plan) -> Vec<Finding> {
        Vec::new()
    }
}

fn slow_engine(setup: &Setup) -> (Arc<Slow>, Engine) {
    let slow = Arc::new(Slow::new(setup.clock.clone()));
    let engine = setup.engine_to(slow.clone());
    (slow, engine)
}

#[tokio::test]
async fn a_worker_that_wakes_after_its_lease_sends_nothing() {
    let setup = Setup::new();
    let (slow, engine) = slow_engine(&setup);
    setup.enqueue("g", "1,x,1");
    *slow.pause.lock().unwrap() = LEASE;
    let report = setup.deliver(&engine).await;
    assert_eq!(slow.http.calls().total(), 1, "the read before the pause");
    assert!(
        report.settlements[0].disposition.pause().is_some(),
        "{report:?}"
    );
    assert_eq!(
        report.events[0].health,
        Health::Untouched,
        "that says nothing about the destination"
    );
    let entry = setup.entry("1").await;
    assert_eq!(
        (entry.state, entry.attempts),
        (State::Retrying, 0),
        "and spends no try"
    );
}

#[tokio::test]
async fn the_last_request_starts_two_timeouts_before_the_lease_ends() {
    for (pause, told, calls) in [
        (
            LEASE - REQUEST_TIMEOUT * 2 - Duration::from_millis(1),
            "delivered",
            2,
        ),
        (LEASE - REQUEST_TIMEOUT * 2, "retry", 1),
    ] {
        let setup = Setup::new();
        let (slow, engine) = slow_engine(&setup);
        setup.enqueue("g", "1,x,1");
        *slow.pause.lock().unwrap() = pause;
        let report = setup.deliver(&engine).await;
        assert_eq!(
            (
                words(&[report.events[0].result.clone()]),
                slow.http.calls().total()
            ),
            (vec![told], calls)
        );
    }
}
