//! The report of a function that cannot start: everything, in one line, and nothing secret.

#![expect(clippy::expect_used, reason = "tests may fail")]

use std::{collections::BTreeMap, fs};

async fn refusal(variables: &BTreeMap<&str, String>) -> String {
    let failed = ingest_function::gate(|name| variables.get(name).cloned())
        .await
        .err()
        .expect("it cannot start");
    failed.to_string()
}

#[tokio::test]
async fn a_configuration_that_is_not_there_is_named() {
    let missing = BTreeMap::from([("ORDERBRIDGE_CONFIG", "nowhere/orderbridge.toml".to_owned())]);
    let text = refusal(&missing).await;
    assert!(text.contains("nowhere/orderbridge.toml"), "{text}");
    let text = refusal(&BTreeMap::new()).await;
    assert!(text.contains("/opt/orderbridge/orderbridge.toml"), "{text}");
}

#[tokio::test]
async fn every_mistake_of_the_configuration_is_in_the_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orderbridge.toml");
    fs::write(&file, "[stores.acme]\nplatform = \"oscommerce\"\n").expect("written");
    let text = refusal(&BTreeMap::from([(
        "ORDERBRIDGE_CONFIG",
        file.display().to_string(),
    )]))
    .await;
    for part in ["oscommerce", "`secret`", "destination"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains('\n'), "{text}");
}

#[tokio::test]
async fn every_missing_queue_and_every_missing_secret_is_named_together() {
    let config = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../config/samples/orderbridge.toml"
    );
    let variables = BTreeMap::from([
        ("ORDERBRIDGE_CONFIG", config.to_owned()),
        (
            "ZOHO_QUEUE_URL",
            "https://sqs.us-east-1.amazonaws.com/123456789012/zoho.fifo".to_owned(),
        ),
        ("NETSUITE_QUEUE_URL", String::new()),
    ]);
    let text = refusal(&variables).await;
    for part in [
        "SALESFORCE_QUEUE_URL",
        "NETSUITE_QUEUE_URL",
        "stores/acme",
        "stores/boutique",
        "stores/depot",
    ] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(
        !text.contains("ZOHO_QUEUE_URL") && !text.contains("destinations/"),
        "{text}"
    );
}
