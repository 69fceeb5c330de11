//! HMAC-SHA256 over raw bytes, made and checked in one place. The comparison takes the same time
//! wherever the digests differ.

use crate::{VerifyError, Webhook};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Length of a SHA-256 digest in bytes.
pub const LENGTH: usize = 32;

/// Computes the digest of `body` with `key`.
#[must_use]
pub fn sign(key: &[u8], body: &[u8]) -> [u8; LENGTH] {
    keyed(key, body)
        .map(|mac| mac.finalize().into_bytes().into())
        .unwrap_or_default()
}

/// Computes the digest of `body` with `key`, in base64.
#[must_use]
pub fn sign_base64(key: &[u8], body: &[u8]) -> String {
    STANDARD.encode(sign(key, body))
}

/// Returns whether `digest` was made from `body` with `key`.
#[must_use]
pub fn verify(key: &[u8], body: &[u8], digest: &[u8]) -> bool {
    keyed(key, body).is_some_and(|mac| mac.verify_slice(digest).is_ok())
}

/// Reads a digest from strict base64 of exactly 32 bytes.
#[must_use]
pub fn from_base64(text: &str) -> Option<[u8; LENGTH]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Reads the digest that a header holds in base64; `None` without the header.
///
/// # Errors
/// [`VerifyError::Malformed`] when the header holds anything else, or is given more than once.
pub fn base64_header(
    webhook: Webhook<'_>,
    header: &'static str,
) -> Result<Option<[u8; LENGTH]>, VerifyError> {
    let Some(text) = webhook.signature(header)? else {
        return Ok(None);
    };
    from_base64(text).map(Some).ok_or(VerifyError::Malformed {
        header,
        reason: "it is not the base64 of 32 bytes",
    })
}

/// Reads a digest from exactly 64 hexadecimal digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<[u8; LENGTH]> {
    hex::decode(text).ok()?.try_into().ok()
}

/// Creates the MAC of a body. HMAC takes keys of any length; the `Option` is only there because of
/// the library's type.
fn keyed(key: &[u8], body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_the_published_vector_of_rfc_4231_case_2() {
        let digest = sign(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(digest),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(verify(b"Jefe", b"what do ya want for nothing?", &digest));
    }

    #[test]
    fn refuses_another_key_another_body_and_a_short_digest() {
        let digest = sign(b"key", b"body");
        assert!(!verify(b"other", b"body", &digest));
        assert!(!verify(b"key", b"bodY", &digest));
        assert!(!verify(
            b"key",
            b"body",
            digest.get(..31).unwrap_or_default()
        ));
    }

    #[test]
    fn decodes_only_whole_digests() {
        assert_eq!(
            from_base64(&sign_base64(b"k", b"b")),
            Some(sign(b"k", b"b"))
        );
        assert_eq!(from_base64("aGVsbG8="), None);
        assert_eq!(from_hex("zz"), None);
    }
}
