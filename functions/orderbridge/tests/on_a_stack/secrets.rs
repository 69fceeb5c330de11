//! `secrets push`.

use crate::{
    cloud::{Turn, turn},
    emulator,
    program::{bad, bare, good, orderbridge, said},
    stacks::configuration,
};
use aws_sdk_secretsmanager::Client;
use platform_aws::AwsSecrets;
use ports::{Secrets, SystemClock};
use serde_json::Value;
use std::{fs, path::PathBuf, sync::Arc};

/// A folder with a configuration and a .env file, whose secrets no other test has.
struct Desk {
    folder: tempfile::TempDir,
    config: PathBuf,
    prefix: String,
    turn: Turn,
}

impl Desk {
    async fn new(prefix: &str) -> Option<Self> {
        let turn = turn().await?;
        let folder = tempfile::tempdir().expect("a folder");
        let config = configuration(folder.path(), prefix);
        Some(Self {
            folder,
            config,
            prefix: prefix.to_owned(),
            turn,
        })
    }

    fn arguments(&self, env: &str) -> Vec<String> {
        let file = self.folder.path().join(".env");
        fs::write(&file, env).expect("a .env file");
        let config = self.config.to_str().expect("a path");
        let texts = [
            "secrets",
            "push",
            "--config",
            config,
            "--env-file",
            file.to_str().expect("a path"),
        ];
        texts.map(str::to_owned).to_vec()
    }

