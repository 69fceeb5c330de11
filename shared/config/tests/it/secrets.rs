//! Secrets from files and from the environment: what is read, what is reported, and that a report
//! never holds anything secret.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may panic as the tests do"
)]

use config::{
    Config, FileSecrets, Problem, SecretTextError, check_secrets, environment_variable,
    secret_from_json,
};
use ports::Secrets;
use proptest::prelude::*;
use std::{
    fs,
    path::{Path, PathBuf},
};

const NO_ENVIRONMENT: [(String, String); 0] = [];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/secrets")
        .join(name)
}

fn whole_config() -> Config {
    Config::parse(Path::new("orderbridge.toml"), include_str!("../whole.toml")).unwrap()
}

fn variable(name: &str, json: &str) -> (String, String) {
    (environment_variable(name), json.to_owned())
}

/// Returns one line for each problem, without the folder of this machine.
fn lines(problems: &[Problem]) -> String {
    let named = |problem: &Problem| Problem {
        file: problem.file.file_name().unwrap().into(),
        ..problem.clone()
    };
    problems
        .iter()
        .map(|problem| format!("{}\n", named(problem)))
        .collect()
}

#[tokio::test]
async fn a_file_gives_single_texts_and_lists() {
    let secrets = FileSecrets::load_with(Some(&fixture("whole.toml")), NO_ENVIRONMENT).unwrap();
    let acme = secrets
        .secret("orderbridge/stores/acme")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        acme.all("webhook_secret"),
        ["fake-new-webhook-secret", "fake-old-webhook-secret"]
    );
    assert_eq!(
        secrets
            .get("orderbridge/destinations/erp")
            .unwrap()
            .get("account_id"),
        Some("1234567_SB1")
    );
    assert!(
        secrets
            .secret("orderbridge/stores/nobody")
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(secrets.names().count(), 7);
}

#[test]
fn a_variable_takes_the_place_of_the_whole_secret_in_the_file() {
    assert_eq!(
        environment_variable("orderbridge/stores/acme-2.eu"),
        "ORDERBRIDGE_SECRET_ORDERBRIDGE_STORES_ACME_2_EU"
    );
    let environment = [
        variable(
            "orderbridge/destinations/crm",
            r#"{"refresh_token": "from-the-environment"}"#,
        ),
        variable(
            "orderbridge/stores/other",
            r#"{"webhook_secret": ["new", "old"]}"#,
        ),
        ("PATH".to_owned(), "/bin".to_owned()),
    ];
    let secrets = FileSecrets::load_with(Some(&fixture("whole.toml")), environment).unwrap();
    let crm = secrets.get("orderbridge/destinations/crm").unwrap();
    assert_eq!(
        (crm.get("refresh_token"), crm.get("client_id")),
        (Some("from-the-environment"), None)
    );
    assert_eq!(
        secrets
            .get("orderbridge/stores/other")
            .unwrap()
            .all("webhook_secret"),
        ["new", "old"]
    );
    assert_eq!(
        secrets
            .get("orderbridge/stores/second")
            .unwrap()
            .get("webhook_secret"),
        Some("fake-webhook-secret-of-second")
    );
}

#[test]
fn the_environment_alone_is_enough() {
    let environment = [variable(
        "orderbridge/stores/acme",
        r#"{"webhook_secret": "only-here"}"#,
    )];
    let secrets = FileSecrets::load_with(None, environment).unwrap();
    assert_eq!(
        secrets
            .get("orderbridge/stores/acme")
            .unwrap()
            .get("webhook_secret"),
        Some("only-here")
    );
    assert_eq!(secrets.warnings(), []);
}

#[test]
fn debug_shows_names_and_keys_but_no_values() {
    let environment = [variable(
        "orderbridge/stores/acme",
        r#"{"webhook_secret": "fake-from-environment"}"#,
    )];
    let text = format!(
        "{:?}",
        FileSecrets::load_with(Some(&fixture("whole.toml")), environment).unwrap()
    );
    assert!(
        text.contains("orderbridge/destinations/erp") && text.contains("consumer_secret"),
        "{text}"
    );
    assert!(!text.contains("fake") && !text.contains("FAKE"), "{text}");
}

