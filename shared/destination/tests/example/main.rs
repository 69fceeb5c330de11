//! A fourth destination, as small as one can be: a CRM whose every object takes batches of records
//! by a unique property, in the style of HubSpot's "Upsert a batch of contacts". It shows what a
//! new system brings, and that the rest is here already (ARCHITECTURE.md, "Adding a destination").
//! Its CRM runs in this process.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests may fail"
)]

mod auth;
mod client;
mod crm;
mod deliver;
mod error;
mod error_table;

use async_trait::async_trait;
use auth::TinyLogin;
use client::{Client, Connection};
use crm::Crm;
use destination::{
    Access, Call, Class, Credentials, Destination, Finding, Http, Outcome, RequestPreview, rounds,
};
use mapping::{
    Plan,
    plan::{Field, Key, Record, Scalar, Value, When},
};
use ports::{
    SystemClock,
    memory::{MemorySecrets, MemoryTokens},
};
use std::sync::{Arc, atomic::Ordering};

/// One account of the CRM.
struct Tiny(Connection);

#[async_trait]
impl Destination for Tiny {
    fn system(&self) -> &'static str {
        "tiny"
    }

    async fn deliver(&self, call: &Call, plans: &[&Plan]) -> Vec<Outcome> {
        rounds::deliver(&self.client(call), plans).await
    }

    fn preview(&self, plan: &Plan) -> Vec<RequestPreview> {
        deliver::preview(plan)
    }

    async fn check(&self, call: &Call, _: &Plan) -> Vec<Finding> {
        match self.client(call).log_in().await {
            Ok(()) => vec![Finding::good("logged in")],
            Err(failure) => vec![Finding::bad(failure.to_string())],
        }
    }

    fn requests(&self) -> u64 {
        self.0.http.calls().total()
    }
}

impl Tiny {
    fn client<'a>(&'a self, call: &'a Call) -> Client<'a> {
        Client {
            connection: &self.0,
            call,
        }
    }
}

/// Creates an adapter for this CRM that has just started, with this key.
fn connect(crm: &Arc<Crm>, key: &str) -> Tiny {
    let clock = Arc::new(SystemClock);
    let http = Http::over(reqwest::Client::new(), crm.clone(), clock.clone());
    let secrets = MemorySecrets::new().with("tiny", &[("key", key)]);
    let login = TinyLogin {
        http: http.clone(),
        credentials: Credentials::new(Arc::new(secrets), "tiny".to_owned()),
    };
    let tokens = Arc::new(MemoryTokens::new(clock.clone()));
    let access = Access::new("tiny".to_owned(), tokens, clock, Box::new(login));
    Tiny(Connection { http, access })
}

/// Creates the plan of a person and an order's deal; the deal names its person.
fn plan(order: u32) -> Plan {
    let text = |text: String| Value::Literal(Scalar::Text(text));
    let record = |name: &str, object: &str, key: &str, fields: [(&str, Value); 2]| Record {
        name: name.to_owned(),
        index: 0,
        object: object.to_owned(),
        key: Some(Key {
            field: key.to_owned(),
            value: format!("{object}-{order}"),
            provisional: false,
        }),
        find: Vec::new(),
        replaces: None,
        together: Vec::new(),
        options: Default::default(),
        fields: fields
            .map(|(name, value)| {
                let on = When::Always;
                (name.to_owned(), Field { value, on })
            })
            .into_iter()
            .collect(),
    };
    let person = [
        ("email", text(format!("person-{order}@example.com"))),
        ("phone", text("+1 555 0100".to_owned())),
    ];
    let deal = [
        ("dealname", text(format!("Order {order}"))),
        ("contact", Value::Ref("person".to_owned())),
    ];
    Plan {
        order: order.to_string(),
        records: vec![
            record("person", "contacts", "shop_customer", person),
            record("deal", "deals", "shop_order", deal),
        ],
        emptied: Vec::new(),
        known: Default::default(),
        in_doubt: false,
        bare_currency: None,
        warnings: Vec::new(),
    }
}

/// Creates a plan whose deal the CRM refuses.
fn bad(order: u32) -> Plan {
    let mut plan = plan(order);
    let refused = Value::Literal(Scalar::Text("refuse me".to_owned()));
    plan.records[1].fields["dealname"].value = refused;
    plan
}

async fn deliver(tiny: &Tiny, plans: &[Plan]) -> Vec<Outcome> {
    let plans: Vec<&Plan> = plans.iter().collect();
    tiny.deliver(&Call::without_deadline(), &plans).await
}

