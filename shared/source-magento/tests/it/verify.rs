//! The requests that are trusted, the errors for the others, and the topics of deliveries.

#![expect(clippy::unwrap_used, reason = "tests may fail")]

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use source::{Source, Verified, VerifyError, Webhook, WebhookSecrets};
use source_magento::Magento;

const HEADER: &str = "X-Magento-Signature";
const ADOBE: &str = "x-adobe-commerce-webhook-signature";
const BODY: &[u8] = br#"{"entity_id":16}"#;
/// The signature of `BODY` with the key `hush`, made with openssl.
const HUSH: &str = "c52f8306ef37ab20736869616a6dcd3dec95eaae4292e741f42c0096e9e47746";
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/facts/");

const MISSING: Result<Verified, VerifyError> = Err(VerifyError::Missing { header: HEADER });
const MISMATCH: Result<Verified, VerifyError> = Err(VerifyError::Mismatch { header: HEADER });
const UNSUPPORTED: Result<Verified, VerifyError> =
    Err(VerifyError::UnsupportedAlgorithm { header: HEADER });

fn secrets(secrets: &[&str]) -> WebhookSecrets {
    WebhookSecrets::new(secrets.iter().map(|secret| (*secret).to_owned()).collect()).unwrap()
}

fn verify(
    secrets: &WebhookSecrets,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Verified, VerifyError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    let webhook = Webhook {
        headers: &map,
        query: "",
        body,
    };
    Magento.verify(webhook, secrets)
}

#[test]
fn hexadecimal_is_believed_with_and_without_its_prefix() {
    let hush = secrets(&["hush"]);
    for text in [
        HUSH.to_owned(),
        HUSH.to_uppercase(),
        format!("sha256={HUSH}"),
        format!("SHA256={}", HUSH.to_uppercase()),
    ] {
        assert_eq!(
            verify(&hush, &[(HEADER, &text)], BODY),
            Ok(Verified::Delivery),
            "{text}"
        );
        assert_eq!(
            verify(&hush, &[(HEADER, &text)], br#"{"entity_id":17}"#),
            MISMATCH,
            "{text}"
        );
    }
}

#[test]
fn every_listed_secret_verifies() {
    let headers = [(HEADER, HUSH)];
    assert_eq!(
        verify(&secrets(&["new", "hush"]), &headers, BODY),
        Ok(Verified::Delivery)
    );
    assert_eq!(
        verify(&secrets(&["hush", "old"]), &headers, BODY),
        Ok(Verified::Delivery)
    );
    assert_eq!(
        verify(&secrets(&["new", "newer"]), &headers, BODY),
        MISMATCH
    );
    assert_eq!(verify(&secrets(&["hush"]), &[], BODY), MISSING);
}

#[test]
fn other_algorithms_are_told_apart_from_what_cannot_be_read() {
    let hush = secrets(&["hush"]);
    let (sha1, sha512) = (HUSH.get(..40).unwrap(), HUSH.repeat(2));
    for text in [
        format!("sha1={sha1}"),
        format!("sha512={sha512}"),
        "md5=d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        format!("sha-256={HUSH}"),
        sha1.to_owned(),
        sha512.clone(),
        format!("sha256={sha1}"),
    ] {
        assert_eq!(
            verify(&hush, &[(HEADER, &text)], BODY),
            UNSUPPORTED,
            "{text}"
        );
    }
    let in_base64 = STANDARD.encode(hex::decode(HUSH).unwrap());
    for text in [
        "",
        "sha256=",
        "=",
        in_base64.as_str(),
        &HUSH[1..],
        &format!("{HUSH},{HUSH}"),
        &format!("sha256 {HUSH}"),
        &HUSH.replace('a', "g"),
    ] {
        let error = verify(&hush, &[(HEADER, text)], BODY).unwrap_err();
        assert!(
            matches!(error, VerifyError::Malformed { header: HEADER, .. }),
            "{text}: {error}"
        );
        assert!(error.to_string().contains("hex, not base64"), "{error}");
    }
    let twice = verify(&hush, &[(HEADER, HUSH), (HEADER, HUSH)], BODY).unwrap_err();
    assert_eq!(
        twice.to_string(),
        format!("the signature header {HEADER} is malformed: it is given more than once")
    );
}

#[test]
fn the_shared_vectors_agree_where_they_are_present() {
    let Ok(text) = std::fs::read_to_string(format!("{SHARED}stores-hmac-vectors.json")) else {
        println!("skipped: {SHARED}stores-hmac-vectors.json is not there");
        return;
    };
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let hexadecimal = |vector: &serde_json::Value| {
        let digest = STANDARD
            .decode(vector["hmac_sha256_base64"].as_str().unwrap())
            .unwrap();
        hex::encode(digest)
    };
    assert!(!vectors.is_empty());
    for vector in vectors.iter().filter(|vector| vector["key"] != "") {
        let secrets = secrets(&[vector["key"].as_str().unwrap()]);
        let body = vector["body"].as_str().unwrap().as_bytes();
        assert_eq!(
            verify(&secrets, &[(HEADER, &hexadecimal(vector))], body),
            Ok(Verified::Delivery),
            "{}",
            vector["name"]
        );
    }
}

/// A key pair as the shop's admin page makes it.
struct Shop(KeyPair);

impl Shop {
    fn new() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    fn public_key(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().unwrap();
        let encoded = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = encoded
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        )
    }

    fn sign(&self, body: &[u8]) -> String {
        let signed = STANDARD.encode(body);
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &random,
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        STANDARD.encode(signature)
    }
}

