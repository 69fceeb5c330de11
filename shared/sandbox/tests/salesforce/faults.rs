use crate::client::{start, start_with};
use sandbox::salesforce::{Effect, Fault, Kind, Options};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn statuses_strike_as_often_as_asked_and_only_their_kind() {
    let (sandbox, client) = start().await;
    sandbox.fault(
        Fault::new(Effect::Status(503))
            .on(Kind::Row)
            .times(2)
            .after(1),
    );
    let mut seen = Vec::new();
    for name in ["A", "B", "C", "D"] {
        assert_eq!(client.get("/limits").await.status, 200);
        seen.push(
            client
                .post("/sobjects/Account", json!({"Name": name}))
                .await
                .status,
        );
    }
    assert_eq!(seen, [201, 503, 503, 201]);
    assert_eq!(sandbox.records("Account").len(), 2);
}

#[tokio::test]
async fn refusals_look_like_salesforces() {
    let (sandbox, client) = start().await;
    for (effect, expected) in [
        (Effect::Status(503), (503, "SERVER_UNAVAILABLE")),
        (Effect::Status(500), (500, "UNKNOWN_EXCEPTION")),
        (Effect::RequestLimit, (403, "REQUEST_LIMIT_EXCEEDED")),
        (Effect::ExpireTokens, (401, "INVALID_SESSION_ID")),
    ] {
        sandbox.fault(Fault::new(effect.clone()));
        assert_eq!(client.get("/limits").await.error(), expected, "{effect:?}");
    }
    sandbox.fault(Fault::new(Effect::Html));
    let page = client.get("/limits").await;
    assert_eq!(page.status, 503);
    assert!(page.body.as_str().unwrap().starts_with("<!DOCTYPE html>"));

    sandbox.fault(Fault::new(Effect::RefuseLogin));
    assert_eq!(
        client.get("/limits").await.error(),
        (401, "INVALID_SESSION_ID"),
        "it waits for a login"
    );
    let refused = client.form(&crate::client::password_form()).await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (400, &json!("invalid_grant"))
    );

    sandbox.fault(Fault::new(Effect::Status(500)));
    sandbox.clear_faults();
    assert_eq!(
        client.form(&crate::client::password_form()).await.status,
        200
    );
}

#[tokio::test]
async fn a_locked_row_fails_its_graph_alone() {
    let (sandbox, client) = start().await;
    sandbox.fault(Fault::new(Effect::LockRow).on(Kind::Graph));
    let graph = |id: &str| {
        let url = format!("/services/data/v65.0/sobjects/Account/WooCommerce_Customer_ID__c/{id}");
        json!({"graphId": id, "compositeRequest": [{"url": url, "method": "PATCH", "referenceId": "a", "body": {"Name": id}}]})
    };
    let body = client
        .post(
            "/composite/graph",
            json!({"graphs": [graph("one"), graph("two")]}),
        )
        .await
        .body;
    let error = &body["graphs"][0]["graphResponse"]["compositeResponse"][0]["body"][0];
    assert_eq!(error["errorCode"], "UNABLE_TO_LOCK_ROW");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("unable to obtain exclusive access to this record or 1 records: 001")
    );
    assert_eq!(body["graphs"][1]["isSuccessful"], json!(true));
    assert_eq!(sandbox.records("Account").len(), 1);
}

#[tokio::test]
async fn answers_get_lost_before_and_after_the_work() {
    let (sandbox, client) = start().await;
    for (effect, written) in [
        (Effect::DropBeforeWork, 0),
        (Effect::DropAfterCommit, 1),
        (Effect::TruncateAnswer, 2),
    ] {
        sandbox.fault(Fault::new(effect.clone()).on(Kind::Row));
        let answer = client
            .try_send("POST", "/sobjects/Account", Some(&json!({"Name": "A"})))
            .await;
        assert!(answer.is_err(), "{effect:?}: {answer:?}");
        assert_eq!(sandbox.records("Account").len(), written, "{effect:?}");
    }
    sandbox.fault(Fault::new(Effect::StatusAfterCommit(500)).on(Kind::Row));
    assert_eq!(
        client
            .post("/sobjects/Account", json!({"Name": "A"}))
            .await
            .status,
        500
    );
    assert_eq!(sandbox.records("Account").len(), 3);
    assert_eq!(
        client.get("/limits").await.status,
        200,
        "other connections are not touched"
    );
}

#[tokio::test]
async fn latency_passes_outside_of_the_lock() {
    let latency = Duration::from_millis(200);
    let (sandbox, client) = start_with(Options {
        latency,
        ..Options::default()
    })
    .await;
    let begun = Instant::now();
    let calls = (0..8).map(|_| client.get("/limits"));
    futures::future::join_all(calls).await;
    let together = begun.elapsed();
    assert!(
        together >= latency && together < latency * 4,
        "eight calls at once took {together:?}"
    );

    sandbox.fault(Fault::new(Effect::Delay(latency * 2)));
    let begun = Instant::now();
    client.get("/limits").await;
    assert!(begun.elapsed() >= latency * 3);
}

#[tokio::test]
async fn stopping_closes_the_port() {
    let (sandbox, client) = start().await;
    sandbox.stop().await;
    assert!(client.try_send("GET", "/limits", None).await.is_err());
}
