use crate::client::{Client, password_form, start, start_with};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ports::Clock;
use sandbox::salesforce::{Credentials, Options, Salesforce, credentials};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

struct FixedClock(i64);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0).unwrap()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

fn without(form: &[(&'static str, String)], name: &str) -> Vec<(&'static str, String)> {
    form.iter()
        .filter(|(given, _)| *given != name)
        .cloned()
        .collect()
}

fn with(
    form: &[(&'static str, String)],
    name: &'static str,
    value: &str,
) -> Vec<(&'static str, String)> {
    let mut changed = without(form, name);
    changed.push((name, value.into()));
    changed
}

#[tokio::test]
async fn a_token_answer_has_what_salesforce_documents() {
    let (sandbox, client) = start().await;
    let answer = client.form(&password_form()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["instance_url"], sandbox.url());
    assert_eq!(answer.body["token_type"], "Bearer");
    assert!(
        answer.body["issued_at"]
            .as_str()
            .unwrap()
            .parse::<i64>()
            .is_ok()
    );
    assert!(
        answer.body.get("expires_in").is_none(),
        "no Salesforce answer has it"
    );

    let refresh = vec![
        ("grant_type", "refresh_token".into()),
        ("refresh_token", credentials::REFRESH_TOKEN.into()),
        ("client_id", credentials::CLIENT_ID.into()),
        ("client_secret", credentials::CLIENT_SECRET.into()),
    ];
    let client_credentials = with(
        &without(&refresh, "refresh_token"),
        "grant_type",
        "client_credentials",
    );
    for form in [refresh, client_credentials] {
        let answer = client.form(&form).await;
        let token = answer.body["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer:?}"));
        assert_eq!(
            client.clone().with_token(token).get("/limits").await.status,
            200
        );
        assert!(answer.body.get("refresh_token").is_none());
    }
}

#[tokio::test]
async fn logins_that_fail_say_why_in_an_object() {
    let (_sandbox, client) = start().await;
    let good = password_form();
    for (form, error) in [
        (
            with(&good, "password", credentials::PASSWORD),
            "invalid_grant",
        ),
        (
            with(&good, "username", "somebody@example.com"),
            "invalid_grant",
        ),
        (with(&good, "client_id", "other"), "invalid_client_id"),
        (with(&good, "client_secret", "other"), "invalid_client"),
        (with(&good, "grant_type", "magic"), "unsupported_grant_type"),
        (
            with(
                &with(&good, "grant_type", "refresh_token"),
                "refresh_token",
                "old",
            ),
            "invalid_grant",
        ),
    ] {
        let answer = client.form(&form).await;
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (400, &json!(error)),
            "{form:?}"
        );
        assert!(answer.body["error_description"].is_string());
    }
}

#[tokio::test]
async fn a_jwt_is_judged_by_signature_and_claims() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private = pem(
        "PRIVATE KEY",
        AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap().as_ref(),
    );
    let public = pem(
        "PUBLIC KEY",
        AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key())
            .unwrap()
            .as_ref(),
    );
    let credentials = Credentials {
        public_key: Some(public),
        ..Credentials::default()
    };
    let sandbox = Salesforce::start(Options {
        credentials,
        clock: Some(Arc::new(FixedClock(1_000_000))),
        ..Options::default()
    })
    .await
    .unwrap();
    let client = Client::log_in(sandbox.url()).await;

    let good = json!({"iss": credentials::CLIENT_ID, "sub": credentials::USERNAME, "aud": "https://login.salesforce.com", "exp": 1_000_300});
    let other = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let other = pem(
        "PRIVATE KEY",
        AsDer::<Pkcs8V1Der<'_>>::as_der(&other).unwrap().as_ref(),
    );
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    for (key, claims, expected) in [
        (&private, good.clone(), None),
        (&private, changed("aud", json!(sandbox.url())), None),
        (&private, changed("exp", json!(1_000_000 - 179)), None),
        (
            &private,
            changed("exp", json!(1_000_000 - 181)),
            Some("invalid_grant"),
        ),
        (
            &private,
            changed("aud", json!("https://example.com")),
            Some("invalid_grant"),
        ),
        (
            &private,
            changed("sub", json!("nobody@example.com")),
            Some("invalid_grant"),
        ),
        (
            &private,
            changed("iss", json!("nobody")),
            Some("invalid_client_id"),
        ),
        (&private, changed("exp", Value::Null), Some("invalid_grant")),
        (&other, good.clone(), Some("invalid_grant")),
    ] {
        let assertion = encode(
            &Header::new(Algorithm::RS256),
            &claims,
            &EncodingKey::from_rsa_pem(key.as_bytes()).unwrap(),
        )
        .unwrap();
        let form = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:jwt-bearer".into(),
            ),
            ("assertion", assertion),
        ];
        let answer = client.form(&form).await;
        assert_eq!(answer.body["error"].as_str(), expected, "{claims}");
        assert_eq!(answer.status, if expected.is_none() { 200 } else { 400 });
        assert!(answer.body.get("issued_at").is_none());
    }
}

#[tokio::test]
async fn tokens_end() {
    let (sandbox, client) = start().await;
    assert_eq!(client.get("/limits").await.status, 200);
    sandbox.expire_tokens();
    let answer = client.get("/limits").await;
    assert_eq!(answer.error(), (401, "INVALID_SESSION_ID"));
    assert_eq!(answer.message(), "Session expired or invalid");

    let (_sandbox, client) = start_with(Options {
        token_calls: Some(2),
        ..Options::default()
    })
    .await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(client.get("/limits").await.status);
    }
    assert_eq!(seen, [200, 200, 401]);

    let (_sandbox, client) = start_with(Options {
        token_lifetime: Some(Duration::from_millis(40)),
        ..Options::default()
    })
    .await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(
        client.get("/limits").await.error(),
        (401, "INVALID_SESSION_ID")
    );
}

#[tokio::test]
async fn calls_are_counted_against_the_day() {
    let (sandbox, client) = start_with(Options {
        daily_calls: 2,
        ..Options::default()
    })
    .await;
    assert_eq!(
        client.get("/limits").await.body["DailyApiRequests"],
        json!({"Max": 2, "Remaining": 1})
    );
    assert_eq!(client.get("/limits").await.status, 200);
    assert_eq!(
        client.get("/limits").await.error(),
        (403, "REQUEST_LIMIT_EXCEEDED")
    );
    assert_eq!(sandbox.calls().total, 3);
    assert_eq!(sandbox.calls().of(sandbox::salesforce::Kind::Token), 1);
}
