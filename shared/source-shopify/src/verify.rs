//! Whether the shop sent it. Source: shopify.dev, "Deliver webhooks through HTTPS", section "Verify the origin".
//!
//! The key is the app's client secret, or for webhooks made in the admin the key shown below their list, as a text even where it looks like hexadecimal digits.

use crate::config::{API_VERSION, EVENT_SIGNATURE, SIGNATURE, TOPIC};
use sha2::{Digest, Sha256};
use source::{Verified, VerifyError, Webhook, WebhookSecrets, signature};

pub(crate) fn verify(webhook: Webhook<'_>, secrets: &WebhookSecrets) -> Result<Verified, VerifyError> {
    let is_event = !webhook.headers.contains_key(SIGNATURE) && webhook.headers.contains_key(EVENT_SIGNATURE);
    let header = if is_event { EVENT_SIGNATURE } else { SIGNATURE };
    let digest = signature::base64_header(webhook, header)?.ok_or(VerifyError::Missing { header })?;
    if secrets.any_signed(|secret| signature::verify(secret.as_bytes(), webhook.body, &digest)) {
        Ok(Verified::Delivery)
    } else {
        Err(VerifyError::Mismatch { header })
    }
}

/// The headers of a delivery. The id of a delivery is random at Shopify; here it comes from the body, so that a sample sent twice is the same.
pub(crate) fn sign(topic: &str, body: &[u8], secrets: &WebhookSecrets) -> Vec<(&'static str, String)> {
    let key = secrets.iter().next().unwrap_or_default();
    vec![
        ("User-Agent", "Shopify-Captain-Hook".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        (TOPIC, topic.to_owned()),
        (SIGNATURE, signature::sign_base64(key.as_bytes(), body)),
        ("X-Shopify-Shop-Domain", "example.myshopify.com".to_owned()),
        ("X-Shopify-API-Version", API_VERSION.to_owned()),
        ("X-Shopify-Webhook-Id", identifier(&[topic.as_bytes(), body])),
        ("X-Shopify-Event-Id", identifier(&[body])),
    ]
}

/// In the form of a UUID.
fn identifier(parts: &[&[u8]]) -> String {
    let digest = parts
        .iter()
        .fold(Sha256::new(), |digest, part| digest.chain_update(part))
        .finalize();
    let digits = hex::encode(digest);
    let group = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}
