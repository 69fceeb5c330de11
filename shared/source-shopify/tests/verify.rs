//! The requests that are trusted, and the errors for the others.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use http::{HeaderMap, HeaderName, HeaderValue};
use source::{Source, Verified, VerifyError, Webhook, WebhookSecrets};
use source_shopify::Shopify;

const HEADER: &str = "X-Shopify-Hmac-Sha256";
const EVENT_HEADER: &str = "Shopify-Hmac-Sha256";
const BODY: &[u8] = br#"{"id":16}"#;
/// The signature of `BODY` with the key `hush`, made with openssl.
const HUSH: &str = "zXxTxe+OyxUDAg8PR3Rpkd7G9k4FaBcN/Isgqz+8JkM=";

fn secrets(secrets: &[&str]) -> WebhookSecrets {
    WebhookSecrets::new(secrets.iter().map(|secret| (*secret).to_owned()).collect()).unwrap()
}

fn verify_headers(
    keys: &[&str],
    signatures: &[(&str, &str)],
    body: &[u8],
) -> Result<Verified, VerifyError> {
    let mut headers = HeaderMap::new();
    for (name, signature) in signatures {
        headers.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(signature).unwrap(),
        );
    }
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body,
    };
    Shopify.verify(webhook, &secrets(keys))
}

fn verify(keys: &[&str], signature: &str, body: &[u8]) -> Result<Verified, VerifyError> {
    verify_headers(keys, &[(HEADER, signature)], body)
}

#[test]
fn known_signatures() {
    let escaped = br#"{"id":1,"name":"Caf\u00e9","url":"https:\/\/shop.example\/"}"#.as_slice();
    let reserialized = r#"{"id":1,"name":"Café","url":"https://shop.example/"}"#.as_bytes();
    let of_escaped = "2Ibn0m6cqyFiehWIyK0pS+p32CCahKAoVUoEkC2bRSg=";
    let of_empty_key = "pn3i72nqzFmn9DgQTR9TQ9bidAHgNsIK5rY6jJRF5xE=";
    for (what, secret, signature, body, believed) in [
        ("a plain secret", "hush", HUSH, BODY, true),
        ("another secret", "hush!", HUSH, BODY, false),
        ("escapes, byte for byte", "hush", of_escaped, escaped, true),
        (
            "the same JSON written anew",
            "hush",
            of_escaped,
            reserialized,
            false,
        ),
        (
            "an empty key, which anyone has",
            "hush",
            of_empty_key,
            BODY,
            false,
        ),
    ] {
        let expected = if believed {
            Ok(Verified::Delivery)
        } else {
            Err(VerifyError::Mismatch { header: HEADER })
        };
        assert_eq!(verify(&[secret], signature, body), expected, "{what}");
    }
}

#[test]
fn a_key_that_looks_hexadecimal_is_a_text() {
    let key = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let as_text = source::signature::sign_base64(key.as_bytes(), BODY);
    let as_bytes = source::signature::sign_base64(&hex::decode(key).unwrap(), BODY);
    assert_eq!(verify(&[key], &as_text, BODY), Ok(Verified::Delivery));
    assert_eq!(
        verify(&[key], &as_bytes, BODY),
        Err(VerifyError::Mismatch { header: HEADER })
    );
}

#[test]
fn the_shared_vectors_agree_where_they_are_present() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/facts/stores-hmac-vectors.json"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let keyed = vectors.iter().filter(|vector| vector["key"] != "");
    assert!(keyed.clone().count() > 2);
    for vector in keyed {
        let [key, signature, body] =
            ["key", "hmac_sha256_base64", "body"].map(|name| vector[name].as_str().unwrap());
        assert_eq!(
            verify(&[key], signature, body.as_bytes()),
            Ok(Verified::Delivery),
            "{}",
            vector["name"]
        );
    }
}

#[test]
fn every_listed_secret_verifies() {
    assert_eq!(verify(&["new", "hush"], HUSH, BODY), Ok(Verified::Delivery));
    assert_eq!(verify(&["hush", "old"], HUSH, BODY), Ok(Verified::Delivery));
    assert_eq!(
        verify(&["new", "newer"], HUSH, BODY),
        Err(VerifyError::Mismatch { header: HEADER })
    );
}

#[test]
fn a_signature_that_cannot_be_read_is_malformed() {
    let unpadded = HUSH.trim_end_matches('=');
    let joined_by_a_gateway = format!("{HUSH},{HUSH}");
    let in_hexadecimal = "cd7c53c5ef8ecb1503020f0f47746991dec6f64e0568170dfc8b20ab3fbc2643";
    for signature in [
        "",
        "aGVsbG8=",
        unpadded,
        &joined_by_a_gateway,
        in_hexadecimal,
        "%%",
    ] {
        let result = verify(&["hush"], signature, BODY);
        assert!(
            matches!(result, Err(VerifyError::Malformed { header: HEADER, .. })),
            "{signature}: {result:?}"
        );
    }
    let twice = verify_headers(&["hush"], &[(HEADER, HUSH), (HEADER, HUSH)], BODY);
    assert!(
        matches!(twice, Err(VerifyError::Malformed { .. })),
        "{twice:?}"
    );
}

#[test]
fn without_a_signature_nothing_is_believed() {
    let missing = Err(VerifyError::Missing { header: HEADER });
    assert_eq!(verify_headers(&["hush"], &[], BODY), missing);
    assert_eq!(
        verify_headers(&["hush"], &[("X-Shopify-Test", "true")], b"webhook_id=7"),
        missing
    );
}

#[test]
fn the_newer_header_counts_where_the_older_is_absent() {
    assert_eq!(
        verify_headers(&["hush"], &[(EVENT_HEADER, HUSH)], BODY),
        Ok(Verified::Delivery)
    );
    assert_eq!(
        verify_headers(&["other"], &[(EVENT_HEADER, HUSH)], BODY),
        Err(VerifyError::Mismatch {
            header: EVENT_HEADER
        })
    );
    // A second signature does not make up for a wrong one.
    let wrong = source::signature::sign_base64(b"wrong", BODY);
    assert_eq!(
        verify_headers(&["hush"], &[(HEADER, &wrong), (EVENT_HEADER, HUSH)], BODY),
        Err(VerifyError::Mismatch { header: HEADER })
    );
}

#[test]
fn what_sign_makes_is_believed_and_carries_the_topic() {
    let secrets = secrets(&["made-up", "older"]);
    let signed = Shopify.sign("orders/updated", BODY, &secrets);
    let headers: HeaderMap = signed
        .iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                value.parse::<HeaderValue>().unwrap(),
            )
        })
        .collect();
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: BODY,
    };
    assert_eq!(Shopify.verify(webhook, &secrets), Ok(Verified::Delivery));
    assert_eq!(Shopify.topic(webhook).as_deref(), Some("orders/updated"));
    assert_eq!(
        headers[HEADER],
        source::signature::sign_base64(b"made-up", BODY)
    );
    assert_eq!(headers["x-shopify-webhook-id"].len(), 36);
    // One event, several topics.
    let other = Shopify.sign("orders/paid", BODY, &secrets);
    let id = |name: &str| {
        other
            .iter()
            .find(|(header, _)| *header == name)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(headers["x-shopify-event-id"], id("X-Shopify-Event-Id"));
    assert_ne!(headers["x-shopify-webhook-id"], id("X-Shopify-Webhook-Id"));
}
