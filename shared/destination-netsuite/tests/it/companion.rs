//! New orders through the companion RESTlet: over the sandbox, which answers as the script does, and
//! the door of the strict simulator.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support::{
    Account, WithoutDeadline, at_speed, machine_secret, new_ec_key,
    planned::{order_of, plan},
    records, rejected, retry, signing_secret, warnings,
};
use destination::{Class, Outcome};
use destination_netsuite::{Grant, NetSuite, NetSuiteSetup, Speed};
use mapping::{
    Plan,
    plan::{Scalar, Value},
};
use ports::{Clock, SystemClock, memory::ManualClock};
use sandbox::netsuite::{Companion, Effect, Fault, Kind, NetSuite as Sandbox, Options};
use serde_json::json;
use setup::{Setup, State};
use std::{sync::Arc, time::Duration};

async fn account(options: Options) -> Sandbox {
    let options = Options {
        auto_number: true,
        ..options
    };
    Sandbox::start(options).await.unwrap()
}

async fn with(companion: Companion) -> Sandbox {
    let options = Options {
        companion,
        ..Options::default()
    };
    account(options).await
}

/// Creates a worker that remembers nothing.
fn worker(sandbox: &Sandbox, speed: Speed) -> NetSuite {
    signing(sandbox, speed, Arc::new(SystemClock))
}

fn signing(sandbox: &Sandbox, speed: Speed, clock: Arc<dyn Clock>) -> NetSuite {
    let secret = sandbox.credentials().token("1234567_SB1");
    at_speed(speed, sandbox.url(), Grant::Token, &pairs(&secret), clock)
}

/// Creates one that logs in with OAuth 2.0.
fn machine(sandbox: &Sandbox, speed: Speed) -> NetSuite {
    let secret = sandbox.credentials().client_credentials("1234567_SB1");
    let (auth, clock) = (Grant::ClientCredentials, Arc::new(SystemClock));
    at_speed(speed, sandbox.url(), auth, &pairs(&secret), clock)
}

fn pairs(secret: &serde_json::Value) -> Vec<(&str, &str)> {
    let secret = secret.as_object().unwrap().iter();
    secret
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
        .collect()
}

/// Returns the plan of an order of this customer.
fn order(number: u32, customer: u32) -> Plan {
    let email = format!("person{customer}@example.com");
    plan(&order_of(number, Some(&customer.to_string()), &email))
}

fn orders(numbers: std::ops::Range<u32>) -> Vec<Plan> {
    numbers.map(|number| order(number, number)).collect()
}

fn all_delivered(outcomes: &[Outcome]) {
    for outcome in outcomes {
        _ = records(outcome);
    }
}

fn restlets(sandbox: &Sandbox) -> u64 {
    sandbox.calls().of(Kind::Restlet)
}

#[tokio::test]
async fn new_orders_go_in_one_call_with_the_ids_that_netsuite_gave() {
    let sandbox = with(Companion::Speaks(1)).await;
    let netsuite = worker(&sandbox, Speed::Restlet);
    let outcomes = netsuite.deliver_all(&orders(1..11)).await;
    assert_eq!(sandbox.calls().total, 1);
    let held = sandbox.records("salesOrder");
    assert_eq!((held.len(), sandbox.records("customer").len()), (10, 10));
    for (number, outcome) in (1..).zip(&outcomes) {
        let made = records(outcome);
        let of = |held: &[serde_json::Map<String, serde_json::Value>], key: String| {
            let record = held
                .iter()
                .find(|record| record["externalId"] == json!(key));
            record.unwrap()["id"].as_str().unwrap().to_owned()
        };
        assert_eq!(
            made["sales_order"],
            of(&held, format!("WOO_ORDER_{number}"))
        );
        let customers = sandbox.records("customer");
        assert_eq!(
            made["customer"],
            of(&customers, format!("WOO_CUST_{number}"))
        );
        assert_eq!(warnings(outcome), [""; 0]);
    }
}

#[tokio::test]
async fn a_returning_customer_costs_a_second_call_once_and_is_left_as_he_is() {
    let sandbox = with(Companion::Speaks(1)).await;
    all_delivered(
        &worker(&sandbox, Speed::Single)
            .deliver_all(&orders(1..11))
            .await,
    );
    let customers = sandbox.records("customer");
    let netsuite = worker(&sandbox, Speed::Restlet);
    for (hundred, calls) in [(100, 2), (200, 1), (300, 1)] {
        let before = sandbox.calls().total;
        let plans: Vec<Plan> = (1..11)
            .map(|number| order(hundred + number, number))
            .collect();
        all_delivered(&netsuite.deliver_all(&plans).await);
        assert_eq!(sandbox.calls().total - before, calls, "{hundred}");
    }
    assert_eq!(sandbox.records("customer"), customers);
    assert_eq!(sandbox.records("salesOrder").len(), 40);
}

