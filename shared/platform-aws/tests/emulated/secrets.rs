//! Secrets while they are rotated.

use crate::support::{Emulator, Stack};
use platform_aws::AwsSecrets;
use ports::{Secrets, conformance::Time};
use std::time::Duration;

const NAME: &str = "orderbridge/stores/acme";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Subject {
    client: aws_sdk_secretsmanager::Client,
    secrets: AwsSecrets,
    stack: Stack,
    name: String,
}

async fn subject(emulator: &Emulator, name: &str) -> Subject {
    let client = aws_sdk_secretsmanager::Client::new(&emulator.config);
    let name = format!("{NAME}-{name}");
    let first = r#"{"webhook_secret":"not-a-real-secret-1","url":"https://shop.example.com"}"#;
    client
        .create_secret()
        .name(&name)
        .secret_string(first)
        .send()
        .await
        .expect("create");
    let stack = emulator.stack().await;
    let secrets = AwsSecrets::new(&emulator.config, stack.time.clone());
    Subject {
        client,
        secrets,
        stack,
        name,
    }
}

impl Subject {
    async fn rotate(&self) {
        let second =
            r#"{"webhook_secret":["not-a-real-secret-2"],"url":"https://shop.example.com"}"#;
        let call = self
            .client
            .put_secret_value()
            .secret_id(&self.name)
            .secret_string(second);
        call.send().await.expect("put");
    }

    async fn webhook_secrets(&self) -> Vec<String> {
        let secret = self
            .secrets
            .secret(&self.name)
            .await
            .expect("secret")
            .expect("a secret");
        assert_eq!(
            secret.all("url"),
            ["https://shop.example.com"],
            "what did not change is there once"
        );
        secret.all("webhook_secret").to_vec()
    }
}

#[tokio::test]
async fn for_a_day_after_a_rotation_both_values_count() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let subject = subject(&emulator, "both").await;
    assert_eq!(subject.webhook_secrets().await, ["not-a-real-secret-1"]);
    subject.rotate().await;
    assert_eq!(
        subject.webhook_secrets().await,
        ["not-a-real-secret-1"],
        "what was read is kept for minutes"
    );
    subject.stack.time.pass(5 * MINUTE).await;
    assert_eq!(
        subject.webhook_secrets().await,
        ["not-a-real-secret-2", "not-a-real-secret-1"]
    );
    subject.stack.time.pass(DAY).await;
    assert_eq!(subject.webhook_secrets().await, ["not-a-real-secret-2"]);
}

#[tokio::test]
async fn a_refresh_sees_a_rotation_at_once_but_asks_once_a_minute() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let subject = subject(&emulator, "refresh").await;
    subject.webhook_secrets().await;
    subject.rotate().await;
    assert!(
        !subject.secrets.refresh(&subject.name).await.unwrap(),
        "it was read less than a minute ago"
    );
    subject.stack.time.pass(MINUTE).await;
    assert!(subject.secrets.refresh(&subject.name).await.unwrap());
    assert_eq!(subject.webhook_secrets().await[0], "not-a-real-secret-2");
    subject.stack.time.pass(MINUTE).await;
    assert!(
        !subject.secrets.refresh(&subject.name).await.unwrap(),
        "nothing has changed since"
    );
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_none_and_one_that_is_no_object_is_told_without_its_value() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let subject = subject(&emulator, "odd").await;
    assert_eq!(
        subject.secrets.secret("orderbridge/none").await.unwrap(),
        None
    );
    let call = subject
        .client
        .create_secret()
        .name("orderbridge/odd")
        .secret_string("not-a-real-secret");
    call.send().await.unwrap();
    let error = subject.secrets.secret("orderbridge/odd").await.unwrap_err();
    let text = format!("{error} {}", error.source);
    assert!(
        text.contains("secrets: read") && !text.contains("not-a-real"),
        "{text}"
    );
}

#[tokio::test]
async fn a_version_that_a_rotation_has_not_finished_counts_once_a_signature_asks_for_it() {
    let Some(emulator) = Emulator::turn().await else {
        return;
    };
    let subject = subject(&emulator, "pending").await;
    assert_eq!(subject.webhook_secrets().await, ["not-a-real-secret-1"]);
    let second = r#"{"webhook_secret":"not-a-real-secret-2","url":"https://shop.example.com"}"#;
    let call = subject
        .client
        .put_secret_value()
        .secret_id(&subject.name)
        .secret_string(second);
    call.version_stages("AWSPENDING").send().await.expect("put");
    subject.stack.time.pass(MINUTE).await;
    assert!(subject.secrets.refresh(&subject.name).await.unwrap());
    assert_eq!(
        subject.webhook_secrets().await,
        ["not-a-real-secret-1", "not-a-real-secret-2"]
    );
}
