use crate::client::{start, start_with};
use sandbox::zoho::{Kind, Options};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_hundred_records_are_the_most() {
    let (sandbox, client) = start().await;
    let items = |count: usize| json!(vec![json!({"Last_Name": "Doe"}); count]);
    assert_eq!(client.insert("Contacts", items(100)).await.status, 201);
    let refused = client.insert("Contacts", items(101)).await;
    assert_eq!(
        (refused.status, refused.codes()),
        (400, vec!["LIMIT_EXCEEDED"])
    );
    assert_eq!(sandbox.records("Contacts").len(), 100);
}

#[tokio::test]
async fn ten_records_cost_one_credit() {
    let (sandbox, client) = start_with(Options {
        credits: 6,
        ..Options::default()
    })
    .await;
    let items = |count: usize| json!(vec![json!({"Last_Name": "Doe"}); count]);
    let first = client.insert("Contacts", items(11)).await;
    assert_eq!((sandbox.credits(), first.credits_remaining), (2, None));
    let second = client.get("/Contacts?fields=Email").await;
    assert_eq!(
        second.credits_remaining.as_deref(),
        Some("3"),
        "half of them are spent"
    );
    assert_eq!(
        client
            .query("select id from Contacts where id is not null limit 2000")
            .await
            .status,
        200
    );
    assert_eq!(sandbox.credits(), 6);
    assert_eq!(
        client.insert("Contacts", items(1)).await.error(),
        (429, "TOO_MANY_REQUESTS")
    );
    assert_eq!(sandbox.records("Contacts").len(), 11);
    let calls = sandbox.calls();
    assert_eq!(
        (calls.total, calls.of(Kind::Insert), calls.of(Kind::Query)),
        (4, 2, 1)
    );
}

#[tokio::test]
async fn more_open_requests_than_the_edition_allows_are_refused() {
    let (_sandbox, client) = start_with(Options {
        concurrency: Some(3),
        latency: Duration::from_millis(300),
        ..Options::default()
    })
    .await;
    let calls = (0..5).map(|_| client.get("/Contacts?fields=Email"));
    let mut statuses: Vec<u16> = futures::future::join_all(calls)
        .await
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 204, 204, 429, 429]);
    assert_eq!(client.get("/Contacts?fields=Email").await.status, 204);
}
