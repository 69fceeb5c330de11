//! Verification that the shop sent a request. Magento Open Source signs nothing itself; modules do.
//! Source: `HttpNotifier` of mageos-async-events (bare lower-case hexadecimal); others write
//! `sha256=` before it.
//!
//! A delivery with both headers needs only one valid signature: each proves alone that somebody
//! with a key of this store sent exactly this body. Without a valid one, the error speaks of the
//! module's header, if it is present.

use crate::adobe;
use crate::config::SIGNATURE;
use source::{Verified, VerifyError, Webhook, WebhookSecrets, signature};

/// The number of hexadecimal digits of an HMAC-SHA256.
const DIGITS: usize = signature::LENGTH * 2;

/// The number of digits that SHA-1 and SHA-512 have.
const DIGITS_OF_OTHERS: [usize; 2] = [40, 128];

/// The longest name of an algorithm, `hmac-sha3-512`.
const LONGEST_ALGORITHM: usize = 13;

pub(crate) fn verify(
    webhook: Webhook<'_>,
    secrets: &WebhookSecrets,
) -> Result<Verified, VerifyError> {
    let adobe = adobe::verify(webhook, secrets);
    if let Some(Ok(())) = adobe {
        return Ok(Verified::Awaited);
    }
    let Some(text) = webhook.signature(SIGNATURE)? else {
        return Err(adobe
            .and_then(Result::err)
            .unwrap_or(VerifyError::Missing { header: SIGNATURE }));
    };
    let digest = digest(text)?;
    if secrets.any_signed(|secret| signature::verify(secret.as_bytes(), webhook.body, &digest)) {
        Ok(Verified::Delivery)
    } else {
        Err(VerifyError::Mismatch { header: SIGNATURE })
    }
}

/// Creates the headers of a delivery.
pub(crate) fn sign(body: &[u8], secrets: &WebhookSecrets) -> Vec<(&'static str, String)> {
    let key = secrets.iter().next().unwrap_or_default();
    let digest = hex::encode(signature::sign(key.as_bytes(), body));
    vec![
        ("User-Agent", "GuzzleHttp/7".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        (SIGNATURE, format!("sha256={digest}")),
    ]
}

/// Reads the digest of `sha256=<hex>` or `<hex>`.
fn digest(text: &str) -> Result<[u8; signature::LENGTH], VerifyError> {
    let digits = match text.split_once('=') {
        Some((algorithm, digits)) if algorithm.eq_ignore_ascii_case("sha256") => digits,
        Some((algorithm, _)) if names_an_algorithm(algorithm) => {
            return Err(VerifyError::UnsupportedAlgorithm { header: SIGNATURE });
        }
        _ => text,
    };
    if is_of_another_algorithm(digits) {
        return Err(VerifyError::UnsupportedAlgorithm { header: SIGNATURE });
    }
    signature::from_hex(digits).ok_or(VerifyError::Malformed {
        header: SIGNATURE,
        reason: "it is not sha256= and 64 hexadecimal digits, nor these digits alone (hex, not base64)",
    })
}

/// Returns whether the text before the first `=` names an algorithm: in base64 it would be the
/// whole digest.
fn names_an_algorithm(text: &str) -> bool {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST_ALGORITHM).contains(&text.len()) && text.bytes().all(in_name)
}

fn is_of_another_algorithm(digits: &str) -> bool {
    digits.len() != DIGITS
        && DIGITS_OF_OTHERS.contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
