//! Verification that the shop sent a request. Source: `WC_Webhook::generate_signature` and
//! `deliver_ping` in woocommerce/includes/class-wc-webhook.php.

use crate::config::{SIGNATURE, TOPIC};
use crate::entities;
use sha2::{Digest, Sha256};
use source::{Verified, VerifyError, Webhook, WebhookSecrets, signature};

/// The largest number of digits in a webhook's id in WordPress.
const LONGEST_WEBHOOK_ID: usize = 20;

pub(crate) fn verify(
    webhook: Webhook<'_>,
    secrets: &WebhookSecrets,
) -> Result<Verified, VerifyError> {
    let Some(digest) = signature::base64_header(webhook, SIGNATURE)? else {
        return if is_ping(webhook.body) {
            Ok(Verified::Ping)
        } else {
            Err(VerifyError::Missing { header: SIGNATURE })
        };
    };
    if secrets.any_signed(|secret| signed_with(secret, webhook.body, &digest)) {
        Ok(Verified::Delivery)
    } else {
        Err(VerifyError::Mismatch { header: SIGNATURE })
    }
}

/// Creates the headers of a delivery, in WooCommerce's order.
pub(crate) fn sign(
    topic: &str,
    body: &[u8],
    secrets: &WebhookSecrets,
) -> Vec<(&'static str, String)> {
    let key = entities::decode(secrets.iter().next().unwrap_or_default());
    let (resource, event) = topic.split_once('.').unwrap_or((topic, ""));
    let delivery: String = hex::encode(Sha256::digest(body)).chars().take(32).collect();
    vec![
        (
            "User-Agent",
            "WooCommerce/10.3.0 Hookshot (WordPress/6.8)".to_owned(),
        ),
        ("Content-Type", "application/json".to_owned()),
        (
            "X-WC-Webhook-Source",
            "https://shop.example.com/".to_owned(),
        ),
        (TOPIC, topic.to_owned()),
        ("X-WC-Webhook-Resource", resource.to_owned()),
        ("X-WC-Webhook-Event", event.to_owned()),
        (SIGNATURE, signature::sign_base64(key.as_bytes(), body)),
        ("X-WC-Webhook-ID", "1".to_owned()),
        ("X-WC-Webhook-Delivery-ID", delivery),
    ]
}

/// Returns whether the secret made the digest. WooCommerce decodes the entities of the secret
/// before it signs; shops before 3.5.4 did not.
fn signed_with(secret: &str, body: &[u8], digest: &[u8]) -> bool {
    let decoded = entities::decode(secret);
    let as_it_stands = decoded != secret && signature::verify(secret.as_bytes(), body, digest);
    as_it_stands | signature::verify(decoded.as_bytes(), body, digest)
}

/// Returns whether the body is a ping, the unsigned form `webhook_id=17`: it checks that the
/// address answers with exactly 200.
fn is_ping(body: &[u8]) -> bool {
    body.strip_prefix(b"webhook_id=").is_some_and(|id| {
        (1..=LONGEST_WEBHOOK_ID).contains(&id.len()) && id.iter().all(u8::is_ascii_digit)
    })
}
