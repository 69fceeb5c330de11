//! Token-based authentication.

use crate::client::{Answer, Client, receive, signed, start, start_with};
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, SystemClock};
use sandbox::netsuite::{Credentials, NetSuite, Options};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

const CUSTOMERS: &str = "/services/rest/record/v1/customer";

/// The machine's clock, some seconds ahead.
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let seconds = SignedDuration::from_secs(self.0.load(Ordering::Relaxed));
        SystemClock.now().checked_add(seconds).unwrap()
    }
}

async fn get(sandbox: &NetSuite, target: &str, authorization: &str) -> Answer {
    let request = reqwest::Client::new().get(format!("{}{target}", sandbox.url()));
    receive(request.header("authorization", authorization))
        .await
        .unwrap()
}

fn sign(sandbox: &NetSuite, target: &str, changes: &[(&str, &str)]) -> String {
    signed(
        "GET",
        &format!("{}{target}", sandbox.url()),
        &sandbox.credentials(),
        changes,
    )
}

#[tokio::test]
async fn a_signed_request_is_let_in_with_its_query() {
    let (sandbox, _) = start().await;
    for target in [
        CUSTOMERS.to_owned(),
        format!("{CUSTOMERS}?limit=10&offset=20"),
        format!("{CUSTOMERS}?offset=0&limit=1"),
    ] {
        let answer = get(&sandbox, &target, &sign(&sandbox, &target, &[])).await;
        assert_eq!(answer.status, 200, "{target}: {:?}", sandbox.audit_trail());
    }
    // An external id may be in the path as it is.
    let target = format!("{CUSTOMERS}/eid:WOO_CUST_56");
    let answer = get(&sandbox, &target, &sign(&sandbox, &target, &[])).await;
    assert_eq!(
        answer.error(),
        (404, "NONEXISTENT_ID"),
        "{:?}",
        sandbox.audit_trail()
    );
    assert!(sandbox.audit_trail().is_empty());
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let other = Credentials::generate().unwrap();
    for (changes, reason) in [
        (vec![("realm", "1234567-sb1")], "realm"),
        (
            vec![("oauth_consumer_key", other.consumer_key.as_str())],
            "consumer_key_unknown",
        ),
        (
            vec![("oauth_token", other.token_id.as_str())],
            "token_rejected",
        ),
        (
            vec![("oauth_signature_method", "HMAC-SHA1")],
            "signature_method_rejected",
        ),
        (vec![("oauth_version", "2.0")], "version_rejected"),
        (vec![("oauth_nonce", "short")], "nonce too short"),
        (vec![("oauth_timestamp", "1767225600")], "InvalidTimestamp"),
        (vec![("oauth_timestamp", "soon")], "InvalidTimestamp"),
        (
            vec![("oauth_body_hash", "2jmj7l5rSw0yVb/vlWAYkK/YBwk=")],
            "missing or unexpected parameters",
        ),
    ] {
        let (sandbox, _) = start().await;
        let answer = get(&sandbox, CUSTOMERS, &sign(&sandbox, CUSTOMERS, &changes)).await;
        assert_eq!(answer.error(), (401, "INVALID_LOGIN"), "{reason}");
        assert!(
            answer
                .text()
                .starts_with("Invalid login attempt. For more details, see the Login Audit Trail")
        );
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .starts_with("OAuth realm=\"1234567_SB1\"")
        );
        assert_eq!(sandbox.audit_trail(), [reason]);
    }
}

#[tokio::test]
async fn a_signature_is_good_for_one_request_only() {
    let (sandbox, _) = start().await;
    let authorization = sign(&sandbox, CUSTOMERS, &[]);
    for (target, status, reason) in [
        (
            "/services/rest/record/v1/contact",
            401,
            Some("InvalidSignature"),
        ),
        (
            "/services/rest/record/v1/customer?limit=5",
            401,
            Some("InvalidSignature"),
        ),
        (CUSTOMERS, 200, None),
        (CUSTOMERS, 401, Some("NonceUsed")),
    ] {
        assert_eq!(
            get(&sandbox, target, &authorization).await.status,
            status,
            "{target}"
        );
        if let Some(reason) = reason {
            assert_eq!(sandbox.audit_trail().last().unwrap(), reason);
        }
    }
}

#[tokio::test]
async fn five_failed_logins_lock_the_user_for_half_an_hour() {
    let clock = Arc::new(Ahead(AtomicI64::new(0)));
    let (sandbox, client) = start_with(Options {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..Options::default()
    })
    .await;
    for _ in 0..5 {
        let bad = sign(&sandbox, CUSTOMERS, &[("oauth_version", "1.1")]);
        assert_eq!(get(&sandbox, CUSTOMERS, &bad).await.status, 401);
    }
    let good = || sign(&sandbox, CUSTOMERS, &[]);
    assert_eq!(get(&sandbox, CUSTOMERS, &good()).await.status, 401);
    assert_eq!(sandbox.audit_trail().last().unwrap(), "temporary_locked");
    assert_eq!(
        client.get("/customer").await.status,
        200,
        "the other way in is still open"
    );

    clock.0.store(31 * 60, Ordering::Relaxed);
    let now = clock.now().as_second().to_string();
    let later = sign(&sandbox, CUSTOMERS, &[("oauth_timestamp", &now)]);
    assert_eq!(get(&sandbox, CUSTOMERS, &later).await.status, 200);
}

#[tokio::test]
async fn tokens_end() {
    let (sandbox, client) = start().await;
    sandbox.expire_tokens();
    let answer = client.get("/customer").await;
    assert_eq!(answer.error(), (401, "INVALID_LOGIN"));
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
    let again = Client::log_in(sandbox.url(), &sandbox.credentials()).await;
    assert_eq!(again.get("/customer").await.status, 200);
}
