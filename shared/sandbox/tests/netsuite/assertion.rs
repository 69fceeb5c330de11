//! The login with OAuth 2.0 client credentials.

use crate::client::{Client, TOKEN, assertion, claims, form, start, start_with};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sandbox::netsuite::{Credentials, NetSuite, Options};
use serde_json::{Value, json};

fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// Creates credentials with an RSA key, and returns its private half, too.
fn with_rsa_key(size: KeySize) -> (Credentials, String) {
    let pair = KeyPair::generate(size).unwrap();
    let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let credentials = Credentials {
        private_key: None,
        public_key: pem("PUBLIC KEY", public.as_ref()),
        ..Credentials::generate().unwrap()
    };
    (credentials, pem("PRIVATE KEY", private.as_ref()))
}

fn changed(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test]
async fn a_token_answer_has_what_netsuite_documents() {
    let (sandbox, client) = start().await;
    let credentials = sandbox.credentials();
    let good = claims(sandbox.url(), &credentials);
    for claims in [
        good.clone(),
        changed(&good, "scope", json!("restlets,rest_webservices")),
        changed(
            &good,
            "aud",
            json!(format!(
                "https://1234567-sb1.suitetalk.api.netsuite.com{TOKEN}"
            )),
        ),
    ] {
        let answer = client
            .ask_for_token(&form(&assertion(&claims, &credentials)))
            .await;
        assert_eq!(
            (answer.status, &answer.body["expires_in"]),
            (200, &json!(3_600)),
            "{answer:?}"
        );
        assert_eq!(answer.body["token_type"], "Bearer");
        let token = answer.body["access_token"].as_str().unwrap().to_owned();
        assert_eq!(
            Client {
                token,
                ..client.clone()
            }
            .get("/customer")
            .await
            .status,
            200
        );
    }
}

#[tokio::test]
async fn assertions_that_are_refused() {
    let (sandbox, client) = start().await;
    let credentials = sandbox.credentials();
    let good = claims(sandbox.url(), &credentials);
    let now = good["iat"].as_i64().unwrap();
    for (claims, status, error) in [
        (changed(&good, "iss", json!("other")), 401, "invalid_client"),
        (
            changed(&good, "aud", json!("https://example.com")),
            400,
            "invalid_grant",
        ),
        (
            changed(&good, "exp", json!(now + 3_600)),
            400,
            "invalid_grant",
        ),
        (changed(&good, "exp", json!(now - 1)), 400, "invalid_grant"),
        (
            changed(&good, "iat", json!(now + 3_000)),
            400,
            "invalid_grant",
        ),
        (changed(&good, "exp", json!("soon")), 400, "invalid_grant"),
        (
            changed(&good, "scope", json!(["restlets"])),
            400,
            "invalid_scope",
        ),
        (
            changed(&good, "scope", json!(["rest_webservices", "everything"])),
            400,
            "invalid_scope",
        ),
    ] {
        let answer = client
            .ask_for_token(&form(&assertion(&claims, &credentials)))
            .await;
        assert_eq!(
            (answer.status, answer.body["error"].as_str().unwrap()),
            (status, error),
            "{claims}"
        );
    }
    let stranger = Credentials {
        certificate_id: credentials.certificate_id.clone(),
        ..Credentials::generate().unwrap()
    };
    let answer = client
        .ask_for_token(&form(&assertion(&good, &stranger)))
        .await;
    assert_eq!(answer.status, 401, "another key");
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic realm=")
    );
    let renamed = Credentials {
        certificate_id: "other".into(),
        ..credentials
    };
    assert_eq!(
        client
            .ask_for_token(&form(&assertion(&good, &renamed)))
            .await
            .status,
        401,
        "another kid"
    );
}

#[tokio::test]
async fn forms_that_are_refused() {
    let (sandbox, client) = start().await;
    let credentials = sandbox.credentials();
    let good = form(&assertion(
        &claims(sandbox.url(), &credentials),
        &credentials,
    ));
    for (index, value, error) in [
        (0, "authorization_code", "unsupported_grant_type"),
        (1, "jwt", "invalid_request"),
        (2, "a.b", "invalid_request"),
        (2, "a.b.c", "invalid_request"),
    ] {
        let mut bad = good.clone();
        bad[index].1 = value.into();
        let answer = client.ask_for_token(&bad).await;
        assert_eq!(
            (answer.status, answer.body["error"].as_str().unwrap()),
            (400, error),
            "{value}"
        );
    }
    let as_json = client
        .http
        .post(format!("{}{TOKEN}", client.url))
        .json(&json!({"grant_type": "client_credentials"}));
    assert_eq!(as_json.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn rsa_keys_sign_with_pss_and_not_otherwise() {
    let (credentials, private) = with_rsa_key(KeySize::Rsa3072);
    let sandbox = NetSuite::start(Options {
        credentials: Some(credentials.clone()),
        ..Options::default()
    })
    .await
    .unwrap();
    let client = Client {
        http: reqwest::Client::new(),
        url: sandbox.url().into(),
        token: String::new(),
    };
    let key = EncodingKey::from_rsa_pem(private.as_bytes()).unwrap();
    for (algorithm, status) in [
        (Algorithm::PS256, 200),
        (Algorithm::PS512, 200),
        (Algorithm::RS256, 400),
    ] {
        let header = Header {
            kid: Some(credentials.certificate_id.clone()),
            ..Header::new(algorithm)
        };
        let assertion = encode(&header, &claims(sandbox.url(), &credentials), &key).unwrap();
        assert_eq!(
            client.ask_for_token(&form(&assertion)).await.status,
            status,
            "{algorithm:?}"
        );
    }
}

#[tokio::test]
async fn a_short_rsa_key_is_no_certificate_for_netsuite() {
    let (credentials, _) = with_rsa_key(KeySize::Rsa2048);
    let options = Options {
        credentials: Some(credentials),
        ..Options::default()
    };
    assert!(
        NetSuite::start(options)
            .await
            .unwrap_err()
            .to_string()
            .contains("3072")
    );
}

#[tokio::test]
async fn the_secrets_have_the_keys_that_a_destination_wants() {
    let (sandbox, _) = start_with(Options::default()).await;
    let credentials = sandbox.credentials();
    let keys = |secret: &Value| {
        secret
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        keys(&credentials.token("1")),
        "account_id consumer_key consumer_secret token_id token_secret"
    );
    assert_eq!(
        keys(&credentials.client_credentials("1")),
        "account_id client_id certificate_id private_key"
    );
    assert!(!format!("{credentials:?}").contains(&credentials.token_secret));
}
