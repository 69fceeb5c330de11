//! `orders`, `dead` and `privacy` with `--aws`.

use crate::{
    cloud::Cloud,
    program::{bad, good},
};
use ports::{Queue, State};
use serde_json::Value;

fn listed(arguments: &[&str]) -> Vec<Value> {
    let out = good(&[arguments, &["--json"]].concat());
    serde_json::from_str(&out).expect("a list")
}

fn orders_of(letters: &[Value]) -> Vec<&str> {
    letters
        .iter()
        .filter_map(|letter| letter["message"]["order"].as_str())
        .collect()
}

#[tokio::test]
async fn orders_are_listed_filtered_and_shown() {
    let Some(cloud) = Cloud::deployed("orders").await else {
        return;
    };
    cloud.order("1001", State::Delivered).await;
    cloud.order("1002", State::Retrying).await;
    let place = ["--aws", "orders"];
    assert_eq!(listed(&[&["orders", "list"], &place[..]].concat()).len(), 2);
    let retrying = listed(&[&["orders", "list", "--state", "retrying"], &place[..]].concat());
    assert_eq!(retrying[0]["key"]["order"], "1002");
    assert_eq!(retrying.len(), 1);
    let shown = good(&[
        "orders",
        "show",
        "1001",
        "--aws",
        "orders",
        "--region",
        "eu-central-1",
    ]);
    assert!(
        shown.contains("(id 1001) of store acme") && shown.contains("route acme-sales: delivered"),
        "{shown}"
    );
    assert!(bad(&["orders", "show", "9999", "--aws", "orders"]).contains("9999"));
}

#[tokio::test]
async fn dead_letters_are_listed_shown_replayed_and_dropped() {
    let Some(cloud) = Cloud::deployed("dead").await else {
        return;
    };
    for number in ["1", "2", "3"] {
        cloud.dead(number).await;
    }
    let groups = listed(&["dead", "list", "--aws", "dead"]);
    assert_eq!((groups.len(), groups[0]["count"].as_u64()), (1, Some(3)));
    let letters = listed(&["dead", "list", "--ungrouped", "--aws", "dead"]);
    assert_eq!(letters.len(), 3);
    let third = listed(&[
        "dead",
        "list",
        "--ungrouped",
        "--order",
        "3",
        "--aws",
        "dead",
    ]);
    assert_eq!(orders_of(&third), ["3"]);
    let id = third[0]["id"].as_str().unwrap();
    assert!(good(&["dead", "show", id, "--aws", "dead"]).contains("TEA-1"));

    let replayed = good(&["dead", "replay", id, "--aws", "dead"]);
    assert!(
        replayed.contains("1 put back into the queue; the stack delivers"),
        "{replayed}"
    );
    let again = cloud
        .queue
        .receive("salesforce", 10, std::time::Duration::from_secs(300))
        .await
        .unwrap();
    let replays: Vec<_> = again
        .iter()
        .map(|one| (one.message.order.as_deref(), one.message.replays))
        .collect();
    assert_eq!(replays, [(Some("3"), 1)]);
    assert!(bad(&["dead", "replay", id, "--aws", "dead"]).contains("no dead letter"));

    assert!(bad(&["dead", "drop", "--order", "1", "--aws", "dead"]).contains("--yes --aws dead"));
    let dropped = good(&["dead", "drop", "--order", "1", "--yes", "--aws", "dead"]);
    assert!(dropped.contains("1 dropped"), "{dropped}");
    assert_eq!(
        orders_of(&listed(&["dead", "list", "--ungrouped", "--aws", "dead"])),
        ["2"]
    );
}

#[tokio::test]
async fn a_dead_letter_of_what_was_delivered_since_is_superseded() {
    let Some(cloud) = Cloud::deployed("superseded").await else {
        return;
    };
    cloud.dead("1001").await;
    cloud.order("1001", State::Delivered).await;
    let letters = listed(&["dead", "list", "--ungrouped", "--aws", "superseded"]);
    assert_eq!(letters[0]["superseded"], true);
    let replayed = good(&["dead", "replay", "--all", "--yes", "--aws", "superseded"]);
    assert!(
        replayed.contains("1 of them will change nothing"),
        "{replayed}"
    );
}

#[tokio::test]
async fn requests_about_personal_data_are_listed_and_done() {
    let Some(cloud) = Cloud::deployed("privacy").await else {
        return;
    };
    cloud.request("r-1").await;
    assert_eq!(
        listed(&["privacy", "list", "--aws", "privacy"])[0]["done"],
        Value::Null
    );
    good(&["privacy", "done", "r-1", "--aws", "privacy"]);
    assert_ne!(
        listed(&["privacy", "list", "--aws", "privacy"])[0]["done"],
        Value::Null
    );
    assert!(bad(&["privacy", "done", "r-2", "--aws", "privacy"]).contains("r-2"));
}
