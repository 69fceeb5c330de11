//! Faults on demand, and too many requests at once.

use crate::client::{Client, customer, start, start_with};
use futures::future::join_all;
use sandbox::netsuite::{Effect, Fault, Kind, Options};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn answers_that_come_out_of_nowhere() {
    let (sandbox, client) = start().await;
    for (effect, error, written) in [
        (Effect::Status(500), (500, "UNEXPECTED_ERROR"), 0),
        (Effect::Status(401), (401, "INVALID_LOGIN"), 0),
        (Effect::Status(403), (403, "INSUFFICIENT_PERMISSION"), 0),
        (Effect::RequestLimit, (429, "CONCURRENCY_LIMIT_EXCEEDED"), 0),
        (Effect::LockRow, (400, "USER_ERROR"), 0),
        (Effect::StatusAfterCommit(500), (500, "UNEXPECTED_ERROR"), 1),
    ] {
        sandbox.fault(Fault::new(effect.clone()).on(Kind::Create));
        let answer = client
            .post("/customer", customer("WOO_CUST_56", "Doe"))
            .await;
        assert_eq!(answer.error(), error, "{effect:?}");
        assert_eq!(sandbox.records("customer").len(), written, "{effect:?}");
    }
    sandbox.fault(Fault::new(Effect::LockRow));
    let busy = client
        .patch("/customer/eid:WOO_CUST_56", json!({"phone": "1"}))
        .await;
    assert_eq!(
        busy.text(),
        "Error while accessing a resource. Record has been changed."
    );
    sandbox.fault(Fault::new(Effect::Html));
    let page = client.get("/customer").await;
    assert!(
        page.status == 503
            && page
                .header("content-type")
                .unwrap()
                .starts_with("text/html")
    );
    sandbox.fault(Fault::new(Effect::ExpireTokens).on(Kind::Read));
    assert_eq!(
        client.get("/customer").await.error(),
        (401, "INVALID_LOGIN")
    );
    sandbox.fault(Fault::new(Effect::RefuseLogin));
    assert_eq!(client.ask_for_token(&[]).await.status, 401);
}

#[tokio::test]
async fn answers_get_lost_before_and_after_the_work() {
    let (sandbox, client) = start().await;
    for (effect, written) in [(Effect::DropBeforeWork, 0), (Effect::DropAfterCommit, 1)] {
        sandbox.fault(Fault::new(effect.clone()).on(Kind::Create));
        let body = customer("WOO_CUST_56", "Doe");
        let answer = client.try_send("POST", "/customer", Some(&body)).await;
        assert!(answer.is_err(), "{effect:?}: {answer:?}");
        assert_eq!(sandbox.records("customer").len(), written, "{effect:?}");
    }
    sandbox.fault(Fault::new(Effect::TruncateAnswer));
    assert!(client.try_send("GET", "/customer", None).await.is_err());
}

#[tokio::test]
async fn a_locked_record_cannot_even_be_read_but_it_can_be_found() {
    let (sandbox, client) = start().await;
    let id = client.customer("WOO_CUST_56", "Doe").await;
    assert!(sandbox.lock("customer", &id) && !sandbox.lock("customer", "9999"));
    for (method, body) in [
        ("GET", None),
        ("PATCH", Some(json!({"phone": "1"}))),
        ("DELETE", None),
    ] {
        let answer = client
            .send(method, "/customer/eid:WOO_CUST_56", body.as_ref())
            .await;
        assert_eq!(
            answer.text(),
            "Error while accessing a resource. This record has been locked by a user defined workflow."
        );
    }
    let found = client
        .query(
            "SELECT id FROM customer WHERE externalid = ?",
            json!(["WOO_CUST_56"]),
        )
        .await;
    assert_eq!(found.body["items"][0]["id"], id);
}

#[tokio::test]
async fn the_account_takes_five_requests_at_once() {
    let (sandbox, client) = start_with(Options {
        latency: Duration::from_millis(300),
        ..Options::default()
    })
    .await;
    let answers = join_all((0..8).map(|_| client.get("/customer"))).await;
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status != 200)
        .collect();
    assert_eq!(refused.len(), 3);
    for answer in refused {
        assert_eq!(answer.error(), (429, "CONCURRENCY_LIMIT_EXCEEDED"));
        assert_eq!(
            (&answer.body["o:errorCode"], answer.header("retry-after")),
            (&json!("USER_ERROR"), None)
        );
    }
    let logins = join_all(
        (0..8).map(|_| async { Client::log_in(sandbox.url(), &sandbox.credentials()).await }),
    )
    .await;
    assert_eq!(
        logins.len(),
        8,
        "the token endpoint is not part of the pool"
    );
    assert_eq!(client.get("/customer").await.status, 200);
}

#[tokio::test]
async fn two_at_the_same_instant_make_one_customer() {
    let (sandbox, client) = start().await;
    let both =
        join_all((0..2).map(|_| client.post("/customer", customer("WOO_CUST_56", "Doe")))).await;
    let mut statuses: Vec<u16> = both.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400]);
    assert_eq!(sandbox.records("customer").len(), 1);
}

#[tokio::test]
async fn somebody_in_the_account_writes_too() {
    let (sandbox, client) = start().await;
    let fields = json!({"externalId": "STAFF-1", "companyName": "Example Ltd"});
    let id = sandbox
        .create("customer", fields.as_object().unwrap())
        .unwrap();
    assert_eq!(client.get("/customer/eid:STAFF-1").await.body["id"], id);
    assert!(sandbox.changes().is_empty());
    assert!(
        sandbox
            .create("customer", fields.as_object().unwrap())
            .unwrap_err()
            .contains("already exists")
    );
    assert!(
        sandbox
            .create("quote", fields.as_object().unwrap())
            .is_err()
    );
}

#[tokio::test]
async fn records_are_written_in_the_language_of_the_company_only() {
    let (sandbox, client) = start_with(Options {
        language: "pt".to_owned(),
        ..Options::default()
    })
    .await;
    let refused = client
        .post("/customer", customer("WOO_CUST_56", "Doe"))
        .await;
    assert_eq!(refused.error(), (400, "INVALID_HEADER"));
    assert!(
        refused
            .text()
            .ends_with("your default company language value 'pt'."),
        "{}",
        refused.text()
    );
    // Reads and queries do not check it, and the texts of `USER_ERROR` come in that language.
    assert_eq!(client.get("/customer").await.status, 200);
    let spoken = client
        .post_with(
            "/customer",
            json!({"externalId": "WOO_CUST_56"}),
            &[("content-language", "PT")],
        )
        .await;
    assert_eq!(spoken.error(), (400, "USER_ERROR"));
    assert!(!spoken.text().contains("enter"), "{}", spoken.text());
    assert!(sandbox.records("customer").is_empty());
}

#[tokio::test]
async fn a_form_shows_the_record_and_keeps_nothing() {
    let (sandbox, client) = start().await;
    let accept = [(
        "accept",
        "application/vnd.oracle.resource+json; type=create-form",
    )];
    let form = client
        .post_with("/customer", json!({"lastName": "Doe"}), &accept)
        .await;
    assert_eq!((form.status, &form.body["lastName"]), (200, &json!("Doe")));
    let wrong = client
        .post_with("/customer", json!({"lastName": 5}), &accept)
        .await;
    assert_eq!(wrong.error(), (400, "INVALID_CONTENT"));
    assert!(sandbox.records("customer").is_empty() && sandbox.changes().is_empty());
}
