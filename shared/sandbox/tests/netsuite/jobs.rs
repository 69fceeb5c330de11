//! Asynchronous jobs: what is answered at once, when records appear, and what a second request
//! under the same key gets.

use crate::client::{Answer, Client, customer, receive, start, start_with};
use sandbox::netsuite::{Effect, Fault, Kind, NetSuite, Options};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Posts new customers as one job.
async fn post(client: &Client, key: &str, numbers: std::ops::Range<u32>) -> Answer {
    receive(batch(client, key, numbers)).await.unwrap()
}

fn batch(client: &Client, key: &str, numbers: std::ops::Range<u32>) -> reqwest::RequestBuilder {
    let one = |number| customer(&format!("WOO_CUST_{number}"), &format!("Doe {number}"));
    let items: Vec<Value> = numbers.map(one).collect();
    client
        .request("POST", "/customer", None)
        .header("prefer", "respond-async")
        .header("x-netsuite-idempotency-key", key)
        .header(
            "content-type",
            "application/vnd.oracle.resource+json; type=collection",
        )
        .body(json!({ "items": items }).to_string())
}

async fn get(client: &Client, location: &str) -> Answer {
    let path = location.strip_prefix(&client.url).unwrap();
    receive(client.request("GET", path, None)).await.unwrap()
}

/// Waits until the job is done, and returns it.
async fn done(client: &Client, location: &str) -> Value {
    let begun = Instant::now();
    loop {
        let job = get(client, location).await.body;
        if job["completed"] == json!(true) {
            return job;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{job}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn slow(per_record: u64) -> Options {
    Options {
        per_record: Duration::from_millis(per_record),
        ..Options::default()
    }
}

#[tokio::test]
async fn a_job_is_accepted_at_once_and_saves_one_record_after_the_other() {
    let (sandbox, client) = start_with(slow(20)).await;
    let begun = Instant::now();
    let accepted = post(&client, "k1", 0..10).await;
    assert_eq!((accepted.status, accepted.length), (202, 0));
    assert_eq!(accepted.header("preference-applied"), Some("respond-async"));
    assert!(begun.elapsed() < Duration::from_millis(200));
    let location = accepted.header("location").unwrap().to_owned();
    let job = done(&client, &location).await;
    assert!(
        begun.elapsed() >= Duration::from_millis(200),
        "ten records take ten times as long as one"
    );
    assert_eq!(job["progress"], "succeeded");
    let tasks = get(&client, &format!("{location}/task")).await.body;
    assert_eq!(tasks["items"].as_array().unwrap().len(), 1);
    assert_eq!(tasks["items"][0]["links"].as_array().unwrap().len(), 10);
    let result = get(&client, &format!("{location}/task/3/result")).await;
    assert_eq!(result.status, 204);
    assert!(
        sandbox
            .records("customer")
            .iter()
            .any(|found| found["id"] == json!(result.id()))
    );
    assert_eq!(
        (
            sandbox.records("customer").len(),
            sandbox.calls().of(Kind::Batch)
        ),
        (10, 1)
    );
}

#[tokio::test]
async fn two_processors_work_at_a_time_and_a_third_job_waits() {
    let (_sandbox, client) = start_with(slow(10)).await;
    let begun = Instant::now();
    let mut locations = Vec::new();
    for job in 0..3 {
        let accepted = post(&client, &format!("k{job}"), job * 10..job * 10 + 10).await;
        locations.push(accepted.header("location").unwrap().to_owned());
    }
    done(&client, &locations[2]).await;
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_millis(200) && took < Duration::from_millis(1000),
        "{took:?}"
    );
}

#[tokio::test]
async fn the_same_key_leads_to_the_first_job() {
    let (sandbox, client) = start().await;
    sandbox.fault(Fault::new(Effect::DropAfterCommit).on(Kind::Batch));
    let lost = batch(&client, "k1", 1..2).send().await;
    assert!(lost.is_err());
    let again = post(&client, "k1", 5..9).await;
    assert_eq!(again.error(), (400, "IDEMPOTENCY_ERROR"));
    assert_eq!(again.body["title"], "Conflict");
    done(&client, again.header("location").unwrap()).await;
    let names: Vec<String> = sandbox
        .records("customer")
        .iter()
        .map(|found| found["externalId"].to_string())
        .collect();
    assert_eq!(
        names,
        ["\"WOO_CUST_1\""],
        "the second body was not looked at"
    );
}

#[tokio::test]
async fn a_refused_record_hurts_no_other_and_its_result_says_why() {
    let (sandbox, client) = start().await;
    client.customer("WOO_CUST_3", "Roe").await;
    let accepted = post(&client, "k1", 1..6).await;
    let location = accepted.header("location").unwrap().to_owned();
    let job = done(&client, &location).await;
    assert_eq!(job["progress"], "failed");
    let result = get(&client, &format!("{location}/task/3/result")).await;
    assert_eq!(result.error(), (400, "USER_ERROR"));
    assert!(result.text().contains("already exists"), "{result:?}");
    assert_eq!(sandbox.records("customer").len(), 5);
}

#[tokio::test]
async fn a_job_may_stand_still_or_be_forgotten() {
    let (sandbox, client) = start().await;
    sandbox.stall_jobs(true);
    let still = post(&client, "k1", 0..3).await;
    sandbox.stall_jobs(false);
    let location = still.header("location").unwrap().to_owned();
    assert_eq!(get(&client, &location).await.body["progress"], "pending");
    sandbox.lose_jobs();
    assert_eq!(
        get(&client, &location).await.error(),
        (404, "NONEXISTENT_ID")
    );
    assert_eq!(customers(&sandbox), 0);
}

#[tokio::test]
async fn a_batch_has_a_hundred_records_at_most() {
    let (sandbox, client) = start().await;
    let refused = post(&client, "k1", 0..101).await;
    assert_eq!(refused.error(), (400, "INVALID_CONTENT"));
    assert_eq!(customers(&sandbox), 0);
}

fn customers(sandbox: &NetSuite) -> usize {
    sandbox.records("customer").len()
}