#[tokio::test]
async fn a_customer_who_differs_is_changed_in_a_call_of_his_own() {
    let sandbox = with(Companion::Speaks(1)).await;
    let netsuite = worker(&sandbox, Speed::Restlet);
    all_delivered(&netsuite.deliver_all(&orders(1..4)).await);
    let id = records(&netsuite.deliver_all(&[order(11, 1)]).await[0])["customer"].clone();
    // Staff corrects the name, the shop another one.
    let rename = json!({"lastName": "Staff"});
    let fields = rename.as_object().unwrap();
    sandbox.edit("customer", &id, fields).unwrap();
    let plans = [order(21, 1), order(22, 2), order(23, 3)];
    all_delivered(&netsuite.deliver_all(&plans).await);
    assert_eq!(
        (
            sandbox.records("customer").len(),
            sandbox.records("salesOrder").len()
        ),
        (3, 7)
    );
    let customer = &sandbox.records("customer")[0];
    assert_ne!(customer["lastName"], json!("Staff"), "as the shop has it");
}

#[tokio::test]
async fn a_customer_of_the_staffs_is_adopted_and_two_orders_of_one_customer_make_one() {
    let sandbox = with(Companion::Speaks(1)).await;
    let typed_in = json!({"isPerson": true, "firstName": "P", "lastName": "One", "email": "person1@example.com"});
    sandbox
        .create("customer", typed_in.as_object().unwrap())
        .unwrap();
    let netsuite = worker(&sandbox, Speed::Restlet);
    let plans = [order(1, 1), order(2, 2), order(3, 2), order(4, 4)];
    all_delivered(&netsuite.deliver_all(&plans).await);
    assert_eq!(
        (
            sandbox.records("customer").len(),
            sandbox.records("salesOrder").len()
        ),
        (3, 4)
    );
    assert_eq!(
        sandbox.records("customer")[0]["externalId"],
        json!("WOO_CUST_1")
    );
}

