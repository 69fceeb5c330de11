//! The requests that are trusted, and the errors for the others.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use http::{HeaderMap, HeaderName, HeaderValue};
use source::{Source, Verified, VerifyError, Webhook, WebhookSecrets};
use source_woocommerce::WooCommerce;

const HEADER: &str = "X-WC-Webhook-Signature";
const BODY: &[u8] = br#"{"id":16}"#;
/// The signature of `BODY` with the key `hush`, made with openssl.
const HUSH: &str = "zXxTxe+OyxUDAg8PR3Rpkd7G9k4FaBcN/Isgqz+8JkM=";

fn verify(secrets: &[&str], signatures: &[&str], body: &[u8]) -> Result<Verified, VerifyError> {
    let secrets =
        WebhookSecrets::new(secrets.iter().map(|secret| (*secret).to_owned()).collect()).unwrap();
    let mut headers = HeaderMap::new();
    for signature in signatures {
        headers.append(
            HeaderName::from_bytes(HEADER.as_bytes()).unwrap(),
            HeaderValue::from_str(signature).unwrap(),
        );
    }
    WooCommerce.verify(
        Webhook {
            headers: &headers,
            query: "",
            body,
        },
        &secrets,
    )
}

fn is_delivery(result: &Result<Verified, VerifyError>) -> bool {
    matches!(result, Ok(Verified::Delivery))
}

#[test]
fn known_signatures_of_stored_secrets() {
    let escaped = br#"{"id":1,"name":"Caf\u00e9","url":"https:\/\/shop.example\/"}"#.as_slice();
    let reserialized = r#"{"id":1,"name":"Café","url":"https://shop.example/"}"#.as_bytes();
    let of_escaped = "2Ibn0m6cqyFiehWIyK0pS+p32CCahKAoVUoEkC2bRSg=";
    let of_decoded_secret = "ChnnxCF0eicTjQz4S/PpS0EuC5Gs6DFZc6JOUlq5cRs=";
    let of_stored_secret = "JYtk5059OUWsVmIZkowwxljbE4pYQFPJ14pM0CGk4WU=";
    for (what, secret, signature, body, believed) in [
        ("a plain secret", "hush", HUSH, BODY, true),
        ("another secret", "hush!", HUSH, BODY, false),
        (
            "PHP's escapes, byte for byte",
            "hush",
            of_escaped,
            escaped,
            true,
        ),
        (
            "the same JSON written anew",
            "hush",
            of_escaped,
            reserialized,
            false,
        ),
        (
            "entities in the stored secret are decoded",
            "a&lt;b&amp;c",
            of_decoded_secret,
            BODY,
            true,
        ),
        (
            "the secret as the admin page shows it",
            "a<b&c",
            of_decoded_secret,
            BODY,
            true,
        ),
        (
            "old shops sign with the stored secret",
            "a&lt;b&amp;c",
            of_stored_secret,
            BODY,
            true,
        ),
        (
            "a decoded secret is not encoded",
            "a<b&c",
            of_stored_secret,
            BODY,
            false,
        ),
        (
            "an empty key, which anyone has",
            "hush",
            "pn3i72nqzFmn9DgQTR9TQ9bidAHgNsIK5rY6jJRF5xE=",
            BODY,
            false,
        ),
    ] {
        let result = verify(&[secret], &[signature], body);
        let expected = if believed {
            Ok(Verified::Delivery)
        } else {
            Err(VerifyError::Mismatch { header: HEADER })
        };
        assert_eq!(result, expected, "{what}");
    }
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
    assert!(!vectors.is_empty());
    for vector in vectors.iter().filter(|vector| vector["key"] != "") {
        let secret = vector
            .get("stored_secret")
            .unwrap_or(&vector["key"])
            .as_str()
            .unwrap();
        let result = verify(
            &[secret],
            &[vector["hmac_sha256_base64"].as_str().unwrap()],
            vector["body"].as_str().unwrap().as_bytes(),
        );
        assert!(is_delivery(&result), "{}", vector["name"]);
    }
}

#[test]
fn every_listed_secret_verifies() {
    assert!(is_delivery(&verify(&["new", "hush"], &[HUSH], BODY)));
    assert!(is_delivery(&verify(&["hush", "old"], &[HUSH], BODY)));
    assert_eq!(
        verify(&["new", "newer"], &[HUSH], BODY),
        Err(VerifyError::Mismatch { header: HEADER })
    );
}

#[test]
fn a_signature_that_cannot_be_read_is_malformed() {
    let short = "aGVsbG8=";
    let unpadded = HUSH.trim_end_matches('=');
    let joined_by_a_gateway = format!("{HUSH},{HUSH}");
    let in_hexadecimal = "cd7c53c5ef8ecb1503020f0f47746991dec6f64e0568170dfc8b20ab3fbc2643";
    for signatures in [
        vec![""],
        vec![short],
        vec![unpadded],
        vec![joined_by_a_gateway.as_str()],
        vec![in_hexadecimal],
        vec!["%%"],
        vec![HUSH, HUSH],
    ] {
        let result = verify(&["hush"], &signatures, BODY);
        assert!(
            matches!(result, Err(VerifyError::Malformed { header: HEADER, .. })),
            "{signatures:?}: {result:?}"
        );
    }
}

#[test]
fn only_the_exact_form_without_a_signature_is_a_ping() {
    let missing = Err(VerifyError::Missing { header: HEADER });
    for (body, expected) in [
        ("webhook_id=7", Ok(Verified::Ping)),
        ("webhook_id=12345678901234567890", Ok(Verified::Ping)),
        ("webhook_id=123456789012345678901", missing),
        ("webhook_id=", missing),
        ("webhook_id=7\n", missing),
        ("webhook_id=7&x=1", missing),
        ("WEBHOOK_ID=7", missing),
        ("", missing),
        (r#"{"id":16}"#, missing),
    ] {
        assert_eq!(
            verify(&["hush"], &[], body.as_bytes()),
            expected,
            "{body:?}"
        );
    }
    assert_eq!(
        verify(&["hush"], &[HUSH], b"webhook_id=7"),
        Err(VerifyError::Mismatch { header: HEADER })
    );
}

#[test]
fn what_sign_makes_is_believed_and_carries_the_topic() {
    let secrets = WebhookSecrets::new(vec![
        "&quot;made&#039;up&quot;".to_owned(),
        "older".to_owned(),
    ])
    .unwrap();
    let signed = WooCommerce.sign("order.updated", BODY, &secrets);
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
    assert!(is_delivery(&WooCommerce.verify(webhook, &secrets)));
    assert_eq!(WooCommerce.topic(webhook).as_deref(), Some("order.updated"));
    assert_eq!(
        (
            headers["x-wc-webhook-resource"].to_str(),
            headers["x-wc-webhook-event"].to_str()
        )
            .0
            .unwrap(),
        "order"
    );
    assert_eq!(headers["x-wc-webhook-delivery-id"].len(), 32);
    assert_eq!(
        headers[HEADER],
        source::signature::sign_base64(br#""made'up""#, BODY)
    );
}