#[tokio::test]
async fn mistakes_in_file_and_environment_are_told_without_values_and_stop_no_other_secret() {
    let environment = [
        variable("a", "hush-no-json"),
        variable("b", "\"hush-text\""),
        variable("c", r#"{"account_id": 1234567, "token": "hush"}"#),
        variable("d", r#"{"webhook_secret": ["hush", null]}"#),
    ];
    let secrets = FileSecrets::load_with(Some(&fixture("broken.toml")), environment).unwrap();
    for name in ["a", "b", "c", "d"] {
        let error = secrets.secret(name).await.unwrap_err();
        assert!(
            error
                .source
                .to_string()
                .contains(&environment_variable(name)),
            "{error:?}"
        );
    }
    let broken: Vec<Problem> = secrets
        .warnings()
        .iter()
        .chain(secrets.problems())
        .cloned()
        .collect();
    let broken = broken
        .into_iter()
        .filter(|problem| !problem.message.contains("chmod"))
        .collect();
    let syntax = FileSecrets::load_with(Some(&fixture("syntax.toml")), NO_ENVIRONMENT).unwrap_err();
    let missing =
        FileSecrets::load_with(Some(&fixture("missing.toml")), NO_ENVIRONMENT).unwrap_err();
    let text = [broken, syntax]
        .iter()
        .map(|problems| lines(problems))
        .collect::<String>();
    assert!(
        !text.contains("hush") && !text.contains("1234567"),
        "{text}"
    );
    insta::assert_snapshot!(text);
    assert!(
        lines(&missing).starts_with("missing.toml: the secrets cannot be read: "),
        "{missing:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secrets.toml");
    fs::write(&file, "").unwrap();
    for (mode, warnings) in [(0o644, 1), (0o660, 1), (0o600, 0), (0o400, 0)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let secrets = FileSecrets::load_with(Some(&file), NO_ENVIRONMENT).unwrap();
        assert_eq!(secrets.warnings().len(), warnings, "{mode:o}");
        assert!(
            secrets
                .warnings()
                .iter()
                .all(|problem| !problem.is_error() && problem.to_string().contains("chmod 600"))
        );
    }
}

#[tokio::test]
async fn a_whole_set_of_secrets_has_no_problem() {
    let secrets = FileSecrets::load_with(Some(&fixture("whole.toml")), NO_ENVIRONMENT).unwrap();
    assert_eq!(check_secrets(&whole_config(), &secrets).await, []);
}

#[tokio::test]
async fn what_secrets_lack_is_named_and_where_to_get_it() {
    let secrets = FileSecrets::load_with(Some(&fixture("poor.toml")), NO_ENVIRONMENT).unwrap();
    let text = lines(&check_secrets(&whole_config(), &secrets).await);
    assert!(!text.contains("hush"), "{text}");
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn every_way_to_sign_in_names_the_keys_of_the_contract() {
    let ways = [
        (
            "salesforce",
            "auth = \"password\"",
            vec!["client_id", "client_secret", "username", "password"],
        ),
        (
            "salesforce",
            "auth = \"refresh_token\"",
            vec!["client_id", "refresh_token"],
        ),
        (
            "salesforce",
            "auth = \"jwt_bearer\"",
            vec!["client_id", "username", "private_key"],
        ),
        (
            "salesforce",
            "auth = \"client_credentials\"\nlogin_url = \"https://a.my.salesforce.com\"",
            vec!["client_id", "client_secret"],
        ),
        (
            "zoho",
            "",
            vec!["client_id", "client_secret", "refresh_token"],
        ),
        (
            "netsuite",
            "auth = \"token\"",
            vec![
                "account_id",
                "consumer_key",
                "consumer_secret",
                "token_id",
                "token_secret",
            ],
        ),
        (
            "netsuite",
            "auth = \"client_credentials\"",
            vec!["account_id", "client_id", "certificate_id", "private_key"],
        ),
    ];
    for (system, auth, keys) in ways {
        let text = format!(
            "[stores.a]\nplatform = \"magento\"\nsecret = \"a\"\n[destinations.d]\nsystem = \"{system}\"\nsecret = \"d\"\n{auth}\n\
             [[routes]]\nname = \"r\"\nstore = \"a\"\ndestination = \"d\"\nmapping = \"m\"\n"
        );
        let config = Config::parse(Path::new("a.toml"), &text).unwrap();
        let environment = [
            variable("a", r#"{"webhook_secret": "fake-webhook-secret"}"#),
            variable("d", "{}"),
        ];
        let secrets = FileSecrets::load_with(None, environment).unwrap();
        let problems = check_secrets(&config, &secrets).await;
        let named: Vec<_> = problems
            .iter()
            .map(|problem| problem.message.split('`').nth(5).unwrap())
            .collect();
        assert_eq!(named, keys, "{system} {auth}");
    }
}

#[tokio::test]
async fn each_public_key_of_a_magento_store_is_read_and_one_of_another_store_is_not_used() {
    let good = include_str!("../secrets/public-key.pem");
    let secret = serde_json::json!({"webhook_secret": "fake-webhook-secret", "public_key": [good, "fake", good]}).to_string();
    let file = format!(
        "{}[stores.third]\nplatform = \"shopify\"\nsecret = \"third\"\n",
        include_str!("../whole.toml")
    );
    let config = Config::parse(Path::new("orderbridge.toml"), &file).unwrap();
    let environment = [
        variable("orderbridge/stores/second", &secret),
        variable("third", &secret),
    ];
    let secrets = FileSecrets::load_with(Some(&fixture("whole.toml")), environment).unwrap();
    let problems = check_secrets(&config, &secrets).await;
    let of_store = |name: &str| {
        lines(&problems)
            .lines()
            .filter(|line| line.contains(name))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let second = of_store("store `second`");
    assert!(
        second.starts_with("orderbridge.toml:6: store `second`, secret `orderbridge/stores/second`: `public_key` is not in PEM; copy"),
        "{second}"
    );
    assert_eq!(second.lines().count(), 1, "{second}");
    assert!(
        of_store("store `third`").contains("the key `public_key` is not used"),
        "{problems:?}"
    );
}

#[tokio::test]
async fn the_example_secrets_fit_the_example_configuration_and_cannot_be_left_as_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let config = Config::load(&folder.join("orderbridge.toml")).unwrap();
    let secrets =
        FileSecrets::load_with(Some(&folder.join("secrets.example.toml")), NO_ENVIRONMENT).unwrap();
    let problems = check_secrets(&config, &secrets).await;
    let text = lines(&problems);
    assert_eq!(problems.len(), 1, "{text}");
    assert!(
        text.contains("`webhook_secret` is the one of the example, which everybody knows"),
        "{text}"
    );
}

#[test]
fn json_secrets_are_read_as_secrets_manager_holds_them() {
    let secret = secret_from_json(
        r#"{"webhook_secret": ["new", "old"], "url": "https://shop.example.com"}"#,
    )
    .unwrap();
    assert_eq!(secret.all("webhook_secret"), ["new", "old"]);
    assert_eq!(secret.keys().collect::<Vec<_>>(), ["url", "webhook_secret"]);
    assert_eq!(
        secret_from_json("{\n?}"),
        Err(SecretTextError::NotJson { line: 2, column: 1 })
    );
    assert_eq!(secret_from_json("[]"), Err(SecretTextError::NotAnObject));
    assert_eq!(
        secret_from_json(r#"{"a": {}}"#),
        Err(SecretTextError::NotText {
            key: "a".to_owned()
        })
    );
}

proptest! {
    #[test]
    fn no_text_at_all_makes_it_panic(text in any::<String>()) {
        let _ = secret_from_json(&text);
        let _ = FileSecrets::load_with(None, [("ORDERBRIDGE_SECRET_A".to_owned(), text)]);
    }
}
