//! Verification that the shop sent a request. Source: shopify.dev, "Deliver webhooks through
//! HTTPS", section "Verify the origin".
//!
//! The key is the app's client secret, or for webhooks made in the admin the key shown below their
//! list. It is used as text, even where it looks like hexadecimal digits.

use crate::config::{
    API_VERSION, EVENT_SHOP, EVENT_SIGNATURE, SHOP, SHOP_IN_BODY, SIGNATURE, TOPIC,
};
use memchr::memmem;
use sha2::{Digest, Sha256};
use source::{
    Kept, STORE_DOMAIN, ShopNames, Verified, VerifyError, Webhook, WebhookSecrets, payload::Object,
    signature,
};

pub(crate) fn verify(
    webhook: Webhook<'_>,
    secrets: &WebhookSecrets,
) -> Result<Verified, VerifyError> {
    let is_event =
        !webhook.headers.contains_key(SIGNATURE) && webhook.headers.contains_key(EVENT_SIGNATURE);
    let header = if is_event { EVENT_SIGNATURE } else { SIGNATURE };
    let digest =
        signature::base64_header(webhook, header)?.ok_or(VerifyError::Missing { header })?;
    if !secrets.any_signed(|secret| signature::verify(secret.as_bytes(), webhook.body, &digest)) {
        return Err(VerifyError::Mismatch { header });
    }
    match of_another_shop(webhook, secrets.shop()) {
        Some(told) => Err(VerifyError::OtherShop {
            told,
            key: STORE_DOMAIN,
        }),
        None => Ok(Verified::Delivery),
    }
}

/// Returns the part of the request that names another shop. An app signs for all of its shops with
/// one secret, so the signature is valid then, too.
fn of_another_shop(webhook: Webhook<'_>, ours: &ShopNames) -> Option<&'static str> {
    if !ours.are_known() {
        return None;
    }
    let is_of_other =
        |value: &http::HeaderValue| value.to_str().map_or(true, |told| ours.exclude(told));
    let in_head = [SHOP, EVENT_SHOP]
        .into_iter()
        .find(|name| webhook.headers.get_all(*name).iter().any(is_of_other));
    in_head.or_else(|| {
        signed_shop(webhook.body)
            .filter(|told| ours.exclude(told))
            .map(|_| SHOP_IN_BODY)
    })
}

/// Returns the shop that a body names, as requests about personal data do: it is signed, so it
/// counts whatever the headers say. Bodies of orders, which are long and name no shop, are only
/// searched for the word.
fn signed_shop(body: &[u8]) -> Option<String> {
    const KEPT: Kept = Kept {
        fields: &[&[SHOP_IN_BODY]],
        envelopes: &[],
        layers: 0,
    };
    memmem::find(body, SHOP_IN_BODY.as_bytes())?;
    let fields = KEPT.of(body)?;
    let payload = Object::root(&fields);
    payload
        .has(SHOP_IN_BODY)
        .then(|| payload.text(SHOP_IN_BODY))
}

/// Creates the headers of a delivery. At Shopify, the id of a delivery is random; here it comes
/// from the body, so that a sample that is sent twice has the same id.
pub(crate) fn sign(
    topic: &str,
    body: &[u8],
    secrets: &WebhookSecrets,
) -> Vec<(&'static str, String)> {
    let key = secrets.iter().next().unwrap_or_default();
    let shop = secrets.shop().first().unwrap_or("example.myshopify.com");
    vec![
        ("User-Agent", "Shopify-Captain-Hook".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        (TOPIC, topic.to_owned()),
        (SIGNATURE, signature::sign_base64(key.as_bytes(), body)),
        (SHOP, shop.to_owned()),
        ("X-Shopify-API-Version", API_VERSION.to_owned()),
        (
            "X-Shopify-Webhook-Id",
            identifier(&[topic.as_bytes(), body]),
        ),
        ("X-Shopify-Event-Id", identifier(&[body])),
    ]
}

/// Creates an id in the form of a UUID.
fn identifier(parts: &[&[u8]]) -> String {
    let digest = parts
        .iter()
        .fold(Sha256::new(), |digest, part| digest.chain_update(part))
        .finalize();
    let digits = hex::encode(digest);
    let group = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [
        group(0, 8),
        group(8, 12),
        group(12, 16),
        group(16, 20),
        group(20, 32),
    ]
    .join("-")
}