#[test]
fn adobe_commerce_is_believed_by_its_public_key_and_waits_for_an_answer() {
    let (shop, other) = (Shop::new(), Shop::new());
    let signature = shop.sign(BODY);
    let with = |keys: &[String]| secrets(&["hush"]).with_public_keys(keys.to_vec());
    let both = [other.public_key(), shop.public_key()];
    let mismatch = Err(VerifyError::Mismatch { header: ADOBE });
    let junk = "-----BEGIN PUBLIC KEY-----\nTm8ga2V5\n-----END PUBLIC KEY-----\n".to_owned();
    for (what, keys, body, expected) in [
        ("the shop's key", &both[1..], BODY, Ok(Verified::Awaited)),
        (
            "one of two keys, while they change",
            &both[..],
            BODY,
            Ok(Verified::Awaited),
        ),
        ("another shop's key", &both[..1], BODY, mismatch),
        ("a key that is none", &[junk], BODY, mismatch),
        ("another body", &both[..], br#"{"entity_id": 16}"#, mismatch),
    ] {
        assert_eq!(
            verify(&with(keys), &[(ADOBE, &signature)], body),
            expected,
            "{what}"
        );
    }
    let no_key = verify(&with(&[]), &[(ADOBE, &signature)], BODY).unwrap_err();
    assert!(
        matches!(no_key, VerifyError::NoKey { header: ADOBE, .. })
            && no_key.to_string().contains("has no public_key"),
        "{no_key}"
    );
    let unreadable = verify(&with(&both), &[(ADOBE, "no base64!")], BODY);
    assert!(
        matches!(
            unreadable,
            Err(VerifyError::Malformed { header: ADOBE, .. })
        ),
        "{unreadable:?}"
    );
    assert_eq!(verify(&with(&both), &[(ADOBE, "")], BODY), mismatch);
}

#[test]
fn of_both_signatures_one_good_one_is_enough() {
    let shop = Shop::new();
    let secrets = secrets(&["hush"]).with_public_keys(vec![shop.public_key()]);
    let (good, bad) = (shop.sign(BODY), Shop::new().sign(BODY));
    let wrong = HUSH.replace('a', "b");
    for (module, adobe, expected) in [
        (HUSH, &good, Ok(Verified::Awaited)),
        (&wrong, &good, Ok(Verified::Awaited)),
        ("junk", &good, Ok(Verified::Awaited)),
        (HUSH, &bad, Ok(Verified::Delivery)),
        (&wrong, &bad, MISMATCH),
    ] {
        let headers = [(HEADER, module), (ADOBE, adobe.as_str())];
        assert_eq!(verify(&secrets, &headers, BODY), expected);
    }
}

#[test]
fn the_shared_vector_of_adobe_agrees_where_it_is_present() {
    let read = |name: &str| std::fs::read(format!("{SHARED}adobe_test_{name}"));
    let (Ok(key), Ok(body), Ok(signature)) =
        (read("pub.pem"), read("body.json"), read("signature.b64"))
    else {
        println!("skipped: {SHARED}adobe_test_... are not there");
        return;
    };
    let secrets = secrets(&["hush"]).with_public_keys(vec![String::from_utf8(key).unwrap()]);
    let signature = String::from_utf8(signature).unwrap();
    assert_eq!(
        verify(&secrets, &[(ADOBE, signature.trim())], &body),
        Ok(Verified::Awaited)
    );
}

#[test]
fn what_sign_makes_is_believed() {
    let secrets = secrets(&["made up", "older"]);
    let signed = Magento.sign("sales_order_save_after", BODY, &secrets);
    let headers: Vec<(&str, &str)> = signed
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert!(
        headers
            .iter()
            .any(|(name, value)| *name == HEADER && value.starts_with("sha256="))
    );
    assert_eq!(verify(&secrets, &headers, BODY), Ok(Verified::Delivery));
}

#[test]
fn the_topic_is_in_the_body_or_the_address_or_not_told() {
    for (body, query, topic) in [
        (
            r#"{"event":"sales_order_place_after","order":{}}"#,
            "topic=x",
            "sales_order_place_after",
        ),
        (
            r#"{"order":{},"eventName":"observer.sales_order_save_after"}"#,
            "",
            "sales_order_save_after",
        ),
        (
            r#"{"type":"com.adobe.commerce.observer.sales_order_save_commit_after","data":{"value":{}}}"#,
            "",
            "sales_order_save_commit_after",
        ),
        (
            r#"{"event":{"type":"com.adobe.commerce.shop1.observer.sales_order_creditmemo_save_after","data":{}}}"#,
            "",
            "sales_order_creditmemo_save_after",
        ),
        (
            r#"{"entity_id":1,"type":"simple"}"#,
            "topic=sales.order.created",
            "sales.order.created",
        ),
        (
            r#"{"entity_id":1}"#,
            "a=b&topic=sales.order.paid&c",
            "sales.order.paid",
        ),
        (
            r#"{"event":"","order":{}}"#,
            "topic=sales.order.paid",
            "sales.order.paid",
        ),
        (r#"{"event":{"data":{"value":{}}}}"#, "", ""),
        (r#"{"event":"no event at all","eventName":7}"#, "topic=", ""),
        ("no json", "topic=%00", ""),
        // Bare, as Mage-OS and Aligent send it.
        (
            r#"{"entity_id":1,"increment_id":"000000001","grand_total":1}"#,
            "",
            "",
        ),
        (r#"{"entity_id":1,"type":"simple"}"#, "", ""),
        // CloudEvents: a known name behind the sender's own, and one that is only the sender's.
        (
            r#"{"specversion":"1.0","type":"com.example.shop.sales.order.created","data":{}}"#,
            "topic=x",
            "sales.order.created",
        ),
        (
            r#"{"type":"sales.order.updated","data":{}}"#,
            "",
            "sales.order.updated",
        ),
        (
            r#"{"specversion":"1.0","type":"com.example.restock","data":{}}"#,
            "",
            "com.example.restock",
        ),
    ] {
        let webhook = Webhook {
            headers: &HeaderMap::new(),
            query,
            body: body.as_bytes(),
        };
        assert_eq!(
            Magento.topic(webhook).unwrap_or_default(),
            topic,
            "{body} ?{query}"
        );
    }
    assert_eq!(Magento.usual_topic(), "sales_order_save_after");
}

#[test]
fn a_cloud_event_may_tell_its_topic_in_a_header() {
    let mut headers = HeaderMap::new();
    headers.insert("ce-type", "com.example.sales.order.paid".parse().unwrap());
    let webhook = Webhook {
        headers: &headers,
        query: "",
        body: br#"{"entity_id":1,"grand_total":1}"#,
    };
    assert_eq!(Magento.topic(webhook).as_deref(), Some("sales.order.paid"));
}
