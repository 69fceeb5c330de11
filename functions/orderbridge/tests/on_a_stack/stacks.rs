//! The choice of a stack, and `check` on one.

use crate::{
    cloud::{Cloud, deploy, turn},
    emulator,
    program::{bad, bare, good, orderbridge, said},
};
use ports::{Budget, CircuitStore, Clock, OpenCircuit, SystemClock};
use std::{fs, path::Path, time::Duration};

const FOREIGN: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}}}"#;

#[tokio::test]
async fn a_stack_that_is_not_there_or_not_ours_is_told_apart() {
    let Some(turn) = turn().await else { return };
    let error = bad(&["orders", "list", "--aws", "no-such-stack"]);
    assert!(
        error.contains("there is no stack `no-such-stack` in eu-central-1"),
        "{error}"
    );
    deploy(&turn.aws, "somebody-elses", FOREIGN).await;
    let error = bad(&["dead", "list", "--aws", "somebody-elses"]);
    assert!(
        error.contains("`somebody-elses` (CREATE_COMPLETE) has no output `Table`"),
        "{error}"
    );
}

#[test]
fn a_missing_region_and_missing_credentials_are_told_apart() {
    let no_region = said(&mut bare(&["orders", "list", "--aws", "orders"]));
    assert_eq!(no_region.status, 1);
    assert!(no_region.err.contains("--region"), "{no_region:?}");
    let no_credentials = said(&mut bare(&[
        "orders",
        "list",
        "--aws",
        "orders",
        "--region",
        "eu-central-1",
    ]));
    assert_eq!(no_credentials.status, 1);
    assert!(
        no_credentials.err.contains("AWS_PROFILE"),
        "{no_credentials:?}"
    );
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let Some(_cloud) = Cloud::deployed("rights").await else {
        return;
    };
    emulator::refuse("Scan");
    let error = bad(&["orders", "list", "--aws", "rights"]);
    assert!(
        error.contains("AccessDenied") && error.contains("Scan"),
        "{error}"
    );
}

#[tokio::test]
async fn check_takes_the_secrets_of_the_stack_and_prints_where_webhooks_go() {
    let Some(cloud) = Cloud::deployed("checked").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "checked");
    let path = config.to_str().unwrap();
    let error = bad(&["check", "--config", path, "--aws", "checked"]);
    assert!(
        error.contains("there is no such secret") && error.contains("orderbridge secrets push"),
        "{error}"
    );

    fs::write(
        folder.path().join(".env"),
        "WOOCOMMERCE_WEBHOOK_SECRET=not-a-real-secret-of-acme\nSALESFORCE_CLIENT_ID=not-a-real-id\nSALESFORCE_CLIENT_SECRET=not-a-real-secret\n",
    )
    .unwrap();
    let env_file = folder.path().join(".env");
    good(&[
        "secrets",
        "push",
        "--config",
        path,
        "--env-file",
        env_file.to_str().unwrap(),
    ]);
    let out = good(&["check", "--config", path, "--aws", "checked"]);
    assert!(
        out.contains("store acme: its webhooks go to https://api.example.com/webhooks/acme"),
        "{out}"
    );

    let since = SystemClock.now();
    let circuit = OpenCircuit {
        until: since + Duration::from_secs(3600),
        since,
        why: "outage".to_owned(),
    };
    cloud.table.open("sales", circuit).await.unwrap();
    let budget = Budget {
        used: 900,
        limit: 1000,
        resets: None,
        told: since,
    };
    cloud.table.note_budget("sales", budget).await.unwrap();
    // Nobody answers as Salesforce there: the findings about the stack are printed all the same.
    let live = said(&mut orderbridge(&[
        "check", "--live", "--config", path, "--aws", "checked",
    ]));
    assert_eq!(live.status, 1);
    assert!(
        live.out
            .contains("open destination sales: left alone since ")
            && live.out.contains("(outage); orders wait"),
        "{live:?}"
    );
    assert!(live.out.contains("900 of 1000 calls"), "{live:?}");
}

#[tokio::test]
async fn a_destination_whose_system_has_no_queue_fails_the_check() {
    let Some(_cloud) = Cloud::deployed("narrow").await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "narrow");
    let mut text = fs::read_to_string(&config).unwrap();
    text.push_str("[destinations.crm]\nsystem = \"zoho\"\nsecret = \"narrow/destinations/crm\"\n");
    fs::write(&config, text).unwrap();
    let env = "WOOCOMMERCE_WEBHOOK_SECRET=not-a-real-secret-of-acme\nSALESFORCE_CLIENT_ID=fake\nSALESFORCE_CLIENT_SECRET=fake\nZOHOCRM_CLIENT_ID=fake\nZOHOCRM_CLIENT_SECRET=fake\nZOHOCRM_REFRESH_TOKEN=fake\n";
    fs::write(folder.path().join(".env"), env).unwrap();
    let (path, env_file) = (config.to_str().unwrap(), folder.path().join(".env"));
    good(&[
        "secrets",
        "push",
        "--config",
        path,
        "--env-file",
        env_file.to_str().unwrap(),
    ]);
    let checked = said(&mut orderbridge(&[
        "check", "--config", path, "--aws", "narrow",
    ]));
    assert_eq!(checked.status, 1, "{checked:?}");
    assert!(
        checked
            .out
            .contains("FAIL destination crm: the stack has no queue for zoho"),
        "{checked:?}"
    );
}

/// Writes the configuration of a shop that feeds Salesforce, with secrets of its own. Nobody
/// listens at that address.
pub(crate) fn configuration(folder: &Path, prefix: &str) -> std::path::PathBuf {
    let file = folder.join("orderbridge.toml");
    let text = format!(
        r#"
[stores.acme]
platform = "woocommerce"
secret = "{prefix}/stores/acme"

[destinations.sales]
system = "salesforce"
secret = "{prefix}/destinations/sales"
auth = "client_credentials"
login_url = "http://127.0.0.1:9"

[[routes]]
name = "acme-sales"
store = "acme"
destination = "sales"
mapping = "woocommerce-salesforce"
"#
    );
    fs::write(&file, text).expect("a configuration");
    file
}
