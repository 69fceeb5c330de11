//! Accounts whose company speaks another language than English: over the sandbox, and over the
//! strict simulator where it is present.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use crate::support;

use destination::{Class, Outcome};
use destination_netsuite::NetSuite;
use mapping::Plan;
use sandbox::netsuite::{Effect, Fault, Kind, NetSuite as Sandbox, Options};
use serde_json::{Value, json};
use support::{
    Account, WithoutDeadline, one,
    planned::{order_of, plan},
    records, rejected, signing_secret, speaking,
};

/// Creates a sandbox in which records are written in Portuguese.
async fn portuguese() -> Sandbox {
    let options = Options {
        language: "pt".to_owned(),
        ..Options::default()
    };
    Sandbox::start(options).await.unwrap()
}

fn worker(sandbox: &Sandbox, language: Option<&str>) -> NetSuite {
    let secret = sandbox.credentials().token("1234567_SB1");
    let secret: Vec<(&str, &str)> = secret
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
        .collect();
    speaking(sandbox.url(), &secret, language)
}

/// Returns the order of a customer of its own, whose name nobody else has.
fn order(number: u32) -> Plan {
    let customer = number.to_string();
    let mut order = order_of(number, Some(&customer), &format!("jo.{number}@example.com"));
    order.customer.last_name = format!("Customer {number}");
    plan(&order)
}

#[tokio::test]
async fn the_language_that_the_account_asks_for_is_taken_and_kept() {
    let sandbox = portuguese().await;
    let worker = worker(&sandbox, None);
    let plans: Vec<Plan> = (1..=8).map(order).collect();
    worker
        .deliver_all(&plans)
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    let first = sandbox.calls().total;
    worker
        .deliver_all(&(11..=18).map(order).collect::<Vec<_>>())
        .await
        .iter()
        .for_each(|outcome| _ = records(outcome));
    assert_eq!(
        (
            sandbox.records("customer").len(),
            sandbox.records("salesOrder").len()
        ),
        (16, 16)
    );
    // One query, eight customers and eight orders; the first customers were refused before anybody
    // knew.
    assert_eq!(sandbox.calls().total - first, 17);
    assert!((18..=25).contains(&first), "{first} calls");
}

#[tokio::test]
async fn with_the_language_in_the_settings_no_call_is_refused() {
    let sandbox = portuguese().await;
    one(&worker(&sandbox, Some("pt")), &order(1)).await;
    assert_eq!(
        (sandbox.calls().total, sandbox.records("salesOrder").len()),
        (3, 1)
    );
    // The account's word counts more than the settings.
    records(&one(&worker(&sandbox, Some("de")), &order(2)).await);
}

#[tokio::test]
async fn what_a_text_would_say_is_found_out_where_nobody_can_read_it() {
    let sandbox = portuguese().await;
    let first = records(&one(&worker(&sandbox, None), &order(1)).await);
    // The ledger was lost: the order's external id is taken.
    assert_eq!(
        records(&one(&worker(&sandbox, None), &order(1)).await)["sales_order"],
        first["sales_order"]
    );
    assert_eq!(sandbox.records("salesOrder").len(), 1);

    // Another customer of the same name.
    let mut namesake = order_of(2, Some("2"), "jo.2@example.com");
    namesake.customer.last_name = "Customer 1".to_owned();
    records(&one(&worker(&sandbox, None), &plan(&namesake)).await);
    assert_eq!(
        sandbox.records("customer")[1]["entityId"]
            .as_str()
            .unwrap()
            .rsplit(' ')
            .next(),
        Some("WOO_CUST_2")
    );

    // Somebody saves the order at the same moment.
    sandbox.fault(Fault::new(Effect::LockRow).on(Kind::Update));
    let mut changed = order(1);
    changed.known = first.into_iter().collect();
    records(&one(&worker(&sandbox, Some("pt")), &changed).await);

    // A failure that cannot be mended is told once, with its place where there is one.
    assert!(sandbox.lock(
        "salesOrder",
        sandbox.records("salesOrder")[0]["id"].as_str().unwrap()
    ));
    let failure = rejected(one(&worker(&sandbox, Some("pt")), &changed).await);
    assert_eq!(
        (failure.class, failure.place.as_deref()),
        (Class::Validation, Some("sales_order"))
    );
}

#[tokio::test]
async fn a_check_tells_the_language_and_saves_nothing() {
    let sandbox = portuguese().await;
    let findings = worker(&sandbox, None).check_all(&order(1)).await;
    let told = findings
        .iter()
        .find(|finding| finding.text.contains("speaks pt"))
        .unwrap();
    assert!(
        told.ok && told.text.contains("language = \"pt\""),
        "{findings:#?}"
    );
    assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
    let findings = worker(&sandbox, Some("pt")).check_all(&order(1)).await;
    assert!(
        findings
            .iter()
            .all(|finding| finding.ok && !finding.text.contains("speaks")),
        "{findings:#?}"
    );
    assert!(sandbox.records("customer").is_empty() && sandbox.changes().is_empty());
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn the_strict_simulator_takes_orders_in_every_language() {
    for language in ["pt", "zh_CN", "it"] {
        let account = Account::start().await;
        account
            .post("config", json!({"company_language": language}))
            .await;
        let plans: Vec<Plan> = (1..=3).map(order).collect();
        account
            .netsuite
            .deliver_all(&plans)
            .await
            .iter()
            .for_each(|outcome| _ = records(outcome));
        let again = account.another_worker().deliver_all(&plans).await;
        again.iter().for_each(|outcome| _ = records(outcome));
        let findings = account.another_worker().check_all(&plans[0]).await;
        assert!(findings.iter().all(|finding| finding.ok), "{findings:#?}");
        assert_eq!(
            (
                account.records("customer").await.len(),
                account.records("salesOrder").await.len()
            ),
            (3, 3)
        );
        account.assert_no_violations().await;
    }
}

#[tokio::test]
#[cfg_attr(
    not(strict_simulator),
    ignore = "the strict simulator is not beside the project"
)]
async fn an_english_account_is_asked_for_nothing() {
    let account = Account::start().await;
    for language in [None, Some("en")] {
        let worker = speaking(&account.url, &signing_secret(), language);
        records(&one(&worker, &order(1)).await);
    }
    assert_eq!(account.records("salesOrder").await.len(), 1);
    account.assert_no_violations().await;
}

/// A proxy that refuses every call for a header, without a word about the language that it wants.
struct Headers;

#[async_trait::async_trait]
impl destination::Wire for Headers {
    async fn exchange(
        &self,
        _: reqwest::Request,
    ) -> Result<destination::Answer, destination::Lost> {
        let detail = json!({"detail": "Invalid language.", "o:errorCode": "INVALID_HEADER", "o:errorHeader": "Content-Language"});
        let body: Value =
            json!({"title": "Bad Request", "status": 400, "o:errorDetails": [detail]});
        Ok(destination::Answer {
            status: 400,
            headers: reqwest::header::HeaderMap::new(),
            body: body.to_string().into_bytes(),
        })
    }
}

#[tokio::test]
async fn a_header_that_is_refused_holds_the_destination_and_kills_no_order() {
    let worker = support::over(Headers);
    for outcome in worker
        .deliver_all(&(1..=8).map(order).collect::<Vec<_>>())
        .await
    {
        let Outcome::Retry(failure) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (Class::Authentication, Some("INVALID_HEADER"))
        );
        assert!(failure.message.contains("set `language`"), "{failure}");
    }
}