    fn push(&self, env: &str) -> String {
        let arguments = self.arguments(env);
        good(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn refused(&self, env: &str) -> String {
        let arguments = self.arguments(env);
        bad(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn name(&self, of: &str) -> String {
        format!("{}/{of}", self.prefix)
    }

    /// Returns what Secrets Manager holds.
    async fn held(&self, of: &str) -> Option<Value> {
        let call = Client::new(&self.turn.aws)
            .get_secret_value()
            .secret_id(self.name(of));
        let answer = call.send().await.ok()?;
        serde_json::from_str(answer.secret_string()?).ok()
    }

    /// Returns the webhook secrets that a function reads when it starts now.
    async fn webhook_secrets(&self) -> Vec<String> {
        let secrets = AwsSecrets::new(&self.turn.aws, Arc::new(SystemClock));
        let secret = secrets
            .secret(&self.name("stores/acme"))
            .await
            .expect("secrets")
            .expect("a secret");
        secret.all("webhook_secret").to_vec()
    }
}

fn env(webhook_secret: &str) -> String {
    format!(
        "WOOCOMMERCE_WEBHOOK_SECRET={webhook_secret}\nSALESFORCE_CLIENT_ID=hush-id\nSALESFORCE_CLIENT_SECRET='hush-pa$$word'\nSALESFORCE_LOGIN_URL=https://login.salesforce.com\n"
    )
}

#[tokio::test]
async fn secrets_are_created_left_alone_and_updated_and_no_value_is_printed() {
    let Some(desk) = Desk::new("made").await else {
        return;
    };
    let created = desk.push(&env("hush-webhook-secret-1"));
    for line in [
        "created made/stores/acme: webhook_secret",
        "created made/destinations/sales: client_id, client_secret",
        "no secret needs SALESFORCE_LOGIN_URL",
    ] {
        assert!(created.contains(line), "{created}");
    }
    assert_eq!(
        desk.held("destinations/sales").await.unwrap()["client_secret"],
        "hush-pa$$word"
    );
    let described = Client::new(&desk.turn.aws)
        .describe_secret()
        .secret_id(desk.name("stores/acme"))
        .send()
        .await
        .unwrap();
    assert_eq!(described.tags()[0].value(), Some("orderbridge"));

    let unchanged = desk.push(&env("hush-webhook-secret-1"));
    assert_eq!(
        unchanged.matches("unchanged made/").count(),
        2,
        "{unchanged}"
    );
    let updated = desk.push(&format!(
        "{}ACME__WOOCOMMERCE_URL=https://shop.example.com\n",
        env("hush-webhook-secret-1")
    ));
    assert!(
        updated.contains("updated made/stores/acme: url, webhook_secret")
            && updated.contains("only together"),
        "{updated}"
    );
    let dropped = desk.push(&env("hush-webhook-secret-1"));
    assert!(dropped.contains("it no longer holds url"), "{dropped}");
    assert!(
        ![created, unchanged, updated, dropped]
            .concat()
            .contains("hush")
    );
}

#[tokio::test]
async fn after_a_change_both_webhook_secrets_count_and_a_second_change_loses_none() {
    let Some(desk) = Desk::new("rotated").await else {
        return;
    };
    desk.push(&env("hush-webhook-secret-1"));
    desk.push(&env("hush-webhook-secret-2"));
    assert_eq!(
        desk.webhook_secrets().await,
        ["hush-webhook-secret-2", "hush-webhook-secret-1"]
    );
    let second = desk.push(&env("hush-webhook-secret-3"));
    assert!(
        second.contains("updated rotated/stores/acme")
            && second.contains("1 earlier webhook_secret still counts"),
        "{second}"
    );
    assert_eq!(
        desk.webhook_secrets().await,
        [
            "hush-webhook-secret-3",
            "hush-webhook-secret-1",
            "hush-webhook-secret-2"
        ]
    );
    let third = desk.push(&env("hush-webhook-secret-3"));
    assert!(
        third.contains("unchanged rotated/stores/acme") && third.contains("1 earlier"),
        "{third}"
    );
    assert_eq!(desk.webhook_secrets().await.len(), 3);
}

#[tokio::test]
async fn a_secret_that_is_meant_to_overlap_for_longer_is_listed() {
    let Some(desk) = Desk::new("listed").await else {
        return;
    };
    desk.push(&format!(
        "{}WOOCOMMERCE_WEBHOOK_SECRET_PREVIOUS=hush-webhook-secret-0\n",
        env("hush-webhook-secret-1")
    ));
    let held = desk.held("stores/acme").await.unwrap();
    assert_eq!(
        held["webhook_secret"],
        serde_json::json!(["hush-webhook-secret-1", "hush-webhook-secret-0"])
    );
}

#[tokio::test]
async fn while_anything_is_missing_nothing_is_written() {
    let Some(desk) = Desk::new("missing").await else {
        return;
    };
    let error =
        desk.refused("WOOCOMMERCE_WEBHOOK_SECRET=hush-webhook-secret-1\nSALESFORCE_CLIENT_ID=\n");
    for part in [
        "secret missing/destinations/sales (salesforce sales): client_id is missing; set SALESFORCE_CLIENT_ID, or SALES__SALESFORCE_CLIENT_ID",
        "client_secret is missing",
        "Consumer Key",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!error.contains("hush"), "{error}");
    assert_eq!(desk.held("stores/acme").await, None);
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_and_nothing_is_written_before_everything_was_read() {
    let Some(desk) = Desk::new("denied").await else {
        return;
    };
    emulator::refuse("CreateSecret");
    let error = desk.refused(&env("hush-webhook-secret-1"));
    assert!(
        error.contains("may not do secretsmanager:CreateSecret") && error.contains("push again"),
        "{error}"
    );
    assert!(!error.contains("hush"), "{error}");
    desk.push(&env("hush-webhook-secret-1"));
}

#[tokio::test]
async fn a_secret_of_somebody_else_stops_the_push() {
    let Some(desk) = Desk::new("foreign").await else {
        return;
    };
    let call = Client::new(&desk.turn.aws)
        .create_secret()
        .name(desk.name("stores/acme"))
        .secret_string("hush, no JSON");
    call.send().await.unwrap();
    let error = desk.refused(&env("hush-webhook-secret-1"));
    assert!(
        error
            .contains("nothing was written: the secret `foreign/stores/acme` holds no JSON object"),
        "{error}"
    );
    assert!(!error.contains("hush"), "{error}");
    assert_eq!(desk.held("destinations/sales").await, None);
}

#[tokio::test]
async fn a_dry_run_compares_and_writes_nothing() {
    let Some(desk) = Desk::new("dry").await else {
        return;
    };
    let mut arguments = desk.arguments(&env("hush-webhook-secret-1"));
    arguments.push("--dry-run".to_owned());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let out = good(&arguments);
    assert!(
        out.contains("would be created dry/stores/acme: webhook_secret") && !out.contains("hush"),
        "{out}"
    );
    assert_eq!(desk.held("stores/acme").await, None);

    let offline = said(&mut bare(&arguments));
    assert_eq!(offline.status, 0, "{offline:?}");
    assert!(
        offline
            .out
            .contains("would hold dry/stores/acme: webhook_secret"),
        "{offline:?}"
    );
    assert!(
        offline.out.contains("not compared with what AWS holds"),
        "{offline:?}"
    );
    assert_eq!(said(&mut orderbridge(&["secrets", "push"])).status, 2);
}
