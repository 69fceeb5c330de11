//! Adobe Commerce's own webhooks: an RSA signature (PKCS #1 v1.5, SHA-256) over the base64 of the
//! raw body, with the key pair that the shop's admin page makes. Source: Adobe Commerce Webhooks,
//! "Webhook signature verification". Adobe's sample hashes the JSON after serializing it again; but
//! the signed bytes are those of the body as it came.

use crate::config::{ADOBE_SIGNATURE, PUBLIC_KEY};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use source::{VerifyError, Webhook, WebhookSecrets};
use spki::{SubjectPublicKeyInfoRef, der::Decode};

/// Verifies the signature in Adobe's header; `None` without the header. A key that cannot be read
/// proves nothing: the check of the configuration reports it at the start.
pub(crate) fn verify(
    webhook: Webhook<'_>,
    secrets: &WebhookSecrets,
) -> Option<Result<(), VerifyError>> {
    let signature = match signature(webhook).transpose()? {
        Ok(signature) => signature,
        Err(error) => return Some(Err(error)),
    };
    if secrets.public_keys().next().is_none() {
        return Some(Err(VerifyError::NoKey {
            header: ADOBE_SIGNATURE,
            key: PUBLIC_KEY,
        }));
    }
    let signed = STANDARD.encode(webhook.body);
    let matches = secrets
        .public_keys()
        .any(|pem| is_signed(pem, signed.as_bytes(), &signature));
    Some(if matches {
        Ok(())
    } else {
        Err(VerifyError::Mismatch {
            header: ADOBE_SIGNATURE,
        })
    })
}

fn signature(webhook: Webhook<'_>) -> Result<Option<Vec<u8>>, VerifyError> {
    let Some(text) = webhook.signature(ADOBE_SIGNATURE)? else {
        return Ok(None);
    };
    STANDARD
        .decode(text.trim())
        .map(Some)
        .map_err(|_| VerifyError::Malformed {
            header: ADOBE_SIGNATURE,
            reason: "it is not base64",
        })
}

fn is_signed(pem: &str, signed: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()) else {
        return false;
    };
    let Ok(key) = SubjectPublicKeyInfoRef::from_der(&key) else {
        return false;
    };
    UnparsedPublicKey::new(
        &RSA_PKCS1_2048_8192_SHA256,
        key.subject_public_key.raw_bytes(),
    )
    .verify(signed, signature)
    .is_ok()
}