fn all_delivered(outcomes: &[Outcome]) {
    let is_delivered = |outcome: &Outcome| matches!(outcome, Outcome::Delivered { .. });
    assert!(outcomes.iter().all(is_delivered), "{outcomes:?}");
}

#[tokio::test]
async fn a_batch_costs_one_call_for_each_object_and_again_changes_nothing() {
    let crm = Arc::new(Crm::default());
    let plans: Vec<Plan> = (1..=10).map(plan).collect();
    let tiny = connect(&crm, "good");
    let call = Call::without_deadline();
    let first = tiny.deliver(&call, &plans.iter().collect::<Vec<_>>()).await;
    all_delivered(&first);
    assert_eq!(call.counters().requests, 3, "a log-in and two batches");
    assert_eq!((crm.count("contacts"), crm.count("deals")), (10, 10));
    let again = deliver(&connect(&crm, "good"), &plans).await;
    assert_eq!(again, first, "the same records");
    assert_eq!((crm.count("contacts"), crm.count("deals")), (10, 10));
    let contact = crm.record("deals", "deals-7").unwrap()["contact"].clone();
    let Outcome::Delivered { records, .. } = &first[6] else {
        panic!("{first:?}")
    };
    assert_eq!(contact, records[0].id, "the deal names its person");
}

#[tokio::test]
async fn nothing_to_deliver_makes_no_call_and_more_than_a_batch_two() {
    let crm = Arc::new(Crm::default());
    let tiny = connect(&crm, "good");
    assert_eq!(deliver(&tiny, &[]).await, []);
    assert_eq!(tiny.requests(), 0);
    all_delivered(&deliver(&tiny, &(1..=101).map(plan).collect::<Vec<_>>()).await);
    assert_eq!(
        tiny.requests(),
        5,
        "a log-in and two batches of each object"
    );
}

#[tokio::test]
async fn a_bad_order_leaves_its_neighbours_delivered() {
    let crm = Arc::new(Crm::default());
    let mut outcomes = deliver(&connect(&crm, "good"), &[plan(1), bad(2), plan(3)]).await;
    let Outcome::Rejected(failure) = outcomes.remove(1) else {
        panic!("{outcomes:?}")
    };
    all_delivered(&outcomes);
    assert_eq!(failure.class, Class::Validation);
    assert!(failure.message.starts_with("order 2: "), "{failure}");
    assert!(failure.request.is_some() && failure.response.is_some());
    assert_eq!(crm.count("deals"), 2);
}

#[tokio::test]
async fn each_kind_of_failure_has_the_class_that_the_engine_acts_by() {
    for (status, class) in [
        (500, Class::Unavailable),
        (429, Class::RateLimit),
        (409, Class::Conflict),
        (403, Class::Authentication),
    ] {
        let crm = Arc::new(Crm::default());
        let tiny = connect(&crm, "good");
        all_delivered(&deliver(&tiny, &[plan(1)]).await);
        crm.refuse_next.store(status, Ordering::Relaxed);
        let outcomes = deliver(&tiny, &[plan(2)]).await;
        let [Outcome::Retry(failure)] = outcomes.as_slice() else {
            panic!("{status}: {outcomes:?}")
        };
        assert_eq!(failure.class, class, "{status}");
        assert!(!failure.summary().contains("example.com"), "{failure:?}");
        all_delivered(&deliver(&tiny, &[plan(2)]).await);
    }
}

#[tokio::test]
async fn refused_credentials_are_a_fault_of_the_account_not_of_the_order() {
    let tiny = connect(&Arc::default(), "bad");
    for outcome in deliver(&tiny, &[plan(1), plan(2)]).await {
        let Outcome::Retry(failure) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(failure.class, Class::Authentication);
    }
    let findings = tiny.check(&Call::without_deadline(), &plan(1)).await;
    assert!(findings.iter().any(|finding| !finding.ok), "{findings:?}");
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_once_and_the_call_repeated() {
    let crm = Arc::new(Crm::default());
    let tiny = connect(&crm, "good");
    all_delivered(&deliver(&tiny, &[plan(1)]).await);
    crm.logins.fetch_add(1, Ordering::Relaxed);
    all_delivered(&deliver(&tiny, &[plan(2)]).await);
}

#[tokio::test]
async fn a_preview_makes_no_call_and_a_check_finds_a_good_account_good() {
    let tiny = connect(&Arc::default(), "good");
    let preview = tiny.preview(&plan(1));
    assert_eq!((preview.len(), tiny.requests()), (2, 0));
    let findings = tiny.check(&Call::without_deadline(), &plan(1)).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:?}");
}