#[tokio::test]
async fn a_refused_order_has_its_reason_and_its_neighbours_are_there() {
    let sandbox = with(Companion::Speaks(1)).await;
    let netsuite = worker(&sandbox, Speed::Restlet);
    let mut plans = orders(1..4);
    let date = plans[1].records[1].fields.get_mut("tranDate").unwrap();
    date.value = Value::Literal(Scalar::Text("the day after".to_owned()));
    let mut outcomes = netsuite.deliver_all(&plans).await;
    let failure = rejected(outcomes.remove(1));
    assert_eq!(failure.class, Class::Validation);
    assert!(failure.request.is_some() && failure.response.is_some());
    all_delivered(&outcomes);
    assert_eq!(sandbox.records("salesOrder").len(), 2);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_doubles_nothing() {
    let sandbox = with(Companion::Speaks(1)).await;
    let netsuite = worker(&sandbox, Speed::Restlet);
    sandbox.fault(Fault::new(Effect::DropAfterCommit).on(Kind::Restlet));
    let outcomes = netsuite.deliver_all(&orders(1..11)).await;
    for outcome in outcomes {
        assert_eq!(retry(outcome).class, Class::Unavailable);
    }
    // Two more, which were in the lost call and are not there.
    let again: Vec<Plan> = orders(1..13)
        .into_iter()
        .map(|plan| Plan {
            in_doubt: true,
            ..plan
        })
        .collect();
    all_delivered(&netsuite.deliver_all(&again).await);
    assert_eq!(
        (
            sandbox.records("customer").len(),
            sandbox.records("salesOrder").len()
        ),
        (12, 12)
    );
    assert_eq!(
        sandbox.calls().of(Kind::Create),
        0,
        "what is not there goes together"
    );
}

#[tokio::test]
async fn a_slow_account_gets_fewer_orders_in_a_call_and_what_is_deferred_goes_again() {
    let sandbox = with(Companion::Speaks(1)).await;
    // Five seconds are half of what a request may take.
    sandbox.slow_down(Duration::from_millis(900));
    let netsuite = worker(&sandbox, Speed::Restlet);
    all_delivered(&netsuite.deliver_all(&orders(1..5)).await);
    assert_eq!(restlets(&sandbox), 2, "three orders, and the fourth");
    assert_eq!(sandbox.records("salesOrder").len(), 4);
}

#[tokio::test]
async fn an_account_without_it_is_asked_once_a_day_and_gets_its_orders_one_by_one() {
    let clock = Arc::new(ManualClock::default());
    let sandbox = account(Options {
        companion: Companion::Absent,
        clock: clock.clone(),
        ..Options::default()
    })
    .await;
    for speed in [Speed::Auto, Speed::Restlet] {
        let (netsuite, before) = (signing(&sandbox, speed, clock.clone()), restlets(&sandbox));
        let first = if speed == Speed::Auto { 1 } else { 101 };
        all_delivered(&netsuite.deliver_all(&orders(first..first + 3)).await);
        all_delivered(&netsuite.deliver_all(&orders(first + 3..first + 6)).await);
        assert_eq!(restlets(&sandbox) - before, 1, "{speed:?}");
        clock.advance(Duration::from_secs(24 * 3600));
        all_delivered(&netsuite.deliver_all(&orders(first + 6..first + 7)).await);
        assert_eq!(restlets(&sandbox) - before, 2, "{speed:?}");
    }
    assert_eq!(sandbox.records("salesOrder").len(), 14);
}

#[tokio::test]
async fn auto_finds_it_and_a_script_of_another_version_is_left_alone() {
    let sandbox = with(Companion::Speaks(1)).await;
    let netsuite = worker(&sandbox, Speed::Auto);
    all_delivered(&netsuite.deliver_all(&orders(1..11)).await);
    assert_eq!(
        sandbox.calls().total,
        2,
        "one that asks, and one that writes"
    );
    for (speed, version) in [(Speed::Auto, 2), (Speed::Restlet, 2), (Speed::Restlet, 0)] {
        let sandbox = with(Companion::Speaks(version)).await;
        let netsuite = worker(&sandbox, speed);
        for from in [1, 11] {
            all_delivered(&netsuite.deliver_all(&orders(from..from + 10)).await);
        }
        assert_eq!(restlets(&sandbox), 1, "{speed:?}");
        assert_eq!(sandbox.records("salesOrder").len(), 20);
    }
}

#[tokio::test]
async fn a_login_that_only_restlets_refuse_costs_a_pause_and_no_order() {
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let sandbox = account(Options {
        clock: clock.clone(),
        ..Options::default()
    })
    .await;
    let netsuite = signing(&sandbox, Speed::Restlet, clock.clone());
    sandbox.fault(Fault::new(Effect::Status(401)).on(Kind::Restlet).times(9));
    for outcome in netsuite.deliver_all(&orders(1..4)).await {
        assert_eq!(retry(outcome).class, Class::Authentication);
    }
    clock.advance(Duration::from_secs(61));
    all_delivered(&netsuite.deliver_all(&orders(1..4)).await);
    assert_eq!(restlets(&sandbox), 1, "five refusals would lock the user");
}

#[tokio::test]
async fn one_that_fails_again_and_again_is_left_alone_for_an_hour() {
    let sandbox = with(Companion::Speaks(1)).await;
    let netsuite = worker(&sandbox, Speed::Restlet);
    sandbox.fault(Fault::new(Effect::Status(500)).on(Kind::Restlet).times(9));
    for failed in [3, 3, 1, 0] {
        let outcomes = netsuite.deliver_all(&orders(1..4)).await;
        let is_retried = |outcome: &&Outcome| matches!(outcome, Outcome::Retry(_));
        assert_eq!(outcomes.iter().filter(is_retried).count(), failed);
    }
    assert_eq!(restlets(&sandbox), 5);
}

#[tokio::test]
async fn too_many_calls_at_once_are_told_as_such_and_nothing_is_written() {
    let sandbox = with(Companion::Speaks(1)).await;
    let netsuite = worker(&sandbox, Speed::Restlet);
    sandbox.fault(Fault::new(Effect::RequestLimit).on(Kind::Restlet));
    for outcome in netsuite.deliver_all(&orders(1..4)).await {
        let failure = retry(outcome);
        assert_eq!(failure.class, Class::RateLimit);
        assert_eq!(failure.code.as_deref(), Some("SSS_REQUEST_LIMIT_EXCEEDED"));
    }
    assert_eq!(sandbox.records("customer").len(), 0);
}

#[tokio::test]
async fn tokens_are_for_restlets_only_where_those_are_wanted_and_allowed() {
    let sandbox = with(Companion::Speaks(1)).await;
    all_delivered(
        &machine(&sandbox, Speed::Restlet)
            .deliver_all(&orders(1..11))
            .await,
    );
    assert_eq!(sandbox.calls().total, 1);

    let sandbox = with(Companion::NotAllowed).await;
    for (speed, tokens, from) in [
        (Speed::Single, 1, 1),
        (Speed::Auto, 3, 11),
        (Speed::Restlet, 5, 21),
    ] {
        let netsuite = machine(&sandbox, speed);
        for from in [from, from + 5] {
            all_delivered(&netsuite.deliver_all(&orders(from..from + 5)).await);
        }
        let calls = sandbox.calls();
        assert_eq!(
            (calls.of(Kind::Token), calls.of(Kind::Restlet)),
            (tokens, 0),
            "{speed:?}"
        );
    }
}

#[tokio::test]
async fn set_up_says_whether_it_is_there_and_exports_it_where_it_is_not() {
    let cases = [
        (
            Companion::Speaks(1),
            Speed::Auto,
            Some(State::Good),
            "it is there, of version 1",
        ),
        (
            Companion::Absent,
            Speed::Restlet,
            Some(State::Missing),
            "SSS_INVALID_SCRIPTLET_ID",
        ),
        (
            Companion::Absent,
            Speed::Auto,
            Some(State::Advice),
            "orderbridge setup --export",
        ),
        (
            Companion::Speaks(0),
            Speed::Restlet,
            Some(State::Wrong),
            "has version 0 of the companion, and this program needs 1",
        ),
        (
            Companion::Speaks(2),
            Speed::Auto,
            Some(State::Wrong),
            "update orderbridge",
        ),
        (Companion::Absent, Speed::Single, None, ""),
    ];
    for (companion, speed, state, words) in cases {
        let sandbox = with(companion).await;
        let plans = vec![order(1, 1)];
        let setup = NetSuiteSetup::new(worker(&sandbox, speed), plans);
        let items = setup.plan().await;
        let item = items
            .iter()
            .find(|item| item.subject == "companion RESTlet");
        assert_eq!(
            item.map(|item| item.state),
            state,
            "{companion:?} {speed:?}"
        );
        let line = item.map(ToString::to_string).unwrap_or_default();
        assert!(line.contains(words), "{line}");
        let files = setup.project(&items);
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let is_deployed = !matches!(state, Some(State::Good) | None);
        let expected: &[&str] = match is_deployed {
            true => &[
                "src/manifest.xml",
                "src/deploy.xml",
                "src/FileCabinet/SuiteScripts/orderbridge/ob_restlet.js",
                "src/Objects/customscript_orderbridge.xml",
                "README.txt",
            ],
            false => &[],
        };
        assert_eq!(paths, expected, "{companion:?} {speed:?}");
    }
    let sandbox = with(Companion::NotAllowed).await;
    let setup = NetSuiteSetup::new(machine(&sandbox, Speed::Restlet), vec![order(1, 1)]);
    let items = setup.plan().await;
    let item = items
        .iter()
        .find(|item| item.subject == "companion RESTlet");
    assert!(
        item.unwrap().to_string().contains("tick RESTlets"),
        "{items:#?}"
    );
}

/// The strict simulator has an echo in the script's place: what it judges is the door, and what is
/// judged of ours is that another script's answer is none.
#[tokio::test]
#[cfg_attr(not(strict_simulator), ignore = "the strict simulator is not here")]
async fn both_ways_to_log_in_open_the_door_of_restlets() {
    let account = Account::start().await;
    let (private, public) = new_ec_key();
    let certificates = json!({"simcertificate0000000000000000000000000000": public});
    let ours =
        json!([{"script": "customscript_orderbridge", "deploy": "customdeploy_orderbridge"}]);
    let config = json!({"oauth2": {"certificates": certificates}, "restlets": ours});
    account.post("config", config).await;
    let (token, machine) = (signing_secret(), machine_secret(&private));
    let ways: [(Grant, &[(&str, &str)]); 2] =
        [(Grant::Token, &token), (Grant::ClientCredentials, &machine)];
    for (from, (auth, secret)) in (1..).step_by(10).zip(ways) {
        let clock = Arc::new(SystemClock);
        let netsuite = at_speed(Speed::Restlet, &account.url, auth, secret, clock);
        all_delivered(&netsuite.deliver_all(&orders(from..from + 2)).await);
    }
    assert_eq!(account.records("salesOrder").await.len(), 4);
    account.assert_no_violations().await;
}
